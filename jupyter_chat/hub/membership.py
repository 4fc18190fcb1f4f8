"""Whether people are still at the hub: asked when they come, and again while they stay.

A token of the hub is asked for again after a minute, so that a logout there is noticed; a person
of whom the hub has not been asked for five minutes is looked up.  All others are looked up in turn,
a few at a time, so that what somebody has left behind is known as that.  Where the hub is away,
who was let in stays.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import random
from collections.abc import Callable
from time import monotonic

from msgspec import Struct

from ..auth.access_tokens import SECONDS, Claims
from ..auth.errors import Refused
from ..auth.watching import Watch
from ..bounded import drop_oldest
from ..engine.rounds import Rounds
from ..protocol import Code, PersonState
from ..store.errors import NotFound
from ..store.interface import Store
from ..store.people import Person
from .api import HubApi, HubAway, HubUser
from .people import HubPeople

TOKEN_SECONDS = 60.0
PERSON_SECONDS = 300.0
_ROUND_SECONDS = 10.0
_AGAIN_SECONDS = 30.0
"""A hub that was away is asked again after so many seconds."""
_TURN_SECONDS = 60 * 60.0
"""So often everybody has their turn, unless there are more than can be."""
_OF_A_TURN = 20
_AT_ONCE = 10
_MOST = 20_000


class _Known(Struct, frozen=True):
    """A token of the hub that was shown here."""

    token: str
    claims: Claims
    name: str
    asked_at: float
    from_page: bool

    def __repr__(self) -> str:  # the token stays out of logs and tracebacks
        return f"_Known({self.name!r})"


class _Turn(Struct):
    """How far those have got who are looked up in turn."""

    begins_at: float
    after: str = ""


class Membership:
    def __init__(
        self,
        api: HubApi,
        people: HubPeople,
        store: Store,
        may_enter: Callable[[HubUser], bool],
        log: logging.Logger,
    ) -> None:
        self._api = api
        self._people = people
        self._store = store
        self._may_enter = may_enter
        self._log = log
        self._watch: Watch | None = None
        self._tokens: dict[str, _Known] = {}
        self._ended: dict[str, None] = {}
        """Sessions whose token the hub has taken back."""
        self._due: dict[str, float] = {}
        """When people are to be looked up, if they are here then."""
        self._came: dict[str, float] = {}
        """When people were here last who have shown an access token."""
        self._turn = _Turn(monotonic() + _TURN_SECONDS * random.random())
        self._rounds = Rounds(self._round, _pause, "people at the hub", log)
        self._is_away = False

    def start(self, watch: Watch) -> None:
        self._watch = watch
        self._rounds.start()

    async def close(self) -> None:
        await self._rounds.close()

    # --- who comes ------------------------------------------------------------------------

    async def trade(self, token: str) -> Claims:
        """Whom a token of the hub lets in.  Raises :class:`Refused` and :class:`HubAway`."""
        claims = await self._ask(token, from_page=False)
        if claims is None:
            raise Refused(
                Code.FORBIDDEN,
                "JupyterHub does not know this token, or not any more. Stop your server at the "
                "hub and start it again.",
            )
        await self.check(claims.user_id)
        return claims

    async def of_page(self, token: str, *, anew: bool = False) -> Claims | None:
        """Whom a browser's token lets in; `None`: it is none any more.  With `anew` the hub is
        asked in any case.  Raises as above."""
        known = self._tokens.get(_digest(token))
        if known is not None and not anew and monotonic() - known.asked_at < TOKEN_SECONDS:
            return known.claims
        try:
            return await self._ask(token, from_page=True)
        except HubAway:
            if known is None:
                raise
            return known.claims

    async def check(self, user_id: str) -> None:
        """:class:`Refused`, with words for the person, unless they may use the chat."""
        state = (await self._store.get_person(user_id)).state
        if state is PersonState.DISABLED:
            raise Refused(
                Code.FORBIDDEN,
                "An administrator of the chat has disabled your access. What you have written "
                "is kept.",
            )
        if state is PersonState.LEAVING:
            raise Refused(
                Code.FORBIDDEN,
                "What there was of yours in the chat is being deleted. Try again in a minute: "
                "you begin with nothing then.",
            )
        if state is not PersonState.ACTIVE:
            raise Refused(Code.FORBIDDEN, "JupyterHub does not know you any more.")

    def came(self, claims: Claims) -> None:
        """Somebody has shown an access token, which was made when the hub knew them."""
        user_id, age = claims.user_id, SECONDS - claims.seconds_left
        self._due.setdefault(user_id, _in(PERSON_SECONDS) - age)
        self._came.pop(user_id, None)
        self._came[user_id] = monotonic()
        drop_oldest(self._came, _MOST)

    async def alive(self, sessions: list[tuple[str, str]]) -> dict[str, Person]:
        """See `auth.watching.Sessions`; each token of the hub is one."""
        people = await self._store.active_people(sorted({user_id for user_id, _ in sessions}))
        return {
            session_id: people[user_id]
            for user_id, session_id in sessions
            if user_id in people and session_id not in self._ended
        }

    async def _ask(self, token: str, *, from_page: bool) -> Claims | None:
        digest = _digest(token)
        user = await self._api.whose(token)
        known = self._tokens.pop(digest, None)
        if user is None:
            if known is not None:
                self._ended[digest] = None
                drop_oldest(self._ended, _MOST)
            return None
        if user.kind != "user" or not self._may_enter(user):
            raise Refused(
                Code.FORBIDDEN,
                "JupyterHub does not let you use the chat service. Ask whoever looks after the "
                "hub.",
            )
        if (
            known is None
            or known.name != user.name
            or not from_page
            or not await self._is_kept(known.claims.user_id)
        ):
            described = await self._api.user(user.name)
            if described is None:
                raise Refused(Code.FORBIDDEN, "JupyterHub does not know you any more.")
            user_id = (await self._people.of(described)).id
            self._confirm(user_id)
        else:
            user_id = known.claims.user_id
        claims = Claims(user_id, digest)
        self._ended.pop(digest, None)  # a hub that is just starting may not have known it
        self._tokens[digest] = _Known(token, claims, user.name, monotonic(), from_page)
        drop_oldest(self._tokens, _MOST)
        return claims

    async def _is_kept(self, user_id: str) -> bool:
        """Whether this person was not deleted meanwhile."""
        try:
            return (await self._store.get_person(user_id)).id == user_id
        except NotFound:
            return False

    # --- who stays ------------------------------------------------------------------------

    async def _round(self) -> None:
        await self.look()
        await self.look_at_others()

    async def look(self) -> None:
        """Ask again for the tokens and people of open sockets, and for who came lately, as far
        as that is due."""
        assert self._watch is not None
        now = monotonic()
        is_open = self._watch.open_sessions()
        tokens = [
            known
            for _, session_id in is_open
            if (known := self._tokens.get(session_id)) is not None
            and known.from_page
            and now - known.asked_at >= TOKEN_SECONDS
        ]
        here = {user_id for user_id, _ in is_open}
        here |= {user_id for user_id, at in self._came.items() if now - at < PERSON_SECONDS}
        due = [user_id for user_id in here if self._due.get(user_id, now) <= now]
        for start in range(0, len(tokens), _AT_ONCE):
            await asyncio.gather(*map(self._look_at_token, tokens[start : start + _AT_ONCE]))
        for start in range(0, len(due), _AT_ONCE):
            some = due[start : start + _AT_ONCE]
            for user_id, found in zip(
                some, await asyncio.gather(*map(self._look_up, some)), strict=True
            ):
                if found:
                    self._confirm(user_id)
                else:
                    self._due[user_id] = _in(_AGAIN_SECONDS)

    async def look_at_others(self) -> None:
        """Look up the next few of all people, unless everybody has just had their turn."""
        turn = self._turn
        if monotonic() < turn.begins_at:
            return
        people = await self._store.list_people(limit=_OF_A_TURN, after=turn.after)
        stay = (PersonState.ACTIVE, PersonState.DISABLED)
        ids = [each.id for each in people if each.hub_name is not None and each.state in stay]
        if not all([await self._look_up(user_id) for user_id in ids]):
            return
        if len(people) == _OF_A_TURN:
            turn.after = people[-1].name
        else:
            self._turn = _Turn(_in(_TURN_SECONDS))

    async def _look_at_token(self, known: _Known) -> None:
        try:
            ended = await self._ask(known.token, from_page=True) is None
        except Refused:
            self._ended[known.claims.session_id] = None
            ended = True
        except HubAway as away:
            self._note(away)
            return
        if ended and self._watch is not None:
            await self._watch.look(known.claims.user_id)

    async def _look_up(self, user_id: str) -> bool:
        """Find out whether the hub still has this person; whether it could be asked."""
        try:
            person = await self._store.get_person(user_id)
            user = await self._api.user(person.hub_name or "")
            self._note(None)
            if user is not None and user.subject == person.subject:
                await self._people.of(user)
            elif not await self._has_another_name(user_id):
                await self._people.gone(user_id)
                if self._watch is not None:
                    await self._watch.look(user_id)
        except NotFound:
            pass  # deleted
        except HubAway as away:
            self._note(away)
            return False
        return True

    async def _has_another_name(self, user_id: str) -> bool:
        """A token that was shown here says so."""
        for known in [each for each in self._tokens.values() if each.claims.user_id == user_id]:
            try:
                claims = await self._ask(known.token, from_page=known.from_page)
            except Refused:
                continue
            if claims is not None and claims.user_id == user_id:
                return True
        return False

    def _confirm(self, user_id: str) -> None:
        self._due.pop(user_id, None)
        self._due[user_id] = _in(PERSON_SECONDS)
        drop_oldest(self._due, _MOST)

    def _note(self, away: HubAway | None) -> None:
        """Say once that the hub cannot be asked, and once that it can."""
        if away is not None and not self._is_away:
            self._log.warning("%s Who was let in stays.", away.problem.message)
        elif away is None and self._is_away:
            self._log.info("JupyterHub can be asked again.")
        self._is_away = away is not None


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()[:32]


def _pause() -> float:
    return _ROUND_SECONDS * random.uniform(0.75, 1.25)


def _in(seconds: float) -> float:
    """Not all at once: a bit less than that from now."""
    return monotonic() + seconds * random.uniform(0.8, 1.0)
