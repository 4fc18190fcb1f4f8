"""How many distributions an installation brings beyond JupyterLab's own."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from .figures import Figure


def added() -> list[Figure]:
    """Follow the requirements of what is installed here."""
    ours = _closure("jupyter-chat") - _closure("jupyterlab")
    return [Figure("distributions_added", value=float(len(ours)), beside=", ".join(sorted(ours)))]


def _closure(name: str) -> set[str]:
    """The distribution and all that it requires."""
    found: set[str] = set()
    waiting = [Requirement(name)]
    seen: set[tuple[str, str]] = set()
    while waiting:
        requirement = waiting.pop()
        for extra in ("", *requirement.extras):
            key = canonicalize_name(requirement.name), extra
            if key in seen:
                continue
            seen.add(key)
            try:
                requires = distribution(key[0]).requires or []
            except PackageNotFoundError:
                continue
            found.add(key[0])
            waiting += [
                each
                for each in map(Requirement, requires)
                if each.marker is None or each.marker.evaluate({"extra": extra})
            ]
    return found
