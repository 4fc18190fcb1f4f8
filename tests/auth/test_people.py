"""Registering, signing in, changing one's account."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from jupyter_chat.auth.administering import Administration
from jupyter_chat.auth.errors import Refused, TooOften
from jupyter_chat.auth.invitations import Invitations
from jupyter_chat.auth.leaving import Leaving
from jupyter_chat.auth.passwords import Passwords
from jupyter_chat.auth.people import ADDRESS_LIMIT, NAME_LIMIT, People, Registration
from jupyter_chat.auth.sessions import Sessions
from jupyter_chat.engine.errors import Invalid
from jupyter_chat.ids import new_id
from jupyter_chat.protocol import (
    Code,
    InvitationInfo,
    InvitationOffer,
    PasswordChange,
    PersonPatch,
    PersonRole,
    PersonState,
    ProfilePatch,
)
from jupyter_chat.store.interface import Store
from jupyter_chat.store.people import NameTaken, Person

from .conftest import CHEAP, LOG, Clock

HERE = "10.0.0.1"
PASSWORD = "correct horse"


async def invite(invitations: Invitations, offer: InvitationOffer) -> InvitationInfo:
    """As an administrator does."""
    store = invitations._store
    root = await store.find_person("root")
    if root is None:
        root = Person(new_id(), "root", "", made_at=1, role=PersonRole.ADMIN)
        await store.add_person(root)
    return await invitations.make(offer, root.id)


async def register(people: People, name: str = "Ada", code: str = "", **more: Any):
    return await people.register(name, more.get("password", PASSWORD), code, HERE)


async def test_who_registers_can_sign_in_whatever_the_case_of_the_name(people: People):
    ada = await register(people)
    assert (await people.log_in("aDA", PASSWORD, HERE)).id == ada.id
    assert ada.state is PersonState.ACTIVE
    assert ada.role is PersonRole.USER


async def test_an_unknown_name_and_a_wrong_password_are_refused_by_the_same_words(people: People):
    await register(people)
    problems = []
    for name, password in (("Ada", "wrong"), ("Nobody", PASSWORD), ("x" * 5000, "y" * 5000)):
        with pytest.raises(Refused) as refused:
            await people.log_in(name, password, HERE)
        problems.append(refused.value.problem)
    assert len(set(problems)) == 1
    assert problems[0].code is Code.FORBIDDEN


@pytest.mark.parametrize(
    ("name", "password", "field"),
    [
        ("", PASSWORD, "name"),
        ("  ", PASSWORD, "name"),
        ("a b", PASSWORD, "name"),
        ("a\u200bb", PASSWORD, "name"),
        ("<script>", PASSWORD, "name"),
        ("-x", PASSWORD, "name"),
        ("x" * 65, PASSWORD, "name"),
        ("Ada", "short", "password"),
        ("Ada", "x" * 1001, "password"),
        ("Adalovelace", "ADALOVELACE", "password"),
    ],
)
async def test_what_cannot_be_is_refused_with_its_field(people, name, password, field):
    with pytest.raises(Invalid) as refused:
        await register(people, name, password=password)
    assert refused.value.problem.field == field


@pytest.mark.parametrize("name", ["ada.l@example.org", "Ömer", "张伟", "x", "ada+1_2-3"])
async def test_these_are_names(people: People, name: str):
    assert (await register(people, f" {name} ")).name == name


async def test_a_name_belongs_to_one_person(people: People):
    await register(people, "Ada")
    with pytest.raises(NameTaken):
        await register(people, "ADA")


async def test_where_registration_is_off_nobody_registers(people_with: Callable[..., People]):
    with pytest.raises(Refused):
        await register(people_with(Registration.OFF))


async def test_an_invitation_is_good_for_so_many_people(
    people_with: Callable[..., People], invitations: Invitations
):
    people = people_with(Registration.INVITATION)
    made = await invite(invitations, InvitationOffer(uses=2))
    assert made.code is not None
    with pytest.raises(Refused) as refused:
        await register(people)
    assert refused.value.problem.field == "code"
    with pytest.raises(Invalid) as wrong:
        await register(people, code="guessed")
    assert wrong.value.problem.field == "code"
    await register(people, "Ada", made.code)
    with pytest.raises(NameTaken):
        await register(people, "ada", made.code)  # which uses none of its places
    await register(people, "Grace", f" {made.code} ")
    with pytest.raises(Invalid):
        await register(people, "Eve", made.code)
    assert (await invitations.list()).invitations == []


async def test_of_many_who_have_one_code_one_gets_its_place(
    people_with: Callable[..., People], invitations: Invitations, store: Store
):
    people = people_with(Registration.INVITATION)
    code = (await invite(invitations, InvitationOffer())).code or ""
    answers = await asyncio.gather(
        *(register(people, name, code) for name in ("Ada", "Grace", "Eve")), return_exceptions=True
    )
    assert sum(isinstance(each, Invalid) for each in answers) == 2
    assert len(await store.list_people(limit=10)) == 2  # with who invited


@pytest.mark.parametrize(
    "change",
    [{"role": PersonRole.USER}, {"state": PersonState.DISABLED}, {"state": PersonState.LEAVING}],
)
async def test_an_invitation_is_good_only_while_its_maker_may_invite(
    people_with: Callable[..., People],
    invitations: Invitations,
    store: Store,
    change: dict[str, Any],
):
    people = people_with(Registration.INVITATION)
    made = await invite(invitations, InvitationOffer(uses=5, role=PersonRole.ADMIN))
    code = made.code or ""
    assert [each.made_by for each in (await invitations.list()).invitations] == ["root"]
    await register(people, "Ada", code)
    found = await invitations.find(code)
    root = await store.find_person("root")
    assert root is not None
    await store.put_person(replace(root, **change, revision=2))
    with pytest.raises(Invalid) as refused:
        await register(people, "Eve", code)
    assert refused.value.problem.field == "code"
    with pytest.raises(Invalid):  # also where it was good a moment ago
        await invitations.use(found, new_id())
    assert (await invitations.list()).invitations == []
    await store.remove_person(root.id)
    with pytest.raises(Invalid):
        await register(people, "Eve", code)


async def test_an_invitation_ends(people_with, invitations: Invitations, clock: Clock):
    code = (await invite(invitations, InvitationOffer(days=1))).code or ""
    clock.advance(24 * 60 * 60)
    with pytest.raises(Invalid):
        await register(people_with(Registration.INVITATION), code=code)
    assert (await invitations.list()).invitations == []


async def test_the_first_administrator_is_invited_by_the_server_until_there_is_one(
    people_with: Callable[..., People], invitations: Invitations
):
    people = people_with(Registration.OFF)
    first, second = await invitations.for_first_admin(), await invitations.for_first_admin()
    assert first is not None
    assert second is not None
    assert (await invitations.list()).invitations == []
    admin = await register(people, "Root", first)
    assert admin.role is PersonRole.ADMIN
    with pytest.raises(Invalid):
        await register(people, "Eve", second)
    assert await invitations.for_first_admin() is None


async def test_who_waits_for_approval_cannot_sign_in(
    people_with: Callable[..., People], store: Store, invitations: Invitations
):
    people = people_with(Registration.APPROVAL)
    ada = await register(people)
    assert ada.state is PersonState.PENDING
    with pytest.raises(Refused, match="not let you in yet"):
        await people.log_in("Ada", PASSWORD, HERE)
    with pytest.raises(Refused, match="name or the password"):
        await people.log_in("Ada", "wrong", HERE)
    await store.put_person(replace(ada, state=PersonState.ACTIVE, revision=2))
    assert (await people.log_in("Ada", PASSWORD, HERE)).id == ada.id
    code = (await invite(invitations, InvitationOffer())).code or ""
    assert (await register(people, "Grace", code)).state is PersonState.ACTIVE


async def test_who_is_disabled_cannot_sign_in(people: People, store: Store):
    ada = await register(people)
    await store.put_person(replace(ada, state=PersonState.DISABLED, revision=2))
    with pytest.raises(Refused, match="disabled"):
        await people.log_in("Ada", PASSWORD, HERE)


async def test_guessing_the_password_of_one_name_is_slowed_down(people: People, clock: Clock):
    await register(people)
    for number in range(NAME_LIMIT.most):
        with pytest.raises(Refused, match="wrong"):
            await people.log_in("Ada", f"guess {number}", f"10.0.1.{number}")
    with pytest.raises(TooOften):
        await people.log_in("Ada", PASSWORD, "10.0.2.1")
    clock.advance(NAME_LIMIT.seconds)
    await people.log_in("Ada", PASSWORD, "10.0.2.1")


async def test_guessing_names_from_one_address_is_slowed_down(people: People, clock: Clock):
    await register(people)
    for number in range(ADDRESS_LIMIT.most):
        with pytest.raises(Refused, match="wrong"):
            await people.log_in(f"name-{number}", "Summer2026", HERE)
    with pytest.raises(TooOften):
        await people.log_in("Ada", PASSWORD, HERE)
    await people.log_in("Ada", PASSWORD, "10.9.9.9")


async def test_signing_in_often_is_no_guessing(people: People, clock: Clock):
    await register(people)
    for _ in range(NAME_LIMIT.most + 2):
        await people.log_in("Ada", PASSWORD, HERE)


async def test_registering_from_one_address_is_slowed_down(
    people_with: Callable[..., People], invitations: Invitations, clock: Clock
):
    people = people_with(Registration.OPEN, per_hour=3)
    for number in range(3):
        await register(people, f"name-{number}")
    with pytest.raises(TooOften):
        await register(people, "one-more")
    clock.advance(60 * 60)
    await register(people, "one-more")


async def test_a_class_that_is_invited_may_register_at_once(
    people_with: Callable[..., People], invitations: Invitations
):
    people = people_with(Registration.INVITATION, per_hour=3)
    code = (await invite(invitations, InvitationOffer(uses=10))).code or ""
    for number in range(10):
        await register(people, f"name-{number}", code)


async def test_an_old_hash_is_made_anew_when_somebody_signs_in(
    people: People, store: Store, sessions: Sessions, invitations: Invitations
):
    await register(people)
    before = await password_of(store, "Ada")
    stronger = Passwords(**{**CHEAP, "time_cost": 2})
    later = People(store, stronger, sessions, invitations, Registration.OPEN, 30)
    await later.log_in("Ada", PASSWORD, HERE)
    after = await password_of(store, "Ada")
    assert after != before
    assert "t=2" in after
    await later.log_in("Ada", PASSWORD, HERE)
    assert await password_of(store, "Ada") == after
    stronger.close()


async def test_the_id_stays_when_the_name_changes(people: People):
    ada = await register(people)
    patch = ProfilePatch(name="Augusta", display_name="  Ada   Lovelace ", color="#aabbcc")
    profile = await people.change_profile(ada.id, patch)
    assert (profile.id, profile.name) == (ada.id, "Augusta")
    assert (profile.display_name, profile.color) == ("Ada Lovelace", "#aabbcc")
    assert (await people.log_in("augusta", PASSWORD, HERE)).id == ada.id
    assert (await people.change_profile(ada.id, ProfilePatch(display_name=None))).color == "#aabbcc"


async def test_changing_the_password_needs_the_old_one_and_ends_all_sessions(
    people: People, sessions: Sessions
):
    ada = await register(people)
    begun = await sessions.begin(ada)
    wrong = ProfilePatch(password=PasswordChange("wrong", "another horse"))
    with pytest.raises(Refused) as refused:
        await people.change_profile(ada.id, wrong)
    assert refused.value.problem.field == "password.current"
    short = ProfilePatch(password=PasswordChange(PASSWORD, "short"))
    with pytest.raises(Invalid) as invalid:
        await people.change_profile(ada.id, short)
    assert invalid.value.problem.field == "password.new"
    assert await sessions.all_of(ada.id) == [begun.session]
    await people.change_profile(
        ada.id, ProfilePatch(password=PasswordChange(PASSWORD, "another horse"))
    )
    assert await sessions.all_of(ada.id) == []
    with pytest.raises(Refused):
        await people.log_in("Ada", PASSWORD, HERE)
    await people.log_in("Ada", "another horse", HERE)


async def password_of(store: Store, name: str) -> str:
    person = await store.find_person(name)
    assert person is not None
    return person.password


async def test_of_who_leaves_nothing_is_said_but_that_the_name_is_taken(
    people: People, store: Store
):
    ada = await register(people)
    await store.put_person(replace(ada, state=PersonState.LEAVING, revision=2))
    with pytest.raises(Refused, match="name or the password is wrong"):
        await people.log_in("Ada", PASSWORD, HERE)
    with pytest.raises(NameTaken):
        await register(people)


async def change_password(people: People, ada: Person, sessions: Sessions) -> None:
    new = PasswordChange(PASSWORD, "another horse")
    await people.change_profile(ada.id, ProfilePatch(password=new))


async def give_password(people: People, ada: Person, sessions: Sessions) -> None:
    await people.give_password(ada.id, "admin-id")


async def disable_and_enable(people: People, ada: Person, sessions: Sessions) -> None:
    nobody_leaves: Any = None
    administration = Administration(people._store, nobody_leaves)
    for state in (PersonState.DISABLED, PersonState.ACTIVE):
        await administration.change("admin-id", ada.id, PersonPatch(state=state))


async def leave(people: People, ada: Person, sessions: Sessions) -> None:
    parts: Any = (people._store, None, None, None, LOG)
    leaving = Leaving(*parts)
    await leaving.leave(ada.id, ada.id)
    await leaving.close()


async def removed(people: People, ada: Person, sessions: Sessions) -> None:
    await people._store.remove_person(ada.id)


ENDING = [change_password, give_password, disable_and_enable, leave]


@pytest.mark.parametrize("end", [*ENDING, removed])
async def test_who_was_let_in_by_what_is_not_good_any_more_gets_no_session(
    people: People, sessions: Sessions, store: Store, end: Callable[..., Any]
):
    """The password was looked at, which takes long, and changed meanwhile."""
    await register(people)
    ada = await people.log_in("Ada", PASSWORD, HERE)
    await end(people, ada, sessions)
    with pytest.raises(Refused) as refused:
        await sessions.begin(ada)
    assert "sign in again" in refused.value.problem.message
    assert await store.list_sessions(ada.id) == []


@pytest.mark.parametrize("end", ENDING)
async def test_nor_does_it_go_on_where_it_was_begun_in_that_very_moment(
    people: People, sessions: Sessions, store: Store, end: Callable[..., Any]
):
    """Whatever is first: the session, or the change that is to end it."""
    await register(people)
    ada = await people.log_in("Ada", PASSWORD, HERE)
    begun = [asyncio.create_task(sessions.begin(ada)) for _ in range(10)]
    await asyncio.sleep(0)
    await end(people, ada, sessions)
    await asyncio.gather(*begun, return_exceptions=True)
    assert await store.list_sessions(ada.id) == []


async def test_another_change_keeps_nobody_from_signing_in(
    people: People, sessions: Sessions, store: Store
):
    await register(people)
    ada = await people.log_in("Ada", PASSWORD, HERE)
    await people.change_profile(ada.id, ProfilePatch(color="#aabbcc"))
    begun = await sessions.begin(ada)
    assert await store.list_sessions(ada.id) == [begun.session]


async def test_of_two_who_change_a_password_at_once_one_does(people: People, store: Store):
    """Or whoever knows the old one could take back that it was changed."""
    ada = await register(people)
    new = [f"horse number {number}" for number in range(3)]
    asked = [ProfilePatch(password=PasswordChange(PASSWORD, each)) for each in new]
    answers = await asyncio.gather(
        *(people.change_profile(ada.id, each) for each in asked), return_exceptions=True
    )
    assert sum(isinstance(each, Refused) for each in answers) == 2
    done = next(
        password
        for password, answer in zip(new, answers, strict=True)
        if not isinstance(answer, Exception)
    )
    await people.log_in("Ada", done, HERE)
