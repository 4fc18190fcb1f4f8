"""Prints what a distribution brings along beyond another one's requirements, as JSON.

Run in the environment in question: `python -c PROGRAM jupyter-chat jupyterlab`.
"""

from __future__ import annotations

import json
import sys
from importlib.metadata import requires

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def closure(
    name: str, extras: frozenset[str] = frozenset(), seen: set[str] | None = None
) -> set[str]:
    """The names of a distribution and of all that it requires here."""
    seen = set() if seen is None else seen
    seen.add(canonicalize_name(name))
    for requirement in map(Requirement, requires(name) or ()):
        wanted = any(
            requirement.marker is None or requirement.marker.evaluate({"extra": extra})
            for extra in extras or {""}
        )
        known = canonicalize_name(requirement.name) in seen and not requirement.extras
        if wanted and not known:
            closure(requirement.name, frozenset(requirement.extras), seen)
    return seen


if __name__ == "__main__":
    product, base = sys.argv[1:]
    print(json.dumps(sorted(closure(product) - closure(base) - {canonicalize_name(product)})))
