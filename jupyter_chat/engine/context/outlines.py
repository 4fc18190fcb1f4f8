"""Branches with the tokens of their messages, each counted once.

What is final does not change any more, nor does its parent: it is remembered here, and
counted in a thread of its own the first time it is seen by anybody.  The store keeps what
was counted.  Whether a branch is (still) there is asked each time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress

import msgspec
from msgspec import Struct

from ...bounded import drop_oldest
from ...protocol import Message
from ...store.errors import StoreError
from ...store.interface import Store
from ...store.types import Outline, Weight
from . import weighing

MOST = 20_000
"""Messages of a branch that are looked at, from its end: none has a larger window full."""

_STRETCH = 1_000
_AT_ONCE = 100
"""Messages whose bodies are in memory together."""
_MOST_BRANCHES = 100


class _Known(Struct):
    """Of one thread: messages that are final, and the branch that was asked for last, where
    all of it is."""

    messages: dict[str, Outline]
    branch: list[Outline]


class Outlines:
    """Those of all people; remembers the newest `_MOST_BRANCHES` threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[tuple[str, str], _Known] = {}
        self._keeping: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """Once what was counted is kept."""
        if self._keeping:
            await asyncio.wait(self._keeping)

    async def branch(self, user_id: str, thread_id: str, leaf_id: str) -> list[Outline]:
        """The messages of a branch, older first, `MOST` at most; each has its weight.

        As long as nothing has changed it is the same list, which is not to be changed.
        Raises :class:`~jupyter_chat.store.interface.NotFound`.
        """
        key = user_id, thread_id
        known = self._known.pop(key, None) or _Known({}, [])
        self._known[key] = known
        drop_oldest(self._known, _MOST_BRANCHES)
        # What is deleted takes with it all that is below: the leaf answers for the others.
        (leaf,) = await self._store.outline(user_id, thread_id, leaf_id, limit=1)
        (leaf,) = await self._counted(user_id, thread_id, known, [leaf])
        if known.branch and known.branch[-1] is leaf:
            return known.branch
        branch, changing = [leaf], not leaf.status.is_final
        while (wanted := branch[-1].parent_id) is not None and len(branch) < MOST:
            found = known.messages.get(wanted)
            if found is not None:
                branch.append(found)
                continue
            stretch = await self._store.outline(user_id, thread_id, wanted, limit=_STRETCH)
            branch += reversed(await self._counted(user_id, thread_id, known, stretch))
            changing |= not all(each.status.is_final for each in stretch)
        branch.reverse()
        known.branch = [] if changing else branch
        return branch

    async def _counted(
        self, user_id: str, thread_id: str, known: _Known, outlines: list[Outline]
    ) -> list[Outline]:
        """The same, with the weights that are missing."""
        missing = [
            each.id
            for each in outlines
            if each.id not in known.messages
            and (each.weight is None or each.weight.rules != weighing.RULES)
        ]
        weights: dict[str, Weight] = {}
        for start in range(0, len(missing), _AT_ONCE):
            messages = await self._store.get_messages(
                user_id, thread_id, missing[start : start + _AT_ONCE]
            )
            weighed = await asyncio.to_thread(_weigh, messages)
            weights |= weighed
            final = {each.id for each in messages if each.status.is_final}
            if final:
                kept = {own: weight for own, weight in weighed.items() if own in final}
                self._keep(self._store.put_weights(user_id, thread_id, kept))
        counted = []
        for each in outlines:
            each = known.messages.get(each.id, each)
            if each.id in weights:
                each = msgspec.structs.replace(each, weight=weights[each.id])
            if each.status.is_final and each.weight is not None:
                known.messages[each.id] = each
            counted.append(each)
        return counted

    def _keep(self, writing: Coroutine[object, object, None]) -> None:
        """Nobody waits for that: what is not kept is counted again."""

        async def keep() -> None:
            with suppress(StoreError):
                await writing

        task = asyncio.create_task(keep())
        self._keeping.add(task)
        task.add_done_callback(self._keeping.discard)


def _weigh(messages: list[Message]) -> dict[str, Weight]:
    return {message.id: weighing.weigh(message) for message in messages}
