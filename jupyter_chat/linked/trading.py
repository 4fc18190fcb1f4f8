"""Trades the hub's token of this server for access to the chat service."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence

from msgspec import Struct
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest, HTTPResponse

from ..protocol import Access, Code, Failure, InvalidFrame, Problem, Side, decode
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


class _Kept(Struct):
    """What is known of the access of one side."""

    held: Traded | None = None
    last: Traded | NoAccess | None = None
    ended_at: float = 0.0
    trading: asyncio.Task[Traded | NoAccess] | None = None


class Trader:
    """Keeps one access for all browsers of this server and one for all its kernels, and the
    replica that they are of: so they all speak with the same one.

    `replicas` are in the order in which they are tried.
    """

    def __init__(self, replicas: Sequence[Replica], token: str, log: logging.Logger) -> None:
        self._replicas = list(replicas)
        self._token = token
        self._log = log
        self._kept = {side: _Kept() for side in Side}
        self._problem: Problem | None = None
        self.replica = self._replicas[0]
        """The one that is spoken to at present."""
        self.uses = 0
        """How often somebody has asked for access."""

    @property
    def problem(self) -> Problem | None:
        """Why there was no access when it was traded last."""
        return self._problem

    async def access(self, side: Side) -> Traded:
        """The access that is kept, traded anew in the last third of its life; raises
        :class:`NoAccess`."""
        self.uses += 1
        held = self._kept[side].held
        if held is not None and held.replica is self.replica and time.time() < held.renew_at:
            return held
        try:
            return await self.anew(side)
        except NoAccess as error:
            if held is not None and not error.is_final and time.time() < held.ends_at:
                return held
            raise

    async def anew(self, side: Side) -> Traded:
        """Access traded just now, for whoever cannot reach the service with the one that is kept;
        raises :class:`NoAccess`.  All who ask meanwhile, or within a second, get the same."""
        kept = self._kept[side]
        may_trade = time.monotonic() - kept.ended_at > _AT_MOST_EVERY_SECONDS
        if kept.trading is None and (kept.last is None or may_trade):
            kept.trading = asyncio.create_task(self._trade(side))
        outcome = kept.last if kept.trading is None else await asyncio.shield(kept.trading)
        assert outcome is not None
        if isinstance(outcome, NoAccess):
            raise NoAccess(outcome.problem)
        return outcome

    async def close(self) -> None:
        tasks = [kept.trading for kept in self._kept.values() if kept.trading is not None]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def _trade(self, side: Side) -> Traded | NoAccess:
        try:
            outcome = await self._first_that_answers(side)
            self._note(side, outcome)
            return outcome
        finally:
            self._kept[side].trading = None

    async def _first_that_answers(self, side: Side) -> Traded | NoAccess:
        if not self._token:
            return NoAccess(NO_TOKEN)
        others = [replica for replica in self._replicas if replica is not self.replica]
        said: Problem | None = None
        reasons = []
        for replica in [self.replica, *others]:
            answer = await self._ask(replica, side)
            if isinstance(answer, Traded):
                return answer
            if answer.code is Code.FORBIDDEN:
                return NoAccess(answer)
            said = said or (answer if answer.message != _AWAY else None)
            reasons.append(f"{replica.url}: {answer.detail or answer.message}")
        return NoAccess(said or Problem(Code.SERVICE_DOWN, _AWAY, detail="\n".join(reasons)))

    async def _ask(self, replica: Replica, side: Side) -> Traded | Problem:
        request = HTTPRequest(
            f"{replica.url}{TRADE}?side={side.value}",
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

    def _note(self, side: Side, outcome: Traded | NoAccess) -> None:
        kept, before = self._kept[side], self._problem
        kept.last, kept.ended_at = outcome, time.monotonic()
        if isinstance(outcome, Traded):
            kept.held, self._problem = outcome, None
            if outcome.replica is not self.replica or before is not None:
                self._log.info("The chat service answers at %s.", outcome.replica.url)
            self.replica = outcome.replica
            return
        self._problem = problem = outcome.problem
        if outcome.is_final:
            for each in self._kept.values():
                each.held = None
        if before is None:
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
