"""The limits that administrators set while the server runs."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from msgspec.structs import replace

from ...protocol import (
    Counts,
    LimitRules,
    LimitsChange,
    LimitScope,
    LimitSettings,
    PersonRole,
    RoleRule,
    Rule,
)
from ...store.errors import Failed, NotFound
from ...store.interface import Store
from ..audit import Audit, Event
from ..errors import Invalid
from ..names import id_of, names_of
from ..roles import OWNER, USER
from .policy import Policy

MOST_PEOPLE = 1_000
MOST_ROLES = 100
_TRIES = 20
_NAMED = (LimitScope.ROLE, LimitScope.PERSON, LimitScope.ROLE_TOGETHER)


class StoredLimits:
    """With `accounts`, people have names that can be looked for."""

    def __init__(
        self, store: Store, policy: Policy, audit: Audit, *, accounts: bool = False
    ) -> None:
        self._store = store
        self._policy = policy
        self._audit = audit
        self._accounts = accounts

    async def describe(self) -> LimitSettings:
        stored = await self._store.get_limit_rules()
        self._policy.take_stored(stored)
        fixed = await self._with_ids(await self._policy.fixed())
        own = [role.value for role in PersonRole] if self._accounts else [OWNER, USER]
        roles = sorted({*stored.roles, *fixed.roles} - {*own})
        names = await names_of(self._store, [*stored.users, *fixed.users])
        return LimitSettings(stored, fixed, [*own, *roles], names, self._policy.problem)

    async def change(self, admin_id: str, change: LimitsChange) -> LimitSettings:
        """Raises :class:`Invalid`."""
        name = await self._name(change)
        detail = _in_words(change)
        of_person = change.scope is LimitScope.PERSON
        subject = name if of_person else f"{change.scope.value} {name}".strip()
        changed(await self._store.get_limit_rules(), change, name)  # or refuse it now
        await self._audit.note(admin_id, Event.LIMITS_CHANGED, subject, detail)
        await self._put(lambda rules: changed(rules, change, name))
        return await self.describe()

    async def _with_ids(self, fixed: LimitRules) -> LimitRules:
        """The configuration may call people by their names."""
        if not self._accounts:
            return fixed
        ids = {named: await id_of(self._store, named) for named in fixed.users}
        return replace(fixed, users={ids[named]: rule for named, rule in fixed.users.items()})

    async def _put(self, change: Callable[[LimitRules], LimitRules]) -> None:
        for _ in range(_TRIES):
            before = await self._store.get_limit_rules()
            after = replace(change(before), revision=before.revision + 1)
            if await self._store.put_limit_rules(after):
                return
        raise Failed

    async def _name(self, change: LimitsChange) -> str:
        name = change.name.strip()
        if change.scope not in _NAMED:
            return ""
        if not name:
            raise Invalid("Say whose limits are to be changed. Nothing was changed.", "name")
        if change.scope is not LimitScope.PERSON:
            return name
        found = await id_of(self._store, name)
        if self._accounts:
            try:
                await self._store.get_person(found)
            except NotFound:
                raise Invalid(
                    f"Nobody here is called “{name}”. Nothing was changed.", "name"
                ) from None
        return found


async def forget_person(store: Store, user_id: str) -> None:
    """What is said of somebody goes when they are deleted."""
    for _ in range(_TRIES):
        rules = await store.get_limit_rules()
        if user_id not in rules.users:
            return
        others = {own: rule for own, rule in rules.users.items() if own != user_id}
        if await store.put_limit_rules(replace(rules, users=others, revision=rules.revision + 1)):
            return
    raise Failed


def changed(rules: LimitRules, change: LimitsChange, name: str) -> LimitRules:
    """The rules with something else said in one place.  Raises :class:`Invalid`."""
    rule = change.rule
    if change.scope is LimitScope.EVERYONE:
        return replace(rules, everyone=rule)
    if change.scope is LimitScope.TOGETHER:
        return replace(rules, together=_counts(rule))
    if change.scope is LimitScope.PERSON:
        users = {**rules.users, name: rule}
        if rule == Rule():
            del users[name]
        if len(users) > MOST_PEOPLE:
            raise Invalid(
                f"Limits of their own are for {MOST_PEOPLE:,} people at most. Nothing was "
                "changed: take some away that are not needed any more, or give people a role.",
                "name",
            )
        return replace(rules, users=users)
    own = rules.roles.get(name, RoleRule())
    if change.scope is LimitScope.ROLE:
        own = msgspec.convert({**msgspec.to_builtins(rule), "together": own.together}, RoleRule)
    else:
        own = replace(own, together=_counts(rule))
    roles = {**rules.roles, name: own}
    if own == RoleRule():
        del roles[name]
    if len(roles) > MOST_ROLES:
        raise Invalid(f"There can be limits for {MOST_ROLES} roles at most.", "name")
    return replace(rules, roles=roles)


def _counts(rule: Rule) -> Counts:
    """What of a rule can be said of many people together."""
    fields = msgspec.to_builtins(rule)
    for name in ("models", "max_output_tokens"):
        if name in fields:
            raise Invalid(
                "Models and the length of answers are limited for each person, not for all "
                "together. Nothing was changed.",
                f"rule.{name}",
            )
    return msgspec.convert(fields, Counts)


def _in_words(change: LimitsChange) -> str:
    fields = msgspec.to_builtins(change.rule)
    said = (f"{name} {'none' if most is None else most}" for name, most in fields.items())
    return ", ".join(said) or "nothing"
