"""Kernels of this server may use the chat: each gets its address and a token of its own.

A token opens the chat and nothing else of the server, in the name of whoever started the
kernel, and for as long as that kernel runs.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Awaitable, Callable
from typing import Any

from jupyter_server.auth.identity import IdentityProvider
from jupyter_server.auth.identity import User as JupyterUser
from jupyter_server.base.call_context import CallContext
from jupyter_server.serverapp import ServerApp
from tornado import web

from ..protocol import KERNEL_SCHEME, KERNEL_TOKEN, KERNEL_URL
from ..store import STORE_URL, vault

_SECRETS = (vault.ENVIRONMENT, STORE_URL)
"""Variables of the server's environment that are no kernel's business: it reaches the chat
through the server."""

_EVERYWHERE = ("", "*", "0.0.0.0", "::")  # noqa: S104 - compared with, not listened on


class KernelTokens:
    """Who is behind each token; only their hashes are kept."""

    def __init__(self, runs: Callable[[str], bool]) -> None:
        """`runs` says whether the kernel of this id is there (still, or just starting)."""
        self._runs = runs
        self._kernels: dict[bytes, tuple[str, JupyterUser]] = {}

    def issue(self, kernel_id: str, user: JupyterUser) -> str:
        """A new token for a kernel."""
        for digest, (known, _) in list(self._kernels.items()):
            if not self._runs(known):
                del self._kernels[digest]
        token = secrets.token_urlsafe(32)
        self._kernels[_digest(token)] = (kernel_id, user)
        return token

    def user(self, token: str | None) -> JupyterUser | None:
        """In whose name the token is used; `None`: it is none, or its kernel has ended."""
        if token is None:
            return None
        kernel_id, user = self._kernels.get(_digest(token), (None, None))
        return user if kernel_id is not None and self._runs(kernel_id) else None


class FromKernels:
    """Mixed into handlers that kernels may use."""

    from_kernel = False
    services: Any

    @property
    def identity_provider(self) -> Any:
        provider = super().identity_provider  # type: ignore[misc]
        return KernelIdentity(provider, self.services.kernel_tokens)

    def still_let_in(self) -> bool:
        """Whether the kernel that opened this, if one did, is still there."""
        token = _shown(self)
        return token is None or self.services.kernel_tokens.user(token) is not None


class KernelIdentity:
    """The server's own identity provider, and before it the tokens of kernels."""

    def __init__(self, provider: IdentityProvider, tokens: KernelTokens) -> None:
        self._provider = provider
        self._tokens = tokens

    def get_user(self, handler: web.RequestHandler) -> Any:
        token = _shown(handler)
        if token is None:
            return self._provider.get_user(handler)
        user = self._tokens.user(token)
        if user is not None:
            # As with Jupyter's own tokens: who shows one in a header is no foreign page.
            handler._token_authenticated = True  # type: ignore[attr-defined]  # noqa: SLF001
            handler.from_kernel = True  # type: ignore[attr-defined]
        return user

    def __getattr__(self, name: str) -> Any:
        return getattr(self._provider, name)


class StartingKernels:
    """Puts what a kernel needs to find the chat into its environment, and takes the secrets
    of the chat out of it."""

    def __init__(self, serverapp: ServerApp) -> None:
        self._serverapp = serverapp
        self._starting: set[str] = set()
        self.tokens = KernelTokens(self._runs)

    def watch(self) -> None:
        """From now on; a gateway's kernels have another environment."""
        manager = self._serverapp.kernel_manager
        if self._serverapp.gateway_config.gateway_enabled:
            return
        start: Callable[..., Awaitable[str]] = manager.start_kernel

        async def start_kernel(*, kernel_id: str | None = None, **options: Any) -> str:
            if kernel_id is not None and kernel_id in manager:
                return await start(kernel_id=kernel_id, **options)
            kernel_id = kernel_id or manager.new_kernel_id(**options)
            given = dict(options.get("env") or os.environ)
            for name in _SECRETS:
                given.pop(name, None)
            options["env"] = {**given, **self._variables(kernel_id)}
            self._starting.add(kernel_id)
            try:
                return await start(kernel_id=kernel_id, **options)
            finally:
                self._starting.discard(kernel_id)

        manager.start_kernel = start_kernel  # type: ignore[method-assign]

    def _variables(self, kernel_id: str) -> dict[str, str]:
        user = _asking()
        if user is None or self._serverapp.sock:  # where nothing listens but a file
            return {}
        token = self.tokens.issue(kernel_id, user)
        return {KERNEL_URL: _reachable(self._serverapp), KERNEL_TOKEN: token}

    def _runs(self, kernel_id: str) -> bool:
        return kernel_id in self._starting or kernel_id in self._serverapp.kernel_manager


def _shown(handler: Any) -> str | None:
    """The token of a kernel that comes with a request."""
    scheme, _, token = handler.request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == KERNEL_SCHEME else None


def _asking() -> JupyterUser | None:
    """Whose request is being answered; `None`: the server starts a kernel by itself."""
    handler = CallContext.get(CallContext.JUPYTER_HANDLER)
    user = getattr(handler, "current_user", None)
    return user if isinstance(user, JupyterUser) else None


def _reachable(serverapp: ServerApp) -> str:
    """The server's address as its own machine sees it."""
    scheme = "https" if serverapp.certfile else "http"
    host = "127.0.0.1" if serverapp.ip in _EVERYWHERE else serverapp.ip
    if ":" in host:
        host = f"[{host}]"
    return f"{scheme}://{host}:{serverapp.port}{serverapp.base_url}"


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
