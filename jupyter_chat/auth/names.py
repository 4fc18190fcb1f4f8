"""What people may call themselves, and what passwords they may choose."""

from __future__ import annotations

import re
import unicodedata

from ..engine.errors import Invalid
from ..store.people import folded

MOST_NAME = 64
LEAST_PASSWORD = 8
MOST_PASSWORD = 1000
_NAME = re.compile(r"\w[\w.@+\-]*")


def login_name(text: str) -> str:
    """The name that was typed, or :class:`Invalid`."""
    name = unicodedata.normalize("NFC", text.strip())
    if not name:
        raise Invalid("Choose a name to sign in with.", "name")
    if len(name) > MOST_NAME:
        raise Invalid(f"A name may have {MOST_NAME} characters at most.", "name")
    if not _NAME.fullmatch(name):
        raise Invalid(
            "A name begins with a letter or a digit and has letters, digits and . _ - + @ only.",
            "name",
        )
    return name


def new_password(password: str, name: str, field: str = "password") -> str:
    """The password that was chosen, or :class:`Invalid`."""
    if len(password) < LEAST_PASSWORD:
        raise Invalid(f"A password needs {LEAST_PASSWORD} characters at least.", field)
    if len(password) > MOST_PASSWORD:
        raise Invalid(f"A password may have {MOST_PASSWORD} characters at most.", field)
    if folded(password) == folded(name):
        raise Invalid("The password must not be the name.", field)
    return password


def display_name(text: str | None) -> str | None:
    """What one wants to be called, without white space around it; nothing is `None`."""
    name = " ".join((text or "").split())
    if not name.isprintable():
        raise Invalid("This name has characters in it that cannot be seen.", "display_name")
    return name or None
