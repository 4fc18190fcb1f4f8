"""A summary takes the place of what no longer fits."""

from __future__ import annotations

import msgspec
import pytest

from jupyter_chat.engine.context.summaries import newest_on
from jupyter_chat.engine.context.tokens import count
from jupyter_chat.engine.context.weighing import PER_MESSAGE
from jupyter_chat.ids import new_id
from jupyter_chat.protocol import (
    Code,
    ContextQuery,
    MemoryPolicy,
    Problem,
    Reason,
    Role,
    Status,
    Summary,
    ThreadPatch,
    ThreadSettings,
    Usage,
)
from jupyter_chat.providers.interface import Finish, ProviderError
from jupyter_chat.store.errors import NotFound
from jupyter_chat.store.types import LedgerQuery, Outline, UsageKind

from ..conftest import Engine
from ..puppet import Call

LONG = "word " * 5_800
"""Two of these fit into what the settings below leave of the window, three do not."""
SETTINGS = ThreadSettings(
    model="puppet",
    system_prompt="Be brief.",
    max_output_tokens=112_000,
    memory=MemoryPolicy.SUMMARISE,
)
UNCOUNTED = Finish("stop")


async def a_full_conversation(engine: Engine, turns: int = 2) -> tuple[str, str]:
    thread_id, leaf = new_id(), None
    for number in range(turns):
        asked = await engine.ask(f"{number} {LONG}", thread_id, leaf, settings=SETTINGS)
        await engine.answer(f"Answer {number}", UNCOUNTED)
        leaf = str(asked.reply_id)
        await engine.end(thread_id, leaf)
    assert leaf is not None
    return thread_id, leaf


async def ask_on(engine: Engine, thread_id: str, leaf: str) -> tuple[str, Call]:
    """Ask what no longer fits; the reply, and the call that asks for the summary."""
    asked = await engine.ask(f"2 {LONG}", thread_id, leaf)
    return str(asked.reply_id), await engine.provider.call()


async def answered(engine: Engine, thread_id: str, reply_id: str) -> Call:
    call = await engine.answer("Answer", UNCOUNTED)
    assert (await engine.end(thread_id, reply_id)).status is Status.COMPLETE
    return call


def a_branch(length: int) -> list[Outline]:
    return [Outline(new_id(), None, Role.USER, Status.COMPLETE) for _ in range(length)]


async def test_what_no_longer_fits_is_summed_up_and_the_summary_is_sent(engine: Engine):
    thread_id, leaf = await a_full_conversation(engine)
    watcher = await engine.watch(thread_id)
    reply_id, aside = await ask_on(engine, thread_id, leaf)
    (piece,) = aside.request.messages
    assert "Person: 0 word" in piece.text
    assert "Assistant: Answer 0" in piece.text
    assert "Person: 1" not in piece.text
    await watcher.until(lambda: any(event["type"] == "waiting" for event in watcher.events))
    aside.say("They spoke of words.")
    aside.finish()
    call = await answered(engine, thread_id, reply_id)
    assert call.request.instructions is not None
    assert call.request.instructions.startswith("Be brief.")
    assert call.request.instructions.endswith("They spoke of words.")
    assert [prompt.text[:6] for prompt in call.request.messages] == ["1 word", "Answer", "2 word"]
    (summary,) = await engine.store.summaries("ada", thread_id)
    path = await engine.store.path("ada", thread_id, reply_id, limit=9)
    assert (summary.upto, summary.model) == (path[1].id, "puppet")
    told = [event for event in watcher.events if event["type"] == "summary"]
    assert [event["summary"]["text"] for event in told] == ["They spoke of words."]
    waits = [event["problem"] for event in watcher.events if event["type"] == "waiting"]
    assert [wait and wait["code"] for wait in waits] == ["summarising", None]


async def test_a_summary_is_used_again_and_nothing_is_summed_up_twice(engine: Engine):
    thread_id, leaf = await a_full_conversation(engine)
    reply_id, aside = await ask_on(engine, thread_id, leaf)
    aside.say("They spoke of words.")
    aside.finish()
    await answered(engine, thread_id, reply_id)
    asked = await engine.ask("Short", thread_id, reply_id)
    call = await answered(engine, thread_id, str(asked.reply_id))
    assert call.request.instructions is not None
    assert call.request.instructions.endswith("They spoke of words.")
    assert len(call.request.messages) == 5


async def test_the_next_summary_is_made_of_the_last_and_what_came_after_it(engine: Engine):
    thread_id, leaf = await a_full_conversation(engine)
    reply_id, aside = await ask_on(engine, thread_id, leaf)
    aside.say("First summary.")
    aside.finish()
    await answered(engine, thread_id, reply_id)
    next_id, aside = await ask_on(engine, thread_id, reply_id)
    (piece,) = aside.request.messages
    assert "First summary." in piece.text
    assert "Person: 1 word" in piece.text
    assert "Person: 0 word" not in piece.text
    aside.say("Second summary.")
    aside.finish()
    call = await answered(engine, thread_id, next_id)
    assert call.request.instructions is not None
    assert "First" not in call.request.instructions
    assert len(await engine.store.summaries("ada", thread_id)) == 2


async def test_a_branch_that_leaves_before_a_summary_does_not_get_it(engine: Engine):
    thread_id, leaf = await a_full_conversation(engine)
    reply_id, aside = await ask_on(engine, thread_id, leaf)
    aside.say("They spoke of words.")
    aside.finish()
    await answered(engine, thread_id, reply_id)
    first = (await engine.store.path("ada", thread_id, reply_id, limit=9))[0]
    command = await engine.again(thread_id, first.id)
    call = await answered(engine, thread_id, str(command.reply_id))
    assert call.request.instructions == "Be brief."


async def test_where_no_summary_can_be_had_the_oldest_is_left_out(engine: Engine):
    thread_id, leaf = await a_full_conversation(engine)
    reply_id, aside = await ask_on(engine, thread_id, leaf)
    aside.fail(ProviderError(Problem(Code.PROVIDER_DOWN, "Away.")))
    call = await answered(engine, thread_id, reply_id)
    assert call.request.instructions == "Be brief."
    assert [prompt.text[:6] for prompt in call.request.messages] == ["1 word", "Answer", "2 word"]
    assert await engine.store.summaries("ada", thread_id) == []
    query = ContextQuery(thread_id, reply_id)
    shown = await engine.inspector.look("ada", query)
    assert shown.summary_problem == Problem(Code.PROVIDER_DOWN, "Away.")
    asked = await engine.ask(f"3 {LONG}", thread_id, reply_id)
    await engine.answer("They talked.", UNCOUNTED)
    await answered(engine, thread_id, str(asked.reply_id))
    assert (await engine.inspector.look("ada", query)).summary_problem is None


async def test_a_stop_while_it_is_made_ends_that_too(engine: Engine):
    thread_id, leaf = await a_full_conversation(engine)
    reply_id, aside = await ask_on(engine, thread_id, leaf)
    assert await engine.replies.stop("ada", [reply_id])
    await aside.closed.wait()
    reply = await engine.end(thread_id, reply_id)
    assert reply.status is Status.STOPPED
    assert engine.provider.count == 3


async def test_a_model_of_its_own_makes_it_where_that_is_set(engine: Engine):
    thread_id, leaf = await a_full_conversation(engine)
    settings = msgspec.structs.replace(SETTINGS, summary_model="gpt-6-luna")
    await engine.conversations.change_thread("ada", thread_id, ThreadPatch(settings=settings))
    reply_id, aside = await ask_on(engine, thread_id, leaf)
    assert aside.request.model == "gpt-6-luna"
    aside.say("Fine.")
    aside.finish()
    assert (await answered(engine, thread_id, reply_id)).request.model == "puppet"


async def test_the_context_shows_the_summary_and_what_it_stands_for(engine: Engine):
    thread_id, leaf = await a_full_conversation(engine)
    before = await engine.inspector.look("ada", ContextQuery(thread_id, leaf, text=f"2 {LONG}"))
    assert before.summarises
    reply_id, aside = await ask_on(engine, thread_id, leaf)
    aside.say("They spoke of words.")
    aside.finish()
    call = await answered(engine, thread_id, reply_id)
    query = ContextQuery(thread_id, leaf, text=f"2 {LONG}", entries=9)
    shown = await engine.inspector.look("ada", query)
    assert not shown.summarises
    assert shown.summary is not None
    assert [entry.reason for entry in shown.entries] == [
        *(Reason.FITS, Reason.FITS, Reason.SUMMARISED, Reason.SUMMARISED)
    ]
    shares = {share.part.value: share.tokens for share in shown.shares}
    assert shares["summary"] == count("They spoke of words.") + PER_MESSAGE
    assert shown.used == call.request.counted_tokens


async def test_a_summary_can_be_edited_or_made_anew(engine: Engine):
    thread_id, leaf = await a_full_conversation(engine)
    reply_id, aside = await ask_on(engine, thread_id, leaf)
    aside.say("Wrong.")
    aside.finish()
    await answered(engine, thread_id, reply_id)
    (summary,) = await engine.store.summaries("ada", thread_id)
    watcher = await engine.watch(thread_id)
    assert [each["text"] for each in watcher.events[-1]["summaries"]] == ["Wrong."]
    change = engine.conversations.change_summary
    await change("ada", thread_id, summary.upto, "Right.")
    (edited,) = await engine.store.summaries("ada", thread_id)
    assert (edited.text, edited.edited) == ("Right.", True)
    await change("ada", thread_id, summary.upto, None)
    assert await engine.store.summaries("ada", thread_id) == []
    told = [event["summary"] for event in watcher.events if event["type"] == "summary"]
    assert [each and each["text"] for each in told] == ["Right.", None]
    for user, upto in (("grace", summary.upto), ("ada", summary.upto)):
        with pytest.raises(NotFound):
            await change(user, thread_id, upto, "Mine.")


async def test_what_is_too_much_for_one_request_is_summed_up_piece_by_piece(engine: Engine):
    thread_id, leaf = await a_full_conversation(engine, turns=2)
    huge = "x" * 400_000
    asked = await engine.ask(huge, thread_id, leaf)
    call = await engine.provider.call()
    while call.request.messages[-1].text.startswith(("The messages", "The summary so far")):
        assert len(call.request.messages[0].text) < 250_000
        call.say("So far.")
        call.finish()
        call = await engine.provider.call()
    call.finish(UNCOUNTED)
    await engine.end(thread_id, str(asked.reply_id))


def test_of_several_summaries_that_which_covers_most_is_used_and_never_all():
    branch = a_branch(5)

    def summary(place: int) -> Summary:
        return Summary(new_id(), branch[place].id, str(place), 1)

    elsewhere = Summary(new_id(), new_id(), "elsewhere", 1)
    known = newest_on(branch, [summary(1), summary(3), elsewhere])
    assert known is not None
    assert (known.summary.text, known.messages) == ("3", 4)
    assert newest_on(branch, [summary(4), elsewhere]) is None


async def test_a_summary_is_paid_for(engine: Engine):
    thread_id, leaf = await a_full_conversation(engine)
    reply_id, aside = await ask_on(engine, thread_id, leaf)
    aside.say("They spoke of words.")
    aside.finish(Finish("stop", Usage(6_000, 7)))
    await answered(engine, thread_id, reply_id)
    entries = await engine.store.usage_entries("ada", LedgerQuery(), limit=100)
    (summary,) = [entry for entry in entries if entry.kind is UsageKind.SUMMARY]
    assert (summary.thread_id, summary.usage) == (thread_id, Usage(6_000, 7))
    assert len(entries) == 4


async def test_a_summary_that_breaks_off_is_paid_for_as_it_is_estimated(engine: Engine):
    thread_id, leaf = await a_full_conversation(engine)
    reply_id, aside = await ask_on(engine, thread_id, leaf)
    aside.fail(ProviderError(Problem(Code.STREAM_CUT, "Cut.")))
    await answered(engine, thread_id, reply_id)
    entries = await engine.store.usage_entries("ada", LedgerQuery(), limit=100)
    (summary,) = [entry for entry in entries if entry.kind is UsageKind.SUMMARY]
    assert summary.usage.estimated
    assert summary.usage.input_tokens > 5_000
