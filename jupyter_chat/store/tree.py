"""The message tree as its nodes, sorted by id: nearly, but where clocks differ not always,
parents before children."""

from __future__ import annotations

from .errors import NotFound
from .types import Node


def newest_leaf(nodes: list[Node], message_id: str) -> str:
    """The newest message that ends a branch through `message_id`: of its children the
    newest, of that one's children the newest, and so on."""
    newest_child = {node.parent_id: node.id for node in nodes}
    while message_id in newest_child:
        message_id = newest_child[message_id]
    return message_id


def below(nodes: list[Node], message_id: str) -> list[str]:
    """A message and all that follows it, on every branch."""
    return [message_id, *_following(nodes, message_id)]


def _following(nodes: list[Node], parent_id: str | None) -> list[str]:
    children: dict[str | None, list[str]] = {}
    for node in nodes:
        children.setdefault(node.parent_id, []).append(node.id)
    found = list(children.get(parent_id, ()))
    for each in found:  # it grows meanwhile
        found += children.get(each, ())
    return found


def leaf_without(nodes: list[Node], message_id: str) -> str | None:
    """The branch to show in place of those through a message: that of the version before
    it, else of the one after it, else it ends at the parent (`None`: nothing is left)."""
    parent_id = require(nodes, message_id).parent_id
    versions = [node.id for node in nodes if node.parent_id == parent_id]
    place = versions.index(message_id)
    others = versions[:place][-1:] or versions[place + 1 :][:1]
    return newest_leaf(nodes, others[0]) if others else parent_id


def reachable(nodes: list[Node]) -> list[Node]:
    """Without those below something that is not among them."""
    found = set(_following(nodes, None))
    return [node for node in nodes if node.id in found]


def require(nodes: list[Node], message_id: str) -> Node:
    """Raises :class:`NotFound` where it is not among them."""
    for node in nodes:
        if node.id == message_id:
            return node
    raise NotFound("message")
