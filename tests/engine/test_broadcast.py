from __future__ import annotations

import json

from jupyter_chat.engine.broadcast import Broadcast, Feed
from jupyter_chat.protocol import Delta, Heartbeat


class Screen:
    def __init__(self, user_id: str = "ada") -> None:
        self.user_id = user_id
        self.frames: list[bytes] = []

    def send(self, frame: bytes) -> None:
        self.frames.append(frame)


def delta(feed: Feed, text: str) -> None:
    feed.publish(Delta, message_id="m", part=0, kind="text", text=text)


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


def test_what_was_missed_is_exactly_what_came_after():
    feed = Feed("t", 0)
    for text in "abcd":
        delta(feed, text)
    missed = feed.missed(2)
    assert missed is not None
    assert numbers(missed) == [3, 4]
    assert feed.missed(4) == []


def test_what_is_gone_or_was_never_there_is_not_made_up():
    feed = Feed("t", 10)
    assert feed.missed(3) is None
    for _ in range(200):
        delta(feed, "x" * 4096)
    assert feed.missed(10) is None
    assert feed.missed(feed.seq + 1) is None
    feed.reset()
    assert feed.missed(feed.seq - 1) is None


def test_numbers_never_go_back_when_a_thread_is_opened_anew():
    broadcast, screen = Broadcast(), Screen()
    feed = broadcast.subscribe(screen, "t")
    for text in "abc":
        delta(feed, text)
    broadcast.unsubscribe(screen, "t")
    assert broadcast.find("ada", "t") is None
    assert broadcast.subscribe(screen, "t").seq >= 3
