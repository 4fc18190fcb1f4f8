"""What each person has set."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from .basics import MOST_NOTES, Note
from .conversations import Problem, ThreadSettings, User


class Source(str, Enum):
    """Where replies come from."""

    OPENAI = "openai"
    COMPATIBLE = "compatible"
    AZURE = "azure"
    LOCAL = "local"


class Api(str, Enum):
    """Which of the two APIs to speak; `auto`: Responses at OpenAI and Azure, else
    Chat Completions."""

    AUTO = "auto"
    RESPONSES = "responses"
    CHAT = "chat"


class Account(Struct, omit_defaults=True, frozen=True):
    """A user's own settings, as the browser may see them: the key is write-only."""

    user: User
    source: Source | None = None
    """`None`: nothing is set up yet and the first-run screen shows."""
    from_environment: bool = False
    """The source is the server's, for everybody who has set none: nothing more of it is
    shown."""
    base_url: str | None = None
    api: Api = Api.AUTO
    key_hint: str | None = None
    """The last four characters of the key."""
    local_available: bool = False
    """The local model is installed."""
    own_server: bool = False
    """The server is this person's, who may install things there."""
    defaults: ThreadSettings = ThreadSettings()
    durable_replies: bool = False
    """OpenAI goes on with answers while this server is down."""
    notes: list[str] = []
    """What the person wants every model to know."""
    use_notes: bool = False
    """They go with the instructions of all threads that say nothing else."""
    monthly_limit: float | None = None
    """See :class:`Budget`."""
    problem: Problem | None = None


class SharedSourceInfo(Struct, omit_defaults=True, frozen=True):
    """Where answers come from for everybody who has set nothing else, as administrators see it.
    `stored`: one of them has set it; else a file or the server's environment says it, of which
    nothing more is shown."""

    source: Source | None = None
    base_url: str | None = None
    api: Api = Api.AUTO
    key_hint: str | None = None
    """The last four characters of the stored key."""
    stored: bool = False
    problem: Problem | None = None


class SharedSourceOffer(Struct, frozen=True):
    """A source for everybody.  Without `key` the one that is stored stays, where it is for the
    same server; `null`: there is none."""

    source: Source
    base_url: Annotated[str, Meta(max_length=2000)] | None = None
    api: Api = Api.AUTO
    key: Annotated[str, Meta(min_length=1, max_length=500)] | None | UnsetType = UNSET

    def __repr__(self) -> str:  # the key stays out of logs and tracebacks
        return f"SharedSourceOffer({self.source})"


class AccountPatch(Struct, frozen=True):
    """Changes to one's own settings.  `source: null` goes back to the environment's;
    `key: null` forgets the stored key."""

    source: Source | None | UnsetType = UNSET
    base_url: Annotated[str, Meta(max_length=2000)] | None | UnsetType = UNSET
    api: Api | UnsetType = UNSET
    key: Annotated[str, Meta(min_length=1, max_length=500)] | None | UnsetType = UNSET
    defaults: ThreadSettings | UnsetType = UNSET
    durable_replies: bool | UnsetType = UNSET
    notes: Annotated[list[Note], Meta(max_length=MOST_NOTES)] | UnsetType = UNSET
    use_notes: bool | UnsetType = UNSET
    monthly_limit: Annotated[float, Meta(ge=0.01, le=1_000_000)] | None | UnsetType = UNSET

    def __repr__(self) -> str:  # the key stays out of logs and tracebacks
        given = (name for name in self.__struct_fields__ if getattr(self, name) is not UNSET)
        return f"AccountPatch({', '.join(given)})"
