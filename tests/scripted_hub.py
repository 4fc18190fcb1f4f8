"""A hub that does what a test says: the part of JupyterHub's REST interface that the chat service
asks, answered as JupyterHub 6 does."""

from __future__ import annotations

import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, unquote

import msgspec
from tornado import web
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port

from jupyter_chat.hub.api import HubAway, HubUser

SERVICE = "chat-1"
SCOPE = f"access:services!service={SERVICE}"


class ScriptedHub:
    """Also stands in for `hub.api.HubApi`, where nothing is to go over the wire."""

    def __init__(self) -> None:
        self.users: dict[str, dict[str, Any]] = {}
        self.tokens: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {}
        self.codes: dict[str, str] = {}
        self.service_token = secrets.token_hex(16)
        self.tokens[self.service_token] = ({"kind": "service", "name": SERVICE}, ("read:users",))
        self.is_away = False
        self.may_read_users = True
        self.may_list_users = True
        self.asked: list[str] = []
        self.url = ""
        self._made = 0

    # --- what happens at the hub ----------------------------------------------------------

    def add(self, name: str, *, admin: bool = False, groups: tuple[str, ...] = ()) -> None:
        self._made += 1
        self.users[name] = {
            "kind": "user",
            "name": name,
            "admin": admin,
            "groups": list(groups),
            "roles": ["user"],
            "created": f"2026-11-26T10:00:00.{self._made:06}Z",
            "server": None,
        }

    def remove(self, name: str) -> None:
        """With the tokens."""
        user = self.users.pop(name)
        self.tokens = {token: held for token, held in self.tokens.items() if held[0] is not user}

    def rename(self, name: str, new: str) -> None:
        self.users[new] = self.users.pop(name)
        self.users[new]["name"] = new

    def token(self, name: str, *scopes: str) -> str:
        """A token of that user."""
        token = secrets.token_hex(16)
        self.tokens[token] = (self.users[name], scopes or (SCOPE,))
        return token

    def code(self, name: str) -> str:
        """What a browser comes back with that this user has signed in at."""
        code = secrets.token_hex(8)
        self.codes[code] = self.token(name)
        return code

    # --- what is asked --------------------------------------------------------------------

    def describe(self, token: str) -> dict[str, Any] | None:
        held = self.tokens.get(token)
        if held is None:
            return None
        user, scopes = held
        shown = ("kind", "name", "admin", "groups")
        return {
            **{name: user[name] for name in shown if name in user},
            "token_id": "a1",
            "session_id": None,
            "scopes": sorted(scopes),
        }

    async def whose(self, token: str) -> HubUser | None:
        self._ask("user")
        described = self.describe(token)
        return None if described is None else msgspec.convert(described, HubUser)

    async def user(self, name: str) -> HubUser | None:
        self._ask(f"users/{name}")
        described = self.users.get(name)
        return None if described is None else msgspec.convert(described, HubUser)

    async def names(self) -> dict[str, str]:
        self._ask("users")
        if not self.may_list_users:
            raise HubAway("The hub lets nobody be listed.")
        users = [msgspec.convert(each, HubUser) for each in self.users.values()]
        return {each.subject: each.name for each in users}

    def _ask(self, what: str) -> None:
        if self.is_away:
            raise HubAway("The hub is away.")
        self.asked.append(what)

    def environment(self, prefix: str = f"/services/{SERVICE}/") -> dict[str, str]:
        """What the hub tells its service."""
        return {
            "JUPYTERHUB_API_TOKEN": self.service_token,
            "JUPYTERHUB_API_URL": f"{self.url}hub/api",
            "JUPYTERHUB_SERVICE_NAME": SERVICE,
            "JUPYTERHUB_SERVICE_PREFIX": prefix,
            "JUPYTERHUB_CLIENT_ID": f"service-{SERVICE}",
            "JUPYTERHUB_OAUTH_ACCESS_SCOPES": json.dumps([SCOPE]),
        }


class _Handler(web.RequestHandler):
    def initialize(self, hub: ScriptedHub) -> None:
        self.hub = hub

    def prepare(self) -> None:
        if self.hub.is_away:
            self.fail(503)

    def fail(self, status: int) -> None:
        self.set_status(status)
        self.finish({"status": status, "message": "no"})

    @property
    def token(self) -> str:
        return self.request.headers.get("Authorization", "").partition(" ")[2]


class _Self(_Handler):
    def get(self) -> None:
        self.hub.asked.append("user")
        described = self.hub.describe(self.token)
        if described is None:
            self.fail(403)
        else:
            self.finish(described)


class _User(_Handler):
    def get(self, name: str) -> None:
        name = unquote(name)
        self.hub.asked.append(f"users/{name}")
        _, scopes = self.hub.tokens.get(self.token, ({}, ()))
        if "read:users" not in scopes or not self.hub.may_read_users:
            self.fail(403)
        elif name not in self.hub.users:
            self.fail(404)
        else:
            self.finish(self.hub.users[name])


class _Users(_Handler):
    """Two at a time."""

    def get(self) -> None:
        self.hub.asked.append("users")
        assert "jupyterhub-pagination" in self.request.headers["Accept"]
        offset = int(self.get_query_argument("offset"))
        if not self.hub.may_list_users:
            self.fail(403)
            return
        users = list(self.hub.users.values())
        more = {"offset": offset + 2, "limit": 2, "url": ""} if offset + 2 < len(users) else None
        self.finish(
            {
                "items": users[offset : offset + 2],
                "_pagination": {"offset": offset, "limit": 2, "total": len(users), "next": more},
            }
        )


class _Token(_Handler):
    def post(self) -> None:
        form = {name: values[0] for name, values in parse_qs(self.request.body.decode()).items()}
        token = self.hub.codes.pop(form["code"], None)
        if token is None or form["client_secret"] != self.hub.service_token:
            self.fail(400)
        else:
            assert form["code_verifier"]
            self.finish({"access_token": token, "token_type": "Bearer"})


@asynccontextmanager
async def serving() -> AsyncIterator[ScriptedHub]:
    """One that is asked over HTTP."""
    hub = ScriptedHub()
    given = {"hub": hub}
    server = HTTPServer(
        web.Application(
            [
                (r"/hub/api/user", _Self, given),
                (r"/hub/api/users", _Users, given),
                (r"/hub/api/users/([^/]+)", _User, given),
                (r"/hub/api/oauth2/token", _Token, given),
            ]
        )
    )
    socket, port = bind_unused_port()
    server.add_sockets([socket])
    hub.url = f"http://127.0.0.1:{port}/"
    yield hub
    server.stop()
    await server.close_all_connections()
