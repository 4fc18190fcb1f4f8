"""What people were told, and what there is in the end."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field
from typing import Any

from jupyter_chat.protocol import Code, Message, Status, text_of
from jupyter_chat.store.errors import NotFound
from jupyter_chat.store.interface import Store
from jupyter_chat.store.records import LIVE
from jupyter_chat.store.types import LedgerEntry, LedgerQuery
from tests.page import View

from .questions import Question

LOST_SECONDS = 0.5
"""Of a running reply, a killed server may lose what is younger than this."""
_ACCEPTED = 200
_NOT_WRONG = ("rounds", "acknowledged", "outages", "followed")
_ENDED_HERE = (Code.SERVER_STOPPED, Code.REPLY_GONE, Code.PROVIDER_TIMEOUT)


@dataclass
class Asked:
    """One question, as the person who asked it knows it."""

    question: Question
    client_id: str
    thread_id: str
    question_id: str | None = None
    reply_id: str | None = None
    contradictions: int = 0
    """Acknowledged again, with other ids."""

    def acknowledge(self, question_id: str, reply_id: str) -> None:
        if self.reply_id not in (None, reply_id) or self.question_id not in (None, question_id):
            self.contradictions += 1
        self.question_id, self.reply_id = question_id, reply_id


@dataclass
class Tallies:
    """What a run came to; all but the first four should be 0."""

    rounds: int = 0
    acknowledged: int = 0
    outages: int = 0
    """How often the database went away."""
    followed: int = 0
    """How often durable answers were looked for again."""
    lost: int = 0
    duplicated: int = 0
    mismatched: int = 0
    unfinished: int = 0
    """Answers still said to be running, although nobody makes them."""
    gaps: int = 0
    """Events that a page got out of turn."""
    tracebacks: int = 0
    """In the server's log."""
    hung: int = 0
    """Ends that took too long."""
    miscounted: int = 0
    """Answers that the usage ledger does not have once, as they were paid for."""

    def wrong(self) -> int:
        return sum(count for name, count in asdict(self).items() if name not in _NOT_WRONG)


@dataclass
class Findings:
    tallies: Tallies
    remarks: list[str] = field(default_factory=list)
    """What was wrong, in words."""


@dataclass
class Ends:
    """When servers ended, and what each end may have cost in seconds of text."""

    moments: list[tuple[float, float]] = field(default_factory=list)
    outages: list[tuple[float, float]] = field(default_factory=list)
    """From when to when nothing could be kept."""

    def note(self, lost: float) -> None:
        """A server is about to end."""
        now = time.time()
        for begin, end in self.outages:
            if begin <= now <= end:
                lost += now - begin
        self.moments.append((now, lost))

    def durable(self, seen: list[tuple[float, int]]) -> int:
        """How many characters must be there of an answer that was seen to grow so: those
        that were shown before the first end that it met."""
        if not seen:
            return 0
        for moment, lost in self.moments:
            if moment > seen[0][0]:
                return max((size for at, size in seen if at <= moment - lost), default=0)
        return max(size for _, size in seen)


class Upstream:
    """What was asked upstream and said on the wire, by question."""

    def __init__(self, requests: list[dict[str, Any]]) -> None:
        self._accepted: dict[str, list[str]] = {}
        self.followed = sum("starting_after" in request["query"] for request in requests)
        for request in requests:
            body = request["body"]
            if request["method"] == "POST" and isinstance(body, dict):
                text = (body.get("messages") or body["input"])[-1]["content"]
                if request["status"] == _ACCEPTED:
                    self._accepted.setdefault(text, []).append(request["said"])

    def said(self, question: str) -> list[str]:
        """By each request that was accepted."""
        return self._accepted.get(question, [])


async def audit(
    store: Store,
    user_id: str,
    asked: list[Asked],
    views: list[View],
    ends: Ends,
    upstream: Upstream,
) -> Findings:
    """Hold what was acknowledged against the store and against what upstream said."""
    found = Findings(Tallies(followed=upstream.followed))
    tallies, remarks = found.tallies, found.remarks
    for each in asked:
        said = upstream.said(each.question.text)
        extra = each.contradictions + max(0, len(said) - each.question.asked)
        if extra:
            remarks.append(f"asked {len(said)} times upstream: {each.question.text[:80]}")
        tallies.duplicated += extra
        if each.reply_id is None or each.question_id is None:
            continue
        tallies.acknowledged += 1
        try:
            kept = await store.get_message(user_id, each.thread_id, each.question_id)
            reply = await store.get_message(user_id, each.thread_id, each.reply_id)
        except NotFound:
            remarks.append(f"lost: {each.question.text[:80]}")
            tallies.lost += 1
            continue
        tallies.lost += text_of(kept) != each.question.text
        tallies.unfinished += reply.status in LIVE
        why = misfit(reply, each, said, views, ends)
        if why:
            remarks.append(
                f"{why}: {reply.status.value} {reply.problem} {each.question.text[-80:]}"
            )
            tallies.mismatched += 1
        why = miscounted(reply, bool(said), await _entries(store, user_id, reply))
        if why:
            remarks.append(f"{why}: {reply.status.value} {each.question.text[:80]}")
            tallies.miscounted += 1
    for view in views:
        tallies.gaps += view.gaps
        tallies.mismatched += view.mismatched
        remarks += [f"{view.gaps} gaps in {view.thread_id}"] * bool(view.gaps)
        remarks += [f"{view.mismatched} ends unlike their deltas"] * bool(view.mismatched)
    for thread_id in {each.thread_id for each in asked if each.reply_id}:
        tallies.duplicated += await _copies(store, user_id, thread_id)
    return found


def misfit(
    reply: Message, asked: Asked, said: list[str], views: list[View], ends: Ends
) -> str | None:
    """Why an answer is not what it should be, if it is not."""
    text = text_of(reply)
    if reply.status is Status.COMPLETE:
        return None if text == asked.question.answer else "complete, but another text"
    if text and not any(one.startswith(text) for one in said):
        return "not what upstream said"
    code = reply.problem.code if reply.problem is not None else None
    ended_upstream = reply.status is not Status.STOPPED and code not in _ENDED_HERE
    if ended_upstream and text not in (said or [""]):
        return f"{len(text)} of {[len(one) for one in said]} characters"
    needed = max((ends.durable(view.seen.get(reply.id, [])) for view in views), default=0)
    return None if len(text) >= needed else f"{len(text)} of {needed} characters kept"


def miscounted(reply: Message, asked: bool, entries: list[LedgerEntry]) -> str | None:
    """Why what the usage ledger has of an answer is wrong, if it is; `asked`: its model was."""
    if [entry.usage for entry in entries] != ([] if reply.usage is None else [reply.usage]):
        return f"{len(entries)} entries, usage {reply.usage}"
    if reply.usage is not None:
        return None if asked or _perhaps_asked(reply) else "paid for, but not asked"
    return f"{len(text_of(reply))} characters for nothing" if reply.parts else None


def _perhaps_asked(reply: Message) -> bool:
    """Its process was killed when it was about to ask, or to note that it was refused: what
    can be lost of an answer is as much as can be lost of that."""
    code = reply.problem.code if reply.problem is not None else None
    estimated = reply.usage is not None and reply.usage.estimated
    return code is Code.SERVER_STOPPED and estimated and not text_of(reply)


async def compare(store: Store, user_id: str, views: list[View]) -> Findings:
    """Hold what pages show in the end against the store."""
    found = Findings(Tallies())
    for view in views:
        for message_id, shown in view.messages.items():
            kept = await store.get_message(user_id, view.thread_id, message_id)
            text = "".join(part["text"] for part in shown["parts"] if part["type"] == "text")
            if text != text_of(kept) or shown["status"] != kept.status.value:
                found.tallies.mismatched += 1
                found.remarks.append(
                    f"shown {shown['status']} {len(text)}, kept {kept.status.value} "
                    f"{len(text_of(kept))} characters"
                )
    return found


async def _entries(store: Store, user_id: str, reply: Message) -> list[LedgerEntry]:
    which = LedgerQuery(thread_id=reply.thread_id)
    entries = await store.usage_entries(user_id, which, limit=10_000)
    return [entry for entry in entries if entry.message_id == reply.id]


async def _copies(store: Store, user_id: str, thread_id: str) -> int:
    """Messages that one command made more than once."""
    made = []
    for node in await store.tree(user_id, thread_id):
        message = await store.get_message(user_id, thread_id, node.id)
        made.append((message.client_id, message.role))
    return len(made) - len(set(made))
