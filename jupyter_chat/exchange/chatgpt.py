"""A conversation of ChatGPT's data export as a thread.

There is no official description of the format; it is known from exports that people
have published.  Whatever is not as expected costs the message it belongs to, not the
conversation.  One answer there is often a chain of nodes (thinking, a call of a tool,
its output, the text): here it is one message with several parts.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import Any

import msgspec
from msgspec import Raw, Struct

from ..engine.titles import from_question
from ..protocol import Message, Milliseconds, Role, Status, Thread, ThreadSettings, text_of
from .chatgpt_content import Author, Content, Metadata, Said, parts_of
from .derived_ids import DerivedIds
from .found import Found, Refused, possible_time, short_title
from .problems import in_a_circle, not_understood, without_parent
from .tree import parents_first

SOURCE = "chatgpt"


_NONE = Raw(b"null")


class _Conversation(Struct):
    mapping: dict[str, Raw]
    title: Any = None
    create_time: Any = None
    update_time: Any = None
    current_node: Any = None
    conversation_id: Any = None
    id: Any = None
    is_archived: Any = None


class _Node(Struct):
    message: Raw = _NONE
    parent: str | None = None


class _Message(Struct):
    author: Author
    content: Content
    create_time: Any = None
    status: Any = None
    recipient: Any = None
    metadata: Metadata | None = None


_decode_conversation = msgspec.json.Decoder(_Conversation).decode
_decode_node = msgspec.json.Decoder(_Node).decode
_decode_message = msgspec.json.Decoder(_Message).decode


def convert(data: bytes, user_id: str) -> Found:
    """Raises :class:`Refused`, or what msgspec raises for what is no JSON or has
    another form."""
    conversation = _decode_conversation(data)
    title = short_title(conversation.title)
    problems: list[str] = []
    omissions: Counter[str] = Counter()
    nodes = _nodes(conversation.mapping, problems)
    order = parents_first({name: node.parent for name, node in nodes.items()})
    if len(order) < len(nodes):
        problems.append(in_a_circle(len(nodes) - len(order)))
    said = _said(nodes, order, problems, omissions)
    source = _name(conversation)
    ids = DerivedIds(user_id, SOURCE)
    began = _time(conversation.create_time)
    if began is None:
        began = next((each.at for each in said.values() if each.at is not None), 1)
    thread_id = ids.make(f"conversation {source}", began)
    builder = _Builder(ids, source, thread_id, began)
    for name in order:
        builder.add(name, nodes[name].parent, said.get(name))
    messages = builder.finish(omissions)
    if not messages:
        raise Refused("It has no messages.", title)
    shown = conversation.current_node
    leaf_id = builder.places.get(shown) if isinstance(shown, str) else None
    thread = Thread(
        id=thread_id,
        title=title or _title_of(messages),
        settings=ThreadSettings(),
        created_at=began,
        updated_at=_time(conversation.update_time)
        or max(message.completed_at or message.created_at for message in messages),
        leaf_id=leaf_id or messages[-1].id,
        titled_by_user=title is not None,
        archived=conversation.is_archived is True,
    )
    return Found(source, thread, messages, problems, omissions)


def _nodes(mapping: dict[str, Raw], problems: list[str]) -> dict[str, _Node]:
    nodes: dict[str, _Node] = {}
    bad = 0
    for name, raw in mapping.items():
        try:
            nodes[name] = _decode_node(raw)
        except msgspec.DecodeError:
            bad += 1
    if bad:
        problems.append(not_understood(bad))
    missing = sum(node.parent is not None and node.parent not in nodes for node in nodes.values())
    if missing:
        problems.append(without_parent(missing))
    return nodes


def _said(
    nodes: dict[str, _Node], order: list[str], problems: list[str], omissions: Counter[str]
) -> dict[str, Said]:
    """What every node says that says something to be taken over."""
    said: dict[str, Said] = {}
    bad = 0
    for name in order:
        raw = nodes[name].message
        if raw == _NONE:
            continue
        try:
            message = _decode_message(raw)
        except msgspec.DecodeError:
            bad += 1
            continue
        metadata = message.metadata or Metadata()
        recipient = message.recipient if isinstance(message.recipient, str) else "all"
        parts = parts_of(message.author, message.content, metadata, recipient, omissions)
        if parts:
            said[name] = Said(
                role=Role.USER if message.author.role == "user" else Role.ASSISTANT,
                parts=parts,
                at=_time(message.create_time),
                model=_model(metadata),
                status=_status(message, metadata),
            )
    if bad:
        problems.append(not_understood(bad))
    return said


class _Builder:
    """Puts the messages of one thread together, parents first."""

    def __init__(self, ids: DerivedIds, source: str, thread_id: str, began: Milliseconds) -> None:
        self._ids = ids
        self._source = source
        self._thread_id = thread_id
        self._began = began
        self._messages: dict[str, Message] = {}
        self._said: dict[str, Said] = {}
        self._children: Counter[str] = Counter()
        self.places: dict[object, str] = {None: ""}
        """The message that each node became part of or, if it says nothing, follows."""

    def add(self, name: str, parent: str | None, said: Said | None) -> None:
        above = self.places.get(parent, "")
        if said is None:
            self.places[name] = above
            return
        before = self._messages.get(above)
        if (
            before is not None
            and before.role is Role.ASSISTANT
            and said.role is Role.ASSISTANT
            and not self._children[above]
            and self._said[above].last == parent
        ):
            self._said[above].go_on(name, said)
            self.places[name] = above
            return
        self.places[name] = self._begin(name, before, said)

    def _begin(self, name: str, before: Message | None, said: Said) -> str:
        at = said.at or (before.created_at if before is not None else self._began)
        message = Message(
            id=self._ids.make(
                f"message {self._source} {name}", at, before.id if before is not None else None
            ),
            thread_id=self._thread_id,
            parent_id=before.id if before is not None else None,
            role=said.role,
            parts=[],
            status=Status.COMPLETE,
            created_at=at,
        )
        if before is not None:
            self._children[before.id] += 1
        said.last = name
        self._messages[message.id] = message
        self._said[message.id] = said
        return message.id

    def finish(self, omissions: Counter[str]) -> list[Message]:
        """The messages by id; parents before children."""
        for message_id, said in self._said.items():
            message = self._messages[message_id]
            message.parts = [*said.joined(omissions)]
            message.status = said.status
            message.completed_at = max(said.at or 0, message.created_at)
            message.model = said.model if said.role is Role.ASSISTANT else None
        return sorted(self._messages.values(), key=lambda message: message.id)


def _name(conversation: _Conversation) -> str:
    """What the conversation is called there; one without a name is known by its nodes."""
    for name in (conversation.conversation_id, conversation.id):
        if isinstance(name, str) and name:
            return name
    return hashlib.sha256("\n".join(conversation.mapping).encode()).hexdigest()


def _time(seconds: object) -> Milliseconds | None:
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
        return None
    return possible_time(seconds * 1000)


def _model(metadata: Metadata) -> str | None:
    slug = metadata.model_slug
    return slug[:200] if isinstance(slug, str) and slug else None


def _status(message: _Message, metadata: Metadata) -> Status:
    details = metadata.finish_details
    if isinstance(details, dict) and details.get("type") == "interrupted":
        return Status.STOPPED
    return Status.INTERRUPTED if message.status == "in_progress" else Status.COMPLETE


def _title_of(messages: list[Message]) -> str | None:
    first = next((each for each in messages if each.role is Role.USER), None)
    return from_question(text_of(first)) if first is not None else None
