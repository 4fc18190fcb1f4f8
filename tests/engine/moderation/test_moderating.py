"""Questions are looked at before they are sent, answers while they come and at their end."""

from __future__ import annotations

import asyncio
import base64
import itertools
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from jupyter_chat.engine.moderation import moderating
from jupyter_chat.engine.moderation.moderating import Action
from jupyter_chat.engine.moderation.services import hook_named
from jupyter_chat.ids import new_id
from jupyter_chat.protocol import (
    Code,
    Direction,
    Flagged,
    ImagePart,
    Model,
    Problem,
    Send,
    Status,
    TextPart,
)
from jupyter_chat.providers.interface import Endpoint, Mark, ProviderError

from ..conftest import Engine, make_engine
from ..puppet import Call


class Looking:
    """Finds what it is told to; says what it has looked at."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.images: list[list[str]] = []
        self.down = False
        self.looked = asyncio.Event()

    async def categories(
        self, text: str, user_id: str, endpoint: Endpoint, images: Sequence[ImagePart] = ()
    ) -> list[str]:
        self.texts.append(text)
        self.images.append([each.data for each in images])
        self.looked.set()
        if self.down:
            raise ProviderError(Problem(Code.PROVIDER_DOWN, "Down."))
        return ["violence"] if "bad" in text else []


@pytest.fixture
def looking() -> Looking:
    return Looking()


async def moderated(
    directory: Path, looking: Looking, more: dict[str, Any] | None = None, **moderation: Any
) -> AsyncIterator[Any]:
    async for engine in make_engine(
        directory, moderation={"service": looking, **moderation}, **(more or {})
    ):
        yield engine


async def ask(engine: Engine, text: str, parent: str | None = None, thread: str = "") -> Any:
    thread_id = thread or new_id()
    asked = await engine.ask(text, thread_id, parent)
    return thread_id, str(asked.reply_id)


async def flagged(engine: Engine) -> list[Flagged]:
    return await engine.store.flagged(limit=10)


# --- questions ------------------------------------------------------------------------------


async def test_a_question_that_is_flagged_is_not_sent_and_kept(tmp_path, looking):
    async for engine in moderated(tmp_path, looking, questions=Action.BLOCK):
        thread_id, reply_id = await ask(engine, "Something bad")
        reply = await engine.end(thread_id, reply_id)
        assert (reply.status, reply.problem.code) == (Status.FAILED, Code.MODERATED)
        assert "violence" in reply.problem.message
        assert "Your question is kept" in reply.problem.message
        assert engine.provider.count == 0
        (record,) = await flagged(engine)
        assert (record.direction, record.categories) == (Direction.INPUT, ["violence"])
        assert (record.user_id, record.thread_id, record.blocked) == ("ada", thread_id, True)
        assert record.message_id == reply.parent_id


async def test_what_was_not_sent_does_not_go_along_with_the_next_question(tmp_path, looking):
    async for engine in moderated(tmp_path, looking, questions=Action.BLOCK):
        thread_id, reply_id = await ask(engine, "Something bad")
        await engine.end(thread_id, reply_id)
        _, next_id = await ask(engine, "Answer what I asked before", reply_id, thread_id)
        assert (await engine.end(thread_id, next_id)).problem.code is Code.MODERATED
        assert engine.provider.count == 0


def a_picture(data: bytes = b"frog") -> ImagePart:
    return ImagePart("image/png", base64.b64encode(data).decode())


async def test_pictures_are_looked_at_with_what_has_no_answer_yet(tmp_path, looking, monkeypatch):
    seen = Model("puppet", "Puppet", images=True)
    async for engine in moderated(tmp_path, looking, questions=Action.BLOCK):
        engine.provider.listed = [seen]
        thread_id = new_id()
        picture = a_picture()

        async def show(parent_id: str | None, *parts: Any) -> str:
            command = Send("1", new_id(), thread_id, parent_id, list(parts), parent_id is None)  # noqa: B023
            asked = await engine.conversations.send("ada", command)  # noqa: B023
            return str(asked.reply_id)

        reply_id = await show(None, TextPart("What is this?"), picture)
        await engine.answer("A frog.")
        await engine.end(thread_id, reply_id)
        assert looking.images == [[picture.data]]
        reply_id = await show(reply_id, TextPart("And why?"))
        await engine.answer("Because.")
        await engine.end(thread_id, reply_id)
        assert looking.images[1:] == [[]], "what has an answer was looked at before"


async def test_flagging_sends_it_all_the_same_and_records_it(tmp_path, looking):
    async for engine in moderated(tmp_path, looking, questions=Action.FLAG):
        await engine.answered("Something bad", new_id())
        (record,) = await flagged(engine)
        assert not record.blocked


async def test_a_harmless_question_is_looked_at_once_and_nothing_recorded(tmp_path, looking):
    async for engine in moderated(tmp_path, looking, questions=Action.BLOCK):
        await engine.answered("Why?", new_id(), answer="Something bad")
        assert looking.texts == ["Why?"]
        assert await flagged(engine) == []


async def test_what_is_blocked_is_given_back(tmp_path, looking):
    limits = {"everyone": {"requests_per_minute": 5}}
    async for engine in moderated(tmp_path, looking, {"limits": limits}, questions=Action.BLOCK):
        await engine.end(*await ask(engine, "Something bad"))
        await engine.replies.close()
        (allowance,) = (await engine.limits.of("ada")).allowances
        assert allowance.taken == 0


async def going_on(call: Call) -> None:
    """Upstream says more until nobody listens any more."""
    for number in itertools.count(2):
        if call.closed.is_set():
            return
        call.say(" and goes on", mark=Mark("resp_1", number))
        await asyncio.sleep(0.005)


# --- answers --------------------------------------------------------------------------------


async def test_an_answer_that_is_flagged_is_withdrawn_from_viewers_and_store(tmp_path, looking):
    async for engine in moderated(tmp_path, looking, answers=Action.BLOCK):
        thread_id, reply_id = await ask(engine, "Why?")
        watcher = await engine.watch(thread_id)
        call = await engine.provider.call()
        call.say("Something bad")
        await watcher.until(lambda: watcher.text(reply_id) == "Something bad")  # noqa: B023
        call.finish()
        reply = await engine.end(thread_id, reply_id)
        assert (reply.status, reply.parts) == (Status.FAILED, [])
        assert reply.problem.code is Code.MODERATED
        assert "withdrawn" in reply.problem.message
        assert "kept" not in reply.problem.message
        assert reply.usage is not None
        await watcher.until(lambda: watcher.status(reply_id) == "failed")  # noqa: B023
        assert watcher.text(reply_id) == ""
        feed = engine.broadcast.find("ada", thread_id)
        assert feed is not None
        assert not any(b"Something bad" in frame for frame in feed.missed(feed.seq - 1) or [])
        assert feed.missed(0) is None
        (record,) = await flagged(engine)
        assert (record.direction, record.message_id) == (Direction.OUTPUT, reply_id)


async def test_a_long_answer_is_looked_at_while_it_comes_and_ended_at_once(
    tmp_path, looking, monkeypatch
):
    monkeypatch.setattr(moderating, "EVERY_CHARACTERS", 10)
    async for engine in moderated(tmp_path, looking, answers=Action.BLOCK):
        thread_id, reply_id = await ask(engine, "Why?")
        call = await engine.provider.call()
        call.say("Something bad comes")
        await going_on(call)
        reply = await engine.end(thread_id, reply_id)
        assert call.closed.is_set()
        assert (reply.problem.code, reply.parts) == (Code.MODERATED, [])


async def test_upstream_that_would_go_on_with_it_is_stopped(tmp_path, looking, monkeypatch):
    monkeypatch.setattr(moderating, "EVERY_CHARACTERS", 10)
    async for engine in moderated(tmp_path, looking, answers=Action.BLOCK):
        thread_id, reply_id = await ask(engine, "Why?")
        call = await engine.provider.call()
        call.say("Something bad comes", mark=Mark("resp_1", 1))
        await going_on(call)
        reply = await engine.end(thread_id, reply_id)
        assert (reply.problem.code, reply.parts) == (Code.MODERATED, [])
        await engine.replies.close()
        assert [mark.upstream_id for mark in engine.provider.cancelled] == ["resp_1"]
        assert engine.provider.count == 1


async def test_what_falls_between_two_looks_is_seen_as_a_whole(tmp_path, looking, monkeypatch):
    monkeypatch.setattr(moderating, "EVERY_CHARACTERS", 10)
    async for engine in moderated(tmp_path, looking, answers=Action.BLOCK):
        thread_id, reply_id = await ask(engine, "Why?")
        call = await engine.provider.call()
        call.say("Harmless so far b")
        await looking.looked.wait()
        call.say("ad")
        call.finish()
        assert (await engine.end(thread_id, reply_id)).parts == []


async def test_a_stopped_answer_is_looked_at_too(tmp_path, looking):
    async for engine in moderated(tmp_path, looking, answers=Action.BLOCK):
        thread_id, reply_id = await ask(engine, "Why?")
        watcher = await engine.watch(thread_id)
        (await engine.provider.call()).say("Something bad")
        await watcher.until(lambda: watcher.text(reply_id))  # noqa: B023
        await engine.replies.stop("ada", [reply_id])
        assert (await engine.end(thread_id, reply_id)).parts == []


async def test_a_flagged_answer_stays(tmp_path, looking):
    async for engine in moderated(tmp_path, looking, answers=Action.FLAG):
        thread_id, reply_id = await ask(engine, "Why?")
        await engine.answer("Something bad")
        reply = await engine.end(thread_id, reply_id)
        assert (reply.status, reply.problem) == (Status.COMPLETE, None)
        assert [record.blocked for record in await flagged(engine)] == [False]


# --- where nobody can look ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "closed", "passes"),
    [
        (Action.BLOCK, None, False),
        (Action.FLAG, None, True),
        (Action.BLOCK, False, True),
        (Action.FLAG, True, False),
    ],
)
async def test_what_nobody_can_look_at_is_as_the_administrator_says(
    tmp_path, looking, action, closed, passes
):
    looking.down = True
    async for engine in moderated(tmp_path, looking, questions=action, closed=closed):
        thread_id, reply_id = await ask(engine, "Why?")
        if passes:
            await engine.answer("Because.")
        reply = await engine.end(thread_id, reply_id)
        assert (reply.status is Status.COMPLETE) == passes
        (record,) = await flagged(engine)
        assert (record.categories, record.blocked) == (["unchecked"], not passes)


# --- hooks ----------------------------------------------------------------------------------


def find_bad(text: str, *, user_id: str) -> list[str]:
    if "break" in text:
        raise ZeroDivisionError
    return [f"bad for {user_id}"] if "bad" in text else []


async def find_bad_later(text: str, *, user_id: str) -> list[str]:
    return find_bad(text, user_id=user_id)


@pytest.mark.parametrize("name", ["find_bad", "find_bad_later"])
async def test_a_hook_looks_instead(name):
    hook = hook_named(f"{__name__}:{name}")
    endpoint = Endpoint(source=None)  # type: ignore[arg-type]
    assert await hook.categories("bad", "ada", endpoint) == ["bad for ada"]
    assert await hook.categories("good", "ada", endpoint) == []
    with pytest.raises(ProviderError, match="ZeroDivisionError"):
        await hook.categories("break", "ada", endpoint)


def find_bad_pictures(text: str, *, user_id: str, images: list[tuple[str, bytes]]) -> list[str]:
    return [kind for kind, data in images if b"bad" in data]


async def test_a_hook_that_takes_pictures_gets_them():
    endpoint = Endpoint(source=None)  # type: ignore[arg-type]
    images = [a_picture(), a_picture(b"a bad one")]
    hook = hook_named(f"{__name__}:find_bad_pictures")
    assert await hook.categories("", "ada", endpoint, images) == ["image/png"]
    assert await hook.categories("", "ada", endpoint) == []
    hook = hook_named(f"{__name__}:find_bad")
    assert await hook.categories("good", "ada", endpoint, images) == []


@pytest.mark.parametrize("name", ["nowhere:at_all", f"{__name__}:nothing", "x"])
def test_a_hook_that_is_not_there_is_named(name):
    with pytest.raises(ValueError, match=f"no function `{name}`"):
        hook_named(name)
