"""What goes along with a question is looked at before it reaches a model."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from jupyter_chat.engine.moderation.moderating import Action
from jupyter_chat.ids import new_id, now_ms
from jupyter_chat.protocol import (
    AccountPatch,
    Code,
    MemoryPolicy,
    Message,
    Model,
    Role,
    Status,
    Summary,
    TextPart,
    Thread,
    ThreadSettings,
    User,
)

from ..conftest import Engine, make_engine
from .test_moderating import Looking, looking

__all__ = ["looking"]

ADA = User("ada", "Ada", "A")
HARMLESS = ThreadSettings()
SCHEMA: dict[str, Any] = {"type": "object", "properties": {"bad": {"type": "string"}}}


async def blocking(directory: Path, looking: Looking) -> AsyncIterator[Any]:
    moderation = {"service": looking, "questions": Action.BLOCK}
    async for engine in make_engine(directory, moderation=moderation):
        yield engine


def a_part(text: str) -> Any:
    return [TextPart(text)]


async def imported(engine: Engine, *said: str, settings: ThreadSettings = HARMLESS) -> Thread:
    """A conversation as it comes out of a file, whatever it says of itself."""
    thread = Thread(new_id(), "Old", settings, now_ms(), now_ms())
    messages: list[Message] = []
    for place, text in enumerate(said):
        role = Role.ASSISTANT if place % 2 else Role.USER
        parent = messages[-1].id if messages else None
        message = Message(
            *(new_id(), thread.id, parent, role, a_part(text), Status.COMPLETE, now_ms()),
            model="gpt-6-luna",
            counted_tokens=10,
        )
        messages.append(message)
    thread = msgspec.structs.replace(thread, leaf_id=messages[-1].id)
    await engine.store.add_thread("ada", thread, messages)
    return thread


async def refused(engine: Engine, thread_id: str, parent_id: str | None = None, **more: Any) -> str:
    asked = await engine.ask("Why?", thread_id, parent_id, **more)
    reply: Any = await asyncio.wait_for(engine.end(thread_id, str(asked.reply_id)), 30)
    assert (reply.status, reply.problem.code) == (Status.FAILED, Code.MODERATED)
    assert engine.provider.count == 0
    return str(reply.problem.message)


@pytest.mark.parametrize(
    "settings",
    [ThreadSettings(system_prompt="Be bad."), ThreadSettings(json_schema=SCHEMA)],
)
async def test_what_a_conversation_is_set_to(tmp_path, looking, settings):
    async for engine in blocking(tmp_path, looking):
        message = await refused(engine, new_id(), settings=settings)
        assert "what goes along with it" in message
        assert "Your question is kept" in message


async def test_what_is_set_for_one_answer(tmp_path, looking):
    async for engine in blocking(tmp_path, looking):
        thread_id = new_id()
        asked = await engine.answered("Why?", thread_id)
        again = await engine.again(
            thread_id, str(asked.reply_id), ThreadSettings(system_prompt="Be bad.")
        )
        reply = await engine.end(thread_id, str(again.reply_id))
        assert reply.problem.code is Code.MODERATED
        assert engine.provider.count == 1


async def test_notes(tmp_path, looking):
    async for engine in blocking(tmp_path, looking):
        await engine.accounts.change(ADA, AccountPatch(notes=["I am bad."], use_notes=True))
        await refused(engine, new_id())


@pytest.mark.parametrize("said", [("Something bad", "So."), ("Why?", "Something bad")])
async def test_what_was_imported(tmp_path, looking, said):
    async for engine in blocking(tmp_path, looking):
        thread = await imported(engine, *said)
        await refused(engine, thread.id, thread.leaf_id)


async def test_an_imported_answer_that_is_gone_on_with(tmp_path, looking):
    async for engine in blocking(tmp_path, looking):
        thread = await imported(engine, "Why?", "Something bad")
        leaf = await engine.store.get_message("ada", thread.id, str(thread.leaf_id))
        question = str(leaf.parent_id)
        begun = Message(
            *(new_id(), thread.id, question, Role.ASSISTANT, leaf.parts),
            *(Status.INTERRUPTED, now_ms()),
        )
        await engine.store.add_thread("ada", thread, [begun])
        asked = await engine.go_on(thread.id, begun.id)
        reply = await engine.end(thread.id, str(asked.reply_id))
        assert reply.problem.code is Code.MODERATED
        assert engine.provider.count == 0


async def test_what_goes_into_a_summary(tmp_path, looking):
    async for engine in blocking(tmp_path, looking):
        engine.provider.listed = [Model("puppet", "Puppet", context_tokens=2_000)]
        settings = ThreadSettings(memory=MemoryPolicy.SUMMARISE)
        thread = await imported(
            engine, "Something bad " + "x " * 1_700, "y " * 600, settings=settings
        )
        await refused(engine, thread.id, thread.leaf_id)


async def test_a_summary_that_was_edited(tmp_path, looking):
    async for engine in blocking(tmp_path, looking):
        engine.provider.listed = [Model("puppet", "Puppet", context_tokens=2_000)]
        settings = ThreadSettings(memory=MemoryPolicy.SUMMARISE)
        thread = await imported(engine, "x " * 1_700, "So.", "And?", "y " * 500, settings=settings)
        first = await engine.store.path("ada", thread.id, str(thread.leaf_id), limit=4)
        summary = Summary(thread.id, first[1].id, "Something bad.", now_ms(), edited=True)
        await engine.store.put_summary("ada", summary)
        await refused(engine, thread.id, thread.leaf_id)


# --- how often ------------------------------------------------------------------------------


async def test_it_is_looked_at_once(tmp_path, looking):
    async for engine in blocking(tmp_path, looking):
        settings = ThreadSettings(system_prompt="Be kind.")
        thread = await imported(engine, "One", "Two", settings=settings)
        asked = await engine.answered("Three", thread.id, thread.leaf_id)
        assert looking.texts == ["Be kind.\n\nOne\n\nTwo\n\nThree"]
        await engine.answered("Five", thread.id, str(asked.reply_id))
        assert looking.texts[1:] == ["Five"]


async def test_what_was_answered_here_was_looked_at_when_it_came(tmp_path, looking):
    async for engine in blocking(tmp_path, looking):
        thread_id = new_id()
        asked = await engine.answered("Why?", thread_id, answer="Something bad")
        await engine.answered("And why?", thread_id, str(asked.reply_id))
        assert looking.texts == ["Why?", "And why?"], "answers have a setting of their own"


async def test_what_nobody_could_look_at_is_looked_at_later(tmp_path, looking):
    moderation = {"service": looking, "questions": Action.BLOCK, "closed": False}
    async for engine in make_engine(tmp_path, moderation=moderation):
        looking.down = True
        settings = ThreadSettings(system_prompt="Be kind.")
        thread_id = new_id()
        asked = await engine.ask("Why?", thread_id, settings=settings)
        await engine.answer("So.")
        await engine.end(thread_id, str(asked.reply_id))
        looking.down = False
        await engine.answered("And why?", thread_id, str(asked.reply_id))
        assert looking.texts[1] == "Be kind.\n\nAnd why?"
