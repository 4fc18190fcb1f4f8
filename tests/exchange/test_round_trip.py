"""What leaves as JSON comes back the same, byte for byte."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jupyter_chat.exchange import documents
from jupyter_chat.ids import new_id, now_ms
from jupyter_chat.protocol import (
    AttachmentKind,
    AttachmentPart,
    Code,
    Effort,
    History,
    ImagePart,
    ImportState,
    Message,
    Part,
    Problem,
    ReasoningPart,
    Role,
    Status,
    TextPart,
    Thread,
    ThreadSettings,
    Usage,
)
from jupyter_chat.store import open_store
from jupyter_chat.store.interface import Store
from jupyter_chat.store.types import ThreadChanges
from tests.store.builders import ADA, GRACE, a_thread, a_whole_thread, finished_turn, running_reply

from .conftest import all_of, an_import, exported, taken, without_date

_texts = st.text(max_size=60)
_names = st.text(min_size=1, max_size=20)
_parts = st.lists(
    st.builds(TextPart, _texts)
    | st.builds(ReasoningPart, _texts)
    | st.builds(AttachmentPart, st.sampled_from(AttachmentKind), _names, _texts, st.none() | _names)
    | st.builds(ImagePart, st.sampled_from(["image/png", "image/webp"]), st.just("iVBORw==")),
    max_size=3,
)
_times = st.integers(1, now_ms())
_maybe = lambda strategy: st.none() | strategy  # noqa: E731

_messages = st.fixed_dictionaries(
    {
        "parent": st.integers(0, 20),
        "role": st.sampled_from(Role),
        "parts": _parts,
        "status": st.sampled_from(
            [Status.COMPLETE, Status.STOPPED, Status.INTERRUPTED, Status.FAILED]
        ),
        "created_at": _times,
        "begun_at": _maybe(_times),
        "first_token_at": _maybe(_times),
        "completed_at": _maybe(_times),
        "model": _maybe(_texts),
        "usage": _maybe(st.builds(Usage, st.integers(0, 9), st.integers(0, 9))),
        "cost": _maybe(st.floats(0, 10)),
        "problem": _maybe(st.builds(Problem, st.sampled_from(Code), _texts)),
    }
)
_settings = st.builds(
    ThreadSettings,
    model=_maybe(st.text(min_size=1, max_size=9)),
    temperature=_maybe(st.floats(0, 2)),
    effort=_maybe(st.sampled_from(Effort)),
    system_prompt=_maybe(_texts),
)
_threads = st.fixed_dictionaries(
    {
        "title": _maybe(_texts),
        "settings": _settings,
        "created_at": _times,
        "updated_at": _times,
        "revision": st.integers(0, 2**40),
        "titled_by_user": st.booleans(),
        "pinned": st.booleans(),
        "archived": st.booleans(),
        "tags": st.lists(st.sampled_from(["a", "B", "ß"]), unique=True),
        "folder": _maybe(st.text(min_size=1, max_size=9)),
    }
)
_histories = st.lists(st.tuples(_threads, st.lists(_messages, max_size=7)), max_size=3)
_numbers = itertools.count()


def _built(fields: dict[str, Any], drafts: list[dict[str, Any]]) -> tuple[Thread, list[Message]]:
    thread = Thread(id=new_id(), **fields)
    messages: list[Message] = []
    for draft in drafts:
        parent = draft["parent"] % (len(messages) + 1)
        rest = {name: value for name, value in draft.items() if name != "parent"}
        parts: list[Part] = rest.pop("parts")
        messages.append(
            Message(
                id=new_id(),
                thread_id=thread.id,
                parent_id=messages[parent - 1].id if parent else None,
                parts=parts,
                **rest,
            )
        )
    thread.leaf_id = messages[fields["revision"] % len(messages)].id if messages else None
    return thread, messages


@pytest.fixture
async def elsewhere(store_url: str, tmp_path: Path, request: pytest.FixtureRequest):
    """Another store of the same kind, empty."""
    url = f"sqlite:///{tmp_path / 'elsewhere.sqlite'}"
    if not store_url.startswith("sqlite"):
        url = store_url.replace("test_", "test_elsewhere_")
    elsewhere = open_store(url)
    await elsewhere.open()
    yield elsewhere
    await elsewhere.close()
    if not store_url.startswith("sqlite"):
        from tests.store.mongod import drop_database

        drop_database(url)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(history=_histories)
async def test_an_export_taken_into_an_empty_history_is_exported_the_same(
    history: list[Any], store: Store, elsewhere: Store, tmp_path: Path
) -> None:
    user_id = f"user-{next(_numbers)}"
    for fields, drafts in history:
        await store.add_thread(user_id, *_built(fields, drafts))
    document = await exported(store, user_id)
    imports = an_import(elsewhere, tmp_path)
    state = await taken(imports, document, user_id)
    assert (state.state, state.problems) == (ImportState.DONE, [])
    assert state.threads_added == len(history)
    assert without_date(await exported(elsewhere, user_id)) == without_date(document)
    # Once more, at home and there, changes nothing.
    for home in (elsewhere, store):
        again = await taken(an_import(home, tmp_path), document, user_id)
        assert (again.threads_added, again.messages_added) == (0, 0)
        assert again.threads_known == len(history)
        assert without_date(await exported(home, user_id)) == without_date(document)


async def test_a_long_thread_is_cut_into_entries_and_comes_back_whole(
    store: Store, elsewhere: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "ENTRY_BYTES", 2000)
    for _ in range(2):
        await store.add_thread(ADA, *a_whole_thread(turns=20))
    document = await exported(store)
    entries = msgspec.json.decode(document, type=History).threads
    assert len(entries) > 6
    assert {len(each.messages) for each in entries} != {0}
    state = await taken(an_import(elsewhere, tmp_path), document)
    assert (state.threads_added, state.messages_added, state.problems) == (2, 80, [])
    assert without_date(await exported(elsewhere)) == without_date(document)


async def test_somebody_else_gets_copies_of_their_own(store: Store, tmp_path: Path) -> None:
    thread, messages = a_whole_thread(turns=3)
    await store.add_thread(ADA, thread, messages)
    document = await exported(store)
    first = await taken(an_import(store, tmp_path), document, GRACE)
    assert (first.threads_added, first.messages_added, first.problems) == (1, 6, [])
    ((copy, copies),) = await all_of(store, GRACE)
    assert copy.id != thread.id
    assert [each.parts for each in copies] == [each.parts for each in messages]
    assert [each.parent_id for each in copies] == [None, *(each.id for each in copies[:-1])]
    assert copy.leaf_id == copies[-1].id
    again = await taken(an_import(store, tmp_path), document, GRACE)
    assert (again.threads_known, again.messages_added) == (1, 0)
    assert await all_of(store, ADA) == [(thread, messages)]


async def test_a_copy_of_a_long_thread_is_one_thread(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "ENTRY_BYTES", 2000)
    thread, messages = a_whole_thread(turns=20)
    await store.add_thread(ADA, thread, messages)
    document = await exported(store)
    state = await taken(an_import(store, tmp_path), document, GRACE)
    assert (state.threads_added, state.messages_added, state.problems) == (1, 40, [])
    ((copy, copies),) = await all_of(store, GRACE)
    assert [each.parent_id for each in copies] == [None, *(each.id for each in copies[:-1])]
    assert copy.leaf_id == copies[-1].id


async def test_the_trash_is_not_taken_along_and_stays_the_trash(
    store: Store, tmp_path: Path
) -> None:
    thread, messages = a_whole_thread()
    await store.add_thread(ADA, thread, messages)
    document = await exported(store)
    deleted = await store.update_thread(ADA, thread.id, ThreadChanges(deleted_at=now_ms()))
    assert msgspec.json.decode(await exported(store), type=History).threads == []
    state = await taken(an_import(store, tmp_path), document)
    assert [problem.message for problem in state.problems] == [
        "It is in the trash and stays there; restore it from the trash to see it."
    ]
    assert await store.get_thread(ADA, thread.id) == deleted


async def test_an_answer_being_made_leaves_as_interrupted_with_what_it_has(store: Store) -> None:
    await running_reply(store)
    history = msgspec.json.decode(await exported(store), type=History)
    question, reply = history.threads[0].messages
    assert (question.status, reply.status) == (Status.COMPLETE, Status.INTERRUPTED)
    assert question.client_id is None
    assert reply.client_id is None


async def test_a_file_made_by_hand_is_put_in_order(store: Store, tmp_path: Path) -> None:
    """Ids that no store could work with are replaced; the leaf is one that exists."""
    thread, messages = a_whole_thread(turns=2)
    ids = [message.id for message in messages]
    for message, own, parent in zip(messages, ids[::-1], [None, *ids[:0:-1]], strict=True):
        message.id, message.parent_id = own, parent
    thread.leaf_id = new_id()
    entry = msgspec.json.encode({"thread": thread, "messages": messages[::-1]})
    document = b'{"format":"jupyter-chat","version":1,"exported_at":1,"threads":[%s]}' % entry
    state = await taken(an_import(store, tmp_path), document)
    assert (state.threads_added, state.messages_added) == (1, 4)
    ((read, stored),) = await all_of(store)
    assert [each.parts for each in stored] == [each.parts for each in messages]
    path = await store.path(ADA, read.id, read.leaf_id or "", limit=9)
    assert path == stored


async def test_threads_that_go_on_while_they_are_exported_do_no_harm(store: Store) -> None:
    threads = [a_thread(1000 + number) for number in range(3)]
    for thread in threads:
        await finished_turn(store, thread)
    pieces = documents.everything(store, ADA, documents.Format.JSON, person="Ada")
    read = [await anext(pieces), await anext(pieces)]
    await store.update_thread(ADA, threads[1].id, ThreadChanges(deleted_at=now_ms()))
    await store.update_thread(ADA, threads[2].id, ThreadChanges(updated_at=9000))
    read += [piece async for piece in pieces]
    history = msgspec.json.decode(b"".join(read), type=History)
    assert [each.thread.id for each in history.threads] == [threads[0].id, threads[2].id]
