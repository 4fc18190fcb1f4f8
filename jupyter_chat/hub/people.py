"""Which person of the store a user of the hub is.

Names are no proof of that: they are changed, and after somebody was removed, given to others.
"""

from __future__ import annotations

import secrets

from msgspec.structs import replace

from ..auth.changing import change_person
from ..engine.audit import Audit, Event
from ..ids import new_id, now_ms
from ..protocol import Code, PersonRole, PersonState, Problem
from ..store.errors import StoreError
from ..store.interface import Store
from ..store.people import NameTaken, Person
from .api import HubApi, HubUser, is_exact

_TRIES = 20


class HubPeople:
    def __init__(self, store: Store, api: HubApi, audit: Audit) -> None:
        self._store = store
        self._api = api
        self._audit = audit

    async def of(self, user: HubUser) -> Person:
        """The person, as the hub describes them now; somebody new where they are not known."""
        for _ in range(_TRIES):
            try:
                person = await self._find(user)
                if person is None:
                    return await self._add(user)
                return await self._bring_up_to_date(person, user)
            except NameTaken:
                pass  # by another process, which may have done the same
        raise StoreError(
            Problem(Code.CONFLICT, "Too many people come at once. Nothing was changed; try again.")
        )

    async def gone(self, user_id: str) -> None:
        """The hub does not know this person any more, by this name: gone, and what there is of
        theirs is kept, unless the hub has them under another one."""
        person = await self._store.get_person(user_id)
        user = await self._elsewhere(person)
        if user is not None:
            await self._bring_up_to_date(person, user)
        elif person.state in (PersonState.ACTIVE, PersonState.DISABLED):
            await self._audit.note("", Event.PERSON_GONE, user_id, person.name)
            await change_person(self._store, user_id, _gone)

    async def _find(self, user: HubUser) -> Person | None:
        """By the name and what is behind it; or by the latter alone, where the name of before
        is nobody's, or somebody else's."""
        found = await self._store.people_of_subject(user.subject)
        for person in found:
            if person.hub_name == user.name:
                return person
        if len(found) == 1 and user.is_exact and not await self._has_name(found[0]):
            return found[0]
        return None

    async def _elsewhere(self, person: Person) -> HubUser | None:
        """Whom the hub has under another name than it had."""
        if person.subject is None or not is_exact(person.subject):
            return None
        name = (await self._api.names()).get(person.subject)
        user = None if name in (None, person.hub_name) else await self._api.user(name or "")
        return user if user is not None and user.subject == person.subject else None

    async def _has_name(self, person: Person) -> bool:
        user = await self._api.user(person.hub_name or "")
        return user is not None and user.subject == person.subject

    async def _add(self, user: HubUser) -> Person:
        name = user.name
        holder = await self._store.find_person(name)
        if holder is not None and holder.hub_name == name:
            await self._step_aside(holder)
        elif holder is not None:  # whose name differs in its case only, or an account
            name = _varied(name)
        person = Person(
            new_id(),
            name,
            "",
            made_at=now_ms(),
            display_name=user.display_name,
            role=_role(user),
            groups=user.groups,
            hub_name=user.name,
            subject=user.subject,
        )
        await self._audit.note("", Event.PERSON_ADDED, person.id, name)
        await self._store.add_person(person)
        return person

    async def _step_aside(self, holder: Person) -> None:
        """Somebody else has the name now, so whoever had it has another one, or is gone."""
        user = await self._elsewhere(holder)
        if user is not None:  # who gets it here when it is free
            detail = f"{holder.hub_name} → {user.name}"
            await self._audit.note("", Event.PERSON_RENAMED, holder.id, detail)
            await change_person(
                self._store,
                holder.id,
                lambda person: replace(person, name=_varied(user.name), hub_name=user.name),
            )
            return
        name = _varied(holder.name)
        await self._audit.note("", Event.PERSON_GONE, holder.id, holder.name)
        await change_person(
            self._store, holder.id, lambda person: replace(_gone(person), name=name)
        )

    async def _bring_up_to_date(self, person: Person, user: HubUser) -> Person:
        name = person.name
        if person.hub_name != user.name or person.name != user.name:
            holder = await self._store.find_person(user.name)
            taken = holder is not None and holder.id != person.id
            if taken and holder is not None and holder.hub_name == user.name:
                await self._step_aside(holder)
                taken = False
            if not taken:
                name = user.name
            elif not name.startswith(f"{user.name} ("):
                name = _varied(user.name)

        def as_the_hub_says(person: Person) -> Person:
            back = person.state is PersonState.GONE
            return replace(
                person,
                name=name,
                hub_name=user.name,
                display_name=user.display_name or person.display_name,
                role=_role(user),
                groups=user.groups,
                state=PersonState.ACTIVE if back else person.state,
            )

        for event, detail in _events(person, as_the_hub_says(person)):
            await self._audit.note("", event, person.id, detail)
        return await change_person(self._store, person.id, as_the_hub_says)


def _events(before: Person, after: Person) -> list[tuple[Event, str]]:
    """What is noted of a change."""
    events = []
    if before.hub_name != after.hub_name:
        events.append((Event.PERSON_RENAMED, f"{before.hub_name} → {after.hub_name}"))
    if before.role is not after.role:
        events.append((Event.ROLE_CHANGED, after.role.value))
    if before.state is not after.state:
        events.append((Event.PERSON_BACK, after.name))
    return events


def _gone(person: Person) -> Person:
    """Who is being deleted goes on being deleted."""
    leaving = person.state is PersonState.LEAVING
    return person if leaving else replace(person, state=PersonState.GONE)


def _role(user: HubUser) -> PersonRole:
    return PersonRole.ADMIN if user.admin else PersonRole.USER


def _varied(name: str) -> str:
    """A name that nobody has, and that tells what it was."""
    return f"{name} ({secrets.token_hex(3)})"
