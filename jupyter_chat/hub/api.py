"""The part of the hub's REST interface that says who is who."""

from __future__ import annotations

import asyncio
import os
from time import monotonic
from typing import Any
from urllib.parse import quote

import msgspec
from msgspec import UNSET, Struct, UnsetType
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest, HTTPResponse

from ..protocol import Code, Problem
from .environment import HubEnvironment

_MOST_AT_ONCE = 50
_CONNECT_SECONDS = 5
_SECONDS = 15
_PAGE = 200
_NOT_KNOWN = "not known when: "
_PAGES = "application/jupyterhub-pagination+json"


class HubAway(Exception):
    """The hub cannot be asked; `problem` says why."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.problem = Problem(Code.HUB_DOWN, message)


class UserInfo(Struct, frozen=True):
    display_name: str | None = None
    name: str | None = None


class HubUser(Struct, frozen=True):
    """A user, as the hub describes them to whoever asks."""

    name: str
    kind: str = "user"
    admin: bool = False
    groups: tuple[str, ...] = ()
    created: str | None | UnsetType = UNSET
    scopes: tuple[str, ...] = ()
    """Of the token that was asked for."""
    user_info: UserInfo | None = None

    @property
    def subject(self) -> str:
        """What tells this user from others who have, had or will have the name: when the hub
        has made their record."""
        return self.created if isinstance(self.created, str) else f"{_NOT_KNOWN}{self.name}"

    @property
    def is_exact(self) -> bool:
        """See :func:`is_exact`."""
        return isinstance(self.created, str) and is_exact(self.created)

    @property
    def display_name(self) -> str | None:
        info = self.user_info or UserInfo()
        name = " ".join((info.display_name or info.name or "").split())[:80]
        return name if name and name.isprintable() and name != self.name else None


def is_exact(subject: str) -> bool:
    """Whether no two users were made at that moment.  Some databases keep whole seconds, in which
    a hub makes many."""
    return "." in subject and not subject.startswith(_NOT_KNOWN)


class _Next(Struct, frozen=True):
    offset: int


class _Pagination(Struct, frozen=True):
    next: _Next | None = None


class _Page(Struct, frozen=True):
    items: list[HubUser]
    pagination: _Pagination = msgspec.field(name="_pagination", default=_Pagination())


_decode = msgspec.json.Decoder(HubUser).decode
_decode_page = msgspec.json.Decoder(_Page).decode


class HubApi:
    """Each call raises :class:`HubAway`."""

    def __init__(self, environment: HubEnvironment) -> None:
        self._environment = environment
        self._client: AsyncHTTPClient | None = None
        self._options = _certificates()
        self._listing = asyncio.Lock()
        self._names: dict[str, str] = {}
        self._listed_at = 0.0
        """When fetching them began."""

    async def whose(self, token: str) -> HubUser | None:
        """Whose token it is, and what it opens; `None`: it is none, or no longer."""
        response = await self._get("user", token)
        if response.code in (401, 403):
            return None
        return self._read(response)

    async def user(self, name: str) -> HubUser | None:
        """The user who has this name now, if there is one."""
        response = await self._get(f"users/{quote(name, safe='')}", self._environment.api_token)
        if response.code == 404:
            return None
        if response.code in (401, 403):
            raise HubAway(_NOT_ALLOWED)
        user = self._read(response)
        if user.created is UNSET:
            raise HubAway(_NOT_ALLOWED)
        return user

    async def names(self) -> dict[str, str]:
        """All users, as they are after this was asked: the name of each by its `subject`.  Those
        who ask while a list is being fetched share the next one."""
        asked_at = monotonic()
        async with self._listing:
            if self._listed_at < asked_at:
                self._listed_at = monotonic()
                self._names = await self._all_names()
            return self._names

    async def _all_names(self) -> dict[str, str]:
        names: dict[str, str] = {}
        offset: int | None = 0
        while offset is not None:
            response = await self._get(
                f"users?limit={_PAGE}&offset={offset}", self._environment.api_token, _PAGES
            )
            if response.code in (401, 403):
                raise HubAway(_NOT_ALLOWED)
            try:
                page = _decode_page(response.body if response.code == 200 else b"")
            except msgspec.DecodeError:
                raise HubAway(_AWAY) from None
            names |= {user.subject: user.name for user in page.items}
            following = page.pagination.next
            offset = None if following is None else following.offset
        return names

    def close(self) -> None:
        if self._client is not None:
            self._client.close()

    async def _get(self, path: str, token: str, accept: str = "application/json") -> HTTPResponse:
        if self._client is None:
            self._client = AsyncHTTPClient(force_instance=True, max_clients=_MOST_AT_ONCE)
        request = HTTPRequest(
            f"{self._environment.api_url}/{path}",
            headers={"Authorization": f"token {token}", "Accept": accept},
            connect_timeout=_CONNECT_SECONDS,
            request_timeout=_SECONDS,
            follow_redirects=False,
            **self._options,
        )
        try:
            return await self._client.fetch(request, raise_error=False)
        except (HTTPClientError, OSError, ValueError, asyncio.TimeoutError):
            raise HubAway(_AWAY) from None

    def _read(self, response: HTTPResponse) -> HubUser:
        if response.code != 200:
            raise HubAway(_AWAY)
        try:
            return _decode(response.body)
        except msgspec.DecodeError:
            raise HubAway(_AWAY) from None


_AWAY = (
    "JupyterHub cannot be asked at present who you are. Nothing was changed, and what you have "
    "written is kept; it is tried again."
)
_NOT_ALLOWED = (
    "JupyterHub does not let the chat service look people up, so nobody can be let in. Whoever "
    "looks after the hub has to give the service a role with the scopes `read:users` and "
    "`list:users`."
)


def _certificates() -> dict[str, Any]:
    """Where hub and services speak TLS with certificates of the hub's own."""
    named = {
        "client_key": os.environ.get("JUPYTERHUB_SSL_KEYFILE"),
        "client_cert": os.environ.get("JUPYTERHUB_SSL_CERTFILE"),
        "ca_certs": os.environ.get("JUPYTERHUB_SSL_CLIENT_CA"),
    }
    return {name: path for name, path in named.items() if path}
