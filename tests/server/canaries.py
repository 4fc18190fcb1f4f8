"""Secrets that must come out nowhere, and an upstream that repeats what it is sent."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import quote

from tornado import web
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets

from jupyter_chat.store.vault import new_key

# None looks like a key: nothing that only knows their form may keep them back.
PERSONS_KEY = "canaryof-person-0123456789-pers"
SHARED_KEY = "canaryof-shared-0123456789-shar"
ENVIRONMENT_KEY = "canaryof-environment-0123456789-envi"
AZURE_KEY = "canaryof-azure-0123456789-azur"
ADDRESS_PASSWORD = "canaryof-address-0123456789"
MONGODB_PASSWORD = "canaryof-mongodb-0123456789"
VAULT_KEYS = [new_key(), new_key()]

CANARIES = (
    *(PERSONS_KEY, SHARED_KEY, ENVIRONMENT_KEY, AZURE_KEY, ADDRESS_PASSWORD, MONGODB_PASSWORD),
    *VAULT_KEYS,
)


def found_in(*things: object) -> set[str]:
    """Which canaries are in there, as they are or encoded."""
    text = "\n".join(
        thing.decode("utf-8", "replace") if isinstance(thing, bytes) else str(thing)
        for thing in things
    )
    return {
        canary
        for canary in CANARIES
        for form in (
            canary,
            quote(canary, safe=""),
            base64.b64encode(canary.encode()).decode().rstrip("=")[:-1],
            base64.b64encode(f"name:{canary}".encode()).decode().rstrip("=")[:-1],
        )
        if form in text
    }


class Parrot:
    """A server of models that refuses everything, and repeats what it was sent as a secret."""

    def __init__(self) -> None:
        self.status = 401
        """How it refuses; 200: in the middle of an answer."""
        self.heard: list[str] = []
        sockets = bind_sockets(0, "127.0.0.1")
        self.port = sockets[0].getsockname()[1]
        self._server = HTTPServer(web.Application([(".*", _Refusing, {"parrot": self})]))
        self._server.add_sockets(sockets)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    async def close(self) -> None:
        self._server.stop()
        await self._server.close_all_connections()


class _Refusing(web.RequestHandler):
    def initialize(self, parrot: Parrot) -> None:
        self.parrot = parrot

    async def get(self) -> None:
        if self.parrot.status == 200 and self.request.path.endswith("/models"):
            self.finish({"object": "list", "data": [{"id": "any-model", "object": "model"}]})
            return
        self._refuse()

    async def post(self) -> None:
        if self.parrot.status != 200:
            self._refuse()
            return
        self.set_header("Content-Type", "text/event-stream")
        delta = {"choices": [{"index": 0, "delta": {"content": "Be"}}]}
        for event in (delta, {"error": {"message": self._repeated(), "type": "server_error"}}):
            self.write(f"data: {json.dumps(event)}\n\n")
            await self.flush()
        self.finish()

    def _refuse(self) -> None:
        self.set_status(self.parrot.status)
        said = self._repeated()
        self.finish({"error": {"message": said, "type": said, "code": "odd", "param": said}})

    def _repeated(self) -> str:
        headers = self.request.headers
        said = f"{headers.get('Authorization')} | {headers.get('api-key')} | {self.request.uri}"
        for scheme in ("Bearer ", "Basic "):
            said = said.replace(scheme, "your secret is ")
        self.parrot.heard.append(said)
        return said

    def log_exception(self, *_: Any) -> None:
        """Nothing: the logs are looked through."""
