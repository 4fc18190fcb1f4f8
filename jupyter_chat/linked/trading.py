"""Trades the hub's token of this server for access to the chat service."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence

from msgspec import Struct
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest, HTTPResponse

from ..protocol import Access, Code, Failure, InvalidFrame, Problem, decode
from .replicas import Replica

TRADE = "jupyter-chat/api/hub/access"

_CONNECT_SECONDS = 2.0
_ANSWER_SECONDS = 5.0
"""The service asks the hub, which may be busy; a replica that takes longer is passed over."""
_AT_MOST_EVERY_SECONDS = 1.0

_AWAY = (
    "The chat service of this hub does not answer. The history is kept there, and what you ask now "
    "is sent when it is back. If this lasts, tell whoever looks after the hub."
)
_REFUSED = (
    "The chat service of this hub does not let this server in. What you typed is kept. Stop and "
    "start your server on the hub's page; if that does not help, tell whoever looks after the hub."
)
NO_TOKEN = Problem(
    Code.SERVICE_DOWN,
    "This server is to use the chat service of a hub, but has no token of one "
    "(JUPYTERHUB_API_TOKEN). Start it through JupyterHub, or without JUPYTER_CHAT_SERVICE_URLS.",
)


class NoAccess(Exception):
    """Nobody can be let into the service now; `problem` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem

    @property
    def is_final(self) -> bool:
        """The service has answered, and refused."""
        return self.problem.code is Code.FORBIDDEN


class Traded(Struct, frozen=True):
    """What a replica has answered; times are those of the clock, which goes on while a computer
    sleeps."""

    replica: Replica
    token: str
    renew_at: float
    ends_at: float

    def __repr__(self) -> str:
        return f"Traded(replica={self.replica!r}, ends_at={self.ends_at!r})"

    def access(self, *, for_browser: bool) -> Access:
        url = self.replica.public_url if for_browser else self.replica.url
        return Access(url, self.token, max(0.0, self.ends_at - time.time()))


class Trader:
    """Keeps one access for all browsers and kernels of this server, and the replica that it is
    of: so they all speak with the same one.

    `replicas` are in the order in which they are tried.
    """

    def __init__(self, replicas: Sequence[Replica], token: str, log: logging.Logger) -> None:
        self._replicas = list(replicas)
        self._token = token
        self._log = log
        self._held: Traded | None = None
        self._last: Traded | NoAccess | None = None
        self._ended_at = 0.0
        self._trading: asyncio.Task[Traded | NoAccess] | None = None
        self.replica = self._replicas[0]
        """The one that is spoken to at present."""
        self.uses = 0
        """How often somebody has asked for access."""

    @property
    def problem(self) -> Problem | None:
        """Why there was no access when it was traded last."""
        return self._last.problem if isinstance(self._last, NoAccess) else None

    async def access(self) -> Traded:
        """The access that is kept, traded anew in the last third of its life; raises
        :class:`NoAccess`."""
        self.uses += 1
        held = self._held
        if held is not None and time.time() < held.renew_at:
            return held
        try:
            return await self.anew()
        except NoAccess as error:
            if held is not None and not error.is_final and time.time() < held.ends_at:
                return held
            raise

    async def anew(self) -> Traded:
        """Access traded just now, for whoever cannot reach the service with the one that is kept;
        raises :class:`NoAccess`.  All who ask meanwhile, or within a second, get the same."""
        may_trade = time.monotonic() - self._ended_at > _AT_MOST_EVERY_SECONDS
        if self._trading is None and (self._last is None or may_trade):
            self._trading = asyncio.create_task(self._trade())
        outcome = self._last if self._trading is None else await asyncio.shield(self._trading)
        assert outcome is not None
        if isinstance(outcome, NoAccess):
            raise NoAccess(outcome.problem)
        return outcome

    async def close(self) -> None:
        if self._trading is not None:
            self._trading.cancel()
            await asyncio.wait([self._trading])

    async def _trade(self) -> Traded | NoAccess:
        try:
            outcome = await self._first_that_answers()
            self._note(outcome)
            return outcome
        finally:
            self._trading = None

    async def _first_that_answers(self) -> Traded | NoAccess:
        if not self._token:
            return NoAccess(NO_TOKEN)
        others = [replica for replica in self._replicas if replica is not self.replica]
        said: Problem | None = None
        reasons = []
        for replica in [self.replica, *others]:
            answer = await self._ask(replica)
            if isinstance(answer, Traded):
                return answer
            if answer.code is Code.FORBIDDEN:
                return NoAccess(answer)
            said = said or (answer if answer.message != _AWAY else None)
            reasons.append(f"{replica.url}: {answer.detail or answer.message}")
        return NoAccess(said or Problem(Code.SERVICE_DOWN, _AWAY, detail="\n".join(reasons)))

    async def _ask(self, replica: Replica) -> Traded | Problem:
        request = HTTPRequest(
            replica.url + TRADE,
            method="POST",
            body=b"",
            headers={"Authorization": f"token {self._token}"},
            follow_redirects=False,  # the token is for this address
            connect_timeout=_CONNECT_SECONDS,
            request_timeout=_ANSWER_SECONDS,
        )
        client = AsyncHTTPClient(force_instance=True)
        try:
            response = await client.fetch(request, raise_error=False)
        except (HTTPClientError, OSError) as error:
            return Problem(Code.SERVICE_DOWN, _AWAY, detail=str(error))
        finally:
            client.close()
        if response.code == 200:
            try:
                return _traded(replica, decode(response.body, Access))
            except InvalidFrame:
                pass
        return _problem(response)

    def _note(self, outcome: Traded | NoAccess) -> None:
        before, self._last = self._last, outcome
        self._ended_at = time.monotonic()
        if isinstance(outcome, Traded):
            self._held = outcome
            if outcome.replica is not self.replica or isinstance(before, NoAccess):
                self._log.info("The chat service answers at %s.", outcome.replica.url)
            self.replica = outcome.replica
            return
        if outcome.is_final:
            self._held = None
        if not isinstance(before, NoAccess):
            problem = outcome.problem
            self._log.warning("%s (%s)", problem.message, problem.detail or problem.code.value)


def _traded(replica: Replica, access: Access) -> Traded:
    now = time.time()
    return Traded(
        replica,
        access.token,
        renew_at=now + access.seconds_left * 2 / 3,
        ends_at=now + access.seconds_left,
    )


def _problem(response: HTTPResponse) -> Problem:
    """What is wrong, in the service's own words where it says some."""
    try:
        said = decode(response.body or b"", Failure).problem
    except InvalidFrame:
        said = None
    if response.code in (401, 403):
        message = _REFUSED if said is None else said.message
        return Problem(Code.FORBIDDEN, message, detail=None if said is None else said.detail)
    answered = f"{response.code} {response.reason}"
    if said is None:
        return Problem(Code.SERVICE_DOWN, _AWAY, detail=answered)
    return Problem(Code.SERVICE_DOWN, said.message, detail=said.detail or answered)
