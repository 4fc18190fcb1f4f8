"""Every route, once: what is registered, and what the OpenAPI document is made from."""

from __future__ import annotations

import asyncio
from functools import cache
from typing import Any

import msgspec
from jupyter_server.auth.decorator import authorized
from tornado import web

from . import (
    admin,
    attachments,
    exchange,
    library,
    limits,
    openapi,
    pages,
    people,
    rest,
    signing_in,
    socket,
    usage,
)
from .operations import operation
from .rest import ChatHandler


class DocumentHandler(ChatHandler):
    @operation("This document.", media_types=("application/json",))
    @web.authenticated
    @authorized
    async def get(self) -> None:
        accounts = self.services.authentication is not None
        made = await asyncio.to_thread(_document, accounts=accounts)
        self.set_header("Content-Type", "application/json")
        self.finish(made)


_API: list[openapi.Route] = [
    *socket.default_handlers,
    *exchange.default_handlers,
    *usage.default_handlers,
    *library.default_handlers,
    *limits.default_handlers,
    *admin.default_handlers,
    *attachments.default_handlers,
    (r"jupyter-chat/api/openapi\.json", DocumentHandler),
]
_ACCOUNTS: list[openapi.Route] = [*signing_in.default_handlers, *people.default_handlers]
PAGES: list[openapi.Route] = [*pages.default_handlers]


def of(*, accounts: bool) -> list[openapi.Route]:
    """Those that are given the services; the last one answers whatever else is asked for."""
    return [*_API, *(_ACCOUNTS if accounts else ()), *rest.default_handlers]


def document(*, accounts: bool = False) -> dict[str, Any]:
    return openapi.document((*of(accounts=accounts), *PAGES))


@cache
def _document(*, accounts: bool) -> bytes:
    return msgspec.json.encode(document(accounts=accounts))
