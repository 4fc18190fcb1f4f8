"""The same as `test_model.py`, for what is not a conversation: people and what they sign in by,
what they have set, limits, what was flagged, the audit log."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from msgspec.structs import replace

from jupyter_chat.ids import new_id
from jupyter_chat.protocol import (
    AuditEntry,
    Direction,
    Flagged,
    Library,
    LimitRules,
    Measure,
    PersonRole,
    PersonState,
    Prompt,
    Rule,
    Source,
    Span,
)
from jupyter_chat.store import open_store
from jupyter_chat.store.errors import NotFound
from jupyter_chat.store.interface import Store
from jupyter_chat.store.people import Invitation, NameTaken, Person, Session, folded
from jupyter_chat.store.reserving import Amount, Ceiling, Reservation, Share
from jupyter_chat.store.types import SharedSource, StoredSecret, UserSettings
from jupyter_chat.store.vault import API_KEY, EVERYBODY, SHARED_KEY

from .mongod import drop_database
from .test_model import SETTINGS

_T = TypeVar("_T")
NAMES = ("Ada", "ADA", "grace", "$where", "a.b")
CODES = ("c1", "c2")
KEYS = ("login.ada", "login.grace")
SECRETS = ("s1", "s2", None)
TIMES = st.integers(1, 2)
"""How often a call is made."""
BEHIND = st.sampled_from([0, 0, 1, 2])
"""How many revisions somebody else was faster."""
MOST = {"user": 3, "all": 5}
NOW = 1_800_000_000_000
CEILINGS = {
    scope: (Ceiling(Measure.REQUESTS, most, Span.DAY), Ceiling(Measure.REPLIES, 2))
    for scope, most in MOST.items()
}


class RecordsMachine(RuleBasedStateMachine):
    """One store; each sequence of operations begins with an empty one."""

    url_of_new: ClassVar[Any]
    loop: ClassVar[asyncio.AbstractEventLoop]

    people = Bundle("people")

    @initialize()
    def open(self) -> None:
        self.url: str = self.url_of_new()
        self.store: Store = open_store(self.url)
        self.run(self.store.open())
        self.clock = 0
        self.known: dict[str, Person] = {}
        self.sessions: dict[str, Session] = {}
        self.invitations: dict[str, Invitation] = {}
        self.attempts: dict[str, dict[str, int]] = {key: {} for key in KEYS}
        self.settings: dict[str, UserSettings] = {}
        self.libraries: dict[str, Library] = {}
        self.shared: SharedSource | None = None
        self.limits = LimitRules()
        self.flagged: list[Flagged] = []
        self.log: list[AuditEntry] = []
        self.held: dict[str, tuple[str, Reservation]] = {}
        self.counted: dict[str, Amount] = {}

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.run(self.store.close())
            if self.url.startswith("mongodb"):
                drop_database(self.url)

    def run(self, call: Coroutine[Any, Any, _T]) -> _T:
        return self.loop.run_until_complete(call)

    # --- people ---------------------------------------------------------------------------

    def owner_of(self, name: str) -> str | None:
        same = (own for own, each in self.known.items() if folded(each.name) == folded(name))
        return next(same, None)

    @rule(target=people, name=st.sampled_from(NAMES), times=TIMES)
    def register(self, name: str, times: int) -> str:
        person = Person(new_id(), name, "hash", made_at=1)
        taken = self.owner_of(name) is not None
        for _ in range(times):
            if taken:
                with pytest.raises(NameTaken):
                    self.run(self.store.add_person(person))
            else:
                self.run(self.store.add_person(person))
        if not taken:
            self.known[person.id] = person
        return person.id

    @rule(
        own=people,
        name=st.sampled_from(NAMES),
        role=st.sampled_from(PersonRole),
        state=st.sampled_from(PersonState),
        behind=BEHIND,
        times=TIMES,
    )
    def change_person(
        self, own: str, name: str, role: PersonRole, state: PersonState, behind: int, times: int
    ) -> None:
        before = self.known.get(own)
        revision = (before.revision if before else 1) + 1 - behind
        after = Person(own, name, "hash", 1, role=role, state=state, revision=revision)
        if before is not None and not behind and self.owner_of(name) not in (None, own):
            with pytest.raises(NameTaken):
                self.run(self.store.put_person(after))
            return
        replaces = before is not None and not behind
        same = before == after
        for _ in range(times):
            assert self.run(self.store.put_person(after)) is (replaces or same)
        if replaces:
            self.known[own] = after

    @rule(own=people, times=TIMES)
    def remove_person(self, own: str, times: int) -> None:
        for _ in range(times):
            self.run(self.store.remove_person(own))
        self.known.pop(own, None)
        self.settings.pop(own, None)
        self.libraries.pop(own, None)
        self.sessions = {i: each for i, each in self.sessions.items() if each.user_id != own}
        self.flagged = [each for each in self.flagged if each.user_id != own]

    @rule(own=people, expires_at=st.integers(1, 9), times=TIMES)
    def begin_session(self, own: str, expires_at: int, times: int) -> None:
        self.clock += 1
        session = Session(new_id(), own, "t", 1, self.clock, expires_at)
        for _ in range(times):
            assert self.run(self.store.put_session(session))
        self.sessions[session.id] = session

    @rule(data=st.data(), behind=BEHIND, times=TIMES)
    def renew_session(self, data: st.DataObject, behind: int, times: int) -> None:
        if not self.sessions:
            return
        before = self.sessions[data.draw(st.sampled_from(sorted(self.sessions)))]
        self.clock += 1
        revision = before.revision + 1 - behind
        after = replace(before, token="next", used_at=self.clock, revision=revision)
        for _ in range(times):
            assert self.run(self.store.put_session(after)) is (not behind)
        if not behind:
            self.sessions[after.id] = after

    @rule(own=people, every=st.booleans(), times=TIMES)
    def end_sessions(self, own: str, every: bool, times: int) -> None:
        theirs = [each.id for each in self.sessions.values() if each.user_id == own]
        others = [each.id for each in self.sessions.values() if each.user_id != own]
        named = None if every else theirs[:1] + others[:1]
        for _ in range(times):
            self.run(self.store.end_sessions(own, named))
        for session_id in theirs if every else theirs[:1]:
            del self.sessions[session_id]

    @rule(code=st.sampled_from(CODES), expires_at=st.integers(1, 9), behind=BEHIND, times=TIMES)
    def invite(self, code: str, expires_at: int, behind: int, times: int) -> None:
        before = self.invitations.get(code)
        revision = (before.revision if before else 0) + 1 - behind
        if revision < 1:
            return
        own = before.id if before else new_id()
        after = Invitation(own, code, 1, expires_at, uses=revision, revision=revision)
        for _ in range(times):
            kept = self.run(self.store.put_invitation(after))
            assert kept is (not behind or after == before)
        if not behind:
            self.invitations[code] = after

    @rule(code=st.sampled_from(CODES), times=TIMES)
    def take_back_invitation(self, code: str, times: int) -> None:
        found = self.invitations.pop(code, None)
        for _ in range(times):
            self.run(self.store.remove_invitation(found.id if found else new_id()))

    @rule(key=st.sampled_from(KEYS), at=st.integers(1, 9), lasts=st.integers(1, 5), times=TIMES)
    def attempt(self, key: str, at: int, lasts: int, times: int) -> None:
        own = new_id()
        self.attempts[key][own] = at + lasts
        expected = sorted(until for until in self.attempts[key].values() if until > at)
        for _ in range(times):
            found = self.run(self.store.add_attempt(key, own, at=at, until=at + lasts))
            assert found == expected

    @rule(key=st.sampled_from(KEYS), every=st.booleans(), times=TIMES)
    def take_back_attempts(self, key: str, every: bool, times: int) -> None:
        one = next(iter(self.attempts[key]), new_id())
        for _ in range(times):
            self.run(self.store.remove_attempts(key, None if every else one))
        self.attempts[key] = {
            own: until for own, until in self.attempts[key].items() if not every and own != one
        }

    @rule(now=st.integers(1, 9), times=TIMES)
    def forget_expired(self, now: int, times: int) -> None:
        for _ in range(times):
            self.run(self.store.forget_expired(now))
        for records in (self.sessions, self.invitations):
            for own in [own for own, each in records.items() if each.expires_at <= now]:
                del records[own]
        for key, all_of in self.attempts.items():
            self.attempts[key] = {own: until for own, until in all_of.items() if until > now}

    # --- what is set ----------------------------------------------------------------------

    @rule(
        own=people,
        key=st.sampled_from(SECRETS),
        note=st.sampled_from(["x", "$y"]),
        other_key=st.booleans(),
        checked=st.booleans(),
        times=TIMES,
    )
    def put_settings(
        self, own: str, key: str | None, note: str, other_key: bool, checked: bool, times: int
    ) -> None:
        before = self.settings.get(own, UserSettings())
        after = UserSettings(Source.OPENAI, key=key, notes=[note])
        if not checked:
            for _ in range(times):
                assert self.run(self.store.put_settings(own, after))
            self.settings[own] = after
            return
        expected = "another" if other_key else before.key
        kept = self.run(self.store.put_settings(own, after, key_before=expected))
        assert kept is (not other_key or after == before)
        if kept:
            self.settings[own] = after

    @rule(own=people, behind=BEHIND, times=TIMES)
    def put_library(self, own: str, behind: int, times: int) -> None:
        before = self.libraries.get(own, Library())
        revision = before.revision + 1 - behind
        if revision < 1:
            return
        after = Library(revision, [], [Prompt(new_id(), "n", "t")])
        for _ in range(times):
            assert self.run(self.store.put_library(own, after)) is (not behind)
        if not behind:
            self.libraries[own] = after

    @rule(key=st.sampled_from(SECRETS), there=st.booleans(), times=TIMES)
    def share(self, key: str | None, there: bool, times: int) -> None:
        self.shared = SharedSource(Source.OPENAI, key=key) if there else None
        for _ in range(times):
            self.run(self.store.put_shared_source(self.shared))

    @rule(data=st.data(), outdated=st.booleans(), times=TIMES)
    def encrypt_again(self, data: st.DataObject, outdated: bool, times: int) -> None:
        secrets = self.secrets()
        if not secrets:
            return
        secret = data.draw(st.sampled_from(secrets))
        if outdated:
            secret = StoredSecret(secret.user_id, secret.purpose, "what was there before")
        sealed = f"{secret.sealed}+"
        for _ in range(times):
            assert self.run(self.store.replace_secret(secret, sealed)) is (not outdated)
        if outdated:
            return
        if secret.purpose == SHARED_KEY:
            assert self.shared is not None
            self.shared = replace(self.shared, key=sealed)
        else:
            own = secret.user_id
            self.settings[own] = replace(self.settings[own], key=sealed)

    def secrets(self) -> list[StoredSecret]:
        shared = self.shared.key if self.shared else None
        found = [StoredSecret(EVERYBODY, SHARED_KEY, shared)] if shared else []
        return found + [
            StoredSecret(own, API_KEY, each.key)
            for own, each in sorted(self.settings.items())
            if each.key is not None
        ]

    @rule(most=st.integers(0, 9), own=people, behind=BEHIND, times=TIMES)
    def limit(self, most: int, own: str, behind: int, times: int) -> None:
        revision = self.limits.revision + 1 - behind
        if revision < 1:
            return
        after = LimitRules(users={own: Rule(tokens_per_day=most)}, revision=revision)
        for _ in range(times):
            kept = self.run(self.store.put_limit_rules(after))
            assert kept is (not behind or after == self.limits)
        if not behind:
            self.limits = after

    # --- what was done --------------------------------------------------------------------

    @rule(own=people, times=TIMES)
    def flag(self, own: str, times: int) -> None:
        where = (new_id(), own, new_id(), new_id(), 5)
        record = Flagged(*where, Direction.INPUT, ["violence"], blocked=True)
        for _ in range(times):
            self.run(self.store.add_flagged(own, record))
        self.flagged.insert(0, record)

    @rule(count=st.integers(0, 3), now=st.integers(1, 9), times=TIMES)
    def see(self, count: int, now: int, times: int) -> None:
        ids = [each.id for each in self.flagged[:count]] + [new_id()]
        for number in range(times):
            self.run(self.store.see_flagged(ids, now + number))
        self.flagged = [
            replace(each, seen_at=now) if each.id in ids and each.seen_at is None else each
            for each in self.flagged
        ]

    @rule(own=people, event=st.sampled_from(["a.b", "$c"]), late=st.booleans(), times=TIMES)
    def note(self, own: str, event: str, late: bool, times: int) -> None:
        number = len(self.log) + (not late)
        entry = AuditEntry(number, 5, own, event, own, new_id(), "0" * 64)
        if not number:
            return
        for _ in range(times):
            assert self.run(self.store.add_audit(entry)) is (not late)
        if not late:
            self.log.append(entry)

    @rule(own=people, times=TIMES)
    def reserve(self, own: str, times: int) -> None:
        scopes = {f"user:{own}": CEILINGS["user"], "all": CEILINGS["all"]}
        shares = tuple(Share(scope, ceilings) for scope, ceilings in scopes.items())
        wanted = Reservation(f"{new_id()}:reply", "owner", NOW, Amount(1, 10, 3, 1), shares)
        full = [
            scope
            for scope, (requests, replies) in scopes.items()
            if self.amount(scope).requests >= requests.most
            or self.amount(scope).replies >= replies.most
        ]
        for _ in range(times):
            reached = self.run(self.store.reserve(own, wanted))
            assert (reached.scope if reached else None) == next(iter(full), None)
        if not full:
            self.held[wanted.id] = own, wanted

    @rule(data=st.data(), asked=st.booleans(), times=TIMES)
    def settle(self, data: st.DataObject, asked: bool, times: int) -> None:
        if not self.held:
            return
        own, wanted = self.held.pop(data.draw(st.sampled_from(sorted(self.held))))
        scopes = tuple(share.scope for share in wanted.shares)
        spent = Amount(tokens=4, dollars=1) if asked else None
        for _ in range(times):
            self.run(self.store.settle(own, wanted.id, scopes, spent))
        if asked:
            for scope in scopes:
                self.counted[scope] = _sum(self.counted.get(scope, Amount()), Amount(1, 4, 1))

    def amount(self, scope: str) -> Amount:
        """What is taken of a scope: by what has ended, and by what is held."""
        held = [
            wanted.amount
            for _, wanted in self.held.values()
            if scope in [share.scope for share in wanted.shares]
        ]
        found = self.counted.get(scope, Amount())
        for each in held:
            found = _sum(found, each)
        return found

    # --- what can be read -----------------------------------------------------------------

    @invariant()
    def people_and_sessions_are_those_of_the_model(self) -> None:
        by_name = sorted(self.known.values(), key=lambda each: folded(each.name))
        assert self.run(self.store.list_people(limit=50)) == by_name
        active = {each.id: each for each in by_name if each.state is PersonState.ACTIVE}
        assert self.run(self.store.active_people([*self.known, new_id()])) == active
        admins = [each for each in by_name if each.role is PersonRole.ADMIN]
        assert self.run(self.store.has_admin()) is any(each.id in active for each in admins)
        for name in NAMES:
            found = self.run(self.store.find_person(name))
            assert (found.id if found else None) == self.owner_of(name)
        for own in self.known:
            theirs = [each for each in self.sessions.values() if each.user_id == own]
            theirs.sort(key=lambda each: -each.used_at)
            assert self.run(self.store.list_sessions(own)) == theirs
        asked = [(each.user_id, each.id) for each in self.sessions.values()]
        alive = {i: self.known[own] for own, i in asked if own in active}
        assert self.run(self.store.alive([*asked, ("nobody", new_id())])) == alive
        with pytest.raises(NotFound):
            self.run(self.store.get_person(new_id()))

    @invariant()
    def invitations_are_those_of_the_model(self) -> None:
        found = self.run(self.store.list_invitations())
        assert {each.code: each for each in found} == self.invitations
        for code in CODES:
            assert self.run(self.store.find_invitation(code)) == self.invitations.get(code)

    @invariant()
    def what_is_set_is_that_of_the_model(self) -> None:
        for own in {*self.known, *self.settings, *self.libraries}:
            expected = self.settings.get(own, UserSettings())
            assert self.run(self.store.get_settings(own)) == expected
            assert self.run(self.store.get_library(own)) == self.libraries.get(own, Library())
        assert self.run(self.store.get_shared_source()) == self.shared
        assert self.run(self.store.secrets(limit=50)) == self.secrets()
        assert self.run(self.store.get_limit_rules()) == self.limits

    @invariant()
    def what_was_done_is_that_of_the_model(self) -> None:
        assert self.run(self.store.flagged(limit=50)) == self.flagged
        unseen = [each for each in self.flagged if each.seen_at is None]
        assert self.run(self.store.flagged(limit=50, unseen=True)) == unseen
        assert self.run(self.store.audit_entries(limit=50)) == self.log
        newest = [each for each in reversed(self.log) if each.event == "$c"]
        assert self.run(self.store.newest_audit(event="$c", limit=50)) == newest
        last = self.log[-1] if self.log else None
        assert self.run(self.store.last_audit()) == last
        scopes = sorted({"all", *self.counted})
        for scope, found in zip(scopes, self.run(self.store.taken("", scopes, NOW)), strict=True):
            day = found.spans.get(Span.DAY, Amount())
            taken = Amount(day.requests, day.tokens, day.dollars, found.replies)
            assert taken == self.amount(scope), scope


def _sum(one: Amount, other: Amount) -> Amount:
    return Amount(
        one.requests + other.requests,
        one.tokens + other.tokens,
        one.dollars + other.dollars,
        one.replies + other.replies,
    )


def check(url_of_new: Any, examples: int) -> None:
    """Try many sequences of operations, each on a store of its own."""
    loop = asyncio.new_event_loop()
    fields = {"url_of_new": staticmethod(url_of_new), "loop": loop}
    machine = type("Machine", (RecordsMachine,), fields)
    try:
        run_state_machine_as_test(machine, settings=settings(SETTINGS, max_examples=examples))
    finally:
        loop.close()


def test_sqlite_holds_what_the_model_holds(tmp_path: Path) -> None:
    check(lambda: f"sqlite:///{tmp_path / new_id()}.sqlite", examples=40)


def test_mongodb_holds_what_the_model_holds(mongodb_server: str) -> None:
    from .mongod import url_of_database

    check(lambda: url_of_database(mongodb_server, f"test_{new_id()}"), examples=10)
