"""From a Jupyter server to where its chat is: there, or with the service that it is linked with."""

from __future__ import annotations

import asyncio
import time

from tornado.httpclient import HTTPClientError

from ..protocol import ACCESS_SCHEME, Access, Failure, InvalidFrame, Problem, decode
from . import servers
from .errors import NoServer
from .servers import Server

_ACCESS = "access?side=kernel"
_SPARE_SECONDS = 60.0
"""Access that ends sooner is asked for again, or after three quarters of it."""


class Way:
    """Keeps the access to the service as long as it is good, for all who speak to it from here."""

    def __init__(self) -> None:
        self._home: Server | None = None
        self._place: Server | None = None
        self._asking = asyncio.Lock()

    async def to_chat(self, home: Server, failed: Server | None = None) -> Server:
        """Where the chat of this server is now.

        `failed` is what was answered before, if one could not speak to it: a linked server then
        says which replica does answer.  Raises :class:`NoServer` where it says that none does.
        """
        async with self._asking:
            place = self._place if self._home == home else None
            is_useless = place is not None and failed == place
            if place is None or place.ends_soon or is_useless:
                anew = is_useless and place is not None and place.is_service
                # Where the server itself does not answer now, what was said last still holds.
                place = await _asked(home, "POST" if anew else "GET") or place or home
            self._home, self._place = home, place
            return place


async def _asked(home: Server, method: str) -> Server | None:
    """What the server says; itself, where it is not linked; `None`: it does not answer."""
    options = {"body": b""} if method == "POST" else {}
    asked_at = time.time()
    try:
        response = await servers.fetch(home.request(_ACCESS, method=method, **options))
        access = decode(response.body, Access)
    except HTTPClientError as error:
        if servers.is_away(error):
            return None
        problem = _problem_in(error)
        # Whoever is not let in at home is told by whatever comes next.
        if problem is not None and error.code != 404 and await servers.answers(home):
            raise NoServer(problem.message, problem.detail, problem.code) from None
        return home
    except OSError:
        return None
    except InvalidFrame:
        return home
    seconds = access.seconds_left
    return Server(
        access.url,
        f"{ACCESS_SCHEME} {access.token}",
        renew_at=asked_at + seconds - min(_SPARE_SECONDS, seconds / 4),
    )


def _problem_in(error: HTTPClientError) -> Problem | None:
    try:
        return decode(error.response.body, Failure).problem if error.response else None
    except InvalidFrame:
        return None
