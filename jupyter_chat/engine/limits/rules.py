"""What can be said of limits, and what follows from it for one person: pure functions.

    {"everyone": {"requests_per_minute": 20, "models": ["gpt-6-*"]},
     "roles": {"student": {"dollars_per_month": 5, "together": {"dollars_per_month": 100}}},
     "users": {"ada": {"dollars_per_month": null}},
     "together": {"concurrent_replies": 50}}

What is said of a person, by the name of the account or the id, goes before what is said of a role,
and that before what is said of everyone, field by field; `null` takes a limit away.  Groups are
roles that people have beside their own; where somebody has several, the one that stands later goes
before.  What is said of all `together` holds beside that.  The owner has no limits but those of the
role `owner` and of all together.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

import msgspec
from msgspec import Struct

from ...protocol import Counts, LimitRules, Measure, Model, Rule, Span, ThreadSettings
from ...store.people import folded
from ...store.reserving import NANODOLLARS, Ceiling, Share, scope_of
from ..models.form import WrongForm, check_names, in_words
from ..roles import OWNER

EVERYBODY = "all"
"""The scope of all together."""

_Fields = dict[str, Any]


_COUNTED: dict[str, tuple[Measure, Span | None]] = {
    "requests_per_minute": (Measure.REQUESTS, Span.MINUTE),
    "tokens_per_minute": (Measure.TOKENS, Span.MINUTE),
    "concurrent_replies": (Measure.REPLIES, None),
    "tokens_per_day": (Measure.TOKENS, Span.DAY),
    "tokens_per_month": (Measure.TOKENS, Span.MONTH),
    "dollars_per_day": (Measure.DOLLARS, Span.DAY),
    "dollars_per_month": (Measure.DOLLARS, Span.MONTH),
}


class Said(Struct, frozen=True):
    """What one source says, looked through: each field is there and of the right type."""

    everyone: _Fields = {}
    roles: dict[str, _Fields] = {}
    users: dict[str, _Fields] = {}
    together: _Fields = {}
    roles_together: dict[str, _Fields] = {}
    named: dict[str, _Fields] = {}
    """What `users` say by names of accounts, which are the same whatever their case."""

    def of_person(self, user_id: str, name: str | None) -> _Fields:
        """What is said of somebody, by the name of their account and by their id."""
        by_name = self.named.get(folded(name), {}) if name is not None else {}
        return {**by_name, **self.users.get(user_id, {})}


class Allowed(Struct, frozen=True):
    """What one person may ask."""

    role: str
    shares: tuple[Share, ...] = ()
    models: list[str] | None = None
    max_output_tokens: int | None = None

    @property
    def scopes(self) -> tuple[str, ...]:
        return tuple(share.scope for share in self.shares)

    def allows(self, model: str) -> bool:
        return self.models is None or any(fnmatchcase(model, each) for each in self.models)

    def limited(self, model: Model) -> Model:
        """The model as far as it may be used."""
        most = self.max_output_tokens
        if most is None or (model.max_output_tokens or most) < most:
            return model
        return msgspec.structs.replace(model, max_output_tokens=most)

    def within(self, wanted: ThreadSettings) -> ThreadSettings:
        """The settings with the longest answer that is allowed."""
        most = self.max_output_tokens
        if most is None or (wanted.max_output_tokens or most + 1) <= most:
            return wanted
        return msgspec.structs.replace(wanted, max_output_tokens=most)

    def ends(self, wanted: ThreadSettings, model: Model) -> bool:
        """Whether it is this that ends long answers, and not the person or the model."""
        most = self.max_output_tokens
        return most is not None and most == wanted.max_output_tokens == model.max_output_tokens


def allowed(
    layers: Iterable[Said],
    user_id: str,
    role: str,
    groups: tuple[str, ...] = (),
    name: str | None = None,
) -> Allowed:
    """What follows for a person, the last layer first."""
    everyone: _Fields = {}
    own_roles: _Fields = {}
    own: _Fields = {}
    together: _Fields = {}
    roles_together: dict[str, _Fields] = {each: {} for each in (role, *groups)}
    for said in layers:
        everyone |= said.everyone
        for each, fields in said.roles.items():
            if each in roles_together:
                own_roles |= fields
                roles_together[each] |= said.roles_together[each]
        own |= said.of_person(user_id, name)
        together |= said.together
    limits = {**own_roles, **own} if role == OWNER else {**everyone, **own_roles, **own}
    scopes = {
        scope_of(user_id): limits,
        **{f"role:{each}": fields for each, fields in roles_together.items()},
        EVERYBODY: together,
    }
    shares = [Share(scope, _ceilings(fields)) for scope, fields in scopes.items()]
    return Allowed(
        role,
        tuple(share for share in shares if share.ceilings),
        limits.get("models"),
        limits.get("max_output_tokens"),
    )


def shared(layers: Iterable[Said]) -> list[Share]:
    """The limits of roles, and of all together."""
    together: _Fields = {}
    roles: dict[str, _Fields] = {}
    for said in layers:
        together |= said.together
        for role, fields in said.roles_together.items():
            roles[role] = {**roles.get(role, {}), **fields}
    scopes = {EVERYBODY: together} | {f"role:{role}": each for role, each in roles.items()}
    shares = [Share(scope, _ceilings(fields)) for scope, fields in scopes.items()]
    return [share for share in shares if share.ceilings]


def of_rules(rules: LimitRules) -> Said:
    """What is stored."""
    said = msgspec.to_builtins(rules)
    said.pop("revision", None)
    return understood(said)


def as_rules(layers: Iterable[Said]) -> LimitRules:
    """What is said in several places, as it is shown; the last one goes before the others."""
    everyone: _Fields = {}
    roles: dict[str, _Fields] = {}
    users: dict[str, _Fields] = {}
    together: _Fields = {}
    for said in layers:
        everyone |= said.everyone
        together |= said.together
        for name, fields in said.users.items():
            users[name] = {**users.get(name, {}), **fields}
        for name, fields in said.roles.items():
            roles[name] = {**roles.get(name, {}), **fields}
        for name, fields in said.roles_together.items():
            own = roles.setdefault(name, {})
            own["together"] = {**own.get("together", {}), **fields}
    found = {"everyone": everyone, "roles": roles, "users": users, "together": together}
    return msgspec.convert(found, LimitRules)


def _ceilings(fields: _Fields) -> tuple[Ceiling, ...]:
    found = []
    for name, (measure, span) in _COUNTED.items():
        most = fields.get(name)
        if most is not None:
            most = round(most * NANODOLLARS) if measure is Measure.DOLLARS else most
            found.append(Ceiling(measure, most, span))
    return tuple(found)


def decoded(content: bytes) -> Said:
    """What a file says.  Raises :class:`WrongForm`."""
    try:
        return understood(msgspec.json.decode(content))
    except msgspec.DecodeError as error:
        raise WrongForm("", f"this is not JSON ({error})") from None


def understood(said: Any) -> Said:
    """The same, of what has been decoded."""
    names = ("everyone", "roles", "users", "together")
    check_names("", dict(_object("", said)), names)
    roles = {
        str(name): dict(_object(f"roles.{name}", fields))
        for name, fields in _object("roles", said.get("roles")).items()
    }
    together = {name: fields.pop("together", None) for name, fields in roles.items()}
    users = {
        str(name): _checked(f"users.{name}", fields, Rule)
        for name, fields in _object("users", said.get("users")).items()
    }
    return Said(
        _checked("everyone", said.get("everyone"), Rule),
        {name: _checked(f"roles.{name}", fields, Rule) for name, fields in roles.items()},
        users,
        _checked("together", said.get("together"), Counts),
        {
            name: _checked(f"roles.{name}.together", fields, Counts)
            for name, fields in together.items()
        },
        # Whoever calls themselves by somebody's id is not meant by it.
        {folded(name): fields for name, fields in users.items() if not _is_id(name)},
    )


def _is_id(name: str) -> bool:
    try:
        return bool(uuid.UUID(name))
    except ValueError:
        return False


def _object(place: str, said: Any) -> Mapping[Any, Any]:
    if said is None:
        return {}
    if not isinstance(said, Mapping):
        raise WrongForm(place, "this is not an object with fields")
    return said


def _checked(place: str, said: Any, kind: type[Counts]) -> _Fields:
    fields = dict(_object(place, said))
    check_names(place, fields, kind.__struct_fields__)
    try:
        msgspec.convert({name: each for name, each in fields.items() if each is not None}, kind)
    except msgspec.ValidationError as error:
        what, _, path = str(error).partition(" - at `$")
        raise WrongForm(place + path.rstrip("`"), in_words(what)) from None
    return fields
