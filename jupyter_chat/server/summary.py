"""How a request that went wrong is called in the log."""

from __future__ import annotations


class NoQueryInLog:
    """Mixed into handlers: what stands after the `?` may be a token against forged requests, or a
    code of the hub."""

    def _request_summary(self) -> str:  # Tornado asks for it
        request = self.request  # type: ignore[attr-defined]
        return f"{request.method} {request.path} ({request.remote_ip})"
