from __future__ import annotations

import json

from jupyter_chat.engine.broadcast import Broadcast, Feed
from jupyter_chat.protocol import Heartbeat, Role
from tests.store.builders import a_message


class Screen:
    def __init__(self, user_id: str = "ada") -> None:
        self.user_id = user_id
        self.frames: list[bytes] = []

    def send(self, frame: bytes) -> None:
        self.frames.append(frame)


def delta(feed: Feed, text: str, message_id: str = "m") -> None:
    feed.grow(message_id, 0, "text", text)


def numbers(frames: list[bytes]) -> list[int]:
    return [json.loads(frame)["seq"] for frame in frames]


def test_events_of_a_thread_are_numbered_without_gaps_and_encoded_once():
    broadcast, first, second = Broadcast(), Screen(), Screen()
    feed = broadcast.subscribe(first, "t")
    broadcast.subscribe(second, "t")
    for text in "abc":
        delta(feed, text)
    assert numbers(first.frames) == [1, 2, 3]
    assert all(one is other for one, other in zip(first.frames, second.frames, strict=True))


def test_a_viewer_gets_nothing_of_another_users_thread_of_the_same_id():
    broadcast, ada, eve = Broadcast(), Screen("ada"), Screen("eve")
    broadcast.subscribe(eve, "t")
    delta(broadcast.subscribe(ada, "t"), "secret")
    assert eve.frames == []
    assert len(ada.frames) == 1


def test_a_viewer_that_left_gets_nothing_more():
    broadcast, screen = Broadcast(), Screen()
    broadcast.join(screen)
    feed = broadcast.hold("ada", "t")
    broadcast.subscribe(screen, "t")
    broadcast.leave(screen)
    delta(feed, "a")
    broadcast.to_all(Heartbeat())
    assert screen.frames == []


def test_whoever_leaves_leaves_all_that_was_followed_and_nothing_is_left_of_it():
    broadcast, goes, stays = Broadcast(), Screen(), Screen()
    for thread_id in "abc":
        broadcast.subscribe(goes, thread_id)
    feed = broadcast.subscribe(stays, "a")
    broadcast.unsubscribe(goes, "b")
    broadcast.leave(goes)
    delta(feed, "x")
    assert goes.frames == []
    assert len(stays.frames) == 1
    assert [broadcast.find("ada", thread_id) is not None for thread_id in "abc"] == [
        True,
        False,
        False,
    ]
    broadcast.leave(stays)
    assert broadcast._followed == {}
    assert broadcast._feeds == {}


def test_what_was_missed_is_exactly_what_came_after():
    feed = Feed("t", "now", 1)
    for text in "abcd":
        delta(feed, text)
    missed = feed.missed(2)
    assert missed is not None
    assert numbers(missed) == [3, 4]
    assert feed.missed(4) == []


def test_what_is_gone_or_was_never_there_is_not_made_up():
    feed = Feed("t", "now", 1)
    assert feed.missed(1) is None
    for _ in range(200):
        delta(feed, "x" * 4096)
    assert feed.missed(0) is None
    assert feed.missed(feed.seq + 1) is None
    feed.reset()
    assert feed.missed(feed.seq - 1) is None


def test_little_is_kept_of_a_thread_in_which_nothing_is_made():
    """Many thousand windows stand open on threads whose answers came long ago."""
    broadcast, screen = Broadcast(), Screen()
    feed = broadcast.subscribe(screen, "t")
    broadcast.hold("ada", "t")
    broadcast.hold("ada", "t")  # a second answer waits for the first one
    for _ in range(1000):
        delta(feed, "word")
    broadcast.release("ada", feed)
    missed = feed.missed(0)
    assert missed is not None
    assert len(missed) == 1000
    broadcast.release("ada", feed)
    assert feed.missed(0) is None
    assert feed.missed(feed.seq) == []
    assert feed.missed(feed.seq - 1) == screen.frames[-1:]
    assert sum(len(frame) for _, frame in feed._recent) <= 16 * 1024


def test_a_thread_opened_anew_begins_another_epoch():
    """Nothing was numbered while nobody looked, so no old number may look current."""
    broadcast, screen = Broadcast(), Screen()
    before = broadcast.subscribe(screen, "t")
    broadcast.unsubscribe(screen, "t")
    assert broadcast.find("ada", "t") is None
    after = broadcast.subscribe(screen, "t")
    assert after.epoch != before.epoch
    assert after.handle != before.handle


def test_growing_text_is_told_briefly_to_those_who_know_what_grows():
    broadcast, brief, whole = Broadcast(), Screen(), Screen()
    feed = broadcast.subscribe(brief, "t", brief=True)
    broadcast.subscribe(whole, "t")
    for text in ("a", "b\n", "c"):
        delta(feed, text)
    first, *rest = [json.loads(frame) for frame in brief.frames]
    assert (first["type"], first["handle"], first["text"]) == ("delta", feed.handle, "a")
    assert rest == [[feed.handle, 2, "b\n"], [feed.handle, 3, "c"]]
    assert numbers(whole.frames) == [1, 2, 3]

    delta(feed, "d", "another")  # something else grows now
    assert json.loads(brief.frames[-1])["message_id"] == "another"

    late = Screen()
    broadcast.subscribe(late, "t", brief=True)  # who does not know that
    delta(feed, "e", "another")
    assert json.loads(late.frames[-1])["message_id"] == "another"
    feed.reset()
    delta(feed, "f", "another")
    assert json.loads(late.frames[-1])["message_id"] == "another"
    assert feed.missed(feed.seq - 1) == [late.frames[-1]]


def test_a_reply_ends_without_its_text_for_those_who_saw_it_grow():
    broadcast, brief, whole = Broadcast(), Screen(), Screen()
    feed = broadcast.subscribe(brief, "t", brief=True)
    broadcast.subscribe(whole, "t")
    feed.end(a_message(Role.ASSISTANT, "né \N{GRINNING FACE}", "t"))
    told, ended = json.loads(whole.frames[0]), json.loads(brief.frames[0])
    assert told["message"]["parts"] == [{"type": "text", "text": "né \N{GRINNING FACE}"}]
    assert ended["message"] == {**told["message"], "parts": []}
    assert ended["grown"] == 5  # as JavaScript counts
    assert feed.missed(0) == whole.frames
