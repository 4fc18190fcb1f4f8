"""What administrators do with people."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import UNSET
from msgspec.structs import replace

from ..engine.audit import Audit, Event
from ..engine.costs.budgets import month_of
from ..engine.errors import Invalid
from ..ids import now_ms
from ..protocol import Code, PeoplePage, PersonInfo, PersonPatch, PersonState
from ..store.interface import Store
from ..store.people import Person
from ..store.types import LedgerQuery
from .changing import change_person, signed_out
from .errors import Refused
from .leaving import Leaving

PAGE = 50


class Administration:
    def __init__(self, store: Store, leaving: Leaving) -> None:
        self._store = store
        self._audit = Audit(store)
        self._leaving = leaving

    async def list(
        self, *, limit: int, after: str, begins: str, state: PersonState | None
    ) -> PeoplePage:
        found = await self._store.list_people(
            limit=limit + 1, after=after, begins=begins, state=state
        )
        shown = found[:limit]
        people = [await self._info(person) for person in shown]
        return PeoplePage(people, shown[-1].name if len(found) > limit else None)

    async def change(self, admin_id: str, user_id: str, patch: PersonPatch) -> PersonInfo:
        if patch.role is not UNSET or patch.state is not UNSET:
            not_oneself(admin_id, user_id)
        fields: dict[str, object] = {}
        if patch.role is not UNSET:
            fields["role"] = patch.role
        if patch.state is not UNSET:
            if patch.state not in (PersonState.ACTIVE, PersonState.DISABLED):
                raise Invalid("People can be made `active` or `disabled`.", "state")
            fields["state"] = patch.state
        if patch.groups is not UNSET:
            fields["groups"] = tuple(dict.fromkeys(patch.groups))

        def changed(person: Person) -> Person:
            if person.state is PersonState.LEAVING:
                raise Refused(Code.CONFLICT, "This account is being deleted; it was left so.")
            if person.state is PersonState.GONE:
                raise Refused(
                    Code.CONFLICT,
                    "Nobody signs in with this account any more, so nothing was changed. Its "
                    "history can be exported, and deleted.",
                )
            if person.subject is not None:
                _not_for_the_hub(patch)
            after = replace(person, **fields)
            ends = after.state is not person.state and after.state is not PersonState.ACTIVE
            return signed_out(after) if ends else after

        await self._note(admin_id, await self._store.get_person(user_id), changed)
        person = await change_person(self._store, user_id, changed)
        if person.state is not PersonState.ACTIVE:
            await self._store.end_sessions(user_id)
        return await self._info(person)

    async def delete(self, admin_id: str, user_id: str) -> PersonInfo:
        not_oneself(admin_id, user_id)
        return await self._info(await self._leaving.leave(user_id, admin_id))

    async def _note(
        self, admin_id: str, before: Person, change: Callable[[Person], Person]
    ) -> None:
        """What matters of a change; raises what is raised by making it."""
        after = change(before)
        if after.role is not before.role:
            said = f"{before.role.value} to {after.role.value}"
            await self._audit.note(admin_id, Event.ROLE_CHANGED, before.id, said)
        if after.state is not before.state:
            active = after.state is PersonState.ACTIVE
            event = Event.ACCOUNT_ENABLED if active else Event.ACCOUNT_DISABLED
            await self._audit.note(admin_id, event, before.id, f"was {before.state.value}")

    async def _info(self, person: Person) -> PersonInfo:
        used = await self._store.usage_total(person.id, LedgerQuery(since=month_of(now_ms())))
        return PersonInfo(
            person.id,
            person.name,
            person.role,
            person.state,
            person.made_at,
            person.display_name,
            used.requests,
            used.input_tokens + used.output_tokens,
            None if used.requests and used.unpriced == used.requests else used.cost,
            person.groups,
        )


def _not_for_the_hub(patch: PersonPatch) -> None:
    for name in ("role", "groups"):
        if getattr(patch, name) is not UNSET:
            raise Refused(
                Code.FORBIDDEN,
                "The hub says who is an administrator and who belongs to which group. Nothing "
                "was changed; change it at the hub.",
                name,
            )


def not_oneself(admin_id: str, user_id: str) -> None:
    if admin_id == user_id:
        raise Refused(
            Code.FORBIDDEN,
            "Administrators cannot take their own rights away. Nothing was changed; another "
            "administrator can; your own account is changed in “Your account”.",
        )
