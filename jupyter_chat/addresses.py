"""Addresses of servers that have a name and a password in them."""

from __future__ import annotations

import re
from urllib.parse import unquote

_LOGIN = re.compile(r"(\w[\w+.-]*://)([^/?#]*)@")


def without_login(address: str) -> str:
    """The address as it may be shown."""
    return _LOGIN.sub(r"\1", address, count=1)


def login_of(address: str) -> tuple[str, str] | None:
    """Name and password, as they are meant; `None`: there are none."""
    found = _LOGIN.match(address)
    if found is None:
        return None
    name, _, password = found[2].partition(":")
    return unquote(name), unquote(password)
