"""What can be said of limits, and what follows from it for one person."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from jupyter_chat.engine.limits.rules import Allowed, allowed, shared, understood
from jupyter_chat.engine.models.form import WrongForm
from jupyter_chat.engine.roles import OWNER, USER
from jupyter_chat.protocol import Measure, Model, Span, ThreadSettings
from jupyter_chat.store.reserving import NANODOLLARS, Ceiling, Share

REQUESTS = (Measure.REQUESTS, Span.MINUTE)


def of(said: dict[str, object], user: str = "ada", role: str = USER) -> Allowed:
    return allowed([understood(said)], user, role)


def most(found: Allowed, scope: str = "user:ada") -> dict[tuple[Measure, Span | None], int]:
    return {
        (ceiling.measure, ceiling.span): ceiling.most
        for share in found.shares
        if share.scope == scope
        for ceiling in share.ceilings
    }


def test_where_nothing_is_said_all_is_allowed() -> None:
    found = of({})
    assert found == Allowed(USER)
    assert found.allows("whatever")


def test_the_most_particular_wins_field_by_field() -> None:
    said = {
        "everyone": {"requests_per_minute": 1, "tokens_per_day": 10, "dollars_per_day": 1},
        "roles": {USER: {"requests_per_minute": 2, "tokens_per_day": 20}},
        "users": {"ada": {"requests_per_minute": 3}},
    }
    assert most(of(said)) == {
        REQUESTS: 3,
        (Measure.TOKENS, Span.DAY): 20,
        (Measure.DOLLARS, Span.DAY): NANODOLLARS,
    }
    assert most(of(said, "grace"), "user:grace")[REQUESTS] == 2
    assert most(of(said, "bob", "other"), "user:bob")[REQUESTS] == 1


def test_null_takes_a_limit_away() -> None:
    said = {"everyone": {"requests_per_minute": 1}, "users": {"ada": {"requests_per_minute": None}}}
    assert of(said).shares == ()


def test_the_owner_has_only_limits_of_the_owners_and_of_all_together() -> None:
    said = {
        "everyone": {"requests_per_minute": 1, "models": ["a"]},
        "together": {"concurrent_replies": 9},
    }
    found = of(said, role=OWNER)
    assert found.shares == (Share("all", (Ceiling(Measure.REPLIES, 9),)),)
    assert found.models is None
    said["roles"] = {OWNER: {"requests_per_minute": 5}}
    assert most(of(said, role=OWNER)) == {REQUESTS: 5}


def test_what_is_said_of_many_together_counts_beside_each_ones_own() -> None:
    said = {
        "everyone": {"requests_per_minute": 1},
        "roles": {"student": {"together": {"dollars_per_month": 100}}},
        "together": {"requests_per_minute": 50},
    }
    assert of(said, role="student").scopes == ("user:ada", "role:student", "all")
    assert of(said).scopes == ("user:ada", "all")
    assert [share.scope for share in shared([understood(said)])] == ["all", "role:student"]


def test_of_several_groups_the_one_that_stands_later_goes_before() -> None:
    said = understood(
        {
            "everyone": {"requests_per_minute": 1, "models": ["small"]},
            "roles": {
                "student": {"requests_per_minute": 2, "tokens_per_day": 20},
                "tutor": {"requests_per_minute": 9, "together": {"concurrent_replies": 4}},
            },
        }
    )
    found = allowed([said], "ada", USER, ("tutor", "student"))
    assert most(found) == {REQUESTS: 9, (Measure.TOKENS, Span.DAY): 20}
    assert found.models == ["small"]
    assert found.scopes == ("user:ada", "role:tutor")
    assert most(allowed([said], "bob", USER, ("other",)), "user:bob") == {REQUESTS: 1}


def test_the_configuration_goes_before_the_file() -> None:
    file = understood({"everyone": {"requests_per_minute": 1, "tokens_per_day": 5}})
    configured = understood({"everyone": {"requests_per_minute": 2}})
    found = allowed([file, configured], "ada", USER)
    assert most(found) == {REQUESTS: 2, (Measure.TOKENS, Span.DAY): 5}


def test_models_are_allowed_by_patterns() -> None:
    found = of({"everyone": {"models": ["gpt-6-*", "house"]}})
    assert [found.allows(name) for name in ("gpt-6-luna", "house", "gpt-5", "household")] == [
        True,
        True,
        False,
        False,
    ]
    assert not of({"everyone": {"models": []}}).allows("gpt-6-luna")


@pytest.mark.parametrize(("own", "kept"), [(None, 100), (50, 50), (100, 100), (500, 100)])
def test_an_answer_is_no_longer_than_allowed(own: int | None, kept: int) -> None:
    found = of({"everyone": {"max_output_tokens": 100}})
    assert found.within(ThreadSettings(max_output_tokens=own)).max_output_tokens == kept
    assert found.limited(Model("m", "M")).max_output_tokens == 100
    assert found.limited(Model("m", "M", max_output_tokens=60)).max_output_tokens == 60


@pytest.mark.parametrize(
    ("said", "place", "what"),
    [
        ([], "", "not an object"),
        ({"everybody": {}}, "everybody", "is `everyone` meant"),
        ({"everyone": {"request_per_minute": 1}}, "everyone.request_per_minute", "is `requests_p"),
        ({"everyone": {"requests_per_minute": -1}}, "everyone.requests_per_minute", ">= 0"),
        ({"users": {"ada": {"dollars_per_day": "x"}}}, "users.ada.dollars_per_day", "float"),
        ({"roles": {"a": {"together": {"models": []}}}}, "roles.a.together.models", "no such"),
        ({"together": {"max_output_tokens": 3}}, "together.max_output_tokens", "no such"),
        ({"roles": 3}, "roles", "not an object"),
    ],
)
def test_what_is_wrong_is_named_by_its_place(said: object, place: str, what: str) -> None:
    with pytest.raises(WrongForm) as caught:
        understood(said)
    assert caught.value.place == place
    assert what in str(caught.value)


def test_the_example_of_the_documentation_is_understood() -> None:
    text = (Path(__file__).parents[3] / "docs" / "administration.md").read_text()
    found = re.search(r"c\.ChatApp\.limits = (\{.*?\n\})\n", text, re.DOTALL)
    assert found is not None
    said = ast.literal_eval(found[1])
    assert of(said).max_output_tokens == 8_000
    assert of(said).models is None
    assert of(said, "grace", "student").scopes == ("user:grace", "role:student", "all")
