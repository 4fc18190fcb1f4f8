"""Tags and folders as they are kept, and what a patch changes of a thread."""

from __future__ import annotations

from msgspec import UNSET

from ..protocol import MOST_TAGS, ThreadPatch
from ..store.types import ThreadChanges
from .errors import Invalid


def name_of(text: str, field: str) -> str:
    """A tag or a folder without white space around it, and with single spaces in it."""
    name = " ".join(text.split())
    if not name:
        raise Invalid("A tag or a folder needs a name; nothing was changed.", field)
    return name


def tags_of(tags: list[str]) -> list[str]:
    """Trimmed, and each once whatever its case: the first stays."""
    kept: dict[str, str] = {}
    for number, text in enumerate(tags):
        name = name_of(text, f"tags[{number}]")
        kept.setdefault(name.casefold(), name)
    return list(kept.values())


def with_tag(tags: list[str], tag: str) -> list[str]:
    """Raises :class:`Invalid` where there is no room for one more."""
    after = tags_of([*tags, tag])
    if len(after) > MOST_TAGS:
        raise Invalid(
            f"A conversation has {MOST_TAGS} tags at most; this one got no other.", "value"
        )
    return after


def without_tag(tags: list[str], tag: str) -> list[str]:
    return [each for each in tags if each.casefold() != tag.casefold()]


def changes_of(patch: ThreadPatch) -> ThreadChanges:
    """Raises :class:`Invalid`, naming the field, for what cannot be."""
    if patch.temporary is True:
        raise Invalid(
            "Only a new conversation can be made temporary; this one is kept.", "temporary"
        )
    pinned, excluded = patch.pinned_messages, patch.excluded_messages
    if pinned is not UNSET and excluded is not UNSET and set(pinned) & set(excluded):
        raise Invalid("A message cannot be both pinned and excluded.", "excluded_messages")
    return ThreadChanges(
        title=patch.title,
        titled_by_user=True if patch.title is not UNSET else UNSET,
        settings=patch.settings,
        pinned=patch.pinned,
        archived=patch.archived,
        tags=tags_of(patch.tags) if patch.tags is not UNSET else UNSET,
        folder=name_of(patch.folder, "folder") if isinstance(patch.folder, str) else patch.folder,
        temporary=patch.temporary,
        expires_at=None if patch.temporary is False else UNSET,
        pinned_messages=patch.pinned_messages,
        excluded_messages=patch.excluded_messages,
    )
