"""Commands: what the client sends over the socket."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from msgspec import Meta, Struct

from .basics import Folder, Id
from .conversations import AskedPart, ThreadSettings

CommandId: TypeAlias = Annotated[str, Meta(min_length=1, max_length=64)]
ClientId: TypeAlias = Annotated[str, Meta(min_length=8, max_length=64)]


class Subscribe(Struct, tag="subscribe", frozen=True):
    """Follow a thread.

    Answered with a `snapshot`, or, where `epoch` and `after` name the last event
    seen and the server still has the rest, with just the events missed.  With
    `brief`, growing text comes as `More`, and a reply that has grown while
    one was looking ends without its text being sent again.
    """

    id: CommandId
    thread_id: Id
    after: int | None = None
    epoch: str | None = None
    brief: bool = False


class Unsubscribe(Struct, tag="unsubscribe", frozen=True):
    id: CommandId
    thread_id: Id


class Send(Struct, tag="send", frozen=True):
    """Ask.  `parent_id` is the message it follows (`None`: it begins the thread).

    Asking under an older parent begins a new branch, which is how a question is
    edited.  `create` makes the thread if it does not exist yet, with `settings`.  What
    `reply_settings` says goes, for this one reply, before what the thread says.
    The same `client_id` sent again changes nothing and gets the same answer.
    With `temporary`, the thread it makes is not kept; with `folder`, it is in that.
    """

    id: CommandId
    client_id: ClientId
    thread_id: Id
    parent_id: Id | None
    parts: Annotated[list[AskedPart], Meta(min_length=1, max_length=64)]
    create: bool = False
    settings: ThreadSettings | None = None
    reply_settings: ThreadSettings | None = None
    temporary: bool = False
    folder: Folder | None = None


class Regenerate(Struct, tag="regenerate", frozen=True):
    """Answer the same question again, as a new version beside the answer `message_id`;
    or answer the question `message_id`.

    What `settings` says goes, for this one reply, before what the thread says.
    """

    id: CommandId
    client_id: ClientId
    thread_id: Id
    message_id: Id
    settings: ThreadSettings | None = None


class Continue(Struct, tag="continue", frozen=True):
    """Go on with an answer that broke off, as a new version that begins with its text."""

    id: CommandId
    client_id: ClientId
    thread_id: Id
    message_id: Id


class Stop(Struct, tag="stop", frozen=True):
    """Stop a reply; a queued one is taken out of the queue."""

    id: CommandId
    thread_id: Id
    message_id: Id


class Select(Struct, tag="select", frozen=True):
    """Show the branch that `message_id` is on (its newest leaf)."""

    id: CommandId
    thread_id: Id
    message_id: Id


class Delete(Struct, tag="delete", frozen=True):
    """Delete a message and all below it; `restore` takes that back."""

    id: CommandId
    thread_id: Id
    message_id: Id


class Restore(Struct, tag="restore", frozen=True):
    """Take back the deletion of `message_id`: just what went with it comes back."""

    id: CommandId
    thread_id: Id
    message_id: Id


class Fork(Struct, tag="fork", frozen=True):
    """Go on in a thread of its own: a copy of the branch up to `message_id`.

    The answer names the new thread; the same `client_id` again makes no other one.
    """

    id: CommandId
    client_id: ClientId
    thread_id: Id
    message_id: Id


class Ping(Struct, tag="ping", frozen=True):
    id: CommandId


Command: TypeAlias = (
    Subscribe
    | Unsubscribe
    | Send
    | Regenerate
    | Continue
    | Stop
    | Select
    | Delete
    | Restore
    | Fork
    | Ping
)
