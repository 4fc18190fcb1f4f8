"""The two cookies of who is signed in.

Scripts cannot read them, and other sites cannot send them along with anything but a link.
The access token goes with every request, the refresh token only to the chat's own addresses.
"""

from __future__ import annotations

from typing import Any

from jupyter_server.base.handlers import JupyterHandler

from ..auth.access_tokens import SECONDS
from ..auth.accounts import KeptAccounts
from ..auth.provider import access_cookie, refresh_cookie
from ..auth.sessions import Renewal

MARGIN_SECONDS = 3 * 60
"""So long before its access token runs out a page renews it."""


async def keep_signed_in(
    handler: JupyterHandler, authentication: KeptAccounts, renewal: Renewal
) -> None:
    """Give the browser new tokens."""
    session = renewal.session
    access = await authentication.access_token(session.user_id, session.id)
    options = _options(handler)
    handler.set_cookie(
        access_cookie(handler), access, path=handler.base_url, max_age=SECONDS, **options
    )
    handler.set_cookie(
        refresh_cookie(handler),
        renewal.token,
        path=_refresh_path(handler),
        max_age=authentication.sessions.seconds,
        **options,
    )


def sign_out(handler: JupyterHandler) -> None:
    """Let the browser forget both."""
    options = _options(handler)
    handler.clear_cookie(access_cookie(handler), path=handler.base_url, **options)
    handler.clear_cookie(refresh_cookie(handler), path=_refresh_path(handler), **options)


def refresh_token(handler: JupyterHandler) -> str:
    """What the browser has shown; empty: nothing."""
    return handler.get_cookie(refresh_cookie(handler)) or ""


async def renew(handler: JupyterHandler, authentication: KeptAccounts) -> bool:
    """Renew the session of the browser that asks; whether there is one that goes on."""
    token = refresh_token(handler)
    renewal = await authentication.sessions.renew(token, address(handler)) if token else None
    if renewal is not None:
        session = renewal.session
        if await authentication.watch.person(session.user_id, session.id) is not None:
            await keep_signed_in(handler, authentication, renewal)
            return True
    return False


def address(handler: JupyterHandler) -> str:
    """Whose it is; behind a proxy `ServerApp.trust_xheaders` has to be set."""
    return handler.request.remote_ip or ""


def _refresh_path(handler: JupyterHandler) -> str:
    return f"{handler.base_url}jupyter-chat/"


def _options(handler: JupyterHandler) -> dict[str, Any]:
    return {
        "httponly": True,
        "samesite": "Lax",
        "secure": handler.request.protocol == "https",
    }
