"""Every writing call of a store, each with what it needs to be there before."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import msgspec

from jupyter_chat.ids import new_id, now_ms
from jupyter_chat.protocol import (
    AuditEntry,
    Direction,
    Flagged,
    Library,
    LimitRules,
    Measure,
    Rule,
    Source,
    Span,
    Status,
    ThreadSettings,
    Usage,
)
from jupyter_chat.store.interface import Store
from jupyter_chat.store.people import Invitation, Person, Session
from jupyter_chat.store.reserving import Amount, Ceiling, Reservation, Share
from jupyter_chat.store.types import (
    Lease,
    SharedSource,
    StoredSecret,
    ThreadChanges,
    UserSettings,
)
from jupyter_chat.store.vault import API_KEY

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


async def stopping(store: Store) -> Call:
    turn = a_turn(a_thread())
    await store.add_turn(ADA, turn)
    return lambda store: store.ask_to_stop(ADA, turn.reply.id)


async def settings(store: Store) -> Call:
    return lambda store: store.put_settings(ADA, UserSettings(Source.OPENAI, key="secret"))


async def settings_with_another_key(store: Store) -> Call:
    await store.put_settings(ADA, UserSettings(key="before"))
    after = UserSettings(Source.OPENAI, key="after")
    return lambda store: store.put_settings(ADA, after, key_before="before")


async def share(store: Store) -> Call:
    return lambda store: store.put_shared_source(SharedSource(Source.OPENAI, key="secret"))


async def unshare(store: Store) -> Call:
    await store.put_shared_source(SharedSource(Source.OPENAI, key="secret"))
    return lambda store: store.put_shared_source(None)


async def replace_a_secret(store: Store) -> Call:
    await store.put_settings(ADA, UserSettings(key="old"))
    return lambda store: store.replace_secret(StoredSecret(ADA, API_KEY, "old"), "new")


async def see_flagged(store: Store) -> Call:
    where = (new_id(), ADA, new_id(), new_id(), NOW)
    record = Flagged(*where, Direction.INPUT, ["violence"], blocked=True)
    await store.add_flagged(ADA, record)
    return lambda store: store.see_flagged([record.id], NOW)


async def put_limit_rules(store: Store) -> Call:
    await store.put_limit_rules(LimitRules(revision=1))
    rules = LimitRules(everyone=Rule(tokens_per_day=5), revision=2)
    return lambda store: store.put_limit_rules(rules)


async def audit(store: Store) -> Call:
    entry = AuditEntry(1, 5, ADA, "key set", ADA, "", "0" * 64)
    return lambda store: store.add_audit(entry)


async def library(store: Store) -> Call:
    await store.put_library(ADA, Library(1))
    return lambda store: store.put_library(ADA, Library(2))


async def owner(store: Store) -> Call:
    return lambda store: store.owner_id()


async def add_person(store: Store) -> Call:
    person = Person(new_id(), "Ada", "hash", made_at=NOW)
    return lambda store: store.add_person(person)


async def put_person(store: Store) -> Call:
    person = Person(new_id(), "Ada", "hash", made_at=NOW)
    await store.add_person(person)
    changed = msgspec.structs.replace(person, name="Augusta", revision=2)
    return lambda store: store.put_person(changed)


async def remove_person(store: Store) -> Call:
    person = Person(ADA, "Ada", "hash", made_at=NOW)
    await store.add_person(person)
    await store.put_session(Session(new_id(), ADA, "token", NOW, NOW, NOW))
    await store.put_settings(ADA, UserSettings(Source.OPENAI))
    return lambda store: store.remove_person(ADA)


async def begin_session(store: Store) -> Call:
    session = Session(new_id(), ADA, "token", NOW, NOW, NOW)
    return lambda store: store.put_session(session)


async def rotate_session(store: Store) -> Call:
    session = Session(new_id(), ADA, "token", NOW, NOW, NOW)
    await store.put_session(session)
    rotated = msgspec.structs.replace(session, token="next", revision=2)
    return lambda store: store.put_session(rotated)


async def end_sessions(store: Store) -> Call:
    await store.put_session(Session(new_id(), ADA, "token", NOW, NOW, NOW))
    return lambda store: store.end_sessions(ADA)


async def invite(store: Store) -> Call:
    invitation = Invitation(new_id(), "code", NOW, NOW)
    return lambda store: store.put_invitation(invitation)


async def take_back_invitation(store: Store) -> Call:
    invitation = Invitation(new_id(), "code", NOW, NOW)
    await store.put_invitation(invitation)
    return lambda store: store.remove_invitation(invitation.id)


async def attempt(store: Store) -> Call:
    attempt_id = new_id()
    return lambda store: store.add_attempt("key", attempt_id, at=NOW, until=NOW + 1)


async def take_back_attempt(store: Store) -> Call:
    attempt_id = new_id()
    await store.add_attempt("key", attempt_id, at=NOW, until=NOW + 1)
    return lambda store: store.remove_attempts("key", attempt_id)


async def forget_expired(store: Store) -> Call:
    await store.put_session(Session(new_id(), ADA, "token", 0, 0, 0))
    await store.put_invitation(Invitation(new_id(), "code", 0, 0))
    await store.add_attempt("key", new_id(), at=0, until=1)
    return lambda store: store.forget_expired(NOW)


ALL: list[Prepare] = [
    *(ask, ask_on, ask_with_new_ids, ask_what_was_answered, make_another_version),
    *(change, change_a_revision, organise, purge, add_a_whole_thread, checkpoints, finish),
    *(renew, release, recover, take_over, take_over_what_waits, begin, stopping),
    *(finish_what_costs, finish_what_is_estimated, add_usage, recover_what_costs),
    *(delete, restore, purge_messages, settings, library, owner),
    *(settings_with_another_key, share, unshare, replace_a_secret, audit),
    *(see_flagged, put_limit_rules),
    *(add_flagged, reserve, reserve_own, settle, recover_what_was_held),
    *(add_person, put_person, remove_person, begin_session, rotate_session, end_sessions),
    *(invite, take_back_invitation, attempt, take_back_attempt, forget_expired),
]
