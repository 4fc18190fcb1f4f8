"""People who have an account on this server, where it keeps accounts (`--accounts`)."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, TypeAlias

from msgspec import UNSET, Meta, Struct, UnsetType

from .basics import Id, Milliseconds

LoginName: TypeAlias = Annotated[str, Meta(min_length=1, max_length=64)]
DisplayName: TypeAlias = Annotated[str, Meta(max_length=80)]
Password: TypeAlias = Annotated[str, Meta(min_length=1, max_length=1000)]
Group: TypeAlias = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^\S(.*\S)?$")]
Color: TypeAlias = Annotated[str, Meta(pattern="^#[0-9a-f]{6}$")]


class PersonRole(str, Enum):
    """Administrators look after people and invitations; they see nobody's conversations."""

    USER = "user"
    ADMIN = "admin"


class PersonState(str, Enum):
    """`pending`: waits for an administrator; `leaving`: is being deleted; `gone`: is not known
    any more where people sign in (the hub), while what there is of theirs is kept."""

    ACTIVE = "active"
    PENDING = "pending"
    DISABLED = "disabled"
    LEAVING = "leaving"
    GONE = "gone"


class Profile(Struct, omit_defaults=True, frozen=True):
    """One's own account."""

    id: Id
    name: str
    """What one signs in with."""
    role: PersonRole
    display_name: str | None = None
    """What one is called; `None`: as one signs in."""
    color: str | None = None
    """Of the circle with the initials."""


class PasswordChange(Struct, frozen=True):
    """All sessions end with it, but the one that asks."""

    current: Password
    new: Password


class ProfilePatch(Struct, frozen=True):
    """Changes to one's own account."""

    name: LoginName | UnsetType = UNSET
    display_name: DisplayName | None | UnsetType = UNSET
    color: Color | None | UnsetType = UNSET
    password: PasswordChange | UnsetType = UNSET


class Leaving(Struct, frozen=True):
    """Asks that one's own account is deleted, with all its data."""

    password: Password


class Renewed(Struct, frozen=True):
    """The session goes on; it wants to be renewed again in so many seconds."""

    renew_in: float


class SessionInfo(Struct, omit_defaults=True, frozen=True):
    """A browser that is signed in."""

    id: Id
    made_at: Milliseconds
    used_at: Milliseconds
    agent: str = ""
    """What the browser calls itself."""
    address: str = ""
    current: bool = False


class SessionList(Struct, frozen=True):
    """One's own, the last used first."""

    sessions: list[SessionInfo]


class PersonInfo(Struct, omit_defaults=True, frozen=True):
    """Somebody, as administrators see them; what they used is that of this month (UTC)."""

    id: Id
    name: str
    role: PersonRole
    state: PersonState
    made_at: Milliseconds
    display_name: str | None = None
    replies: int = 0
    tokens: int = 0
    cost: float | None = None
    groups: tuple[Group, ...] = ()


class PeoplePage(Struct, omit_defaults=True, frozen=True):
    """By name; `next` is the `after` of the following page."""

    people: list[PersonInfo]
    next: str | None = None


class PersonPatch(Struct, frozen=True):
    """What an administrator changes."""

    role: PersonRole | UnsetType = UNSET
    state: PersonState | UnsetType = UNSET
    groups: Annotated[tuple[Group, ...], Meta(max_length=20)] | UnsetType = UNSET


class GivenPassword(Struct, frozen=True):
    """What an administrator hands on to somebody who has forgotten theirs; it is said once."""

    password: str


class InvitationOffer(Struct, frozen=True):
    """An invitation to be made."""

    uses: Annotated[int, Meta(ge=1, le=1000)] = 1
    days: Annotated[int, Meta(ge=1, le=365)] = 7
    role: PersonRole = PersonRole.USER


class InvitationInfo(Struct, omit_defaults=True, frozen=True):
    """An invitation; its `code` is said once, to whoever made it (`made_by`, a name)."""

    id: Id
    role: PersonRole
    uses: int
    used: int
    made_at: Milliseconds
    expires_at: Milliseconds
    code: str | None = None
    made_by: str | None = None


class InvitationList(Struct, frozen=True):
    """Those that can still be used, the newest first."""

    invitations: list[InvitationInfo]
