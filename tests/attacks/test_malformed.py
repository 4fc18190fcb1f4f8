"""Whatever a body, a frame or an argument holds: it is refused in words or taken, and the
server goes on.  Bodies, frames and arguments are those of the OpenAPI document."""

from __future__ import annotations

import base64
import json
import re
from typing import Any
from urllib.parse import quote

import pytest

from jupyter_chat.engine.roles import Roles
from jupyter_chat.ids import new_id
from jupyter_chat.protocol import MAX_FRAME_BYTES, PersonRole

from .people import login
from .samples import Call, calls, commands, full, places, with_other
from .test_other_people import ENTRIES, KINDS

OPERATOR = {"$gt": ""}
NOT_OF_THIS_FORM: tuple[Any, ...] = (
    *(2**63, -(2**63) - 1, 10**400, -1, 1.5, True, None, [], {}),
    *("", "\x00", "x\x00y", "🦄🦄🦄🦄", "x" * 200_000, "../../etc/passwd", "$where"),
    *([[]], {"$ne": None}, ["x"] * 5_000),
)
RAW = {
    "half a surrogate pair": '"\\ud800"',
    "the other half": '"x\\udfff"',
    "not a number": "NaN",
    "infinity": "1e999",
    "more digits than Python reads": "9" * 5_000,
    "no JSON": "{",
    "bytes that are no UTF-8": '"\udcff\udcfe"',
    "deep": "[" * 100_000 + "]" * 100_000,
    "deep objects": '{"a":' * 50_000 + "1" + "}" * 50_000,
}
MARK = "put something here"


@pytest.fixture
def jp_server_config(people_config, store_url) -> dict[str, Any]:
    people_config["ChatApp"]["store_url"] = store_url
    return people_config


@pytest.fixture(autouse=True)
def administrator(monkeypatch):
    """Whoever asks is one: what is theirs is tried as well."""

    async def of(*_: object) -> str:
        return PersonRole.ADMIN.value

    monkeypatch.setattr(Roles, "of", of)


@pytest.fixture(autouse=True)
def no_errors_in_the_log(caplog):
    """What somebody sends is never an error of the server."""
    yield
    errors = [record for record in caplog.records if record.levelname in ("ERROR", "CRITICAL")]
    assert [each.getMessage() for each in errors if "To access the server" not in each.msg] == []


def with_raw(value: Any, at: Any, raw: str) -> bytes:
    """The JSON of a body with something in one place that need not be JSON."""
    text = json.dumps(with_other(value, at, MARK)).replace(f'"{MARK}"', raw)
    return text.encode("utf-8", "surrogateescape")


def value_of(ids: dict[str, str], entry: str = "preset_id") -> Any:
    return lambda name: ids[KINDS[entry if name == "id" else name]]


class Sender:
    """Calls a method of a route in Bob's name, everything in it being his."""

    def __init__(self, fetch: Any, base_url: str, ids: dict[str, str]) -> None:
        self._fetch = fetch
        self._base_url = base_url
        self._ids = ids

    def body(self, call: Call) -> Any:
        assert call.body is not None
        entry = next((name for name in ENTRIES if f"{{{name}}}" in call.path), "preset_id")
        return full(call.body, value_of(self._ids, entry))

    async def __call__(self, call: Call, body: bytes | None, query: str = "") -> Any:
        path = re.sub(r"\{(\w+)\}", lambda at: self._ids[KINDS[at.group(1)]], call.path)
        answer = await self._fetch(
            f"{self._base_url.rstrip('/')}{path}?{query}",
            method=call.method.upper(),
            body=body,
            headers=login("bob"),
            allow_nonstandard_methods=True,
            raise_error=False,
            follow_redirects=False,
        )
        assert answer.code < 500 or answer.code == 502, (
            str(call),
            answer.body,
            (body or b"")[:200],
        )
        if answer.code >= 400 and call.method != "head":
            problem = json.loads(answer.body)["problem"]
            assert problem["message"]
            return answer.code, problem
        return answer.code, None


@pytest.fixture
def send(http_server_client, jp_base_url, bob) -> Sender:
    return Sender(http_server_client.fetch, jp_base_url, bob.ids)


def by_entry(call: Call, at: Any) -> bool:
    """Whether a bad entry is left out and reported, and the others are taken."""
    return call.path.endswith("/library/file") and at[:1] in (("presets",), ("prompts",))


def with_bodies() -> list[Call]:
    return [call for call in calls() if call.body is not None]


async def test_operators_where_strings_are_expected_are_refused_by_field(send, bob):
    before, tried = await bob.possessions(), 0
    for call in with_bodies():
        body = send.body(call)
        for at, value in places(body):
            if isinstance(value, str) and not by_entry(call, at):
                sent = json.dumps(with_other(body, at, OPERATOR)).encode()
                code, problem = await send(call, sent)
                tried += 1
                assert code == 400, (str(call), at)
                assert str([key for key in at if isinstance(key, str)][-1]) in problem["field"]
    assert tried > 40
    assert await bob.possessions() == before


async def test_operators_in_frames_are_refused_by_field(bob):
    before, tried = await bob.possessions(), 0
    for schema in commands():
        frame = full(schema, value_of(bob.ids))
        for at, value in places(frame):
            if isinstance(value, str):
                await bob.page.socket.write_message(json.dumps(with_other(frame, at, OPERATOR)))
                answer = await bob.page.read()
                assert (answer["type"], answer["problem"]["code"]) == ("rejected", "invalid")
                assert str([key for key in at if isinstance(key, str)][-1]) in str(
                    answer["problem"]
                )
                tried += 1
    assert tried > 50
    assert await bob.possessions() == before


async def test_no_body_is_an_error_of_the_server(send, rest):
    for call in with_bodies():
        body = send.body(call)
        for at, _ in places(body):
            for other in NOT_OF_THIS_FORM:
                await send(call, json.dumps(with_other(body, at, other)).encode())
            for raw in RAW.values():
                code, _ = await send(call, with_raw(body, at, raw))
                assert code in (400, 404, 413) or by_entry(call, at), (str(call), at, raw[:20])
        for junk in (b"", b"\x00", b"\xff\xfe{}", b"null", b"[]", b'"x"', b"[" * 1_000_000):
            assert (await send(call, junk))[0] == 400
    assert (await rest("GET", "health", headers=login("bob")))[1] == {
        "type": "health",
        "problem": None,
    }


async def test_no_frame_is_an_error_of_the_server(bob):
    for schema in commands():
        frame = {**full(schema, value_of(bob.ids)), "id": "tried"}
        raw = [value for value in RAW.values() if value.isascii()]  # others are no text frame
        sent = [
            with_raw(frame, at, other)
            for at, _ in places(frame)
            for other in (*map(json.dumps, NOT_OF_THIS_FORM), *raw)
            if at not in ((), ("id",))
        ]
        for data in sent:
            await bob.page.socket.write_message(data.decode("utf-8", "surrogatepass"))
            answer = await bob.page.until(
                lambda event: event["type"] in ("ack", "rejected", "pong")
            )
            assert answer.get("problem", {}).get("code") != "internal", data[:200]
    await bob.heard()


async def test_no_argument_is_an_error_of_the_server(send):
    hostile: tuple[str, ...] = (
        *("", "x", "-1", "0", "1e9", "9" * 500, "9" * 5_000, "٣", "true", "null", "\x00", "x\x00"),
        *("../../etc/passwd", '{"$gt":""}', "[$ne]", "x" * 20_000, "🦄", "' OR 1=1 --"),
        *(new_id(), "%", "_", "\\", '"', "NEAR(a b)", "a*", "-", "before:9999-99-99", "folder:"),
    )
    cursors = (
        *('{"$gt": ""}', "[]", "null", '[true, {"$gt": ""}, "x"]', '{"pinned": 1, "time": 1e400}'),
        *('{"pinned": true, "time": 99999999999999999999, "id": "x"}', "[" * 10_000),
        *('{"pinned": true, "time": 1, "id": {"$ne": null}}', '[true, -1, "\x00"]'),
    )
    packed = [base64.urlsafe_b64encode(each.encode()).decode() for each in cursors]
    of_searches = ("m:{}", "t:{}", "messages:{}", "titles:{}")
    hostile += (*packed, *(form.format(each) for form in of_searches for each in ("$gt", "9" * 30)))
    raw = ("%ED%A0%80", "%FF", "%00", "%")
    for call in calls():
        if call.is_socket:
            continue
        names = [each["name"] for each in call.parameters if each["in"] == "query"]
        valid = {"name": "x", "q": "x", "offset": "0"}
        for name in names:
            for value in (*map(quote, hostile), *raw):
                others = "&".join(f"{k}={v}" for k, v in valid.items() if k in names and k != name)
                await send(call, None, f"{name}={value}&{others}")
            for twice in (f"{name}[$gt]=", f"{name}=x&{name}=y"):
                await send(call, None, twice)


async def test_what_is_too_large_is_refused_and_the_next_is_not(send, rest):
    for call in with_bodies():
        code, problem = await send(call, b'{"x":"' + b"x" * MAX_FRAME_BYTES + b'"}')
        assert (code, problem["code"]) == (413, "too_large"), str(call)
    assert (await rest("GET", "account", headers=login("bob")))[0] == 200


async def test_keys_that_mean_something_to_a_database_are_only_keys(rest, bob):
    """A JSON Schema is the one place where people choose the names of fields."""
    names = ("$gt", "$where", "a.b", ".", "", "x\x00y", "__proto__", "$ref", "_id", "🦄")
    schema = {"type": "object", "properties": {name: {name: [{name: 1}]} for name in names}}
    path = f"threads/{bob.ids['thread']}"
    patch = {"settings": {"json_schema": schema}}
    status, thread = await rest("PATCH", path, patch, headers=login("bob"))
    assert status == 200, thread
    kept = (await bob.rest("GET", path))["settings"]["json_schema"]
    assert kept == schema
    assert len((await bob.rest("GET", "threads"))["threads"]) == 1
