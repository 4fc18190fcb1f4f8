"""Search: what is found and what never is, on both stores."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from jupyter_chat.ids import now_ms
from jupyter_chat.protocol import Message, Role, Thread, written_in
from jupyter_chat.store.errors import NotFound
from jupyter_chat.store.interface import Store
from jupyter_chat.store.terms import Phrase, words
from jupyter_chat.store.types import Lease, SearchQuery, ThreadChanges

from .builders import (
    ADA,
    GRACE,
    a_message,
    a_thread,
    a_turn,
    finished,
    finished_turn,
    grown,
    running_reply,
)
from .conftest import OpenStore
from .contents import contents

START = 1_700_000_000_000


async def told(
    store: Store,
    *texts: str,
    user: str = ADA,
    title: str | None = None,
    role: Role = Role.USER,
    model: str | None = None,
    at: int | None = None,
    tags: tuple[str, ...] = (),
) -> Thread:
    """A thread with a message for each text, one second apart."""
    at = START if at is None else at
    thread = a_thread(at)
    thread.title, thread.tags = title, list(tags)
    messages: list[Message] = []
    for number, text in enumerate(texts):
        parent_id = messages[-1].id if messages else None
        created_at = at + 1000 * number
        messages.append(
            a_message(role, text, thread, parent_id, created_at=created_at, model=model)
        )
    await store.add_thread(user, thread, messages)
    return thread


def loosely(*texts: str, prefix: bool = False) -> tuple[Phrase, ...]:
    """Single words, which may be inflected; the last may go on."""
    found = [word for text in texts for word in words(text)]
    last = len(found) - 1
    return tuple(Phrase((word,), prefix=prefix and n == last) for n, word in enumerate(found))


def exactly(text: str, prefix: bool = False) -> tuple[Phrase, ...]:
    return (Phrase(tuple(words(text)), exact=True, prefix=prefix),)


async def search(
    store: Store, query: SearchQuery | tuple[Phrase, ...], user: str = ADA, limit: int = 50
) -> list[str]:
    """The texts of all messages found, newest first, page after page."""
    if isinstance(query, tuple):
        query = SearchQuery(query)
    texts, cursor = [], None
    while True:
        page = await store.search(user, query, limit=limit, cursor=cursor)
        assert len(page.found) <= limit
        for thread, message in page.found:
            assert message is not None
            assert message.thread_id == thread.id
            (part,) = written_in(message)
            texts.append(part.text)
        cursor = page.next
        if cursor is None:
            return texts


async def search_titles(
    store: Store, query: SearchQuery | tuple[Phrase, ...], user: str = ADA
) -> list[str | None]:
    if isinstance(query, tuple):
        query = SearchQuery(query)
    page = await store.search(user, query, titles=True, limit=50)
    assert all(message is None for _, message in page.found)
    return [thread.title for thread, _ in page.found]


# --- words ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "found_by"),
    [
        ("The frogs are running", "frog run"),
        ("Crème brûlée", "creme BRULEE"),
        ("creme brulee", "crème brûlée"),
        ("Ångström in Łódź", "angstrom lodz"),
        ("Straße", "STRASSE"),
        ("İstanbul", "istanbul"),
        ("ｆｕｌｌ　ｗｉｄｔｈ", "full width"),
        ("лягушки бегали", "лягушка бегал"),
        ("Ένα βιβλίο", "βιβλιο"),
        ("東京都に行く", "東京"),
        ("東京都に行く", "京都に"),
        ("東京都に行く", "都"),
        ("我爱北京天安门", "天安门"),
        ("안녕하세요 여러분", "하세요"),
        ("สวัสดีชาวโลก", "ชาวโลก"),
        ("मुझे किताबें पसंद हैं", "किताब"),
        ("pandas.read_csv('x.csv')", "read_csv"),
        ("in 2024, pi = 3.14", "3.14"),
        ("C++ and C", "c"),
        ("e\u0301te\u0301", "été"),
        ("one\u0000two", "two"),
    ],
)
async def test_words_are_found_whatever_their_form(store: Store, text: str, found_by: str) -> None:
    await told(store, "something else", text)
    assert await search(store, loosely(found_by)) == [text]


async def test_all_words_must_be_there(store: Store) -> None:
    await told(store, "red frogs", "red toads", "green frogs")
    assert await search(store, loosely("red frogs")) == ["red frogs"]
    assert await search(store, loosely("red newts")) == []


@pytest.mark.parametrize(
    "prefix", ["h", "hi", "hip", "hipp", "hippop", "hippopotamus", "hippopotamuse"]
)
async def test_the_beginning_of_the_last_word_is_enough(store: Store, prefix: str) -> None:
    await told(store, "two hippopotamuses", "too late", "to the ship")
    assert await search(store, loosely("two", prefix, prefix=True)) == ["two hippopotamuses"]
    assert await search(store, loosely(prefix, prefix=True)) == ["two hippopotamuses"]


async def test_a_prefix_begins_a_word(store: Store) -> None:
    await told(store, "concatenate", "cats", "certain")
    assert await search(store, loosely("cat", prefix=True)) == ["cats"]
    assert await search(store, loosely("certa", prefix=True)) == ["certain"]
    assert await search(store, loosely("certo", prefix=True)) == []


async def test_a_phrase_is_found_as_it_stands(store: Store) -> None:
    texts = (
        *("no module named frogs", "named no module", "no, module NAMED", "no modules named"),
        *("know module named", "no module. Named"),
    )
    await told(store, *texts)
    expected = [texts[5], texts[2], texts[0]]
    assert await search(store, exactly("no module named")) == expected
    assert await search(store, exactly("no module name")) == []
    assert await search(store, exactly("no module name", prefix=True)) == expected
    assert await search(store, exactly("modules")) == ["no modules named"]


async def test_an_unspaced_phrase_is_one(store: Store) -> None:
    await told(store, "北京大学", "大学在北京", "京大")
    assert await search(store, loosely("北京大学")) == ["北京大学"]
    assert await search(store, exactly("京大")) == ["京大", "北京大学"]


async def test_the_newest_come_first_page_by_page(store: Store) -> None:
    texts = [f"frog {number}" for number in range(23)]
    await told(store, *texts[12:], at=START + 12_000)
    await told(store, *texts[:12])
    expected = texts[::-1]
    for limit in (1, 5, 22, 23, 50):
        assert await search(store, loosely("frogs"), limit=limit) == expected


async def test_messages_of_one_moment_are_all_found_once(store: Store) -> None:
    for _ in range(3):
        await told(store, *(["frog"]), at=START)
    thread = a_thread(START)
    messages = [a_message(Role.USER, "frog", thread, created_at=START) for _ in range(40)]
    await store.add_thread(ADA, thread, messages)
    assert len(await search(store, loosely("frog"), limit=7)) == 43


async def test_times_of_any_kind_are_taken(store: Store) -> None:
    await told(store, "frog before the epoch", at=-5)
    await told(store, "frog of the far future", at=2**60)
    found = await search(store, loosely("frog"))
    assert sorted(found) == ["frog before the epoch", "frog of the far future"]


async def test_very_long_words_and_texts_are_found(store: Store) -> None:
    blob = "x" * 5000
    await told(store, f"look: {blob} frogs", " ".join(f"w{n}" for n in range(2_000)))
    assert len(await search(store, loosely(blob))) == 1
    assert len(await search(store, loosely("frog"))) == 1
    assert len(await search(store, loosely("w1999"))) == 1


# --- filters ----------------------------------------------------------------------------


async def test_filters_narrow_what_is_found(store: Store) -> None:
    await told(store, "frog asked", role=Role.USER)
    await told(store, "frog small", role=Role.ASSISTANT, model="gpt-6-luna", at=START + 60_000)
    await told(
        store,
        "frog big\n\n```python\nribbit()\n```",
        role=Role.ASSISTANT,
        model="Claude Opus",
        at=START + 120_000,
        tags=("Ponds", "été"),
    )
    cases = [
        (SearchQuery(role=Role.USER), ["asked"]),
        (SearchQuery(role=Role.ASSISTANT), ["big", "small"]),
        (SearchQuery(model="gpt-6-luna"), ["small"]),
        (SearchQuery(model="luna"), ["small"]),
        (SearchQuery(model="claude"), ["big"]),
        (SearchQuery(model="gpt-5"), []),
        (SearchQuery(has_code=True), ["big"]),
        (SearchQuery(tag="ponds"), ["big"]),
        (SearchQuery(tag="Ete"), ["big"]),
        (SearchQuery(tag="pond"), []),
        (SearchQuery(since=START + 60_000), ["big", "small"]),
        (SearchQuery(until=START + 60_000), ["asked"]),
        (SearchQuery(since=START + 1, until=START + 120_000), ["small"]),
        (SearchQuery(since=START + 60_000, role=Role.USER), []),
        (SearchQuery(until=-1), []),
    ]
    for query, expected in cases:
        for phrases in (loosely("frogs"), ()):
            asked = msgspec.structs.replace(query, phrases=phrases)
            found = [text.split()[1] for text in await search(store, asked)]
            assert found == expected, query


async def test_a_changed_tag_is_found(store: Store) -> None:
    thread = await told(store, "frog", tags=("ponds",))
    assert await search(store, SearchQuery(loosely("frog"), tag="ponds")) == ["frog"]
    await store.update_thread(ADA, thread.id, ThreadChanges(tags=["lakes"]))
    assert await search(store, SearchQuery(loosely("frog"), tag="ponds")) == []
    assert await search(store, SearchQuery(loosely("frog"), tag="lakes")) == ["frog"]


# --- titles -----------------------------------------------------------------------------


async def test_titles_are_found_and_follow_their_changes(store: Store) -> None:
    await told(store, "x", title="Toads in ponds", at=START)
    thread = await told(store, "y", title="Frogs in Pondicherry", at=START + 60_000)
    untitled = await told(store, "ponds", at=START + 90_000)
    assert await search_titles(store, loosely("pond")) == ["Toads in ponds"]
    both = ["Frogs in Pondicherry", "Toads in ponds"]
    assert await search_titles(store, loosely("pond", prefix=True)) == both
    assert await search_titles(store, exactly("in ponds")) == ["Toads in ponds"]
    assert await search_titles(store, SearchQuery(since=START + 1)) == both[:1]
    await store.update_thread(ADA, thread.id, ThreadChanges(title="Newts"))
    await store.update_thread(ADA, untitled.id, ThreadChanges(title="Newts too"))
    assert await search_titles(store, loosely("frogs")) == []
    assert await search_titles(store, loosely("newt")) == ["Newts too", "Newts"]


async def test_words_of_messages_and_titles_are_not_mixed(store: Store) -> None:
    await told(store, "toads", title="Frogs")
    assert await search(store, loosely("frogs")) == []
    assert await search_titles(store, loosely("toads")) == []


async def test_titles_come_in_pages(store: Store) -> None:
    for number in range(5):
        await told(store, title=f"Frog {number}", at=START + number * 1000)
    titles, cursor = [], None
    while True:
        page = await store.search(
            ADA, SearchQuery(loosely("frog")), titles=True, limit=2, cursor=cursor
        )
        titles += [thread.title for thread, _ in page.found]
        cursor = page.next
        if cursor is None:
            break
    assert titles == [f"Frog {number}" for number in range(4, -1, -1)]


# --- what is never found ----------------------------------------------------------------


async def test_nothing_of_somebody_else_is_found(store: Store) -> None:
    await told(store, "frog of grace", user=GRACE, title="Frogs of Grace")
    assert await search(store, loosely("frog")) == []
    await told(store, "frog of ada", title="Frogs of Ada")
    assert await search(store, loosely("frog")) == ["frog of ada"]
    assert await search(store, ()) == ["frog of ada"]
    assert await search_titles(store, loosely("frogs")) == ["Frogs of Ada"]
    assert await search(store, loosely("frog"), user=GRACE) == ["frog of grace"]
    assert await search(store, loosely("frog"), user="nobody") == []


@pytest.mark.parametrize("number", [11, 40, 300])
async def test_users_with_similar_numbers_are_kept_apart(store: Store, number: int) -> None:
    # The short numbers of people grow; none of them begins another's terms.
    people = [f"person-{n}" for n in range(number)]
    for person in (*people[:2], people[9], people[10], people[-1]):
        await told(store, f"frog of {person}", user=person)
    for person in people[:12]:
        assert all(text.endswith(person) for text in await search(store, (), user=person))


async def test_the_trash_is_not_searched(store: Store) -> None:
    thread = await told(store, "frog", title="Frogs")
    await store.update_thread(ADA, thread.id, ThreadChanges(deleted_at=5))
    assert await search(store, loosely("frog")) == []
    assert await search_titles(store, loosely("frog")) == []
    await store.update_thread(ADA, thread.id, ThreadChanges(deleted_at=None))
    assert await search(store, loosely("frog")) == ["frog"]
    assert await search_titles(store, loosely("frog")) == ["Frogs"]


async def test_a_temporary_thread_is_not_searched(store: Store) -> None:
    thread = a_thread()
    thread.title, thread.temporary = "Frogs", True
    await store.add_turn(ADA, a_turn(thread, text="Which frogs?"))
    assert await search(store, loosely("frogs")) == []
    assert await search_titles(store, loosely("frogs")) == []
    await store.update_thread(ADA, thread.id, ThreadChanges(temporary=False))
    assert await search(store, loosely("frogs")) == ["Which frogs?"]


async def test_what_is_deleted_is_not_searched_until_it_is_restored(store: Store) -> None:
    thread = await told(store, "kept words", "unwanted frogs", "more frogs")
    frogs = SearchQuery((Phrase(("frogs",)),))
    first = await store.search(ADA, frogs, limit=5)
    unwanted = first.found[-1][1]
    assert unwanted is not None
    await store.delete_message(ADA, thread.id, unwanted.id, now_ms())
    assert (await store.search(ADA, frogs, limit=5)).found == []
    await store.restore_message(ADA, thread.id, unwanted.id)
    again = await store.search(ADA, frogs, limit=5)
    assert [message for _, message in again.found] == [message for _, message in first.found]
    await store.delete_message(ADA, thread.id, unwanted.id, now_ms())
    assert await store.purge_messages(now_ms() + 60_000) == 2
    assert len((await store.search(ADA, SearchQuery(), limit=5)).found) == 1


async def test_a_deleted_message_is_not_searched_and_leaves_the_index_for_good(
    store: Store, store_url: str
) -> None:
    thread = await told(store, "toad", "frog one", "frog two")
    _, first, second = await store.tree(ADA, thread.id)
    await store.delete_message(ADA, thread.id, first.id, now_ms())
    assert await search(store, loosely("frog")) == []
    assert await search(store, ()) == ["toad"]
    await store.restore_message(ADA, thread.id, first.id)
    assert await search(store, loosely("frog")) == ["frog two", "frog one"]
    await store.delete_message(ADA, thread.id, second.id, now_ms())
    assert await search(store, loosely("frog")) == ["frog one"]
    assert await store.purge_messages(now_ms() + 1000) == 1
    assert await search(store, loosely("frog")) == ["frog one"]
    index = contents(store_url)
    entries = index.get("search_entries") or index["search"]
    assert len(entries) == 2


async def test_a_reply_is_found_when_it_has_ended(store: Store) -> None:
    turn = a_turn(a_thread(), text="Which frogs?")
    await store.add_turn(ADA, turn)
    assert await search(store, loosely("frogs")) == ["Which frogs?"]
    await store.append_checkpoints([grown(turn.reply, 0, "Tree frogs")])
    assert await search(store, loosely("tree")) == []
    await store.finish_reply(ADA, finished(turn.reply, "Tree frogs."))
    assert await search(store, loosely("tree")) == ["Tree frogs."]


async def test_an_interrupted_reply_is_found_and_so_is_what_it_becomes(store: Store) -> None:
    reply = await running_reply(store)
    await store.append_checkpoints([grown(reply, 0, "Half a frog")])
    await store.recover(Lease("process-2", 5, "host", 1), now_ms())
    assert await search(store, loosely("half")) == ["Half a frog"]
    await store.finish_reply(ADA, finished(reply, "A whole toad"))
    assert await search(store, loosely("half")) == []
    assert await search(store, loosely("frog")) == []
    assert await search(store, loosely("toad")) == ["A whole toad"]


async def test_reasoning_is_not_searched(store: Store) -> None:
    reply = await running_reply(store)
    await store.append_checkpoints([grown(reply, 0, "hidden frogs", kind="reasoning")])
    await store.recover(Lease("process-2", 5, "host", 1), now_ms())
    assert await search(store, loosely("hidden")) == []


# --- hostile queries --------------------------------------------------------------------

HOSTILE = [
    *('"', "'", '""', '"frog', "frog*", "*", "fr*og", "NEAR(frog toad)", "frog AND", "OR"),
    *("terms:frog", "-frog", "^frog", "(frog", "frog) OR (1=1", "'; DROP TABLE messages; --"),
    *('{"$ne": null}', "$where", "terms.$gt", "%_frog", "\\", "\x00frog\x00", "frog\ufeff"),
    *("\U0001f438", "\U0001f438frog\U0001f438", "\ud800", "a" * 10_000, "frog " * 2_000),
    *("...!?", "   ", "\u202efrog", "f\u0301\u0302\u0303rog", "𝔣𝔯𝔬𝔤", "<f", "=frog", ":user"),
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:20]))
async def test_no_query_means_anything_but_its_words(store: Store, text: str) -> None:
    await told(store, "frog", title="frog")
    expected = ["frog"] if set(words(text)) <= {"frog"} else []
    for phrases in (loosely(text), exactly(text) if words(text) else ()):
        if len(words(text)) > 1 and phrases and phrases[0].exact:
            continue
        assert await search(store, phrases) == expected
        assert await search_titles(store, phrases) == expected
    named = SearchQuery(model=text, tag=text)
    assert await search(store, named) == []


@pytest.mark.parametrize("text", [text for text in HOSTILE if "\ud800" not in text])
async def test_every_text_can_be_stored_and_found(store: Store, text: str) -> None:
    await told(store, f"{text} newt")
    assert await search(store, loosely("newt")) == [f"{text} newt"]


@pytest.mark.parametrize(
    "cursor",
    [
        *("", "x", "-1", "1e9", "9" * 50, "²", "1:", ":x", "{}", "é"),
        *(f"{2**63}", f"{2**63}:x", "9" * 5000 + ":x"),
    ],
    ids=lambda cursor: ascii(cursor[:25]),
)
async def test_an_unreadable_cursor_is_refused(store: Store, cursor: str) -> None:
    await told(store, "frog")
    with pytest.raises(ValueError, match="cursor"):
        await store.search(ADA, SearchQuery(loosely("frog")), limit=5, cursor=cursor)


# --- long searches ----------------------------------------------------------------------


async def test_a_call_looks_only_so_far_and_the_next_goes_on(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("sqlite_search", "mongo_search"):
        monkeypatch.setattr(f"jupyter_chat.store.{module}.MOST_READ", 10)
    await told(store, "a frog", *["frog a"] * 25)
    page = await store.search(ADA, SearchQuery(exactly("a frog")), limit=5)
    assert page.found == []
    assert page.next is not None
    assert await search(store, exactly("a frog"), limit=5) == ["a frog"]


# --- what was there before --------------------------------------------------------------


async def test_a_search_says_that_older_messages_are_not_in_the_index_yet(store: Store) -> None:
    await told(store, "frog", title="Frogs")
    query = SearchQuery(loosely("frog"))
    assert (await store.search(ADA, query, limit=5)).indexing
    while await store.index_some():
        pass
    assert not (await store.search(ADA, query, limit=5)).indexing
    assert not await store.index_some()
    assert await search(store, loosely("frog")) == ["frog"]
    assert await search_titles(store, loosely("frog")) == ["Frogs"]


async def test_a_new_version_of_terms_makes_the_index_anew(
    store: Store, open_another: OpenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    while await store.index_some():
        pass
    for number in range(7):
        await told(store, f"frog {number}", title=f"Frog {number}", at=START + number * 1000)
    await told(store, "frog of grace", user=GRACE, title=None)
    running = a_turn(a_thread(), text="and toads")
    await store.add_turn(ADA, running)
    monkeypatch.setattr("jupyter_chat.store.terms.TERMS_VERSION", 2)
    for module in ("sqlite_index", "mongo_search"):
        monkeypatch.setattr(f"jupyter_chat.store.{module}._AT_ONCE", 3)
    other = await open_another()
    assert (await store.search(ADA, SearchQuery(loosely("frog")), limit=50)).indexing
    assert await store.index_some()
    await asyncio.gather(*(_index_all(each) for each in (store, other)))
    found = await store.search(ADA, SearchQuery(loosely("frog")), limit=50)
    assert not found.indexing
    assert len(found.found) == 7
    assert len(await search_titles(store, loosely("frog"))) == 7
    assert await search(store, loosely("frog"), user=GRACE) == ["frog of grace"]
    assert await search(store, loosely("toads")) == ["and toads"]
    await store.finish_reply(ADA, finished(running.reply, "toads answered"))
    assert len(await search(store, loosely("toads"))) == 2


async def _index_all(store: Store) -> None:
    while await store.index_some():
        pass


async def test_a_turn_of_before_is_not_found_twice(store: Store) -> None:
    accepted = await finished_turn(store, a_thread())
    await _index_all(store)
    with pytest.raises(NotFound):
        await store.get_message(GRACE, accepted.thread.id, accepted.reply_id)
    assert await search(store, loosely("because")) == ["Because."]
