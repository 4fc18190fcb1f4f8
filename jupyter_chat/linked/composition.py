"""How the parts of a linked server are put together: it has no store, no engine and no keys."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from jupyter_server.serverapp import ServerApp

from ..engine.attached.documents import Documents
from ..redaction import Redacting
from ..server.files import ServerFiles
from ..server.kernels import StartingKernels
from ..server.unused import StopWhenUnused
from . import handlers
from .handlers import LinkedServices
from .replicas import Replica, in_order
from .trading import Trader

if TYPE_CHECKING:
    from ..app import ChatApp

IN_PAGES = "jupyterChatLinked"
"""The option of JupyterLab's pages by which the front end knows that this server is linked."""


class LinkedComposition:
    """All parts, made from the settings of `app` and what the hub has put into the environment."""

    def __init__(self, app: ChatApp, serverapp: ServerApp, known: Sequence[Replica]) -> None:
        self._app = app
        self._serverapp = serverapp
        owner = os.environ.get("JUPYTERHUB_USER", "")
        token = os.environ.get("JUPYTERHUB_API_TOKEN", "")
        self._redacting = Redacting([token])
        app.log.addFilter(self._redacting)
        self._unused: StopWhenUnused | None = None
        starting = StartingKernels(serverapp)
        starting.watch()
        self._trader = Trader(in_order(owner, known), token, app.log)
        self._uses = 0
        self._services = LinkedServices(
            trader=self._trader,
            owner=owner,
            files=ServerFiles(serverapp.contents_manager),
            documents=Documents(),
            kernel_tokens=starting.tokens,
        )
        serverapp.web_app.settings.setdefault("page_config_data", {})[IN_PAGES] = "true"

    def routes(self) -> Sequence[Any]:
        given = {"services": self._services}
        return [(route, handler, given) for route, handler in (*handlers.API, *handlers.PAGES)]

    async def open(self) -> None:
        if self._app.exit_when_unused:
            self._unused = StopWhenUnused(
                self._app.exit_when_unused, self._was_used, self._serverapp.stop
            )
            self._unused.start()

    async def close(self) -> None:
        if self._unused is not None:
            self._unused.close()
        self._services.closing = True
        await self._trader.close()
        self._app.log.removeFilter(self._redacting)

    def _was_used(self) -> bool:
        """Since this was looked at last."""
        before, self._uses = self._uses, self._trader.uses
        return self._uses > before
