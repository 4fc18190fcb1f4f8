"""Looking at questions before they are sent, and at answers while they come and at their end.

What is flagged is recorded; what is blocked is not sent, or is withdrawn.  Where nobody can
look at it, `closed` treats it as blocked.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from enum import Enum
from itertools import takewhile

from msgspec import Struct

from ...ids import new_id, now_ms
from ...protocol import Code, Direction, Flagged, ImagePart, Message, Problem, Role
from ...providers.interface import KEPT, Endpoint, Prompt, ProviderError, ReplyRequest
from ...store.errors import StoreError
from ...store.interface import Store
from .along import Along, Piece
from .services import Service

UNCHECKED = "unchecked"
EVERY_CHARACTERS = 4_000
"""An answer is looked at whenever it has grown by so much."""
_OVERLAP = 1_000
"""Of what was looked at before, so that nothing falls between."""


class Action(str, Enum):
    """What to do with what is flagged."""

    OFF = "off"
    FLAG = "flag"
    BLOCK = "block"


class Moderator:
    """Looks at what goes to models and comes from them."""

    def __init__(
        self,
        store: Store,
        service: Service,
        log: logging.Logger,
        *,
        questions: Action = Action.OFF,
        answers: Action = Action.OFF,
        closed: bool | None = None,
    ) -> None:
        self._store = store
        self._service = service
        self._log = log
        self._along = Along(store)
        self._actions = {Direction.INPUT: questions, Direction.OUTPUT: answers}
        self._closed = closed

    async def require(
        self,
        user_id: str,
        reply: Message,
        endpoint: Endpoint,
        request: ReplyRequest,
        *,
        asked: bool = True,
    ) -> None:
        """Raise :class:`ProviderError` where a question must not be sent, or what goes along
        with it.  Without being `asked`, all of it goes along."""
        if self._actions[Direction.INPUT] is Action.OFF:
            return
        question = _asked(request) if asked else []
        along = await self._along.unseen(user_id, reply.thread_id, request, len(question))
        pieces = [*along, *(Piece(each.text, each.images) for each in question)]
        text = "\n\n".join(each.text for each in pieces)
        images = [image for each in pieces for image in each.images]
        question_id = reply.parent_id or reply.id
        where = user_id, reply.thread_id, question_id
        found = await self._look(where, endpoint, Direction.INPUT, text, images)
        if found.blocked is not None:
            raise ProviderError(_refusal(found.blocked, along=bool(along)))
        if found.looked:
            await self._along.passed(user_id, along)

    def watch(self, user_id: str, reply: Message, endpoint: Endpoint) -> Watch | None:
        """Somebody who looks at an answer as it comes; `None`: nobody does."""
        if self._actions[Direction.OUTPUT] is Action.OFF:
            return None
        return Watch(self, (user_id, reply.thread_id, reply.id), endpoint)

    async def look(
        self,
        where: tuple[str, str, str],
        endpoint: Endpoint,
        direction: Direction,
        text: str,
        images: Sequence[ImagePart] = (),
    ) -> list[str] | None:
        """For which categories a text with its pictures is blocked; `None`: it is not."""
        return (await self._look(where, endpoint, direction, text, images)).blocked

    async def _look(
        self,
        where: tuple[str, str, str],
        endpoint: Endpoint,
        direction: Direction,
        text: str,
        images: Sequence[ImagePart],
    ) -> _Found:
        user_id, thread_id, message_id = where
        action = self._actions[direction]
        blocks = action is Action.BLOCK
        if not text.strip() and not images:
            return _Found()
        looked = True
        try:
            categories = await self._service.categories(text, user_id, endpoint, images)
        except ProviderError as error:
            self._log.warning("Chat moderation failed: %s", error.problem.message)
            closed = self._closed if self._closed is not None else blocks
            categories, blocks, looked = [UNCHECKED], closed, False
        if not categories:
            return _Found()
        record = Flagged(
            *(new_id(), user_id, thread_id, message_id, now_ms(), direction),
            categories=categories,
            blocked=blocks,
        )
        try:
            await self._store.add_flagged(user_id, record)
        except StoreError as error:
            self._log.warning("Chat moderation was not recorded: %s", error.problem.message)
        return _Found(categories if blocks else None, looked)


class _Found(Struct, frozen=True):
    """For which categories something is `blocked`, and whether anybody has `looked` at it."""

    blocked: list[str] | None = None
    looked: bool = True


class Watch:
    """Looks at one answer: in the background while it comes, and at its end."""

    def __init__(
        self, moderator: Moderator, where: tuple[str, str, str], endpoint: Endpoint
    ) -> None:
        self._moderator = moderator
        self._where = where
        self._endpoint = endpoint
        self._looked_at = 0
        self._grown = 0
        self._looking: asyncio.Task[list[str] | None] | None = None

    def grow(self, characters: int) -> bool:
        """Note that more has come; whether it is time to look.  Raises
        :class:`ProviderError` if what was looked at before is blocked."""
        self._grown += characters
        if self._looking is not None:
            if not self._looking.done():
                return False
            found = self._looking.result()
            if found is not None:
                raise ProviderError(withdrawal(found), ended=True)
        return self._grown - self._looked_at >= EVERY_CHARACTERS

    def look(self, text: str) -> None:
        """Look at all that has come by now, in the background."""
        self._looking = asyncio.create_task(self._look(text))

    async def end(self, text: str) -> Problem | None:
        """Look at what nobody has looked at yet; why the whole is withdrawn."""
        found = await self._looking if self._looking is not None else None
        if found is None and len(text) > self._looked_at:
            found = await self._look(text)
        return withdrawal(found) if found is not None else None

    async def _look(self, text: str) -> list[str] | None:
        start = max(self._looked_at - _OVERLAP, 0)
        self._looked_at = len(text)
        return await self._moderator.look(
            self._where, self._endpoint, Direction.OUTPUT, text[start:]
        )


def withdrawal(categories: list[str]) -> Problem:
    if categories == [UNCHECKED]:
        return Problem(
            Code.MODERATED,
            "This answer was withdrawn: answers are looked at on this server, and at the moment "
            "that cannot be done. Your question stays; retry later.",
        )
    return Problem(
        Code.MODERATED,
        f"This answer was withdrawn: it was flagged on this server ({', '.join(categories)}). "
        "Your question stays; put it differently and try again.",
    )


def _refusal(categories: list[str], *, along: bool) -> Problem:
    if categories == [UNCHECKED]:
        return Problem(
            Code.MODERATED,
            "Questions are looked at on this server before they are sent, and at the moment that "
            f"cannot be done, so nothing was sent. {KEPT}: retry later.",
        )
    if along:
        return Problem(
            Code.MODERATED,
            "This was not sent, because it, or what goes along with it, was flagged on this server "
            f"({', '.join(categories)}). {KEPT}: look at the instructions, your notes, the form of "
            "the answer, and what was imported or copied into this conversation, and retry.",
        )
    return Problem(
        Code.MODERATED,
        f"This was not sent, because it was flagged on this server ({', '.join(categories)}). "
        f"{KEPT}: edit or delete it, and what before it has no answer.",
    )


def _asked(request: ReplyRequest) -> list[Prompt]:
    """What stands at the end of a request and has no answer yet: a question that was not sent
    goes along with the next one."""
    asked = takewhile(lambda prompt: prompt.role is Role.USER, reversed(request.messages))
    return list(asked)[::-1]
