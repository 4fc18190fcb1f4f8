"""Putting the messages of a tree in order, whatever a file says about them."""

from __future__ import annotations

from collections.abc import Mapping


def parents_first(parents: Mapping[str, str | None]) -> list[str]:
    """The nodes, each after its parent, otherwise in the order given; those without a
    known parent are roots.  Nodes that follow each other in a circle are left out."""
    children: dict[str | None, list[str]] = {}
    for node, parent in parents.items():
        children.setdefault(parent if parent in parents else None, []).append(node)
    order = children.get(None, [])
    for node in order:  # grows meanwhile
        order.extend(children.get(node, ()))
    return order
