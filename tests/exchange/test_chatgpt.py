"""Conversations of ChatGPT's data export."""

from __future__ import annotations

import json
from typing import Any

import pytest

from jupyter_chat.exchange import chatgpt
from jupyter_chat.exchange.found import Found, Refused
from jupyter_chat.ids import now_ms
from jupyter_chat.protocol import ReasoningPart, Role, Status, TextPart, written_in

from .conftest import conversation, node, simple


def converted(*args: Any, **more: Any) -> Found:
    return convert(conversation(*args, **more))


def convert(value: dict[str, Any], user_id: str = "ada") -> Found:
    return chatgpt.convert(json.dumps(value).encode(), user_id)


def said(found: Found) -> list[tuple[str, str]]:
    """Role and text of every message, with its parts one after the other."""
    return [
        (message.role.value, "|".join(part.text for part in written_in(message)))
        for message in found.messages
    ]


def content(kind: str, **fields: Any) -> dict[str, Any]:
    return {"content": {"content_type": kind, **fields}}


def test_a_plain_conversation_becomes_a_thread() -> None:
    found = convert(simple(turns=2))
    assert found.thread.title == "Talk c-1"
    assert found.thread.titled_by_user
    assert found.thread.created_at == 1_700_000_000_250
    assert found.thread.updated_at == 1_700_000_500_500
    assert said(found) == [
        ("user", "Why 0?"),
        ("assistant", "Because 0."),
        ("user", "Why 1?"),
        ("assistant", "Because 1."),
    ]
    parents = [message.parent_id for message in found.messages]
    assert parents == [None, *(message.id for message in found.messages[:-1])]
    assert found.thread.leaf_id == found.messages[-1].id
    assert [message.model for message in found.messages] == [None, "gpt-4o", None, "gpt-4o"]
    assert found.messages[1].created_at == 1_700_000_000_750
    assert not found.problems
    assert not found.omissions


def test_the_same_gives_the_same_ids_and_another_person_others() -> None:
    first, again, other = convert(simple()), convert(simple()), convert(simple(), "grace")
    assert [each.id for each in first.messages] == [each.id for each in again.messages]
    assert not {each.id for each in first.messages} & {each.id for each in other.messages}
    longer = convert(simple(turns=3))
    assert [each.id for each in longer.messages[:2]] == [each.id for each in first.messages]


@pytest.mark.parametrize("shown", [None, "", "unknown", 5, ["m"], {"id": "m"}])
def test_where_it_does_not_say_what_is_shown_the_last_message_is(shown: object) -> None:
    found = convert({**simple(), "current_node": shown})
    assert found.thread.leaf_id == found.messages[-1].id
    assert not found.problems


def test_branches_stay_and_the_one_shown_is_shown() -> None:
    found = converted(
        [
            node("q", None, at=1.7e9),
            node("a1", "q", "assistant", at=1.7e9 + 1),
            node("a2", "q", "assistant", at=1.7e9 + 2),
            node("next", "a1", at=1.7e9 + 3),
        ],
        current_node="a2",
    )
    q, a1, a2, following = found.messages
    assert (a1.parent_id, a2.parent_id, following.parent_id) == (q.id, q.id, a1.id)
    assert found.thread.leaf_id == a2.id


def test_one_answer_of_many_nodes_is_one_message() -> None:
    thoughts = content("thoughts", thoughts=[{"summary": "Plan", "content": "Count."}])
    found = converted(
        [
            node("q", None, at=1.7e9),
            node("t", "q", "assistant", at=1.7e9 + 1, **thoughts),
            node(
                "c", "t", "assistant", recipient="python",
                **content("code", language="python", text="1 + 1"),
            ),
            node("o", "c", "tool", **content("execution_output", text="2")),
            node("s", "o", "assistant", recipient="web.run", **content("code", text='{"q": 1}')),
            node("w", "s", "tool", "found"),
            node("r", "w", "assistant", **content("reasoning_recap", content="Thought for 4s")),
            node(
                "a", "r", "assistant", "It is two.", at=1.7e9 + 9,
                metadata={"model_slug": "o3"},
            ),
            node("q2", "a", at=1.7e9 + 10),
        ]
    )  # fmt: skip
    question, answer, following = found.messages
    assert [type(part) for part in written_in(answer)] == [
        ReasoningPart, TextPart, ReasoningPart, TextPart,
    ]  # fmt: skip
    texts = [part.text for part in written_in(answer)]
    assert texts[0] == "Plan\n\nCount."
    assert texts[1] == "```python\n1 + 1\n```\n\n```text\n2\n```"
    assert '{"q": 1}' in texts[2]
    assert "found" in texts[2]
    assert "Thought for 4s" in texts[2]
    assert texts[3] == "It is two."
    assert (answer.parent_id, following.parent_id) == (question.id, answer.id)
    assert (answer.model, answer.created_at, answer.completed_at) == (
        "o3", 1_700_000_001_000, 1_700_000_009_000,
    )  # fmt: skip


def test_hidden_nodes_are_skipped_counted_and_their_children_hung_up_again() -> None:
    hidden = {"is_visually_hidden_from_conversation": True}
    found = converted(
        [
            node("root", None, "system", ""),
            node("me", "root", **content("user_editable_context", user_profile="I am Ada")),
            node("rule", "me", "system", "Be kind."),
            node("secret", "rule", "user", "psst", metadata=hidden),
            node("q", "secret", at=1.7e9),
            node("a", "q", "assistant", at=1.7e9 + 1),
        ]
    )
    assert said(found) == [("user", "q"), ("assistant", "a")]
    assert found.messages[0].parent_id is None
    assert found.omissions == {
        "custom instructions or memories": 1, "system messages": 1, "hidden messages": 1,
    }  # fmt: skip


def test_pictures_sounds_and_files_leave_a_note() -> None:
    parts = [
        "Look:",
        {"content_type": "image_asset_pointer", "asset_pointer": "file-service://x"},
        {"content_type": "audio_transcription", "text": "hello"},
        {"content_type": "real_time_user_audio_video_asset_pointer"},
        {"content_type": "hologram"},
        7,
    ]
    files = {"attachments": [{"name": "data.csv"}, "?", {"name": None}]}
    found = converted(
        [
            node("q", None, metadata=files, **content("multimodal_text", parts=parts)),
            node("a", "q", "assistant", **content("smell_o_vision", smell="rose")),
        ]
    )
    text = said(found)[0][1]
    for piece in (
        "Look:", "[Image not taken over]", "hello", "[Audio recording not taken over]",
        "[File not taken over: data.csv]",
    ):  # fmt: skip
        assert piece in text
    assert text.count("[Attachment not taken over]") == 2
    assert said(found)[1] == ("assistant", "[Content of the kind smell_o_vision not taken over]")
    assert found.omissions["images"] == found.omissions["files"] == 1


def test_citations_become_links_or_nothing() -> None:
    mark = "\ue200cite\ue202turn0search0\ue201"
    reference = {"matched_text": mark, "alt": "([frogs](https://f.example))"}
    found = converted(
        [
            node("a", None, "assistant", f"Green{mark} and wet\ue200cite\ue202turn1\ue201.",
                 metadata={"content_references": [reference, "?"]})
        ]
    )  # fmt: skip
    assert said(found)[0][1] == "Green([frogs](https://f.example)) and wet."


@pytest.mark.parametrize("at", [None, -5, 0, 1e300, "soon", True, [], 4e9 * 1000])
def test_a_time_that_cannot_be_right_is_that_of_the_message_before(at: object) -> None:
    found = converted([node("q", None, at=1.7e9), node("a", "q", "assistant", at=at)])
    question, answer = found.messages
    assert question.id < answer.id
    assert answer.created_at == question.created_at
    assert answer.id < f"{now_ms():012x}"


def test_parents_sort_before_children_whatever_the_times_say() -> None:
    found = converted(
        [node(f"n{n}", f"n{n - 1}" if n else None, at=1.7e9 - n) for n in range(5000)]
    )
    ids = {message.id for message in found.messages}
    assert len(ids) == 5000
    assert all(each.parent_id is None or each.parent_id < each.id for each in found.messages)


def test_circles_and_lost_parents_cost_only_themselves() -> None:
    found = converted(
        [
            node("x", "y"), node("y", "x"), node("self", "self"),
            node("q", "gone", at=1.7e9), node("a", "q", "assistant"),
        ]
    )  # fmt: skip
    assert said(found) == [("user", "q"), ("assistant", "a")]
    assert len(found.problems) == 2
    assert "3 messages follow each other in a circle" in "".join(found.problems)
    assert "1 message follows one that is missing" in "".join(found.problems)


def test_a_message_of_another_form_costs_only_itself() -> None:
    value = conversation([node("q", None, at=1.7e9), node("a", "q", "assistant"), node("z", "a")])
    value["mapping"]["a"]["message"]["author"] = "assistant"
    value["mapping"]["bad"] = 7
    found = convert(value)
    assert said(found) == [("user", "q"), ("user", "z")]
    assert len(found.problems) == 2


def test_strange_characters_are_replaced() -> None:
    found = converted([node("q", None, text="a\0b")], title="x\0y \n z" + "w" * 300)
    assert said(found)[0][1] == "a\ufffdb"
    assert found.thread.title is not None
    assert found.thread.title.startswith("x y z")
    assert len(found.thread.title) == 200


def test_an_answer_that_was_stopped_is_stopped() -> None:
    ending = {"finish_details": {"type": "interrupted"}}
    found = converted([node("q", None), node("a", "q", "assistant", metadata=ending)])
    assert found.messages[1].status is Status.STOPPED


def test_what_was_archived_is_archived() -> None:
    assert convert(simple(is_archived=True)).thread.archived
    assert not convert(simple(is_archived="yes")).thread.archived


def test_without_a_title_the_first_question_names_it_and_without_messages_it_is_refused() -> None:
    assert converted([node("q", None, text="Why frogs?")], title=None).thread.title == "Why frogs?"
    with pytest.raises(Refused, match="no messages") as refused:
        converted([node("root", None, "system", "")])
    assert refused.value.title == "Frogs"


def test_text_beyond_all_measure_is_cut_and_counted() -> None:
    found = converted([node("q", None, text="x" * 2_500_000)])
    (part,) = written_in(found.messages[0])
    assert part.text.endswith("[The rest was not taken over.]")
    assert len(part.text) < 2_000_100
    assert sum(found.omissions.values()) == 1
    assert found.messages[0].role is Role.USER
