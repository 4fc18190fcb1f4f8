"""Every route, once: what is registered, and what the OpenAPI document is made from."""

from __future__ import annotations

import asyncio
from functools import cache
from typing import Any

import msgspec
from jupyter_server.auth.decorator import authorized
from tornado import web

from . import attachments, exchange, library, openapi, pages, rest, socket, usage
from .operations import operation
from .rest import ChatHandler


class DocumentHandler(ChatHandler):
    @operation("This document.", media_types=("application/json",))
    @web.authenticated
    @authorized
    async def get(self) -> None:
        made = await asyncio.to_thread(_document)
        self.set_header("Content-Type", "application/json")
        self.finish(made)


API: list[openapi.Route] = [
    *socket.default_handlers,
    *exchange.default_handlers,
    *usage.default_handlers,
    *library.default_handlers,
    *attachments.default_handlers,
    (r"jupyter-chat/api/openapi\.json", DocumentHandler),
    *rest.default_handlers,
]
"""Those that are given the services; the last one answers whatever else is asked for."""
PAGES: list[openapi.Route] = [*pages.default_handlers]


def document() -> dict[str, Any]:
    return openapi.document((*API, *PAGES))


@cache
def _document() -> bytes:
    return msgspec.json.encode(document())
