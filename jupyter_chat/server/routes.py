"""Every route, once: what is registered, and what the OpenAPI document is made from."""

from __future__ import annotations

import asyncio
from enum import Enum
from functools import cache
from typing import Any, ClassVar

import msgspec
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.extension.handler import (
    ExtensionHandlerJinjaMixin,
    ExtensionHandlerMixin,
)
from tornado import web

from .. import __version__
from ..auth.accounts import KeptAccounts
from ..auth.authentication import Authentication
from ..auth.authorizer import AUTH_RESOURCE
from . import (
    admin,
    attachments,
    exchange,
    hub,
    library,
    limits,
    openapi,
    pages,
    people,
    reference,
    rest,
    signing_in,
    socket,
    usage,
)
from .operations import operation
from .rest import ChatHandler
from .services import Services


class DocumentHandler(ChatHandler):
    @operation("This document.", media_types=("application/json",))
    @web.authenticated
    @authorized
    async def get(self) -> None:
        made = await asyncio.to_thread(_document, kind_of(self.services.authentication))
        self.set_header("Content-Type", "application/json")
        self.finish(made)


class ReferenceHandler(ExtensionHandlerJinjaMixin, ExtensionHandlerMixin, JupyterHandler):
    auth_resource: ClassVar[str] = AUTH_RESOURCE

    def initialize(self, name: str, services: Services) -> None:
        super().initialize(name)
        self.services = services

    @property
    def content_security_policy(self) -> str:
        """No scripts at all."""
        return (
            "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self' data:; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )

    @operation("What there is of the interface, as a page to be read.", media_types=("text/html",))
    @web.authenticated
    @authorized
    async def get(self) -> None:
        described = document(kind_of(self.services.authentication))
        self.set_header("Cache-Control", "no-cache")
        self.finish(await asyncio.to_thread(self._page, described))

    def _page(self, said: dict[str, Any]) -> str:
        return str(
            self.get_template("reference.html").render(
                groups=reference.groups(said),
                types=reference.types(said),
                chat_url=f"{self.base_url}jupyter-chat/",
                static=f"{self.base_url}static/{self.name}",
                version=__version__,
            )
        )


_API: list[openapi.Route] = [
    *socket.default_handlers,
    *exchange.default_handlers,
    *usage.default_handlers,
    *library.default_handlers,
    *limits.default_handlers,
    *admin.default_handlers,
    *attachments.default_handlers,
    (r"jupyter-chat/api/openapi\.json", DocumentHandler),
    (r"jupyter-chat/reference", ReferenceHandler),
]
PAGES: list[openapi.Route] = [*pages.default_handlers]


class Kind(str, Enum):
    """Who is let in."""

    JUPYTER = "whom Jupyter's own login lets in"
    ACCOUNTS = "who has an account here"
    HUB = "users of a hub"


_MORE: dict[Kind, list[openapi.Route]] = {
    Kind.JUPYTER: [],
    Kind.ACCOUNTS: [
        *signing_in.default_handlers,
        *people.default_handlers,
        *people.accounts_handlers,
        *exchange.people_handlers,
    ],
    Kind.HUB: [*people.default_handlers, *exchange.people_handlers, *hub.default_handlers],
}


def kind_of(authentication: Authentication | None) -> Kind:
    if authentication is None:
        return Kind.JUPYTER
    return Kind.ACCOUNTS if isinstance(authentication, KeptAccounts) else Kind.HUB


def of(kind: Kind) -> list[openapi.Route]:
    """Those that are given the services; the last one answers whatever else is asked for."""
    return [*_API, *_MORE[kind], *rest.default_handlers]


def document(kind: Kind = Kind.JUPYTER) -> dict[str, Any]:
    return openapi.document((*of(kind), *PAGES))


@cache
def _document(kind: Kind) -> bytes:
    return msgspec.json.encode(document(kind))
