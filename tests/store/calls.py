"""Every writing call of a store, each with what it needs to be there before."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import msgspec

from jupyter_chat.ids import new_id, now_ms
from jupyter_chat.protocol import (
    Direction,
    Flagged,
    Library,
    Measure,
    Source,
    Span,
    Status,
    ThreadSettings,
    Usage,
)
from jupyter_chat.store.interface import Store
from jupyter_chat.store.reserving import Amount, Ceiling, Reservation, Share
from jupyter_chat.store.types import Lease, ThreadChanges, UserSettings

from .builders import (
    ADA,
    OWNER,
    a_thread,
    a_turn,
    a_whole_thread,
    an_entry,
    another_version,
    estimate,
    finished,
    finished_turn,
    grown,
    running_reply,
)

Call: TypeAlias = Callable[[Store], Awaitable[Any]]
Prepare: TypeAlias = Callable[[Store], Awaitable[Call]]

NOW = now_ms()


async def ask(store: Store) -> Call:
    turn = a_turn(a_thread())
    return lambda store: store.add_turn(ADA, turn)


async def ask_on(store: Store) -> Call:
    first = await finished_turn(store, a_thread())
    turn = a_turn(first.thread.id, first.reply_id)
    return lambda store: store.add_turn(ADA, turn)


async def ask_with_new_ids(store: Store) -> Call:
    thread = a_thread()
    return lambda store: store.add_turn(ADA, a_turn(thread, client_id="the same one"))


async def ask_what_was_answered(store: Store) -> Call:
    turn = a_turn(a_thread())
    await store.add_turn(ADA, turn)
    await store.finish_reply(ADA, finished(turn.reply))
    return lambda store: store.add_turn(ADA, turn)


async def make_another_version(store: Store) -> Call:
    first = await finished_turn(store, a_thread())
    turn = another_version(first.thread.id, str(first.question_id))
    return lambda store: store.add_turn(ADA, turn)


async def change(store: Store) -> Call:
    thread = (await finished_turn(store, a_thread())).thread
    changes = ThreadChanges(title="Frogs", settings=ThreadSettings(model="m"), deleted_at=5)
    return lambda store: store.update_thread(ADA, thread.id, changes)


async def change_a_revision(store: Store) -> Call:
    accepted = await finished_turn(store, a_thread())
    thread = await store.get_thread(ADA, accepted.thread.id)
    changes = ThreadChanges(title="Frogs")
    return lambda store: store.update_thread(ADA, thread.id, changes, thread.revision)


async def organise(store: Store) -> Call:
    thread = (await finished_turn(store, a_thread())).thread
    changes = ThreadChanges(pinned=True, archived=True, tags=["one", "two"], folder="Work")
    return lambda store: store.update_thread(ADA, thread.id, changes)


async def purge(store: Store) -> Call:
    """With a reply that still runs, and a thread beside it that stays."""
    await finished_turn(store, a_thread())
    first = await finished_turn(store, a_thread())
    turn = a_turn(first.thread.id, first.reply_id)
    await store.add_turn(ADA, turn)
    await store.append_checkpoints([grown(turn.reply, 0, "Be")])
    changes = ThreadChanges(deleted_at=5, tags=["one"])
    await store.update_thread(ADA, first.thread.id, changes)
    return lambda store: store.purge(ADA, first.thread.id)


async def add_a_whole_thread(store: Store) -> Call:
    thread, messages = a_whole_thread()
    return lambda store: store.add_thread(ADA, thread, messages)


async def delete(store: Store) -> Call:
    first = await finished_turn(store, a_thread())
    await finished_turn(store, first.thread.id, first.reply_id)
    return lambda store: store.delete_message(ADA, first.thread.id, first.reply_id, NOW)


async def restore(store: Store) -> Call:
    first = await finished_turn(store, a_thread())
    await store.delete_message(ADA, first.thread.id, str(first.question_id), NOW)
    return lambda store: store.restore_message(ADA, first.thread.id, str(first.question_id))


async def purge_messages(store: Store) -> Call:
    first = await finished_turn(store, a_thread())
    await store.delete_message(ADA, first.thread.id, first.reply_id, 5)
    return lambda store: store.purge_messages(NOW)


async def checkpoints(store: Store) -> Call:
    reply = await running_reply(store)
    growth = [grown(reply, 0, "Be"), grown(reply, 1, "cause")]
    return lambda store: store.append_checkpoints(growth)


async def finish(store: Store) -> Call:
    reply = await running_reply(store)
    await store.append_checkpoints([grown(reply, 0, "Be")])
    final = finished(reply, completed_at=now_ms() + 1000)
    return lambda store: store.finish_reply(ADA, final)


async def finish_what_costs(store: Store) -> Call:
    reply = await running_reply(store)
    await store.append_checkpoints([grown(reply, 0, "Be")])
    final, entry = finished(reply, completed_at=now_ms() + 1000), an_entry(reply)
    return lambda store: store.finish_reply(ADA, final, entry)


async def finish_what_is_estimated(store: Store) -> Call:
    reply = await running_reply(store)
    final = finished(reply, completed_at=now_ms() + 1000)
    entry = an_entry(reply, usage=Usage(1, 2, estimated=True))
    return lambda store: store.finish_reply(ADA, final, entry)


async def add_usage(store: Store) -> Call:
    entry = an_entry()
    return lambda store: store.add_usage(ADA, entry)


async def recover_what_costs(store: Store) -> Call:
    reply = await running_reply(store)
    first = msgspec.structs.replace(grown(reply, 0, "Be"), counted_tokens=5)
    await store.append_checkpoints([first])
    return lambda store: store.recover(Lease("process-2", 5, "host", 1), NOW, estimate)


async def add_flagged(store: Store) -> Call:
    where = (new_id(), ADA, new_id(), new_id(), NOW)
    record = Flagged(*where, Direction.INPUT, ["violence"], blocked=True)
    return lambda store: store.add_flagged(ADA, record)


async def reserve(store: Store) -> Call:
    wanted = _reservation()
    return lambda store: store.reserve(ADA, wanted)


async def reserve_own(store: Store) -> Call:
    whole = _reservation()
    wanted = msgspec.structs.replace(whole, shares=whole.shares[:1])
    return lambda store: store.reserve(ADA, wanted)


async def settle(store: Store) -> Call:
    wanted = _reservation()
    await store.reserve(ADA, wanted)
    return lambda store: store.settle(ADA, wanted.id, ("user:ada", "all"), Amount(tokens=3))


async def recover_what_was_held(store: Store) -> Call:
    await store.reserve(ADA, _reservation())
    return lambda store: store.recover(Lease("process-2", 5, "host", 1), NOW)


def _reservation() -> Reservation:
    ceilings = (Ceiling(Measure.REQUESTS, 5, Span.DAY),)
    shares = (Share("user:ada", ceilings), Share("all", ceilings))
    return Reservation("message:reply", OWNER, NOW, Amount(1, 2, 3, 1), shares)


async def renew(store: Store) -> Call:
    await running_reply(store)
    return lambda store: store.renew_lease(Lease(OWNER, 5, "host", 1))


async def release(store: Store) -> Call:
    await store.renew_lease(Lease(OWNER, 5, "host", 1))
    return lambda store: store.release_lease(OWNER)


async def recover(store: Store) -> Call:
    reply = await running_reply(store)
    await store.append_checkpoints([grown(reply, 0, "Be")])
    return lambda store: store.recover(Lease("process-2", 5, "host", 1), NOW)


async def take_over(store: Store) -> Call:
    reply = await running_reply(store)
    await store.append_checkpoints(
        [
            grown(reply, 0, "Be", upstream_id="resp_1", upstream_seq=3),
            grown(reply, 1, "cau", upstream_seq=4),
        ]
    )
    return lambda store: store.recover(Lease("process-2", 5, "host", 1), NOW)


async def take_over_what_waits(store: Store) -> Call:
    turn = a_turn(a_thread())
    turn.reply.status = Status.QUEUED
    await store.add_turn(ADA, turn)
    return lambda store: store.recover(Lease("process-2", 5, "host", 1), NOW)


async def begin(store: Store) -> Call:
    turn = a_turn(a_thread())
    turn.reply.status = Status.QUEUED
    await store.add_turn(ADA, turn)
    return lambda store: store.begin_reply(ADA, turn.reply.id, OWNER)


async def settings(store: Store) -> Call:
    return lambda store: store.put_settings(ADA, UserSettings(Source.OPENAI, key="secret"))


async def library(store: Store) -> Call:
    await store.put_library(ADA, Library(1))
    return lambda store: store.put_library(ADA, Library(2))


async def owner(store: Store) -> Call:
    return lambda store: store.owner_id()


ALL: list[Prepare] = [
    *(ask, ask_on, ask_with_new_ids, ask_what_was_answered, make_another_version),
    *(change, change_a_revision, organise, purge, add_a_whole_thread, checkpoints, finish),
    *(renew, release, recover, take_over, take_over_what_waits, begin),
    *(finish_what_costs, finish_what_is_estimated, add_usage, recover_what_costs),
    *(delete, restore, purge_messages, settings, library, owner),
    *(add_flagged, reserve, reserve_own, settle, recover_what_was_held),
]
