"""Many threads at once, the trash and its end, temporary threads."""

from __future__ import annotations

import asyncio
import functools
import logging

import pytest

from jupyter_chat.engine.errors import Invalid
from jupyter_chat.engine.organising import Organiser
from jupyter_chat.engine.temporary import LEFT_MS, LONGEST_MS, VANISHED_MS
from jupyter_chat.engine.upkeep import PURGE_MS, Upkeep
from jupyter_chat.ids import new_id, now_ms
from jupyter_chat.protocol import (
    BulkAction,
    BulkChange,
    Code,
    Send,
    TextPart,
    ThreadPatch,
    View,
)
from jupyter_chat.store.errors import NotFound
from jupyter_chat.store.types import ThreadChanges, ThreadFilter

from .conftest import Engine, Watcher

DAY = 24 * 3_600_000
TRASH_DAYS = 30


@pytest.fixture
def organiser(engine: Engine) -> Organiser:
    return Organiser(
        engine.store, engine.conversations, engine.replies, engine.broadcast, TRASH_DAYS
    )


async def _answered(engine: Engine, text: str = "Why?") -> str:
    thread_id = new_id()
    watcher = Watcher()
    engine.broadcast.join(watcher)
    asked = await engine.ask(text, thread_id)
    await engine.conversations.subscribe(watcher, thread_id)
    call = await engine.provider.call()
    call.say("Because.")
    call.finish()
    await watcher.until(lambda: watcher.status(str(asked.reply_id)) == "complete")
    engine.broadcast.leave(watcher)
    return thread_id


async def _temporary(engine: Engine) -> str:
    thread_id = new_id()
    command = Send("1", new_id(), thread_id, None, [TextPart("Psst")], create=True, temporary=True)
    await engine.conversations.send("ada", command)
    call = await engine.provider.call()
    call.say("Hm.")
    call.finish()
    return thread_id


async def _is_there(engine: Engine, thread_id: str) -> bool:
    try:
        await engine.store.get_thread("ada", thread_id)
    except NotFound:
        return False
    return True


def _kinds(watcher: Watcher, thread_id: str) -> list[str]:
    """What a socket was told of a thread as a whole."""
    return [
        event["type"]
        for event in watcher.events
        if event.get("thread_id") == thread_id or event.get("thread", {}).get("id") == thread_id
    ]


async def test_a_thread_is_made_in_a_folder(engine):
    ask = functools.partial(Send, "1", parent_id=None, parts=[TextPart("Why?")], create=True)
    for folder in ("  My   work ", None):
        await engine.conversations.send("ada", ask(new_id(), new_id(), folder=folder))
    page = await engine.conversations.threads("ada", 50, None, ThreadFilter(folder="My work"))
    assert [thread.folder for thread in page.threads] == ["My work"]
    with pytest.raises(Invalid) as refused:
        await engine.conversations.send("ada", ask(new_id(), new_id(), folder=" "))
    assert refused.value.problem.field == "folder"


# --- many at once -----------------------------------------------------------------------


async def test_each_action_does_what_it_says_and_tells_all_sockets(engine, organiser):
    thread_id = await _answered(engine)
    watcher = Watcher()
    engine.broadcast.join(watcher)
    for action, value, field, expected in (
        (BulkAction.PIN, None, "pinned", True),
        (BulkAction.UNPIN, None, "pinned", False),
        (BulkAction.ARCHIVE, None, "archived", True),
        (BulkAction.UNARCHIVE, None, "archived", False),
        (BulkAction.TAG, "  My   tag ", "tags", ["My tag"]),
        (BulkAction.TAG, "Other", "tags", ["My tag", "Other"]),
        (BulkAction.TAG, "MY TAG", "tags", ["My tag", "Other"]),
        (BulkAction.UNTAG, "my tag", "tags", ["Other"]),
        (BulkAction.MOVE, "Work", "folder", "Work"),
        (BulkAction.MOVE, None, "folder", None),
    ):
        result = await organiser.bulk("ada", BulkChange([thread_id], action, value))
        assert [outcome.problem for outcome in result.outcomes] == [None]
        assert getattr(await engine.store.get_thread("ada", thread_id), field) == expected
        told = watcher.events[-1]["thread"]
        assert told.get(field, type(expected)() if expected is not None else None) == expected
    await organiser.bulk("ada", BulkChange([thread_id], BulkAction.DELETE))
    assert (await engine.store.get_thread("ada", thread_id)).deleted_at
    await organiser.bulk("ada", BulkChange([thread_id], BulkAction.RESTORE))
    assert (await engine.store.get_thread("ada", thread_id)).deleted_at is None


async def test_what_refuses_says_why_and_the_others_are_done(engine, organiser):
    first, second = await _answered(engine), await _answered(engine)
    unknown = new_id()
    await engine.conversations.delete_thread("ada", second)
    asked = [first, unknown, second, first]
    result = await organiser.bulk("ada", BulkChange(asked, BulkAction.PURGE))
    codes = [outcome.problem and outcome.problem.code for outcome in result.outcomes]
    assert [outcome.thread_id for outcome in result.outcomes] == [first, unknown, second]
    assert codes == [Code.INVALID, Code.NOT_FOUND, None]
    assert await _is_there(engine, first)
    assert not await _is_there(engine, second)


async def test_nobody_changes_what_is_somebody_elses(engine, organiser):
    thread_id = await _answered(engine)
    await engine.conversations.delete_thread("ada", thread_id)
    for action in BulkAction:
        result = await organiser.bulk("grace", BulkChange([thread_id], action, "x"))
        assert result.outcomes[0].problem.code is Code.NOT_FOUND
    assert (await organiser.empty_trash("grace")).threads == 0
    assert await _is_there(engine, thread_id)


async def test_there_are_at_most_twenty_tags(engine, organiser):
    thread_id = await _answered(engine)
    patch = ThreadPatch(tags=[f"tag {number}" for number in range(20)])
    await engine.conversations.change_thread("ada", thread_id, patch)
    result = await organiser.bulk("ada", BulkChange([thread_id], BulkAction.TAG, "one more"))
    assert result.outcomes[0].problem.code is Code.INVALID
    assert len((await engine.store.get_thread("ada", thread_id)).tags) == 20


async def test_a_patch_is_kept_in_order(engine):
    thread_id = await _answered(engine)
    change = engine.conversations.change_thread
    patch = ThreadPatch(pinned=True, tags=[" a ", "A", "b"], folder="  My  work ")
    thread = await change("ada", thread_id, patch)
    assert (thread.pinned, thread.tags, thread.folder) == (True, ["a", "b"], "My work")
    for wrong, field in (
        (ThreadPatch(tags=["a", "  "]), "tags[1]"),
        (ThreadPatch(folder=" "), "folder"),
        (ThreadPatch(temporary=True), "temporary"),
    ):
        with pytest.raises(Invalid) as refused:
            await change("ada", thread_id, wrong)
        assert refused.value.problem.field == field
    assert await engine.store.get_thread("ada", thread_id) == thread


# --- the trash --------------------------------------------------------------------------


async def test_the_trash_is_emptied_of_ones_own_only(engine, organiser):
    kept, deleted = await _answered(engine), await _answered(engine)
    await organiser.delete("ada", deleted)
    assert (await organiser.empty_trash("ada")).threads == 1
    assert await _is_there(engine, kept)
    assert not await _is_there(engine, deleted)


async def test_after_thirty_days_what_was_deleted_is_gone(engine, organiser):
    thread_id, kept = await _answered(engine), await _answered(engine)
    watcher = Watcher()
    engine.broadcast.join(watcher)
    deleted = await organiser.delete("ada", thread_id)
    last = deleted.deleted_at + TRASH_DAYS * DAY
    assert await organiser.purge_due(last) == 0
    assert await organiser.purge_due(last + 1) == 1
    assert not await _is_there(engine, thread_id)
    assert await _is_there(engine, kept)
    assert _kinds(watcher, thread_id) == ["thread", "gone"]


async def test_deleting_it_again_does_not_make_it_stay_longer(engine, organiser):
    thread_id = await _answered(engine)
    await engine.store.update_thread("ada", thread_id, ThreadChanges(deleted_at=5))
    assert (await organiser.delete("ada", thread_id)).deleted_at == 5


async def test_the_trash_may_be_kept_for_ever(engine):
    forever = Organiser(engine.store, engine.conversations, engine.replies, engine.broadcast, 0)
    thread_id = await _answered(engine)
    await forever.delete("ada", thread_id)
    assert await forever.purge_due(now_ms() + 10_000 * DAY) == 0
    assert await _is_there(engine, thread_id)


async def test_a_reply_is_stopped_before_its_thread_goes(engine, organiser, monkeypatch):
    purge = engine.store.purge

    async def purge_after(*args):
        assert not engine.replies._running
        return await purge(*args)

    monkeypatch.setattr(engine.store, "purge", purge_after)
    thread_id = new_id()
    await engine.ask("Why?", thread_id)
    call = await engine.provider.call()
    call.say("Be")
    await engine.store.update_thread("ada", thread_id, ThreadChanges(deleted_at=5))
    await organiser.purge("ada", thread_id)
    assert call.closed.is_set()
    assert not await _is_there(engine, thread_id)
    assert not engine.replies._running


async def test_upkeep_looks_for_what_is_due_now_and_then(engine, organiser):
    thread_id = await _answered(engine)
    await engine.store.update_thread("ada", thread_id, ThreadChanges(deleted_at=5))
    upkeep = Upkeep(organiser, logging.getLogger("test"))
    now = now_ms()
    await upkeep.round(now)
    assert not await _is_there(engine, thread_id)
    other = await _answered(engine)
    await engine.store.update_thread("ada", other, ThreadChanges(deleted_at=5))
    await upkeep.round(now + PURGE_MS // 2)
    assert await _is_there(engine, other)
    await upkeep.round(now + 2 * PURGE_MS)
    assert not await _is_there(engine, other)


# --- temporary threads ------------------------------------------------------------------


async def test_a_temporary_thread_is_in_no_list_and_ends_a_moment_after_it_is_left(
    engine, organiser
):
    thread_id = await _temporary(engine)
    watcher = await engine.watch(thread_id)
    for view in View:
        page = await engine.conversations.threads("ada", 50, None, ThreadFilter(view))
        assert page.threads == []
    now = now_ms()
    await organiser.close_temporary(now + DAY)
    assert await _is_there(engine, thread_id), "somebody looks at it"
    engine.conversations.unsubscribe(watcher, thread_id)
    await organiser.close_temporary(now)
    assert await _is_there(engine, thread_id), "one can come back"
    await organiser.close_temporary(now_ms() + LEFT_MS)
    assert not await _is_there(engine, thread_id)
    assert _kinds(watcher, thread_id)[-1] == "gone"


async def test_a_reload_keeps_it_open(engine, organiser):
    thread_id = await _temporary(engine)
    watcher = await engine.watch(thread_id)
    now = now_ms()
    engine.broadcast.leave(watcher)
    await organiser.close_temporary(now)
    await organiser.close_temporary(now + VANISHED_MS - 1)
    assert await _is_there(engine, thread_id)
    other = await engine.watch(thread_id)
    await organiser.close_temporary(now + VANISHED_MS)
    assert await _is_there(engine, thread_id)
    engine.broadcast.leave(other)
    await organiser.close_temporary(now + VANISHED_MS)
    await organiser.close_temporary(now + 2 * VANISHED_MS)
    assert not await _is_there(engine, thread_id)


async def test_another_window_keeps_it_open_too(engine, organiser):
    thread_id = await _temporary(engine)
    first, _ = await engine.watch(thread_id), await engine.watch(thread_id)
    engine.conversations.unsubscribe(first, thread_id)
    await organiser.close_temporary(now_ms() + LEFT_MS)
    assert await _is_there(engine, thread_id)


async def test_it_ends_at_its_time_at_the_latest(engine, organiser):
    thread_id = await _temporary(engine)
    await engine.watch(thread_id)
    thread = await engine.store.get_thread("ada", thread_id)
    assert thread.expires_at == thread.created_at + LONGEST_MS
    assert await organiser.purge_due(thread.expires_at - 1) == 0
    assert await organiser.purge_due(thread.expires_at) == 1


async def test_one_that_is_kept_is_a_thread_like_any_other(engine, organiser):
    thread_id = await _temporary(engine)
    watcher = await engine.watch(thread_id)
    patch = ThreadPatch(temporary=False)
    thread = await engine.conversations.change_thread("ada", thread_id, patch)
    assert (thread.temporary, thread.expires_at) == (False, None)
    engine.conversations.unsubscribe(watcher, thread_id)
    await organiser.close_temporary(now_ms() + DAY)
    await organiser.purge_due(now_ms() + 2 * LONGEST_MS)
    page = await engine.conversations.threads("ada", 50, None)
    assert [each.id for each in page.threads] == [thread_id]


async def test_one_that_another_process_kept_is_not_deleted(engine, organiser):
    thread_id = await _temporary(engine)
    changes = ThreadChanges(temporary=False, expires_at=None)
    await engine.store.update_thread("ada", thread_id, changes)
    await organiser.close_temporary(now_ms())
    await organiser.close_temporary(now_ms() + DAY)
    assert await _is_there(engine, thread_id)


async def test_deleting_it_is_for_good(engine, organiser):
    thread_id = await _temporary(engine)
    assert (await organiser.delete("ada", thread_id)).deleted_at
    assert not await _is_there(engine, thread_id)


async def test_the_model_gives_it_no_title(engine, organiser):
    engine.replies._model_titles = True
    thread_id = await _temporary(engine)
    watcher = await engine.watch(thread_id)
    await watcher.until(lambda: "complete" in map(watcher.status, watcher.messages))
    if engine.replies._tasks:
        await asyncio.wait(engine.replies._tasks, timeout=1)
    assert engine.provider.count == 1


async def test_asking_in_it_takes_a_thread_out_of_the_trash(engine: Engine) -> None:
    thread_id = new_id()
    asked = await engine.answered("Why?", thread_id)
    await engine.conversations.delete_thread("ada", thread_id)
    again = await engine.answered("And why?", thread_id, asked.reply_id)
    assert again.reply_id
    thread = await engine.conversations.thread("ada", thread_id)
    assert thread.deleted_at is None
