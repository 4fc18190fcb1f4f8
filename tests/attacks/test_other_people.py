"""Somebody else's id is answered as an unknown one: in every route and frame that takes ids.

Which those are follows from the OpenAPI document.  A parameter or field for ids whose name
`KINDS` does not know makes these tests fail.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from jupyter_chat.ids import new_id

from .people import Ids, login, unknown
from .samples import Call, calls, commands, is_id, resolved, sample

KINDS = {
    **dict.fromkeys(("thread_id", "thread_ids"), "thread"),
    **dict.fromkeys(("message_id", "parent_id", "leaf_id", "upto"), "message"),
    **dict.fromkeys(("before", "after", "around", "first"), "message"),
    **dict.fromkeys(("pinned_messages", "excluded_messages"), "message"),
    "preset_id": "preset",
    "prompt_id": "prompt",
    "import_id": "import",
    "flagged_ids": "flagged",
}
"""Whose ids stand in a parameter or a field of this name."""
ENTRIES = {"preset_id": "id", "prompt_id": "id"}
"""The field of the body that repeats the id in the path."""
NO_IDS = {
    "get /jupyter-chat/api/library/file": "its `id` chooses among one's own entries",
}


class Spy:
    """A store that notes which of its methods are called in Bob's name."""

    def __init__(self, store: Any) -> None:
        self._store = store
        self.seen: list[str] = []

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)
        if not callable(method):
            return method

        def called(*args: Any, **kwargs: Any) -> Any:
            if args[:1] == ("bob",):
                self.seen.append(name)
            return method(*args, **kwargs)

        return called


@pytest.fixture
def jp_server_config(people_config, store_url) -> dict[str, Any]:
    people_config["ChatApp"]["store_url"] = store_url
    return people_config


@pytest.fixture
async def spy(services, ada, bob) -> AsyncIterator[Spy]:
    store = services.store
    spy = store._store = Spy(store._store)
    yield spy
    store._store = spy._store


def id_parameters(call: Call) -> list[dict[str, Any]]:
    return [each for each in call.parameters if each["in"] == "path" or is_id(each["schema"])]


def requests(call: Call) -> Iterator[tuple[list[str], Any]]:
    """The ways to name ids in a call: the parameters that have one, and a body with them."""
    given = id_parameters(call)
    always = [each["name"] for each in given if each["in"] == "path"]
    either = [each["name"] for each in given if each["in"] == "query"]
    for names in [[*always, name] for name in either] or [always]:
        yield names, call.body


def fields_with_ids(schema: Any) -> set[str]:
    found: list[str] = []

    def note(name: str) -> str:
        found.append(name)
        return new_id()

    if schema is not None:
        sample(schema, note)
    return set(found)


def mixtures(kinds: set[str], mine: Ids, other: Ids) -> Iterator[Ids]:
    """Everything is the other one's, or one of it, among what is one's own."""
    for theirs in itertools.product((True, False), repeat=len(kinds)):
        if any(theirs):
            chosen = {kind for kind, yes in zip(sorted(kinds), theirs, strict=True) if yes}
            yield {kind: (other if kind in chosen else mine)[kind] for kind in kinds}


def comparable(text: str, *ids: Ids) -> str:
    """Without what is different each time: the ids asked for, times, revisions."""
    for kind, value in (pair for each in ids for pair in each.items()):
        text = text.replace(value, f"<{kind}>")
    text = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "<new>", text)
    return re.sub(r'"(\w+_at|revision)":\d+', r'"\1":0', text)


async def test_every_route_answers_somebody_elses_id_as_an_unknown_one(ada, bob, spy, jp_fetch):
    before, tried = await ada.possessions(), 0

    async def ask(call: Call, names: list[str], schema: Any, ids: Ids) -> tuple[Any, ...]:
        def value_of(name: str) -> str:
            same = next((at for at, field in ENTRIES.items() if field == name), None)
            if same is not None and name not in KINDS:
                same = next(at for at in ENTRIES if at in names)
                return ids[KINDS[same]]
            return ids[KINDS[name]]

        body = None if schema is None else json.dumps(sample(schema, value_of))
        path = re.sub(r"\{(\w+)\}", lambda at: ids[KINDS[at.group(1)]], call.path)
        query = {each: ids[KINDS[each]] for each in names if f"{{{each}}}" not in call.path}
        for each in call.parameters:
            if each["required"] and each["in"] == "query":
                query.setdefault(each["name"], sample(each["schema"], value_of))
        spy.seen.clear()
        answer = await jp_fetch(
            path,
            params=query,
            method=call.method.upper(),
            body=body,
            headers=login("bob"),
            allow_nonstandard_methods=True,
            raise_error=False,
            follow_redirects=False,
        )
        calls_of_store = tuple(spy.seen)
        if call.method == "put" and set(names) & set(ENTRIES):  # made: the next time the same
            await bob.rest("DELETE", path.partition("api/")[2])
        said = comparable((answer.body or b"").decode(), ids, bob.ids)
        kind = answer.headers.get("Content-Type")
        return answer.code, kind, said, calls_of_store

    for call in calls():
        if call.is_socket or str(call) in NO_IDS:
            continue
        for names, schema in requests(call):
            kinds = {KINDS[name] for name in names}
            kinds |= {KINDS[name] for name in fields_with_ids(schema) if name != "id"}
            for number, theirs in enumerate(mixtures(kinds, bob.ids, ada.ids)):
                nobodys = list(mixtures(kinds, bob.ids, unknown()))[number]
                expected = await ask(call, names, schema, nobodys)
                got = await ask(call, names, schema, theirs)
                assert got == expected, str(call)
                tried += 1
    assert tried > 20
    assert await ada.possessions() == before
    assert await ada.heard() == []


async def test_every_command_answers_somebody_elses_id_as_an_unknown_one(ada, bob, spy):
    before, tried = await ada.possessions(), 0

    async def give(schema: Any, ids: Ids) -> tuple[str, tuple[str, ...]]:
        frame = sample(schema, lambda name: ids[KINDS[name]])
        frame["client_id"] = new_id()
        kind = frame.pop("type")
        del frame["id"]
        spy.seen.clear()
        answer = {**await bob.page.command(kind, **frame), "id": ""}
        await bob.heard()  # and with that all that came of it
        return comparable(json.dumps(answer), ids, bob.ids), tuple(spy.seen)

    for schema in commands():
        kinds = {KINDS[name] for name in fields_with_ids(schema)}
        for number, theirs in enumerate(mixtures(kinds, bob.ids, ada.ids)):
            nobodys = list(mixtures(kinds, bob.ids, unknown()))[number]
            assert await give(schema, theirs) == await give(schema, nobodys), schema["title"]
            tried += 1
    assert tried > 20
    assert await ada.possessions() == before
    assert await ada.heard() == []


async def test_what_somebody_else_has_cannot_be_created_again(ada, bob):
    """Ids are made of chance: whoever names one that exists has been told of it.  They learn
    that it is taken, and nothing else."""
    before = await ada.possessions()
    asked = await bob.page.ask("Mine [[echo]]", ada.ids["thread"])
    assert asked["type"] == "rejected"
    assert "ada" not in json.dumps(asked)
    assert await ada.possessions() == before
    assert await ada.heard() == []
    assert len((await bob.rest("GET", "threads"))["threads"]) == 1


async def test_a_frame_id_that_somebody_else_has_used_is_still_unused(ada, bob):
    client_id = new_id()
    asked = []
    for person in (ada, bob):
        fields = {"client_id": client_id, "thread_id": new_id(), "parent_id": None, "create": True}
        parts = [{"type": "text", "text": f"{person.name} asks"}]
        asked.append(await person.page.command("send", parts=parts, **fields))
        assert asked[-1]["type"] == "ack"
    assert asked[0]["reply_id"] != asked[1]["reply_id"]


async def test_nobody_reads_what_grows_for_somebody_else(ada, bob):
    """Not by subscribing, whenever that is: before, while and after it is made."""
    thread_id = new_id()
    early = await bob.page.command("subscribe", thread_id=thread_id)
    await ada.page.command("subscribe", thread_id=new_id())
    asked = await ada.page.ask("A secret [[chunks=30 delay=0.01]]", thread_id)
    during = await bob.page.command("subscribe", thread_id=thread_id)
    await ada.page.command("subscribe", thread_id=thread_id)
    await ada.page.answer(asked["reply_id"])
    late = await bob.page.command("subscribe", thread_id=thread_id)
    stop = await bob.page.command("stop", thread_id=thread_id, message_id=asked["reply_id"])
    codes = {each["problem"]["code"] for each in (early, during, late, stop)}
    assert codes == {"not_found"}
    await asyncio.sleep(0)
    assert await bob.heard() == []


async def test_reading_changes_nothing(bob, rest):
    """What a page elsewhere can make a browser fetch (an image, a link) is without effect."""
    before = await bob.possessions()
    for call in calls():
        if call.method != "get" or call.is_socket or "/api/" not in call.path:
            continue
        path = re.sub(r"\{(\w+)\}", lambda at: bob.ids[KINDS[at.group(1)]], call.path)
        path = path.partition("/api/")[2]
        if not path.startswith(("export", "usage.csv")) and not path.endswith("/export"):
            await rest("GET", path, headers=login("bob"))
    assert await bob.possessions() == before


def test_every_name_that_ids_have_is_known_here():
    for call in calls():
        if not call.is_socket and str(call) not in NO_IDS:
            for names, schema in requests(call):
                fields = fields_with_ids(schema)
                if "id" in fields:
                    assert set(names) & set(ENTRIES), f"What is `id` in {call}?"
                for name in {*names, *fields} - {"id"}:
                    assert name in KINDS, f"Say in KINDS what `{name}` of {call} names."
    for schema in commands():
        for name in fields_with_ids(schema):
            assert name in KINDS, f"Say in KINDS what `{name}` of {resolved(schema)} names."
