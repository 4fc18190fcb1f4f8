"""How browsers are signed in by the hub: with the cookie and the forms of JupyterHub's own."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tornado import web
from tornado.httputil import url_concat
from tornado.websocket import WebSocketHandler

from .api import HubAway
from .environment import HubEnvironment

if TYPE_CHECKING:
    from jupyterhub.services.auth import HubOAuth

_AWAY = "JupyterHub cannot be asked at present who you are. Try again in a moment."


class Door:
    """JupyterHub's part of OAuth, and its protection against forged requests, for handlers of
    a Jupyter server."""

    def __init__(self, environment: HubEnvironment) -> None:
        from jupyterhub.services.auth import HubOAuth

        class OAuth(HubOAuth):  # type: ignore[misc]
            def check_xsrf_cookie(self, handler: Any) -> None:
                """Tornado asks before it is known who asks, and Jupyter again after that: who
                shows an access token need not repeat a cookie."""
                if hasattr(handler, "_jupyter_current_user") and not _is_socket(handler):
                    super().check_xsrf_cookie(handler)

        self._check: Callable[[Any, Any], None] = HubOAuth.check_xsrf_cookie
        self._oauth: HubOAuth = OAuth(
            api_url=environment.api_url,
            api_token=environment.api_token,
            base_url=environment.prefix,
            oauth_client_id=environment.client_id,
            access_scopes=set(environment.access_scopes),
        )

    def may_enter(self, scopes: tuple[str, ...]) -> bool:
        """Whether these let one in here."""
        return bool(self._oauth.check_scopes(self._oauth.access_scopes, {"scopes": scopes}))

    def token(self, handler: Any) -> str | None:
        """What the browser's cookie holds, if the request comes from a page of ours, or somebody
        follows a link."""
        self._oauth._patch_xsrf(handler)  # noqa: SLF001 - as JupyterHub's own provider does
        token = self._oauth._get_token_cookie(handler)  # noqa: SLF001
        if not token:
            return None
        try:
            if not _is_socket(handler):
                self._check(self._oauth, handler)
        except web.HTTPError:
            return None
        return str(token)

    def check_socket(self, handler: Any) -> None:
        """A page elsewhere on the same host could open a socket with the cookie."""
        shown = handler.get_query_argument("_xsrf", "")
        if not hmac.compare_digest(shown.encode(), handler.xsrf_token):
            raise web.HTTPError(403)

    def lead_to_hub(self, handler: Any, next_url: str) -> None:
        """Let the hub say who it is, and come back to `next_url`."""
        told: dict[str, str] = {}
        kept: dict[str, Any] = {}
        if getattr(self._oauth, "pkce_enabled", False):  # JupyterHub 6
            verifier, challenge, method = self._oauth.generate_pkce_code_challenge()
            told = {"code_challenge": challenge, "code_challenge_method": method}
            kept = {"code_verifier": verifier}
        told["state"] = self._oauth.set_state_cookie(handler, next_url, **kept)
        handler.redirect(url_concat(self._oauth.login_url, told))

    async def come_back(self, handler: Any, code: str, state: str) -> tuple[str, str] | None:
        """Sign the browser in that comes back from the hub; its token, and where it wanted to go.
        `None`: it did not set out here, or too long ago.  Raises :class:`HubAway`."""
        oauth = self._oauth
        cookie = handler.get_secure_cookie(oauth.get_state_cookie_name(state))
        next_url = oauth.get_next_url(state)
        kept: dict[str, Any] = {}
        if getattr(oauth, "pkce_enabled", False):
            kept = {"code_verifier": oauth.get_code_verifier(state)}
        oauth.clear_oauth_state_cookies(handler)
        if not cookie or not hmac.compare_digest(cookie, state.encode()):
            return None
        oauth.clear_oauth_state(state)
        try:
            token = await oauth.token_for_code(code, sync=False, **kept)
        except web.HTTPError:
            raise HubAway(_AWAY) from None
        oauth.set_cookie(handler, token)
        return token, str(next_url)

    @property
    def logout_url(self) -> str:
        """Of the hub itself."""
        return f"{self._oauth.hub_host}{self._oauth.hub_prefix.rstrip('/')}/logout"

    def forget(self, handler: Any) -> None:
        """Let the browser forget who it was."""
        self._oauth.clear_cookie(handler)


def _is_socket(handler: Any) -> bool:
    """JupyterHub's check lets any socket pass, with a warning where the browser does not say that
    it is one; :meth:`Door.check_socket` looks at each."""
    return isinstance(handler, WebSocketHandler)
