"""Somebody of whom the store knows, as a Jupyter server sees them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jupyter_server.auth.identity import User
from jupyter_server.base.handlers import APIHandler
from tornado import web

from ..protocol import PersonRole, Problem
from ..store.people import Person
from .access_tokens import Claims


@dataclass
class SignedIn(User):
    """Somebody who is signed in; `username` is the id, which stays when the name changes."""

    session_id: str = ""
    role: PersonRole = PersonRole.USER
    seconds_left: float | None = None
    """Until the access token in the cookie runs out, where the page has to renew it."""


def signed_in(person: Person, claims: Claims, *, renews: bool = False) -> SignedIn:
    """With `renews` the page has to renew what lets it in."""
    name = person.display_name or person.name
    return SignedIn(
        username=person.id,
        name=name,
        display_name=name,
        initials=None,
        avatar_url=None,
        color=person.color,
        session_id=claims.session_id,
        role=person.role,
        seconds_left=claims.seconds_left if renews else None,
    )


def refuse(handler: Any, error: Any, status: int) -> Exception:
    """What an identity provider raises where it cannot say who is asking: `error`, which has a
    problem, where the handler knows how to say it; on pages one that the server shows."""
    if isinstance(handler, APIHandler):
        return error  # type: ignore[no-any-return]
    problem: Problem = error.problem
    handler.current_user = handler._jupyter_current_user = None  # noqa: SLF001
    return web.HTTPError(status, problem.message)
