"""Which replica of the service serves whom."""

from __future__ import annotations

from collections import Counter

import pytest

from jupyter_chat.linked.replicas import base_url, in_order, public_url, replicas

URLS = [f"http://hub:8000/services/chat-{number}/" for number in range(1, 6)]
PEOPLE = [f"person-{number}" for number in range(2000)]


def test_whoever_knows_the_same_replicas_comes_to_the_same_order():
    known = replicas(URLS, [])
    for person in PEOPLE[:50]:
        assert in_order(person, known) == in_order(person, known[::-1])


def test_each_replica_has_its_share_of_people():
    shares = Counter(in_order(person, replicas(URLS, []))[0].url for person in PEOPLE)
    assert set(shares) == set(URLS)
    assert all(300 < share < 500 for share in shares.values())


def test_only_the_people_of_a_replica_that_is_taken_away_move_and_to_different_ones():
    known = replicas(URLS, [])
    before = {person: in_order(person, known) for person in PEOPLE}
    after = {person: in_order(person, known[1:])[0] for person in PEOPLE}
    moved = [person for person in PEOPLE if after[person] != before[person][0]]
    assert all(before[person][0] == known[0] for person in moved)
    assert all(after[person] == before[person][1] for person in moved)
    assert {after[person] for person in moved} == set(known[1:])


def test_browsers_reach_them_by_their_paths_on_the_host_of_the_page_unless_it_is_said():
    assert replicas(URLS[:1], [])[0].public_url == "/services/chat-1/"
    public = "https://chat.example.org/1/"
    assert replicas(URLS[:1], [public])[0].public_url == public


def test_there_is_a_public_address_for_each_or_for_none():
    with pytest.raises(ValueError, match="1 public addresses for 5 replicas"):
        replicas(URLS, ["/services/chat-1/"])


def test_an_address_gets_the_slash_that_it_lacks():
    assert base_url(" https://hub/services/chat-1 ") == "https://hub/services/chat-1/"
    assert public_url("/services/chat-1") == "/services/chat-1/"


@pytest.mark.parametrize(
    "written",
    ["hub:8000/chat", "ftp://hub/", "http:///chat", "http://ada:pw@hub/", "http://hub/?a=b", ""],
)
def test_what_is_no_base_url_is_refused(written: str):
    with pytest.raises(ValueError, match=r"is no address|must be a base URL"):
        base_url(written)
    with pytest.raises(ValueError, match=r"is no address|must be a base URL"):
        public_url(written)


def test_a_path_on_another_host_is_no_path():
    with pytest.raises(ValueError, match="is no address"):
        public_url("//elsewhere/chat/")
