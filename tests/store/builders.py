"""Threads, messages, turns and replies for tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from jupyter_chat.ids import new_id, now_ms
from jupyter_chat.protocol import (
    Message,
    Part,
    Role,
    Source,
    Status,
    TextPart,
    Thread,
    ThreadSettings,
    Usage,
)
from jupyter_chat.store.interface import Store
from jupyter_chat.store.types import Accepted, Checkpoint, LedgerEntry, Turn

ADA = "ada"
GRACE = "grace"
MODEL = "gpt-6-luna"
OWNER = "process-1"


def a_thread(updated_at: int | None = None) -> Thread:
    now = now_ms() if updated_at is None else updated_at
    return Thread(
        id=new_id(),
        title=None,
        settings=ThreadSettings(model="gpt-x", temperature=0.5),
        created_at=now,
        updated_at=now,
    )


def a_message(
    role: Role,
    said: str | Sequence[Part],
    thread: Thread | str | None = None,
    parent_id: str | None = None,
    **more: Any,
) -> Message:
    """A message of a text or of the parts given; `more` sets its other fields."""
    if isinstance(said, str):
        said = [TextPart(said)] if said else []
    fields = {
        "id": new_id(),
        "thread_id": thread.id if isinstance(thread, Thread) else thread or new_id(),
        "status": Status.COMPLETE,
        "created_at": 0,
        **more,
    }
    return Message(role=role, parts=list(said), parent_id=parent_id, **fields)


def a_turn(
    thread: Thread | str,
    parent_id: str | None = None,
    text: str = "Why?",
    *,
    client_id: str | None = None,
    owner: str = OWNER,
    created_at: int | None = None,
) -> Turn:
    """A question with its reply; given a whole thread, the turn that creates it."""
    thread_id = thread if isinstance(thread, str) else thread.id
    client_id = client_id or new_id()
    created_at = now_ms() if created_at is None else created_at
    question = a_message(
        *(Role.USER, text, thread_id, parent_id),
        created_at=created_at,
        completed_at=created_at,
        client_id=client_id,
    )
    return Turn(
        reply=_a_reply(thread_id, question.id, client_id, created_at),
        owner=owner,
        question=question,
        new_thread=None if isinstance(thread, str) else thread,
    )


def another_version(thread_id: str, question_id: str, *, owner: str = OWNER) -> Turn:
    """One more reply to a question."""
    return Turn(_a_reply(thread_id, question_id, new_id(), now_ms()), owner)


def _a_reply(thread_id: str, parent_id: str, client_id: str, created_at: int) -> Message:
    return a_message(
        *(Role.ASSISTANT, "", thread_id, parent_id),
        status=Status.STREAMING,
        created_at=created_at,
        client_id=client_id,
    )


def a_whole_thread(turns: int = 2) -> tuple[Thread, list[Message]]:
    """A thread with so many finished turns, one after the other."""
    thread = a_thread()
    messages: list[Message] = []
    for _ in range(turns):
        turn = a_turn(thread.id, messages[-1].id if messages else None)
        assert turn.question is not None
        turn.question.client_id = turn.reply.client_id = None
        messages += [turn.question, finished(turn.reply)]
    thread.leaf_id = messages[-1].id
    return thread, messages


def finished(reply: Message, text: str = "Because.", completed_at: int | None = None) -> Message:
    """The reply in its final state."""
    return msgspec.structs.replace(
        reply,
        parts=[TextPart(text)],
        status=Status.COMPLETE,
        completed_at=now_ms() if completed_at is None else completed_at,
    )


def grown(
    reply: Message,
    number: int,
    text: str,
    *,
    part: int = 0,
    kind: str = "text",
    user: str = ADA,
    upstream_id: str | None = None,
    upstream_seq: int | None = None,
    attempt: int = 0,
) -> Checkpoint:
    return Checkpoint(
        user_id=user,
        thread_id=reply.thread_id,
        message_id=reply.id,
        number=number,
        part=part,
        kind=kind,
        text=text,
        model=None if number else MODEL,
        upstream_id=upstream_id,
        upstream_seq=upstream_seq,
        attempt=attempt,
    )


def an_entry(message: Message | LedgerEntry | None = None, **fields: Any) -> LedgerEntry:
    """What a reply has cost; of a message, or of one that nobody knows."""
    if isinstance(message, LedgerEntry):
        fields = {"message_id": message.message_id, "thread_id": message.thread_id} | fields
        fields.setdefault("at", message.at)
    elif message is not None:
        fields = {"message_id": message.id, "thread_id": message.thread_id} | fields
        fields.setdefault("at", message.created_at)
    known: dict[str, Any] = {
        "message_id": new_id(),
        "thread_id": new_id(),
        "at": now_ms(),
        "model": MODEL,
        "usage": Usage(10, 5, 2),
        "cost": 0.125,
        "source": Source.OPENAI,
    }
    return LedgerEntry(**(known | fields))


def estimate(
    user_id: str, message: Message, grown: str, source: Source | None
) -> tuple[Message, LedgerEntry | None]:
    """What a reply has cost whose process died over it: a token for each letter."""
    if message.counted_tokens is None:
        return message, None
    usage = Usage(message.counted_tokens, len(grown), estimated=True)
    message = msgspec.structs.replace(message, usage=usage)
    return message, an_entry(message, usage=usage, model=message.model, source=source)


async def running_reply(store: Store, user: str = ADA, owner: str = OWNER) -> Message:
    """The reply of a new thread, still being made."""
    turn = a_turn(a_thread(), owner=owner)
    await store.add_turn(user, turn)
    return turn.reply


async def finished_turn(
    store: Store, thread: Thread | str, parent_id: str | None = None, user: str = ADA
) -> Accepted:
    """A turn whose reply has come."""
    turn = a_turn(thread, parent_id)
    accepted = await store.add_turn(user, turn)
    await store.finish_reply(user, finished(turn.reply))
    return accepted
