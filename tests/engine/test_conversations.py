"""What people can do with conversations, on a real store, with a provider the test
speaks for."""

from __future__ import annotations

import asyncio

import pytest

from jupyter_chat.engine.errors import Invalid
from jupyter_chat.ids import new_id
from jupyter_chat.protocol import (
    Code,
    Continue,
    Delete,
    Effort,
    Fork,
    Problem,
    Regenerate,
    Restore,
    Role,
    Select,
    Status,
    Stop,
    ThreadPatch,
    ThreadSettings,
    Usage,
)
from jupyter_chat.providers.interface import Finish, ProviderError
from jupyter_chat.store.errors import Conflict, NotFound


def stop(thread_id: str, message_id: str) -> Stop:
    return Stop("9", thread_id, message_id)


def select(thread_id: str, message_id: str) -> Select:
    return Select("9", thread_id, message_id)


async def test_an_answer_streams_to_its_viewers_and_is_kept(engine):
    thread_id = new_id()
    asked = await engine.ask("What is a monad?", thread_id)
    viewer = await engine.watch(thread_id)
    call = await engine.provider.call()
    assert [(p.role, p.text) for p in call.request.messages] == [(Role.USER, "What is a monad?")]
    call.say(reasoning="Hm.")
    call.say("A monoid ")
    call.say("in the category of endofunctors.")
    call.finish(Finish("stop", Usage(input_tokens=7, output_tokens=9)))
    await viewer.until(lambda: viewer.status(asked.reply_id) == "complete")
    text = "A monoid in the category of endofunctors."
    assert viewer.text(asked.reply_id) == text
    kept = await engine.store.get_message("ada", thread_id, asked.reply_id)
    assert [part.text for part in kept.parts] == ["Hm.", text]
    assert kept.status is Status.COMPLETE
    assert kept.usage == Usage(input_tokens=7, output_tokens=9)
    assert kept.model == "puppet"
    assert kept.cost is None, "no price is shown rather than a wrong one"
    assert kept.created_at <= kept.begun_at <= kept.first_token_at <= kept.completed_at


async def test_deltas_alone_add_up_to_the_stored_text(engine):
    thread_id = new_id()
    asked = await engine.ask("Go", thread_id)
    viewer = await engine.watch(thread_id)
    call = await engine.provider.call()
    words = [f"wörd{n} 😀" for n in range(50)]
    for word in words:
        call.say(word)
    await viewer.until(lambda: viewer.text(asked.reply_id) == "".join(words))
    assert viewer.status(asked.reply_id) == "streaming"
    call.finish()
    await viewer.until(lambda: viewer.status(asked.reply_id) == "complete")


async def test_a_viewer_that_comes_in_mid_answer_sees_all_of_it(engine):
    thread_id = new_id()
    asked = await engine.ask("Go", thread_id)
    first = await engine.watch(thread_id)
    call = await engine.provider.call()
    call.say("one ")
    await first.until(lambda: first.text(asked.reply_id) == "one ")
    late = await engine.watch(thread_id)
    assert late.text(asked.reply_id) == "one "
    call.say("two")
    call.finish()
    for viewer in (first, late):
        await viewer.until(lambda viewer=viewer: viewer.status(asked.reply_id) == "complete")
        assert viewer.text(asked.reply_id) == "one two"


async def test_a_viewer_that_returns_gets_just_what_it_missed(engine):
    thread_id = new_id()
    asked = await engine.ask("Go", thread_id)
    viewer = await engine.watch(thread_id)
    call = await engine.provider.call()
    call.say("one ")
    await viewer.until(lambda: viewer.text(asked.reply_id) == "one ")
    engine.broadcast.leave(viewer)
    other = await engine.watch(thread_id)
    call.say("two ")
    await other.until(lambda: other.text(asked.reply_id) == "one two ")
    before = len(viewer.events)
    await engine.conversations.subscribe(viewer, thread_id, after=viewer.seq, epoch=viewer.epoch)
    assert [event["type"] for event in viewer.events[before:]] == ["delta"]
    assert viewer.text(asked.reply_id) == "one two "


async def test_a_viewer_of_an_earlier_server_gets_a_snapshot(engine):
    thread_id = new_id()
    await engine.ask("Go", thread_id)
    viewer = await engine.watch(thread_id)
    await engine.conversations.subscribe(viewer, thread_id, after=viewer.seq, epoch="earlier")
    assert viewer.events[-1]["type"] == "snapshot"


async def test_an_answer_outlives_its_viewers(engine):
    thread_id = new_id()
    asked = await engine.ask("Go", thread_id)
    viewer = await engine.watch(thread_id)
    call = await engine.provider.call()
    call.say("still ")
    await viewer.until(lambda: viewer.text(asked.reply_id))
    engine.broadcast.leave(viewer)
    call.say("here")
    call.finish()
    again = await engine.watch(thread_id)
    await again.until(lambda: again.status(asked.reply_id) == "complete")
    assert again.text(asked.reply_id) == "still here"


async def test_stop_closes_upstream_and_keeps_what_came(engine):
    thread_id = new_id()
    asked = await engine.ask("Go", thread_id)
    viewer = await engine.watch(thread_id)
    call = await engine.provider.call()
    call.say("half an ")
    await viewer.until(lambda: viewer.text(asked.reply_id))
    await engine.conversations.stop("ada", stop(thread_id, asked.reply_id))
    assert call.closed.is_set()
    assert viewer.status(asked.reply_id) == "stopped"
    kept = await engine.store.get_message("ada", thread_id, asked.reply_id)
    assert (kept.status, kept.parts[0].text) == (Status.STOPPED, "half an ")

    following = await engine.ask("And now?", thread_id, asked.reply_id)
    call = await engine.provider.call()
    assert [p.text for p in call.request.messages] == ["Go", "half an ", "And now?"]
    assert following.reply_id != asked.reply_id


async def test_stopping_what_has_ended_changes_nothing(engine):
    thread_id = new_id()
    asked = await engine.ask("Go", thread_id)
    viewer = await engine.watch(thread_id)
    call = await engine.provider.call()
    call.say("done")
    call.finish()
    await viewer.until(lambda: viewer.status(asked.reply_id) == "complete")
    await engine.conversations.stop("ada", stop(thread_id, asked.reply_id))
    kept = await engine.store.get_message("ada", thread_id, asked.reply_id)
    assert kept.status is Status.COMPLETE


async def test_a_second_question_waits_for_the_first_answer(engine):
    thread_id = new_id()
    first = await engine.ask("One?", thread_id)
    viewer = await engine.watch(thread_id)
    call = await engine.provider.call()
    second = await engine.ask("Two?", thread_id, first.reply_id)
    await viewer.until(lambda: viewer.status(second.reply_id) == "queued")
    assert engine.provider.count == 1
    call.say("1")
    call.finish()
    call = await engine.provider.call()
    assert [p.text for p in call.request.messages] == ["One?", "1", "Two?"]
    await viewer.until(lambda: viewer.status(second.reply_id) == "streaming")
    call.say("2")
    call.finish()
    await viewer.until(lambda: viewer.status(second.reply_id) == "complete")
    before = await engine.store.get_message("ada", thread_id, first.reply_id)
    kept = await engine.store.get_message("ada", thread_id, second.reply_id)
    assert kept.created_at <= before.completed_at <= kept.begun_at, "its turn came after that"
    assert not (await engine.conversations.thread("ada", thread_id)).running


async def test_a_queued_question_can_be_stopped_before_it_is_asked(engine):
    thread_id = new_id()
    first = await engine.ask("One?", thread_id)
    viewer = await engine.watch(thread_id)
    call = await engine.provider.call()
    second = await engine.ask("Two?", thread_id, first.reply_id)
    third = await engine.ask("Three?", thread_id, second.reply_id)
    await engine.conversations.stop("ada", stop(thread_id, second.reply_id))
    assert viewer.status(second.reply_id) == "stopped"
    assert viewer.status(first.reply_id) == "streaming"
    assert engine.provider.count == 1
    call.finish()
    call = await engine.provider.call()
    assert call.request.messages[-1].text == "Three?"
    assert viewer.status(third.reply_id) == "streaming"


@pytest.mark.parametrize("asked", ["before", "after"])
async def test_what_was_asked_behind_a_question_that_is_withdrawn_still_waits(engine, asked):
    """Asked before it was withdrawn, or after, as an edited one is."""
    thread_id = new_id()
    first = await engine.ask("One?", thread_id)
    viewer = await engine.watch(thread_id)
    call = await engine.provider.call()
    second = await engine.ask("Two?", thread_id, first.reply_id)
    if asked == "before":
        third = await engine.ask("Three?", thread_id, second.reply_id)
    await engine.conversations.stop("ada", stop(thread_id, second.reply_id))
    assert (await engine.conversations.thread("ada", thread_id)).running
    if asked == "after":
        third = await engine.ask("Three?", thread_id, first.reply_id)
    await asyncio.sleep(0.1)
    assert viewer.status(third.reply_id) == "queued"
    assert engine.provider.count == 1
    call.say("1")
    call.finish()
    call = await engine.provider.call()
    texts = [part.text for part in call.request.messages]
    assert texts[:2] == ["One?", "1"]
    assert texts[-1] == "Three?"
    call.finish()
    await viewer.until(lambda: viewer.status(third.reply_id) == "complete")
    assert not (await engine.conversations.thread("ada", thread_id)).running


async def test_the_same_question_sent_twice_is_asked_once(engine):
    thread_id, client_id = new_id(), new_id()
    first = await engine.ask("Go", thread_id, client_id=client_id)
    again = await engine.ask("Go", thread_id, client_id=client_id)
    assert (again.message_id, again.reply_id) == (first.message_id, first.reply_id)
    call = await engine.provider.call()
    call.finish()
    both = await asyncio.gather(
        *(engine.ask("More", thread_id, first.reply_id, client_id="more-more") for _ in "ab")
    )
    assert both[0].reply_id == both[1].reply_id
    await engine.provider.call()
    assert engine.provider.count == 2


async def test_an_edited_question_becomes_a_branch_and_nothing_is_lost(engine):
    thread_id = new_id()
    first = await engine.ask("Draft", thread_id)
    (await engine.provider.call()).finish()
    edited = await engine.ask("Better", thread_id, client_id=new_id())
    viewer = await engine.watch(thread_id)
    snapshot = viewer.events[-1]
    assert [m["id"] for m in snapshot["messages"]] == [edited.message_id, edited.reply_id]
    assert snapshot["versions"] == {edited.message_id: [first.message_id, edited.message_id]}
    call = await engine.provider.call()
    assert [p.text for p in call.request.messages] == ["Better"]

    await engine.branches.select("ada", select(thread_id, first.message_id))
    assert list(viewer.messages) == [first.message_id, first.reply_id]


async def test_an_answer_made_again_is_a_version_beside_the_old_one(engine):
    thread_id = new_id()
    asked = await engine.ask("Go", thread_id)
    viewer = await engine.watch(thread_id)
    call = await engine.provider.call()
    call.say("old")
    call.finish()
    await viewer.until(lambda: viewer.status(asked.reply_id) == "complete")
    again = await engine.again(thread_id, asked.reply_id)
    call = await engine.provider.call()
    assert [p.text for p in call.request.messages] == ["Go"]
    call.say("new")
    call.finish()
    await viewer.until(lambda: viewer.status(again.reply_id) == "complete")
    kept = await engine.store.get_message("ada", thread_id, asked.reply_id)
    assert kept.parts[0].text == "old"
    late = await engine.watch(thread_id)
    assert late.events[-1]["versions"] == {again.reply_id: [asked.reply_id, again.reply_id]}


async def test_an_empty_question_is_refused_and_makes_no_thread(engine):
    thread_id = new_id()
    with pytest.raises(Invalid) as refused:
        await engine.ask(" \n", thread_id)
    assert refused.value.problem.field == "parts"
    with pytest.raises(NotFound):
        await engine.store.get_thread("ada", thread_id)


async def test_somebody_elses_thread_is_answered_as_an_unknown_one(engine):
    thread_id = new_id()
    asked = await engine.ask("Secret", thread_id)
    unknown = new_id()

    async def refusal(coroutine) -> Problem:
        with pytest.raises(NotFound) as refused:
            await coroutine
        return refused.value.problem

    chats = engine.conversations
    for theirs, nobodys in [
        (chats.thread("eve", thread_id), chats.thread("eve", unknown)),
        (
            chats.delete_thread("eve", thread_id),
            chats.delete_thread("eve", unknown),
        ),
        (
            chats.restore_thread("eve", thread_id),
            chats.restore_thread("eve", unknown),
        ),
        (
            chats.change_thread("eve", thread_id, ThreadPatch(title="Mine")),
            chats.change_thread("eve", unknown, ThreadPatch(title="Mine")),
        ),
        (
            chats.stop("eve", stop(thread_id, asked.reply_id)),
            chats.stop("eve", stop(thread_id, unknown)),
        ),
        (
            chats.regenerate("eve", Regenerate("9", new_id(), thread_id, asked.reply_id)),
            chats.regenerate("eve", Regenerate("9", new_id(), unknown, unknown)),
        ),
        (
            chats.go_on("eve", Continue("9", new_id(), thread_id, asked.reply_id)),
            chats.go_on("eve", Continue("9", new_id(), unknown, unknown)),
        ),
        (
            engine.branches.select("eve", select(thread_id, asked.reply_id)),
            engine.branches.select("eve", select(unknown, unknown)),
        ),
        (
            engine.branches.delete("eve", Delete("9", thread_id, asked.reply_id)),
            engine.branches.delete("eve", Delete("9", unknown, unknown)),
        ),
        (
            engine.branches.restore("eve", Restore("9", thread_id, asked.reply_id)),
            engine.branches.restore("eve", Restore("9", unknown, unknown)),
        ),
        (
            engine.branches.fork("eve", Fork("9", new_id(), thread_id, asked.reply_id)),
            engine.branches.fork("eve", Fork("9", new_id(), unknown, unknown)),
        ),
        (
            chats.pages.before("eve", thread_id, asked.reply_id, 10),
            chats.pages.before("eve", unknown, unknown, 10),
        ),
        (
            chats.pages.first("eve", thread_id, asked.reply_id, 10),
            chats.pages.first("eve", unknown, unknown, 10),
        ),
        (
            engine.ask("Mine", thread_id, asked.reply_id, user_id="eve"),
            engine.ask("Mine", unknown, asked.reply_id, user_id="eve"),
        ),
    ]:
        one, other = await refusal(theirs), await refusal(nobodys)
        assert (one.code, one.message) == (other.code, other.message)
    with pytest.raises(NotFound):
        await engine.ask("Mine now", thread_id, user_id="eve")
    assert (await chats.thread("ada", thread_id)).title == "Secret"
    assert engine.provider.count == 1


async def test_a_failed_answer_says_why_and_the_question_stays(engine):
    thread_id = new_id()
    asked = await engine.ask("Go", thread_id)
    viewer = await engine.watch(thread_id)
    call = await engine.provider.call()
    call.fail(ProviderError(Problem(Code.WRONG_KEY, "The key was refused.")))
    await viewer.until(lambda: viewer.status(asked.reply_id) == "failed")
    kept = await engine.store.get_message("ada", thread_id, asked.reply_id)
    assert kept.problem == Problem(Code.WRONG_KEY, "The key was refused.")
    question = await engine.store.get_message("ada", thread_id, asked.message_id)
    assert question.parts[0].text == "Go"


async def test_a_stream_that_is_cut_is_interrupted_not_complete(engine):
    thread_id = new_id()
    asked = await engine.ask("Go", thread_id)
    viewer = await engine.watch(thread_id)
    call = await engine.provider.call()
    call.say("half")
    call.fail(ProviderError(Problem(Code.STREAM_CUT, "Cut.")))
    await viewer.until(lambda: viewer.status(asked.reply_id) == "interrupted")
    kept = await engine.store.get_message("ada", thread_id, asked.reply_id)
    assert (kept.status, kept.parts[0].text) == (Status.INTERRUPTED, "half")
    assert kept.problem.code is Code.STREAM_CUT


async def test_a_rate_limit_is_waited_for_and_says_so(engine):
    thread_id = new_id()
    asked = await engine.ask("Go", thread_id)
    viewer = await engine.watch(thread_id)
    busy = ProviderError(Problem(Code.RATE_LIMITED, "Too fast."), retry_after=0.01)
    (await engine.provider.call()).fail(busy)
    call = await engine.provider.call()
    call.say("now")
    call.finish()
    await viewer.until(lambda: viewer.status(asked.reply_id) == "complete")
    waits = [event["problem"] for event in viewer.events if event["type"] == "waiting"]
    assert waits[0]["code"] == "rate_limited"
    assert waits[0]["retry_at"] > 0
    assert waits[1] is None
    assert viewer.text(asked.reply_id) == "now"


async def test_nothing_is_asked_again_once_text_has_come(engine):
    thread_id = new_id()
    asked = await engine.ask("Go", thread_id)
    viewer = await engine.watch(thread_id)
    call = await engine.provider.call()
    call.say("some")
    call.fail(ProviderError(Problem(Code.PROVIDER_DOWN, "Gone."), retry_after=0.01))
    await viewer.until(lambda: viewer.status(asked.reply_id) == "interrupted")
    assert engine.provider.count == 1


async def test_the_settings_of_the_thread_go_upstream(engine):
    thread_id = new_id()
    settings = ThreadSettings(
        model="gpt-5.5",
        temperature=0.5,
        max_output_tokens=99,
        effort=Effort.NONE,
        system_prompt="Be brief.",
    )
    asked = await engine.ask("Go", thread_id, settings=settings)
    call = await engine.provider.call()
    request = call.request
    assert (request.model, request.instructions) == ("gpt-5.5", "Be brief.")
    assert (request.temperature, request.max_output_tokens) == (0.5, 99)
    assert request.effort is Effort.NONE
    assert request.user_tag is not None
    assert "ada" not in request.user_tag, "upstream learns no user names"
    call.finish()
    await engine.conversations.change_thread(
        "ada", thread_id, ThreadPatch(settings=ThreadSettings(model="gpt-5.4"))
    )
    await engine.ask("More", thread_id, asked.reply_id)
    assert (await engine.provider.call()).request.model == "gpt-5.4"


async def test_threads_are_listed_newest_first_by_pages(engine):
    ids = []
    for number in range(5):
        ids.append(new_id())
        await engine.ask(f"Question {number}", ids[-1])
        (await engine.provider.call()).finish()
        await asyncio.sleep(0.002)
    first = await engine.conversations.threads("ada", 3, None)
    rest = await engine.conversations.threads("ada", 3, first.next)
    assert len(first.threads) == 3
    assert rest.next is None
    assert {t.id for t in first.threads} | {t.id for t in rest.threads} == set(ids)
    assert (await engine.conversations.threads("eve", 3, None)).threads == []


async def test_a_renamed_thread_keeps_its_name(engine):
    thread_id = new_id()
    await engine.ask("Go", thread_id)
    viewer = await engine.watch(thread_id)
    renamed = await engine.conversations.change_thread("ada", thread_id, ThreadPatch(title="Mine"))
    assert (renamed.title, renamed.titled_by_user) == ("Mine", True)
    assert viewer.events[-1]["thread"]["title"] == "Mine"
    with pytest.raises(Conflict):
        await engine.conversations.change_thread(
            "ada", thread_id, ThreadPatch(title="Stale", revision=renamed.revision - 1)
        )


async def test_a_deleted_thread_stops_answering_and_can_be_restored(engine):
    thread_id = new_id()
    asked = await engine.ask("Go", thread_id)
    viewer = await engine.watch(thread_id)
    call = await engine.provider.call()
    call.say("half")
    await viewer.until(lambda: viewer.text(asked.reply_id))
    await engine.conversations.delete_thread("ada", thread_id)
    await asyncio.wait_for(call.closed.wait(), 10)
    assert (await engine.conversations.threads("ada", 10, None)).threads == []
    await engine.conversations.restore_thread("ada", thread_id)
    listed = (await engine.conversations.threads("ada", 10, None)).threads
    assert [thread.id for thread in listed] == [thread_id]
    await viewer.until(lambda: viewer.status(asked.reply_id) == "stopped")


async def test_older_messages_come_by_pages(engine):
    thread_id, parent, ids = new_id(), None, []
    for number in range(60):
        asked = await engine.ask(f"q{number}", thread_id, parent)
        call = await engine.provider.call()
        call.say(f"a{number}")
        call.finish()
        parent = asked.reply_id
        ids += [asked.message_id, asked.reply_id]
    viewer = await engine.watch(thread_id)
    await viewer.until(lambda: viewer.status(parent) == "complete")
    snapshot = next(event for event in viewer.events if event["type"] == "snapshot")
    assert snapshot["more"]
    collected = [message["id"] for message in snapshot["messages"]]
    while True:
        page = await engine.conversations.pages.before("ada", thread_id, collected[0], 7)
        collected = [m.id for m in page.messages] + collected
        if not page.more:
            break
    assert collected == ids


async def test_a_branch_is_read_from_where_it_begins(engine):
    """Whichever version of the first question it begins with, and on its own way."""
    thread_id = new_id()

    async def branch(text: str, length: int, parent: str | None) -> list[str]:
        ids = []
        for number in range(length):
            asked = await engine.ask(f"{text} {number}", thread_id, parent)
            (await engine.provider.call()).finish()
            parent = asked.reply_id
            ids += [asked.message_id, asked.reply_id]
        return ids

    one = await branch("one", 8, None)
    two = await branch("two", 3, None)
    other = await branch("other", 3, one[1])
    first = engine.conversations.pages.first
    for ids, newer in ((one, True), (two, False), (one[:2] + other, True)):
        page = await first("ada", thread_id, ids[-1], 7)
        assert [message.id for message in page.messages] == ids[:7]
        assert (page.more, page.newer) == (False, newer)
    assert page.versions[one[0]] == [one[0], two[0]]
    with pytest.raises(NotFound):
        await first("eve", thread_id, one[-1], 7)
    with pytest.raises(NotFound):
        await first("ada", thread_id, new_id(), 7)


async def test_closing_interrupts_what_runs_and_says_goodbye(engine):
    thread_id = new_id()
    asked = await engine.ask("Go", thread_id)
    viewer = await engine.watch(thread_id)
    call = await engine.provider.call()
    call.say("half")
    await viewer.until(lambda: viewer.text(asked.reply_id))
    await engine.replies.close()
    assert viewer.events[-1]["type"] == "goodbye"
    kept = await engine.store.get_message("ada", thread_id, asked.reply_id)
    assert kept.status is Status.INTERRUPTED
    assert kept.problem.code is Code.SERVER_STOPPED
    assert "What had come is kept" in kept.problem.message
    assert kept.parts[0].text == "half"


async def test_closing_before_the_first_word_claims_to_keep_none(engine):
    thread_id = new_id()
    asked = await engine.ask("Go", thread_id)
    await engine.provider.call()
    await engine.replies.close()
    kept = await engine.store.get_message("ada", thread_id, asked.reply_id)
    assert (kept.status, kept.parts) == (Status.INTERRUPTED, [])
    assert "Your question is kept" in kept.problem.message


async def test_a_running_answer_is_in_the_store_within_half_a_second(engine):
    thread_id = new_id()
    asked = await engine.ask("Go", thread_id)
    call = await engine.provider.call()
    call.say("kept in time")
    for _ in range(3_000):
        message = await engine.store.get_message("ada", thread_id, asked.reply_id)
        if message.parts:
            break
        await asyncio.sleep(0.01)
    assert message.status is Status.STREAMING
    assert message.parts[0].text == "kept in time"
