"""What goes into a model's window for one reply: the plan that both the request and what
people are shown of it are made from."""

from __future__ import annotations

import asyncio
from functools import lru_cache

import msgspec
from msgspec import Struct

from ...protocol import MemoryPolicy, Model, Reason, Summary, Thread, ThreadSettings
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


_NO_ROOM = (Reason.FULL, Reason.ALONE)


class Plan(Struct, frozen=True):
    """What is sent, before the texts are read; all in tokens."""

    room: Room
    correction: float
    choices: Choices
    sent: list[tuple[Outline, int]]
    notes: int
    draft: int
    summary: Summary | None
    summary_tokens: int
    used: int
    refused: bool
    """The thread is strict, and does not fit."""
    blind: bool
    """The question has pictures, and the model takes none."""

    @property
    def unsummarised(self) -> list[Outline]:
        """What has no room, and no summary that stands for it."""
        places = zip(self.choices.branch, self.choices.reasons, strict=True)
        left_out = [(each, reason) for each, reason in places if reason in _NO_ROOM]
        full = any(reason is Reason.FULL for _, reason in left_out)
        return [each for each, _ in left_out] if full else []


class Planner:
    """Plans for the threads of all people."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._outlines = Outlines(store)
        self.corrections = Corrections()

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
            branch = list(map(_without_pictures, branch))

        def choose(taken: int = 0, summarised: int = 0) -> Choices:
            return choosing.choose(
                branch,
                room.for_messages - taken,
                pinned=frozenset(thread.pinned_messages) if thread is not None else (),
                excluded=frozenset(thread.excluded_messages) if thread is not None else (),
                draft=question,
                summarised=summarised,
                correction=correction,
            )

        choices, summary, taken = choose(), None, 0
        if wanted.memory is MemoryPolicy.SUMMARISE and thread is not None and _is_full(choices):
            found = await self._store.summaries(user_id, thread.id)
            known = summaries.newest_on(branch, found)
            if known is not None:
                summary = known.summary
                taken = corrected(await counted_once(summary.text)) + PER_MESSAGE
                choices = choose(taken, known.messages)
        sent = choices.sent()
        return Plan(
            room,
            correction,
            choices,
            sent,
            notes,
            question or 0,
            summary,
            taken,
            used=room.fixed + taken + (question or 0) + sum(cost for _, cost in sent),
            refused=wanted.memory is MemoryPolicy.STRICT and _is_full(choices),
            blind=blind,
        )


def _pictures(outline: Outline) -> int:
    return outline.weight.images if outline.weight is not None else 0


def _without_pictures(outline: Outline) -> Outline:
    """As a model sees a message that takes no pictures."""
    weight = outline.weight
    if weight is None or not weight.images:
        return outline
    weight = Weight(weight.rules, weight.text, weight.attached, images=0)
    return msgspec.structs.replace(outline, weight=weight)


def _is_full(choices: Choices) -> bool:
    return any(reason is Reason.FULL for reason in choices.reasons)


async def counted(text: str) -> int:
    """The tokens of a text, off the event loop where that takes a while."""
    if len(text) <= _AT_ONCE and tokens.is_loaded():
        return tokens.count(text)
    return await asyncio.to_thread(tokens.count, text)


async def counted_once(text: str) -> int:
    """The same for texts that are counted again and again."""
    return await asyncio.to_thread(_remembered, text) if text else 0


_remembered = lru_cache(maxsize=64)(tokens.count)
