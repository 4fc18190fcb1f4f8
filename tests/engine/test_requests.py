"""What is asked, and what people are shown of it: both from one plan."""

from __future__ import annotations

from typing import Any

import pytest

from jupyter_chat.engine.context.tokens import count
from jupyter_chat.engine.context.weighing import PER_MESSAGE, PER_REPLY
from jupyter_chat.ids import new_id
from jupyter_chat.protocol import (
    AccountPatch,
    AttachmentKind,
    AttachmentPart,
    Code,
    Context,
    ContextPart,
    ContextQuery,
    MemoryPolicy,
    Message,
    Reason,
    Send,
    TextPart,
    ThreadPatch,
    ThreadSettings,
    Usage,
    User,
)
from jupyter_chat.providers.interface import Finish
from jupyter_chat.store.errors import NotFound

from .conftest import Engine
from .puppet import Call

UNCOUNTED = Finish("stop")
LONG = "word " * 7_000


async def look(engine: Engine, thread_id: str, leaf_id: str | None, **more: Any) -> Context:
    return await engine.inspector.look("ada", ContextQuery(thread_id, leaf_id, **more))


async def a_conversation(engine: Engine, texts: list[str], **settings: Any) -> tuple[str, str]:
    """A thread with a question and an answer for each text; it and its leaf."""
    thread_id, leaf = new_id(), None
    for text in texts:
        asked = await engine.ask(
            text, thread_id, leaf, settings=ThreadSettings(model="puppet", **settings)
        )
        await engine.answer(f"About {text[:20]}", UNCOUNTED)
        await engine.end(thread_id, str(asked.reply_id))
        leaf = str(asked.reply_id)
    assert leaf is not None
    return thread_id, leaf


async def asked(engine: Engine, thread_id: str, leaf: str, text: str) -> Call:
    """The call that a question leads to."""
    await engine.ask(text, thread_id, leaf)
    return await engine.answer("Well.", UNCOUNTED)


async def test_what_is_shown_is_what_is_sent(engine: Engine):
    thread_id, leaf = await a_conversation(
        engine, ["One", "Two", "Three"], system_prompt="Be brief."
    )
    branch = await engine.store.path("ada", thread_id, leaf, limit=10)
    patch = ThreadPatch(
        pinned_messages=[branch[0].id], excluded_messages=[branch[2].id, branch[3].id]
    )
    await engine.conversations.change_thread("ada", thread_id, patch)
    shown = await look(engine, thread_id, leaf, text="Four", entries=50)
    call = await asked(engine, thread_id, leaf, "Four")
    sent = [entry for entry in reversed(shown.entries) if entry.reason.is_sent]
    assert [entry.beginning for entry in sent] + ["Four"] == [
        prompt.text for prompt in call.request.messages
    ]
    assert [entry.reason for entry in shown.entries] == [
        *(Reason.FITS, Reason.FITS, Reason.EXCLUDED, Reason.EXCLUDED, Reason.FITS, Reason.PINNED)
    ]
    assert call.request.instructions == shown.instructions == "Be brief."
    texts = [prompt.text for prompt in call.request.messages]
    counted = count("Be brief.") + sum(map(count, texts))
    assert call.request.counted_tokens == counted + (len(texts) + 1) * PER_MESSAGE + PER_REPLY
    assert shown.used == call.request.counted_tokens
    assert (shown.sent, shown.left_out) == (4, 2)


async def test_the_parts_add_up_to_what_is_used(engine: Engine):
    thread_id, leaf = await a_conversation(engine, ["One"], system_prompt="Be brief.")
    await engine.conversations.send(
        "ada",
        Send(
            *("1", new_id(), thread_id, leaf),
            [AttachmentPart(AttachmentKind.FILE, "a.txt", "some text"), TextPart("Two")],
        ),
    )
    call = await engine.answer("Fine.", UNCOUNTED)
    assert len(call.request.messages) == 3
    thread = await engine.conversations.thread("ada", thread_id)
    reply = await engine.end(thread_id, str(thread.leaf_id))
    first = (await engine.store.path("ada", thread_id, reply.id, limit=9))[0]
    patch = ThreadPatch(pinned_messages=[first.id])
    await engine.conversations.change_thread("ada", thread_id, patch)
    me = User("ada", "Ada", "A")
    await engine.accounts.change(me, AccountPatch(notes=["I use R."], use_notes=True))
    shown = await look(engine, thread_id, reply.id, text="Three", attached=30)
    parts = {share.part: share.tokens for share in shown.shares}
    assert list(parts) == [part for part in ContextPart if part is not ContextPart.SUMMARY]
    taken = sum(tokens for part, tokens in parts.items() if part is not ContextPart.ANSWER)
    assert shown.used == taken
    assert parts[ContextPart.DRAFT] == count("Three") + 30 + PER_MESSAGE + PER_REPLY
    assert parts[ContextPart.PINNED] == count("One") + PER_MESSAGE
    assert parts[ContextPart.ATTACHMENTS] > count("some text")


async def test_a_thread_that_is_not_there_yet_has_a_context(engine: Engine):
    settings = ThreadSettings(model="gpt-6-luna", system_prompt="Be kind.")
    shown = await engine.inspector.look("ada", ContextQuery(settings=settings, text="Hello"))
    assert shown.window == 1_050_000
    assert (shown.sent, shown.left_out, shown.entries) == (0, 0, [])
    assert shown.shares[0].tokens == count("Be kind.") + PER_MESSAGE
    assert shown.input_cost == pytest.approx(shown.used * 0.1 / 1e6)
    assert not shown.assumed


async def test_a_model_that_nobody_knows_has_no_price_and_an_assumed_window(engine: Engine):
    settings = ThreadSettings(model="puppet")
    shown = await engine.inspector.look("ada", ContextQuery(settings=settings, text="Hello"))
    assert shown.assumed
    assert shown.input_cost is None


async def test_entries_come_page_by_page_from_the_newest(engine: Engine):
    thread_id, leaf = await a_conversation(engine, ["One", "Two", "Three"])
    whole = await look(engine, thread_id, leaf, entries=100)
    assert whole.next is None
    pages: list[str] = []
    before = None
    while True:
        page = await look(engine, thread_id, leaf, entries=4, before=before)
        pages += [entry.message_id for entry in page.entries]
        before = page.next
        if before is None:
            break
    assert pages == [entry.message_id for entry in whole.entries]
    assert len(pages) == 6


async def test_what_no_longer_fits_is_left_out_and_the_rest_is_asked(engine: Engine):
    thread_id, leaf = await a_conversation(engine, [LONG] * 3, max_output_tokens=120_000)
    call = await asked(engine, thread_id, leaf, "And?")
    assert len(call.request.messages) < 7
    assert call.request.messages[0].text.startswith("word")
    assert int(call.request.counted_tokens or 0) <= 16_000


async def test_a_strict_thread_asks_nothing_that_does_not_fit_and_says_so(engine: Engine):
    thread_id, leaf = await a_conversation(engine, [LONG] * 3, max_output_tokens=120_000)
    settings = ThreadSettings("puppet", max_output_tokens=120_000, memory=MemoryPolicy.STRICT)
    await engine.conversations.change_thread("ada", thread_id, ThreadPatch(settings=settings))
    shown = await look(engine, thread_id, leaf, text="And?")
    assert shown.refused
    assert shown.over > 0
    calls = engine.provider.count
    command = await engine.ask("And?", thread_id, leaf)
    reply = await engine.end(thread_id, str(command.reply_id))
    assert reply.problem is not None
    assert reply.problem.code is Code.CONTEXT_TOO_LONG
    assert "Your question is kept" in reply.problem.message
    assert engine.provider.count == calls


async def test_a_strict_thread_refuses_a_question_that_is_too_long_by_itself(engine: Engine):
    settings = ThreadSettings("puppet", max_output_tokens=127_000, memory=MemoryPolicy.STRICT)
    shown = await engine.inspector.look("ada", ContextQuery(settings=settings, text=3 * LONG))
    assert shown.refused
    assert shown.over == shown.used - 16_000
    thread_id = new_id()
    command = await engine.ask(3 * LONG, thread_id, settings=settings)
    reply = await engine.end(thread_id, str(command.reply_id))
    assert reply.problem is not None
    assert reply.problem.code is Code.CONTEXT_TOO_LONG


async def test_it_is_said_by_how_much_a_question_is_too_long(engine: Engine):
    settings = ThreadSettings("puppet", max_output_tokens=127_000)
    shown = await engine.inspector.look("ada", ContextQuery(settings=settings, text=3 * LONG))
    assert not shown.refused
    assert shown.over == shown.used - 16_000 > 0
    short = await engine.inspector.look("ada", ContextQuery(settings=settings, text="Short"))
    assert short.over == 0


async def test_what_a_thread_has_cost_is_said_where_it_is_asked_for(engine: Engine):
    thread_id, leaf = await a_conversation(engine, ["One"])
    assert (await look(engine, thread_id, leaf)).thread_cost is None
    cost = (await look(engine, thread_id, leaf, cost=True)).thread_cost
    assert cost is not None
    assert cost.requests == 1


async def test_an_edit_at_the_beginning_of_a_long_thread_sends_just_that(engine: Engine):
    thread_id, leaf = await a_conversation(engine, [LONG] * 3)
    first = (await engine.store.path("ada", thread_id, leaf, limit=9))[0]
    call = await asked(engine, thread_id, str(first.parent_id or "") or None, "Anew")  # type: ignore[arg-type]
    assert [prompt.text for prompt in call.request.messages] == ["Anew"]


async def test_counts_are_corrected_by_what_the_api_says(engine: Engine):
    thread_id, leaf = await a_conversation(engine, ["One"])
    before = await look(engine, thread_id, leaf, text="Two")
    command = await engine.ask("Two", thread_id, leaf)
    call = await engine.provider.call()
    said = Usage(input_tokens=100 * int(call.request.counted_tokens or 0), output_tokens=3)
    call.say("Yes.")
    call.finish(Finish("stop", said))
    reply = await engine.end(thread_id, str(command.reply_id))
    assert reply.counted_tokens == call.request.counted_tokens
    after = await look(engine, thread_id, reply.id, text="Three")
    assert (before.correction, after.correction) == (1, 3)


async def test_the_choice_of_messages_is_a_persons_own(engine: Engine):
    thread_id, leaf = await a_conversation(engine, ["One"])
    with pytest.raises(NotFound):
        await engine.inspector.look("grace", ContextQuery(thread_id, leaf))


async def test_a_fork_keeps_what_is_pinned_and_excluded(engine: Engine):
    from jupyter_chat.engine.forking import fork

    thread_id, leaf = await a_conversation(engine, ["One", "Two"])
    branch: list[Message] = await engine.store.path("ada", thread_id, leaf, limit=9)
    patch = ThreadPatch(pinned_messages=[branch[0].id], excluded_messages=[branch[3].id])
    thread = await engine.conversations.change_thread("ada", thread_id, patch)
    forked, copies = fork(thread, branch[:3], new_id(), 1)
    assert forked.pinned_messages == [copies[0].id]
    assert forked.excluded_messages == []
