"""What people were told, and what there is in the end."""

from __future__ import annotations

from dataclasses import dataclass, field

from jupyter_chat.protocol import Message, Status, text_of
from jupyter_chat.store.interface import NotFound, Store
from jupyter_chat.store.records import LIVE

LOST_SECONDS = 0.5
"""Of a running reply, a killed server may lose what is younger than this."""


@dataclass
class Asked:
    """One question, as the person who asked it knows it."""

    client_id: str
    thread_id: str
    text: str
    answer: str
    """What the model's server says to it."""
    question_id: str | None = None
    reply_id: str | None = None
    contradictions: int = 0
    """Acknowledged again, with other ids."""
    seen: list[tuple[float, int]] = field(default_factory=list)
    """When so many characters of the answer had been shown."""

    def acknowledge(self, question_id: str, reply_id: str) -> None:
        if self.reply_id not in (None, reply_id) or self.question_id not in (None, question_id):
            self.contradictions += 1
        self.question_id, self.reply_id = question_id, reply_id

    def durable_at(self, moment: float) -> int:
        """How many characters no server killed at `moment` may have lost."""
        return max((size for at, size in self.seen if at <= moment - LOST_SECONDS), default=0)


@dataclass
class Tallies:
    """What a run came to; all but the first two should be 0."""

    rounds: int = 0
    acknowledged: int = 0
    lost: int = 0
    duplicated: int = 0
    mismatched: int = 0
    unfinished: int = 0
    """Answers still said to be running, although nobody makes them."""


async def tally(
    store: Store, user_id: str, asked: list[Asked], kills: list[float], upstream: list[str]
) -> Tallies:
    """Hold what was acknowledged against the store and against what upstream was asked."""
    tallies = Tallies(rounds=len(kills))
    for question in asked:
        tallies.duplicated += question.contradictions
        tallies.duplicated += max(0, upstream.count(question.text) - 1)
        if question.reply_id is None or question.question_id is None:
            continue
        tallies.acknowledged += 1
        try:
            kept = await store.get_message(user_id, question.thread_id, question.question_id)
            reply = await store.get_message(user_id, question.thread_id, question.reply_id)
        except NotFound:
            tallies.lost += 1
            continue
        tallies.lost += text_of(kept) != question.text
        tallies.mismatched += not _fits(reply, question, kills)
        tallies.unfinished += reply.status in LIVE
    for thread_id in {question.thread_id for question in asked if question.reply_id}:
        tallies.duplicated += await _copies(store, user_id, thread_id)
    return tallies


def _fits(reply: Message, question: Asked, kills: list[float]) -> bool:
    text = text_of(reply)
    if reply.status is Status.COMPLETE:
        return text == question.answer
    shown_from = question.seen[0][0] if question.seen else float("inf")
    killed = next((moment for moment in kills if moment > shown_from), float("inf"))
    return question.answer.startswith(text) and len(text) >= question.durable_at(killed)


async def _copies(store: Store, user_id: str, thread_id: str) -> int:
    """Messages that one command made more than once."""
    made = []
    for node in await store.tree(user_id, thread_id):
        message = await store.get_message(user_id, thread_id, node.id)
        made.append((message.client_id, message.role))
    return len(made) - len(set(made))
