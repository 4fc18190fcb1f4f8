"""The wire types: what is understood, what is refused, and how."""

from __future__ import annotations

import json

import msgspec
import pytest

from jupyter_chat import protocol
from jupyter_chat.ids import new_id
from jupyter_chat.protocol import (
    AccountPatch,
    Code,
    InvalidFrame,
    Ping,
    Problem,
    ReasoningPart,
    Rejected,
    Role,
    Rule,
    Send,
    TextPart,
    ThreadPatch,
    decode,
    decode_command,
    encode,
    json_schema,
    text_of,
)
from tests.store.builders import a_message


def test_unknown_fields_are_ignored():
    assert decode_command('{"type": "ping", "id": "1", "mood": ["good"]}') == Ping("1")


@pytest.mark.parametrize(
    ("frame", "field", "command_id"),
    [
        ('{"type": "stop", "id": "7", "thread_id": 1, "message_id": "m"}', "thread_id", "7"),
        ('{"type": "stop", "id": "7", "thread_id": "not an id"}', "thread_id", "7"),
        ('{"type": "send", "id": "7"}', "client_id", "7"),
        ('{"type": "sing", "id": "7"}', "type", "7"),
        ('{"type": "ping", "id": 7}', "id", ""),
        ('{"type": "ping", "id": ""}', "id", ""),
        ("nonsense", None, ""),
        (b"\xff\xfe", None, ""),
        ("[" * 200_000, None, ""),
    ],
)
def test_a_wrong_frame_is_refused_by_the_name_of_the_field(frame, field, command_id):
    with pytest.raises(InvalidFrame) as refused:
        decode_command(frame)
    assert refused.value.problem.code is Code.INVALID
    assert refused.value.problem.field == field
    assert refused.value.command_id == command_id


def test_the_field_is_named_by_its_whole_path():
    thread_id = new_id()
    frame = {
        "type": "send",
        "id": "1",
        "client_id": "abcdefgh",
        "thread_id": thread_id,
        "parent_id": None,
        "parts": [{"type": "text", "text": "ok"}, {"type": "text", "text": {"$gt": ""}}],
    }
    with pytest.raises(InvalidFrame) as refused:
        decode_command(msgspec.json.encode(frame))
    assert refused.value.problem.field == "parts[1].text"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            '{"settings": {"max_output_tokens": 999999999}}',
            "The longest answer, in tokens, must be at most 10,000,000.",
        ),
        ('{"settings": {"temperature": -1}}', "The temperature must be at least 0."),
        ('{"title": ""}', "A title must not be empty."),
        (f'{{"tags": ["a", "{"b" * 51}"]}}', "A tag must be at most 50 characters long."),
        (
            json.dumps({"tags": [str(number) for number in range(21)]}),
            "The tags must be at most 20 in number.",
        ),
        (
            '{"settings": {"model": 7}}',
            "The model's name is not of a form that can be used. Nothing was changed.",
        ),
    ],
)
def test_what_people_enter_is_refused_in_plain_words(body, said):
    with pytest.raises(InvalidFrame) as refused:
        decode(body, ThreadPatch)
    assert refused.value.problem.message == said
    assert "Expected `" in str(refused.value.problem.detail)


def test_a_limit_that_is_too_large_is_refused_with_the_largest_one():
    with pytest.raises(InvalidFrame) as refused:
        decode(b'{"tokens_per_day": 100000000000000000000}', Rule)
    problem = refused.value.problem
    assert problem.message == "Tokens a day must be at most 1,000,000,000,000."
    assert problem.field == "tokens_per_day"


def test_what_only_a_page_sends_is_refused_without_the_decoders_words():
    with pytest.raises(InvalidFrame) as refused:
        decode('{"pinned": "yes"}', ThreadPatch)
    assert "(“pinned”)" in refused.value.problem.message
    assert "`" not in refused.value.problem.message


def test_fields_left_out_of_a_patch_are_not_the_same_as_null():
    assert decode("{}", AccountPatch).key is msgspec.UNSET
    assert decode('{"key": null}', AccountPatch).key is None
    with pytest.raises(InvalidFrame) as refused:
        decode('{"title": null}', ThreadPatch)
    assert refused.value.problem.field == "title"


def test_a_command_survives_the_way_over_the_wire():
    command = Send("1", "abcdefgh", new_id(), None, [TextPart("😀 \u2028 </script>")], create=True)
    assert decode_command(encode(command)) == command


def test_reasoning_is_no_part_of_the_text():
    message = a_message(Role.ASSISTANT, [ReasoningPart("hm"), TextPart("a"), TextPart("b")])
    assert text_of(message) == "ab"


def test_every_type_of_the_wire_is_in_the_schema():
    definitions = json_schema()["$defs"]
    assert isinstance(definitions, dict)
    structs = {
        name
        for name, kind in vars(protocol).items()
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and name[0] != "_"
    }
    assert structs - {"Struct"} <= set(definitions)
    assert Problem.__name__ in definitions


@pytest.mark.parametrize("half", ["\\ud800", "x\\udfff"])
def test_what_is_refused_with_half_a_pair_as_its_id_can_be_answered(half: str):
    with pytest.raises(InvalidFrame) as refused:
        decode_command(f'{{"type": "ping", "id": "{half}"}}')
    assert 0 < len(refused.value.command_id) <= 64
    encode(Rejected(refused.value.command_id, refused.value.problem))
