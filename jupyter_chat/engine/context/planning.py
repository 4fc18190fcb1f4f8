"""What goes into a model's window for one reply: the plan that both the request and what
people are shown of it are made from."""

from __future__ import annotations

import asyncio
from functools import lru_cache

import msgspec
from msgspec import Struct

from ...bounded import drop_oldest
from ...protocol import MemoryPolicy, Model, Problem, Summary, Thread, ThreadSettings
from ...store.interface import Store
from ...store.types import Outline, Weight
from . import choosing, summaries, tokens
from .choosing import Choices, Room
from .corrections import Corrections
from .instructions import Instructions
from .outlines import Outlines
from .weighing import PER_MESSAGE

_AT_ONCE = 4_000
"""Characters that are counted in no time."""
_MOST_DRAFTING = 20
"""Threads whose choices are remembered while somebody types there."""


class Plan(Struct, frozen=True):
    """What is sent, before the texts are read; all in tokens."""

    room: Room
    correction: float
    choices: Choices
    notes: int
    draft: int
    summary: Summary | None
    summary_tokens: int
    used: int
    over: int
    """So many are too many: of the question and what is pinned, and in a strict thread of all."""
    refused: bool
    """The thread is strict, and does not fit."""
    blind: bool
    """The question has pictures, and the model takes none."""

    @property
    def unsummarised(self) -> list[Outline]:
        """What has no room, and no summary that stands for it."""
        if not self.choices.is_full:
            return []
        places = zip(self.choices.branch, self.choices.reasons, strict=True)
        return [each for each, reason in places if reason in choosing.NO_ROOM]


class Planner:
    """Plans for the threads of all people."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._outlines = Outlines(store)
        self._drafting: dict[tuple[str, str], _Chosen] = {}
        self.corrections = Corrections()
        self.summary_problems: dict[tuple[str, str], Problem] = {}
        """Why the last summary of a thread could not be made, until one is."""

    async def close(self) -> None:
        """Once what was counted is kept."""
        await self._outlines.close()

    async def plan(
        self,
        user_id: str,
        model: Model,
        wanted: ThreadSettings,
        said: Instructions,
        thread: Thread | None,
        leaf_id: str | None,
        *,
        draft: int | None = None,
        after: int = 0,
    ) -> Plan:
        """`draft` are the tokens of a question that follows the branch; without it the
        branch ends with the question.  `after` are those of what follows that.

        Raises :class:`~jupyter_chat.store.interface.NotFound`.
        """
        correction = self.corrections.of(user_id, model.id)

        def corrected(count: int) -> int:
            return round(count * correction)

        whole = corrected(await counted_once(said.whole))
        notes = whole - corrected(await counted_once(said.prompt)) if said.notes else 0
        room = choosing.room(model, wanted.max_output_tokens, whole, after=corrected(after))
        question = None if draft is None else corrected(draft)
        branch = []
        if thread is not None and leaf_id is not None:
            branch = await self._outlines.branch(user_id, thread.id, leaf_id)
        blind = False
        if not model.images:
            blind = draft is None and bool(branch) and _pictures(branch[-1]) > 0

        def choose(taken: int = 0, summarised: int = 0) -> Choices:
            how = _How(
                model.images,
                room.for_messages - taken,
                frozenset(thread.pinned_messages) if thread is not None else frozenset(),
                frozenset(thread.excluded_messages) if thread is not None else frozenset(),
                summarised,
                correction,
            )
            if question is None or thread is None:
                return how.choose(branch, question)
            return self._choose(user_id, thread.id, branch, how, question)

        choices, summary, taken = choose(), None, 0
        if wanted.memory is MemoryPolicy.SUMMARISE and thread is not None and choices.is_full:
            found = await self._store.summaries(user_id, thread.id)
            known = summaries.newest_on(branch, found)
            if known is not None:
                summary = known.summary
                taken = corrected(await counted_once(summary.text)) + PER_MESSAGE
                choices = choose(taken, known.messages)
        strict = wanted.memory is MemoryPolicy.STRICT
        messages = taken + (question or 0) + choices.used
        wishes = messages + choices.unfit if strict else messages
        over = max(wishes - room.for_messages, 0)
        return Plan(
            room,
            correction,
            choices,
            notes,
            question or 0,
            summary,
            taken,
            used=room.fixed + messages,
            over=over,
            refused=strict and over > 0,
            blind=blind,
        )

    def _choose(
        self, user_id: str, thread_id: str, branch: list[Outline], how: _How, draft: int
    ) -> Choices:
        """While somebody types the choices stay as they are, until the draft needs more room."""
        key = user_id, thread_id
        known = self._drafting.get(key)
        if (
            known is not None
            and known.branch is branch
            and known.how == how
            and draft <= known.choices.room_for_draft
        ):
            return known.choices
        choices = how.choose(branch, draft)
        if draft <= choices.room_for_draft:
            self._drafting.pop(key, None)
            self._drafting[key] = _Chosen(branch, how, choices)
            drop_oldest(self._drafting, _MOST_DRAFTING)
        return choices


class _How(Struct, frozen=True):
    """What the choices among the messages of a branch follow from, beside the question."""

    images: bool
    tokens: int
    pinned: frozenset[str]
    excluded: frozenset[str]
    summarised: int
    correction: float

    def choose(self, branch: list[Outline], draft: int | None) -> Choices:
        return choosing.choose(
            branch if self.images else list(map(_without_pictures, branch)),
            self.tokens,
            pinned=self.pinned,
            excluded=self.excluded,
            draft=draft,
            summarised=self.summarised,
            correction=self.correction,
        )


class _Chosen(Struct, frozen=True):
    branch: list[Outline]
    how: _How
    choices: Choices


def _pictures(outline: Outline) -> int:
    return outline.weight.images if outline.weight is not None else 0


def _without_pictures(outline: Outline) -> Outline:
    """As a model sees a message that takes no pictures."""
    weight = outline.weight
    if weight is None or not weight.images:
        return outline
    weight = Weight(weight.rules, weight.text, weight.attached, images=0)
    return msgspec.structs.replace(outline, weight=weight)


async def counted(text: str) -> int:
    """The tokens of a text, off the event loop where that takes a while."""
    if len(text) <= _AT_ONCE and tokens.is_loaded():
        return tokens.count(text)
    return await asyncio.to_thread(tokens.count, text)


async def counted_once(text: str) -> int:
    """The same for texts that are counted again and again."""
    return await asyncio.to_thread(_remembered, text) if text else 0


_remembered = lru_cache(maxsize=64)(tokens.count)
