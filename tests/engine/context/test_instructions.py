"""What stands before a conversation: the system prompt and the person's notes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from jupyter_chat.engine.context.instructions import instructions
from jupyter_chat.engine.context.tokens import count
from jupyter_chat.engine.context.weighing import PER_MESSAGE, PER_REPLY
from jupyter_chat.ids import new_id
from jupyter_chat.protocol import (
    AccountPatch,
    ContextPart,
    ContextQuery,
    InvalidFrame,
    Send,
    TextPart,
    Thread,
    ThreadSettings,
    User,
    decode,
)
from jupyter_chat.store.types import UserSettings

from ..conftest import Engine

ADA, EVE = User("ada", "Ada", "A"), User("eve", "Eve", "E")
NOTES = ["I work with R.", "Metric units:\nalways."]
IN_WORDS = (
    "What the person who asks wants you to know:\n- I work with R.\n- Metric units:\n  always."
)


def thread(**fields: Any) -> Thread:
    return Thread(new_id(), None, ThreadSettings(), 0, 0, **fields)


@pytest.mark.parametrize(
    ("switched_on", "own", "temporary", "used"),
    [
        (False, None, False, False),
        (True, None, False, True),
        (True, False, False, False),
        (False, True, False, True),
        (True, None, True, False),
        (True, True, True, True),
    ],
)
def test_notes_are_used_where_one_wants_them(
    switched_on: bool, own: bool | None, temporary: bool, used: bool
):
    settings = UserSettings(notes=NOTES, use_notes=switched_on)
    said = instructions(ThreadSettings(use_notes=own), settings, thread(temporary=temporary))
    assert said.notes == (IN_WORDS if used else "")


def test_they_come_after_the_system_prompt():
    settings = UserSettings(notes=NOTES, use_notes=True)
    said = instructions(ThreadSettings(system_prompt="Be kind."), settings, None)
    assert said.whole == f"Be kind.\n\n{IN_WORDS}"
    assert instructions(ThreadSettings(), settings, None).whole == IN_WORDS
    assert instructions(ThreadSettings(), UserSettings(use_notes=True), None).whole == ""


async def remember(engine: Engine, *notes: str, **patch: Any) -> None:
    await engine.accounts.change(ADA, AccountPatch(notes=list(notes), **patch))


async def test_notes_are_off_until_they_are_switched_on(engine: Engine):
    await remember(engine, *NOTES)
    await engine.ask("Hello?", new_id())
    assert (await engine.answer("Hi.")).request.instructions is None
    await engine.accounts.change(ADA, AccountPatch(use_notes=True))
    await engine.ask("Hello?", new_id())
    assert (await engine.answer("Hi.")).request.instructions == IN_WORDS


async def test_they_are_ones_own(engine: Engine):
    await remember(engine, *NOTES, use_notes=True)
    await engine.accounts.change(EVE, AccountPatch(use_notes=True))
    await engine.ask("Hello?", new_id(), user_id="eve")
    assert (await engine.answer("Hi.")).request.instructions is None
    assert (await engine.accounts.describe(EVE)).notes == []


async def test_a_temporary_conversation_knows_nothing_of_them(engine: Engine):
    await remember(engine, *NOTES, use_notes=True)
    await engine.conversations.send(
        "ada",
        Send("1", new_id(), new_id(), None, [TextPart("Hi?")], create=True, temporary=True),
    )
    assert (await engine.answer("Hi.")).request.instructions is None


async def test_they_are_counted_as_a_part_of_their_own(engine: Engine):
    await remember(engine, *NOTES, use_notes=True)
    settings = ThreadSettings(model="puppet", system_prompt="Be kind.")
    shown = await engine.inspector.look("ada", ContextQuery(settings=settings, entries=1))
    parts = {share.part: share.tokens for share in shown.shares}
    whole = count(f"Be kind.\n\n{IN_WORDS}")
    assert parts[ContextPart.SYSTEM] == count("Be kind.") + PER_MESSAGE
    assert parts[ContextPart.NOTES] == whole - count("Be kind.")
    assert parts[ContextPart.CONVERSATION] == PER_REPLY
    assert shown.used == whole + PER_MESSAGE + PER_REPLY
    assert shown.instructions == f"Be kind.\n\n{IN_WORDS}"


async def test_a_default_for_new_conversations_is_no_second_switch(engine: Engine):
    await remember(engine, *NOTES)
    await engine.accounts.change(ADA, AccountPatch(defaults=ThreadSettings("m", use_notes=True)))
    assert (await engine.accounts.settings("ada")).defaults == ThreadSettings("m")


@pytest.mark.parametrize(
    ("notes", "field", "what"),
    [
        (["ok", "x" * 501], "notes[1]", "A note must be at most 500 characters long."),
        (["x"] * 51, "notes", "The notes must be at most 50 in number."),
        ([""], "notes[0]", "A note must not be empty."),
    ],
)
def test_what_is_too_much_is_refused_by_name(notes: list[str], field: str, what: str):
    with pytest.raises(InvalidFrame) as refused:
        decode(json.dumps({"notes": notes}), AccountPatch)
    assert (refused.value.problem.field, refused.value.problem.message) == (field, what)


async def test_a_blank_note_is_refused_and_the_others_stay(engine: Engine):
    await remember(engine, " One. ")
    with pytest.raises(InvalidFrame) as refused:
        await remember(engine, "One.", " \n ")
    assert refused.value.problem.field == "notes[1]"
    assert (await engine.accounts.describe(ADA)).notes == ["One."]
