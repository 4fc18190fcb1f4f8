"""Limits that administrators set while the server runs: on all replicas, within seconds."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from jupyter_chat.engine.audit import Audit
from jupyter_chat.engine.errors import Invalid
from jupyter_chat.engine.limits import policy as policy_module
from jupyter_chat.engine.limits import stored as stored_module
from jupyter_chat.engine.limits.policy import Policy
from jupyter_chat.engine.limits.stored import StoredLimits, forget_person
from jupyter_chat.engine.roles import Roles
from jupyter_chat.ids import new_id
from jupyter_chat.protocol import (
    Code,
    LimitRules,
    LimitsChange,
    LimitScope,
    PersonRole,
    Problem,
    Rule,
)
from jupyter_chat.store import open_store
from jupyter_chat.store.errors import Unavailable
from jupyter_chat.store.interface import Store
from jupyter_chat.store.people import Person

ADA = Person(new_id(), "Ada", "-", made_at=1)
ROOT = Person(new_id(), "Root", "-", made_at=1, role=PersonRole.ADMIN)


@pytest.fixture(autouse=True)
def look_always(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policy_module, "LOOK_AGAIN_SECONDS", 0)


@pytest.fixture
async def store(store_url: str) -> AsyncIterator[Store]:
    store = open_store(store_url)
    await store.open()
    for person in (ADA, ROOT):
        await store.add_person(person)
    yield store
    await store.close()


def policy(store: Store, configured: dict[str, Any] | None = None) -> Policy:
    return Policy(Roles(store, accounts=True), configured=configured, store=store)


@pytest.fixture
def limits(store: Store) -> StoredLimits:
    return StoredLimits(store, policy(store), Audit(store), accounts=True)


def says(scope: LimitScope, name: str = "", **fields: Any) -> LimitsChange:
    return LimitsChange(scope, Rule(**fields), name)


async def most(policy: Policy, person: Person = ADA) -> dict[str, int]:
    """What a person may take: the name of each limit, and how much."""
    allowed = await policy.of(person.id)
    return {
        f"{share.scope.partition(':')[0]} {each.measure.value}": each.most
        for share in allowed.shares
        for each in share.ceilings
    }


async def test_another_replica_follows(store, limits) -> None:
    other = policy(store)
    assert await most(other) == {}
    await limits.change(ROOT.id, says(LimitScope.EVERYONE, tokens_per_day=100))
    assert await most(other) == {"user tokens": 100}
    await limits.change(ROOT.id, says(LimitScope.EVERYONE))
    assert await most(other) == {}


async def test_the_most_particular_holds_and_what_is_together_beside_that(store, limits) -> None:
    for change in (
        says(LimitScope.EVERYONE, tokens_per_day=100, concurrent_replies=1),
        says(LimitScope.ROLE, "user", tokens_per_day=200),
        says(LimitScope.ROLE_TOGETHER, "user", tokens_per_day=300),
        says(LimitScope.TOGETHER, tokens_per_day=400),
        says(LimitScope.PERSON, "ada", concurrent_replies=None),
    ):
        settings = await limits.change(ROOT.id, change)
    followed = policy(store)
    together = {"role tokens": 300, "all tokens": 400}
    assert await most(followed) == {"user tokens": 200, **together}
    assert await most(followed, ROOT) == {
        "user tokens": 100,
        "user replies": 1,
        "all tokens": 400,
    }
    assert settings.stored.users == {ADA.id: Rule(concurrent_replies=None)}
    assert settings.names == {ADA.id: "Ada"}
    assert settings.roles == ["user", "admin"]
    settings = await limits.change(ROOT.id, says(LimitScope.ROLE, "user"))
    assert settings.stored.roles["user"].together.tokens_per_day == 300
    settings = await limits.change(ROOT.id, says(LimitScope.PERSON, ADA.id))
    assert settings.stored.users == {}


async def test_the_configuration_goes_before_and_is_shown_as_such(store) -> None:
    fixed = policy(
        store,
        {
            "everyone": {"tokens_per_day": 5},
            "roles": {"student": {"models": ["a"], "together": {"dollars_per_day": 2}}},
            "users": {ADA.id: {"concurrent_replies": 3}},
        },
    )
    limits = StoredLimits(store, fixed, Audit(store), accounts=True)
    settings = await limits.change(
        ROOT.id, says(LimitScope.EVERYONE, tokens_per_day=100, concurrent_replies=1)
    )
    assert await most(fixed) == {"user tokens": 5, "user replies": 3}
    assert settings.fixed.everyone == Rule(tokens_per_day=5)
    assert settings.fixed.roles["student"].together.dollars_per_day == 2
    assert settings.roles == ["user", "admin", "student"]
    assert settings.stored.everyone.tokens_per_day == 100
    assert settings.names == {ADA.id: "Ada"}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (says(LimitScope.TOGETHER, max_output_tokens=5), "rule.max_output_tokens"),
        (says(LimitScope.ROLE_TOGETHER, "user", models=["a"]), "rule.models"),
        (says(LimitScope.ROLE, " "), "name"),
        (says(LimitScope.PERSON, "nobody", tokens_per_day=5), "name"),
    ],
)
async def test_what_makes_no_sense_is_refused_by_its_field(store, limits, change, field) -> None:
    with pytest.raises(Invalid) as refused:
        await limits.change(ROOT.id, change)
    assert refused.value.problem.field == field
    assert await store.get_limit_rules() == LimitRules()
    assert await store.audit_entries(limit=5) == []


async def test_how_many_people_can_have_limits_of_their_own_is_bounded(limits, monkeypatch) -> None:
    monkeypatch.setattr(stored_module, "MOST_PEOPLE", 1)
    await limits.change(ROOT.id, says(LimitScope.PERSON, "Ada", tokens_per_day=5))
    await limits.change(ROOT.id, says(LimitScope.PERSON, "Ada", tokens_per_day=6))
    with pytest.raises(Invalid, match="1 people at most"):
        await limits.change(ROOT.id, says(LimitScope.PERSON, "Root", tokens_per_day=5))


async def test_it_is_noted_who_changed_what(store, limits) -> None:
    await limits.change(ROOT.id, says(LimitScope.PERSON, "Ada", tokens_per_day=5, models=None))
    await limits.change(ROOT.id, says(LimitScope.EVERYONE))
    entries = await store.audit_entries(limit=5)
    assert [(each.user_id, each.event, each.subject, each.detail) for each in entries] == [
        (ROOT.id, "limits changed", ADA.id, "tokens_per_day 5, models none"),
        (ROOT.id, "limits changed", "everyone", "nothing"),
    ]


async def test_two_who_change_something_at_once_lose_nothing(store, limits, monkeypatch) -> None:
    put = store.put_limit_rules

    async def and_somebody_is_faster(rules: LimitRules) -> bool:
        monkeypatch.undo()
        other = LimitRules(everyone=Rule(tokens_per_day=1), revision=1)
        assert await put(other)
        return await put(rules)

    monkeypatch.setattr(store, "put_limit_rules", and_somebody_is_faster)
    settings = await limits.change(ROOT.id, says(LimitScope.TOGETHER, tokens_per_day=2))
    assert settings.stored.everyone.tokens_per_day == 1
    assert settings.stored.together.tokens_per_day == 2


async def test_what_is_said_of_somebody_goes_with_them(store, limits) -> None:
    await limits.change(ROOT.id, says(LimitScope.PERSON, "Ada", tokens_per_day=5))
    await forget_person(store, ADA.id)
    await forget_person(store, ADA.id)
    assert (await store.get_limit_rules()).users == {}


async def test_while_the_history_is_away_the_limits_stay(store, limits, monkeypatch) -> None:
    await limits.change(ROOT.id, says(LimitScope.EVERYONE, tokens_per_day=100))
    known, new = policy(store), policy(store)
    await known.of(ADA.id)

    async def down() -> LimitRules:
        raise Unavailable(Problem(Code.STORE_DOWN, "Away."))

    monkeypatch.setattr(store, "get_limit_rules", down)
    assert await most(known) == {"user tokens": 100}
    with pytest.raises(Unavailable):
        await new.of(ADA.id)


# --- names in the configuration ------------------------------------------------------------


@pytest.mark.parametrize("named", ["Ada", "ada", ADA.id], ids=["name", "folded", "id"])
async def test_people_are_named_as_they_sign_in_or_by_their_ids(store, named) -> None:
    said = policy(store, {"users": {named: {"tokens_per_day": 7}}})
    assert await most(said) == {"user tokens": 7}
    assert await most(said, ROOT) == {}
    limits = StoredLimits(store, said, Audit(store), accounts=True)
    settings = await limits.describe()
    assert list(settings.fixed.users) == [ADA.id]
    assert settings.names == {ADA.id: "Ada"}


async def test_who_calls_themselves_by_an_id_is_not_meant_by_it(store) -> None:
    eve = Person(new_id(), ROOT.id, "-", made_at=1)
    await store.add_person(eve)
    said = policy(
        store, {"users": {ROOT.id: {"tokens_per_day": None}}, "everyone": {"tokens_per_day": 7}}
    )
    assert await most(said, ROOT) == {}
    assert await most(said, eve) == {"user tokens": 7}


async def test_names_that_nobody_has_are_logged_once(store, caplog) -> None:
    said = policy(store, {"users": {"Ada": {}, "adda": {}, ADA.id: {}}})
    for _ in range(2):
        await said.of(ADA.id)
    (warning,) = [each.getMessage() for each in caplog.records if each.levelname == "WARNING"]
    assert "“adda”" in warning
    assert "Ada" not in warning
