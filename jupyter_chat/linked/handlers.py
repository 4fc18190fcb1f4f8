"""What a linked server answers itself: the way to the service, and files of its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import ClassVar

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import JupyterHandler
from tornado import web

from ..auth.authorizer import AUTH_RESOURCE
from ..engine.attached.documents import Documents
from ..protocol import Access, Code, Failure, Health, Problem, Side
from ..server import attachments
from ..server.errors import status_of
from ..server.files import ServerFiles
from ..server.identity import is_personal
from ..server.kernels import KernelTokens
from ..server.openapi import Route
from ..server.operations import operation
from ..server.rest import JsonHandler
from ..server.sides import side_of
from .trading import NoAccess, Traded, Trader


@dataclass
class LinkedServices:
    """What these handlers work with."""

    trader: Trader
    owner: str
    """The hub's name of whoever this server was started for."""
    files: ServerFiles
    documents: Documents
    kernel_tokens: KernelTokens
    closing: bool = False


class LinkedHandler(JsonHandler):
    services: LinkedServices


class AccessHandler(LinkedHandler):
    @operation(
        "The way to the chat service; the same for a while.", query={"side": Side}, answer=Access
    )
    @web.authenticated
    @authorized
    async def get(self) -> None:
        await self._answer(self.services.trader.access)

    @operation(
        "The way to the chat service, anew: it could not be reached, or did not let one in.",
        query={"side": Side},
        answer=Access,
    )
    @web.authenticated
    @authorized
    async def post(self) -> None:
        await self._answer(self.services.trader.anew)

    async def _answer(self, traded: Callable[[Side], Awaitable[Traded]]) -> None:
        side = side_of(self)
        let_in = Side.KERNEL if self.from_kernel else side
        self._check_owner()
        try:
            access = (await traded(let_in)).access(for_browser=side is Side.BROWSER)
        except NoAccess as error:
            self.set_status(status_of(error.problem))
            self.answer(Failure(error.problem))
        else:
            self.answer(access)

    def _check_owner(self) -> None:
        """The access is in the name of whoever the server was started for.  An administrator of the
        hub who looks into it, or whom it is shared with, is somebody else."""
        owner, user = self.services.owner, self.current_user.username
        if owner and user != owner and not is_personal(self.settings["identity_provider"]):
            raise web.HTTPError(
                403, f"This is the server of {owner}, and so is its chat: open it in your own."
            )


class HealthHandler(LinkedHandler):
    @operation("Whether the chat service lets this server in.", answer=Health)
    @web.authenticated
    @authorized
    async def get(self) -> None:
        self.answer(Health(self.services.trader.problem))


class ElsewhereHandler(LinkedHandler):
    """Everything else of the chat's interface."""

    describes_nothing: ClassVar[bool] = True

    @web.authenticated
    @authorized
    def get(self) -> None:
        where = self.services.trader.replica.public_url
        self.set_status(404)
        self.answer(
            Failure(
                Problem(
                    Code.NOT_FOUND,
                    f"The chat is not at this server, but at {where}; jupyter-chat/api/access says "
                    "how to be let in there.",
                )
            )
        )

    post = put = patch = delete = get


class ToServiceHandler(JupyterHandler):
    """The addresses of the page lead to that of the service."""

    auth_resource: ClassVar[str] = AUTH_RESOURCE

    def initialize(self, services: LinkedServices) -> None:
        self.services = services

    @operation("Leads to the page of the chat service.", media_types=("text/html",))
    @web.authenticated
    @authorized
    async def get(self, place: str = "") -> None:
        try:
            replica = (await self.services.trader.access(Side.BROWSER)).replica
        except NoAccess:
            replica = self.services.trader.replica  # whose page, or proxy, says what is wrong
        self.redirect(f"{replica.public_url}jupyter-chat/{place}")


_ID = "[0-9a-f-]{36}"

API: list[Route] = [
    (r"jupyter-chat/api/access", AccessHandler),
    (r"jupyter-chat/api/health", HealthHandler),
    *attachments.default_handlers,
    (r"jupyter-chat/api(?:/.*)?", ElsewhereHandler),
]
PAGES: list[Route] = [
    (r"jupyter-chat", ToServiceHandler),
    (r"jupyter-chat/", ToServiceHandler),
    (rf"jupyter-chat/(t/{_ID}(?:/{_ID})?)", ToServiceHandler),
]
