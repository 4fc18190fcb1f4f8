"""Everything that crosses the wire, as one schema."""

from __future__ import annotations

from typing import get_args

import msgspec
from msgspec import Struct

from .accounts import Account, AccountPatch, SharedSourceInfo, SharedSourceOffer
from .audit import AuditPage, AuditVerdict
from .commands import Command
from .context import Attached, Context, ContextQuery, Counted, CountQuery, FileRead, FoundFiles
from .conversations import (
    Problem,
    Summary,
    SummaryPatch,
    Thread,
)
from .events import Event, More
from .histories import History, Import, ImportList, ImportStart
from .hub import Access
from .libraries import Library, LibraryFile, LibraryReport
from .limits import Allowances, LimitsChange, LimitSettings, PeopleUsage
from .models import ModelList
from .moderation import FlaggedList, FlaggedSeen
from .people import (
    GivenPassword,
    InvitationInfo,
    InvitationList,
    InvitationOffer,
    Leaving,
    PeoplePage,
    PersonInfo,
    PersonPatch,
    Profile,
    ProfilePatch,
    Renewed,
    SessionList,
)
from .threads import (
    BulkChange,
    BulkResult,
    Emptied,
    Folders,
    MessagePage,
    SearchPage,
    ThreadPage,
    ThreadPatch,
    View,
)
from .usage import Budget, UsageBy, UsageReport


class About(Struct, frozen=True):
    """Which server answers; `epoch` as in :class:`Welcome`."""

    server_version: str
    epoch: str


class Failure(Struct, frozen=True):
    """The body of every REST answer that is not a success."""

    problem: Problem


RESOURCES = (
    ThreadPage,
    MessagePage,
    SearchPage,
    ThreadPatch,
    Thread,
    View,
    BulkChange,
    BulkResult,
    Emptied,
    Folders,
    ModelList,
    ContextQuery,
    Context,
    CountQuery,
    Counted,
    Summary,
    SummaryPatch,
    UsageBy,
    UsageReport,
    Budget,
    Allowances,
    PeopleUsage,
    LimitSettings,
    LimitsChange,
    FlaggedList,
    FlaggedSeen,
    AuditPage,
    AuditVerdict,
    FileRead,
    Attached,
    FoundFiles,
    Account,
    AccountPatch,
    SharedSourceInfo,
    SharedSourceOffer,
    Library,
    LibraryFile,
    LibraryReport,
    History,
    ImportStart,
    Import,
    ImportList,
    Profile,
    ProfilePatch,
    Leaving,
    Renewed,
    SessionList,
    PeoplePage,
    PersonInfo,
    PersonPatch,
    GivenPassword,
    InvitationOffer,
    InvitationInfo,
    InvitationList,
    Access,
    About,
    Failure,
)


def json_schema() -> dict[str, object]:
    """One JSON Schema with a definition for every type of this module."""
    kinds = (*get_args(Command), *get_args(Event), More, *RESOURCES)
    _, definitions = msgspec.json.schema_components(kinds, ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$defs": {name: definitions[name] for name in sorted(definitions)},
    }
