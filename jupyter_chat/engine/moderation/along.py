"""What goes along with a question: instructions, the form of the answer, what stands before it.

An answer that was made here, and the question that it answers, were looked at when they came.
Of all else nobody knows: it was imported, copied from another conversation, or is set for all
questions.  It is looked at once in each process.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence

import msgspec
from msgspec import Struct

from ...bounded import drop_oldest
from ...protocol import ImagePart, Role
from ...providers.interface import Prompt, ReplyRequest
from ...store.interface import Store
from ...store.types import LedgerQuery

_MOST_REMEMBERED = 20_000
_MOST_ENTRIES = 10_000


class Piece(Struct, frozen=True):
    """A text with its pictures, as it is looked at."""

    text: str
    images: tuple[ImagePart, ...] = ()


class Along:
    """Finds what nobody has looked at yet."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._passed: dict[bytes, None] = {}

    async def unseen(
        self, user_id: str, thread_id: str, request: ReplyRequest, asked: int
    ) -> list[Piece]:
        """In a request, of which the last `asked` messages are looked at in any case."""
        pieces = []
        if request.instructions:
            pieces.append(Piece(request.instructions))
        if request.json_schema is not None:
            pieces.append(Piece(msgspec.json.encode(request.json_schema).decode()))
        before = request.messages[: len(request.messages) - asked]
        pieces += await self._before(user_id, thread_id, before)
        digests = await _digests(user_id, pieces)
        return [each for each, own in zip(pieces, digests, strict=True) if own not in self._passed]

    async def _before(self, user_id: str, thread_id: str, prompts: Sequence[Prompt]) -> list[Piece]:
        if not prompts:
            return []
        # Imports and copies add nothing to the ledger, whatever they say of themselves.
        which = LedgerQuery(thread_id=thread_id)
        entries = await self._store.usage_entries(user_id, which, limit=_MOST_ENTRIES)
        made_here = {entry.message_id for entry in entries}
        answered = {each.answers for each in prompts if each.message_id in made_here}
        return [
            Piece(each.text, each.images)
            for each in prompts
            if each.message_id not in (answered if each.role is Role.USER else made_here)
        ]

    async def passed(self, user_id: str, pieces: Sequence[Piece]) -> None:
        """They need not be looked at again."""
        self._passed |= dict.fromkeys(await _digests(user_id, pieces))
        drop_oldest(self._passed, _MOST_REMEMBERED)


async def _digests(user_id: str, pieces: Sequence[Piece]) -> list[bytes]:
    """Off the event loop: there may be large pictures among them."""
    return await asyncio.to_thread(lambda: [_digest(user_id, each) for each in pieces])


def _digest(user_id: str, piece: Piece) -> bytes:
    """Whoever looks at texts may find something else wrong with those of other people."""
    digest = hashlib.sha256()
    for each in (user_id, piece.text, *(image.data for image in piece.images)):
        encoded = each.encode("utf-8", "surrogatepass")
        digest.update(len(encoded).to_bytes(8, "big") + encoded)
    return digest.digest()
