"""Sessions: browsers that are signed in, each by a refresh token that changes with every use.

Only the SHA-256 of a token is kept.  The next one is made of the present one and of something
random that is kept (HMAC), so that the same next one can be said again: to a second tab, or
where the answer was lost on its way.  That is done for ten seconds.  A token that is used later
than that was copied by somebody: the session ends, for both.  That it once was good is known by
its end, a seal (HMAC) of what is before it; what has none is a guess, and ends nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
from collections.abc import Awaitable, Callable

from msgspec import Struct
from msgspec.structs import replace

from ..engine.audit import Audit, Event
from ..ids import new_id, now_ms
from ..protocol import Code, PersonState
from ..store.errors import NotFound
from ..store.interface import Store
from ..store.people import Person, Session
from .errors import Refused

GRACE_MS = 10_000
_TRIES = 20
_DAY_MS = 24 * 60 * 60 * 1000
_MOST_AGENT = 200
_SEAL = 64
"""Characters of a seal."""


class Renewal(Struct, frozen=True):
    """A session that goes on, and the token by which it can be renewed next."""

    session: Session
    token: str


class Sessions:
    """One that is not used for so many days is over.  `ended` is called with the id of the person
    of whom one has ended because its token was copied."""

    def __init__(
        self,
        store: Store,
        days: int,
        log: logging.Logger,
        ended: Callable[[str], Awaitable[None]] | None = None,
    ) -> None:
        self._store = store
        self._audit = Audit(store)
        self._lasts_ms = days * _DAY_MS
        self._log = log
        self._ended = ended

    @property
    def seconds(self) -> int:
        """How long a browser keeps a token."""
        return self._lasts_ms // 1000

    async def begin(self, person: Person, *, agent: str = "", address: str = "") -> Renewal:
        """For somebody who is let in as they were when that was found out: :class:`Refused`
        where all sessions of theirs have had to end since, so whatever let them in may not any
        more."""
        now, seal = now_ms(), secrets.token_hex(32)
        secret = _sealed(secrets.token_urlsafe(32), seal)
        session = Session(
            new_id(),
            person.id,
            _digest(secret),
            made_at=now,
            used_at=now,
            expires_at=now + self._lasts_ms,
            seal=seal,
            agent=agent[:_MOST_AGENT],
            address=address,
        )
        await self._store.put_session(session)
        # Only now: who ends all sessions changes the person first, so either finds the other.
        if not await self._still_let_in(person):
            await self._store.end_sessions(person.id, [session.id])
            raise Refused(
                Code.CONFLICT,
                "This account was changed while you signed in. You were not let in; sign in again.",
            )
        return Renewal(session, _written(session, secret))

    async def _still_let_in(self, person: Person) -> bool:
        try:
            now = await self._store.get_person(person.id)
        except NotFound:
            return False
        return now.state is PersonState.ACTIVE and now.signed_out == person.signed_out

    async def renew(self, token: str, address: str = "") -> Renewal | None:
        """`None`: the session has ended, perhaps just now."""
        user_id, session_id, secret = _read(token)
        if not secret:
            return None
        for _ in range(_TRIES):
            session = await self._store.get_session(user_id, session_id)
            now = now_ms()
            if session is None or session.expires_at <= now:
                return None
            if _is(secret, session.token):
                nonce = secrets.token_hex(32)
                following = _following(secret, nonce, session.seal)
                renewed = replace(
                    session,
                    token=_digest(following),
                    previous=session.token,
                    nonce=nonce,
                    rotated_at=now,
                    used_at=now,
                    expires_at=now + self._lasts_ms,
                    address=address or session.address,
                    revision=session.revision + 1,
                )
                if await self._store.put_session(renewed):
                    return Renewal(renewed, _written(renewed, following))
                continue  # somebody was faster: look again
            if (
                session.previous is not None
                and session.nonce is not None
                and _is(secret, session.previous)
                and now - session.rotated_at <= GRACE_MS
            ):
                return Renewal(
                    session, _written(session, _following(secret, session.nonce, session.seal))
                )
            if not _was_given(secret, session):
                return None
            self._log.warning(
                "A refresh token of user %s was used a second time; the session was ended.", user_id
            )
            await self._audit.note(user_id, Event.SESSION_COPIED, user_id, address)
            await self._store.end_sessions(user_id, [session_id])
            if self._ended is not None:
                await self._ended(user_id)
            return None
        return None

    async def end_by(self, token: str) -> None:
        """Log out the browser that has this token."""
        user_id, session_id, secret = _read(token)
        session = await self._store.get_session(user_id, session_id) if secret else None
        if session is not None and (
            _is(secret, session.token) or _is(secret, session.previous or "")
        ):
            await self._store.end_sessions(user_id, [session_id])

    async def all_of(self, user_id: str) -> list[Session]:
        now = now_ms()
        sessions = await self._store.list_sessions(user_id)
        return [session for session in sessions if session.expires_at > now]

    async def end_everywhere(self, user_id: str) -> None:
        """All of a person, who has asked for it."""
        await self._audit.note(user_id, Event.SIGNED_OUT_EVERYWHERE, user_id)
        await self.end(user_id)

    async def end(self, user_id: str, session_ids: list[str] | None = None) -> None:
        """Those, or all of a person."""
        await self._store.end_sessions(user_id, session_ids)


def _written(session: Session, secret: str) -> str:
    return f"{session.user_id}.{session.id}.{secret}"


def _read(token: str) -> tuple[str, str, str]:
    """User id, session id and secret; an empty secret: it is no token."""
    parts = token.split(".")
    return (parts[0], parts[1], parts[2]) if len(parts) == 3 else ("", "", "")


def _following(secret: str, nonce: str, seal: str) -> str:
    return _sealed(_hmac(secret, nonce), seal)


def _sealed(text: str, seal: str) -> str:
    return text + _hmac(seal, text)


def _was_given(secret: str, session: Session) -> bool:
    return hmac.compare_digest(_sealed(secret[:-_SEAL], session.seal).encode(), secret.encode())


def _hmac(key: str, text: str) -> str:
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _is(secret: str, digest: str) -> bool:
    return hmac.compare_digest(_digest(secret), digest)
