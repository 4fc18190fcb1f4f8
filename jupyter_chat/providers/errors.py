"""What went wrong upstream, in words for the person.

Nothing here may repeat a key: the upstream's own words are scrubbed before they are
shown as `detail`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from ..addresses import login_of, without_login
from ..protocol import Code, Problem, Source
from ..redaction import redact
from .interface import KEPT as _KEPT
from .interface import Endpoint, ProviderError

_QUOTA = {"insufficient_quota", "credit_balance_exhausted", "billing_hard_limit_reached"}
_TOO_LONG = {
    "context_length_exceeded",
    "string_above_max_length",
    "exceed_context_size_error",  # llama.cpp
}
_NO_MODEL = {"model_not_found", "DeploymentNotFound"}
_REFUSED = {"content_filter", "content_policy_violation", "moderation_blocked", "cyber_policy"}
_STATUS_OF_CODE = {
    "rate_limit_exceeded": 429,
    "slow_down": 429,
    "invalid_api_key": 401,
    "model_not_found": 404,
    "invalid_request_error": 400,
    "invalid_prompt": 400,
    **dict.fromkeys(_QUOTA, 429),
    **dict.fromkeys(_TOO_LONG | _REFUSED, 400),
}
_MOST_DETAIL = 500
_RETRY_SECONDS = 1.0


def no_key() -> ProviderError:
    """OpenAI without a key."""
    return ProviderError(
        Problem(Code.NO_KEY, f"No API key is set. {_KEPT}: enter a key and retry.")
    )


def of_status(
    endpoint: Endpoint,
    status: int,
    *,
    code: str | None = None,
    parameter: str | None = None,
    message: str = "",
    headers: Mapping[str, str] | None = None,
) -> ProviderError:
    """An answer with an HTTP error status (or the same within a stream)."""
    retry_after = _retry_after(headers or {})
    detail = scrub(message, endpoint)
    name = server_name(endpoint)
    where = _at_the_start(name)
    if status == 404 and (code in _NO_MODEL or "model" in message.lower()):
        asked = "deployment" if endpoint.source is Source.AZURE else "model"
        return _error(
            Code.MODEL_UNKNOWN,
            f"{where} does not know this {asked}, or your key may not use it. {_KEPT}: choose "
            f"another {asked} and retry.",
            detail,
        )
    if status == 404 and code is None:
        return no_api(endpoint, message)
    if code in _TOO_LONG or "context length" in message or "context window" in message:
        return _error(
            Code.CONTEXT_TOO_LONG,
            f"The conversation is longer than the model can read. {_KEPT}: begin a new "
            "conversation, shorten the question, or choose a model with a larger window.",
            detail,
        )
    if code in _REFUSED:
        return _error(
            Code.CONTENT_REFUSED,
            f"{where} refused this content. {_KEPT}: change it and ask again.",
            detail,
        )
    if code in _QUOTA:
        return _error(
            Code.NO_QUOTA,
            f"The account at {name} has no credit left. {_KEPT}: check its plan and "
            "billing, or use another key.",
            detail,
        )
    if status in (401, 403):
        what = "refused the API key" if endpoint.key else "asks for an API key"
        return _error(
            Code.WRONG_KEY, f"{where} {what}. {_KEPT}: enter another key and retry.", detail
        )
    if status == 429:
        return _error(
            Code.RATE_LIMITED,
            f"{where} receives too many requests at the moment. {_KEPT}: "
            f"retry {_when(retry_after)}.",
            detail,
            retry_after if retry_after is not None else _RETRY_SECONDS,
        )
    if status >= 500 or status in (408, 409):
        return _error(
            Code.PROVIDER_DOWN,
            f"{where} has a problem of its own ({status}). {_KEPT}: retry {_when(retry_after)}.",
            detail,
            retry_after if retry_after is not None else _RETRY_SECONDS,
        )
    return _error(
        Code.REQUEST_REFUSED,
        f"{where} refused the request ({status}). {_KEPT}; the details say what it did not like.",
        detail,
        field=scrub(parameter or "", endpoint),
    )


def of_exception(endpoint: Endpoint, error: Exception) -> ProviderError:
    """What the `openai` package raised before there was a stream."""
    import httpx2
    import openai

    if isinstance(error, ProviderError):
        return error
    if isinstance(error, openai.APIStatusError):
        body = error.body
        return of_status(
            endpoint,
            error.status_code,
            code=code_of(error.code, error.type),
            # not always the text that the package says it is
            parameter=error.param if isinstance(error.param, str) else None,
            message=str(body.get("message", "") if isinstance(body, dict) else body or ""),
            headers=dict(error.response.headers),
        )
    if isinstance(error, openai.APIConnectionError):
        if isinstance(error.__cause__, httpx2.ReadError):
            return cut(endpoint, str(error.__cause__))
        from .transport import PrivateAddress

        if isinstance(error.__cause__, PrivateAddress):
            return private(endpoint)
        return unreachable(endpoint, str(error.__cause__ or error))
    return unreachable(endpoint, f"{type(error).__name__}: {error}")


def of_failure(endpoint: Endpoint, code: str | None, message: str) -> ProviderError:
    """An error that came as an event of the stream, where no status says its kind."""
    status = _STATUS_OF_CODE.get(code or "", 500)
    error = of_status(endpoint, status, code=code, message=message)
    error.ended = True
    return error


def unreachable(endpoint: Endpoint, reason: str) -> ProviderError:
    """No connection at all: nothing was asked, so asking again is safe."""
    what = "network" if endpoint.base_url is None else "address and the network"
    return _error(
        Code.PROVIDER_DOWN,
        f"{_at_the_start(server_name(endpoint))} cannot be reached. {_KEPT}: check the "
        f"{what}, and try again.",
        scrub(reason, endpoint),
        _RETRY_SECONDS,
    )


def private(endpoint: Endpoint) -> ProviderError:
    """The address leads to where people's requests may not go.  Where that is, and whether
    anything is there, is not told."""
    return _error(
        Code.PROVIDER_DOWN,
        f"{_at_the_start(server_name(endpoint))} is not on the internet but in the network of "
        f"this Jupyter server, where its administrator does not let the chat go. {_KEPT}: enter "
        "another address, or ask the administrator to allow it, and retry.",
        field="base_url",
    )


def no_api(endpoint: Endpoint, reason: str) -> ProviderError:
    """Something answers there, but not as it should."""
    return _error(
        Code.PROVIDER_DOWN,
        f"{_at_the_start(server_name(endpoint))} does not answer like a server of models. "
        f"{_KEPT}: check the address (it often ends in /v1), and try again.",
        scrub(reason, endpoint),
    )


def silent(endpoint: Endpoint, seconds: float) -> ProviderError:
    """Nothing has come for too long."""
    return _error(
        Code.PROVIDER_TIMEOUT,
        f"{_at_the_start(server_name(endpoint))} has said nothing for {seconds:g} seconds. "
        f"{_KEPT}.",
    )


def cut(endpoint: Endpoint, reason: str = "") -> ProviderError:
    """The stream ended before its terminal event.  Asking again may
    help; whether anything was billed is not known."""
    return _error(
        Code.STREAM_CUT,
        f"The connection to {server_name(endpoint)} broke off before the answer was "
        f"complete. {_KEPT}.",
        scrub(reason, endpoint),
        _RETRY_SECONDS,
    )


def garbled(endpoint: Endpoint, reason: str) -> ProviderError:
    """The stream made no sense before its terminal event; otherwise as :func:`cut`."""
    return _error(
        Code.STREAM_CUT,
        f"{_at_the_start(server_name(endpoint))} sent something that makes no sense before the "
        f"answer was complete. {_KEPT}.",
        scrub(reason, endpoint),
        _RETRY_SECONDS,
    )


def gone(endpoint: Endpoint, reason: str = "") -> ProviderError:
    """A reply that was to go on is no longer to be had."""
    return _error(
        Code.REPLY_GONE,
        f"{server_name(endpoint)} no longer has the rest of this answer. {_KEPT}.",
        scrub(reason, endpoint),
        ended=True,
    )


def code_of(*named: object) -> str | None:
    """The first that is a code: some servers repeat the status where OpenAI has one."""
    return next((code for code in named if isinstance(code, str) and not code.isdigit()), None)


def server_name(endpoint: Endpoint) -> str:
    """How to call the server within a sentence; never with a password in the address."""
    if endpoint.source is Source.LOCAL:
        return "the local model"
    if endpoint.base_url is None:
        return "OpenAI"
    host = without_login(endpoint.base_url).partition("://")[2].split("/")[0]
    return f"the server {host}"


def _at_the_start(name: str) -> str:
    return name[0].upper() + name[1:]


def scrub(text: str, endpoint: Endpoint) -> str | None:
    """The upstream's words without what we have sent it as a secret, and without anything
    else that looks like one."""
    secrets = [endpoint.key or ""]
    login = login_of(endpoint.base_url or "")
    if login is not None:
        secrets += [login[1], ":".join(login)]
    return redact(text, secrets)[:_MOST_DETAIL] or None


def _error(
    code: Code,
    message: str,
    detail: str | None = None,
    retry_after: float | None = None,
    field: str | None = None,
    *,
    ended: bool = False,
) -> ProviderError:
    """What happened is the message's first sentence."""
    what, _, _ = message.partition(f" {_KEPT}")
    problem = Problem(code, message, field=field, detail=detail)
    return ProviderError(problem, retry_after, what, ended=ended)


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds, from `retry-after-ms`, `retry-after`, or OpenAI's reset times."""
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    seconds = _number(headers.get("retry-after"))
    if seconds is not None:
        return seconds
    resets = [
        _duration(headers[name])
        for name in ("x-ratelimit-reset-requests", "x-ratelimit-reset-tokens")
        if name in headers and headers.get(name.replace("reset", "remaining")) == "0"
    ]
    return max((reset for reset in resets if reset is not None), default=None)


def _when(seconds: float | None) -> str:
    """When asking again may help, for whom it is too long to wait."""
    if seconds is None or seconds < 2:
        return "in a while"
    if seconds < 100:
        return f"in {math.ceil(seconds)} seconds"
    minutes = math.ceil(seconds / 60)
    if minutes < 100:
        return f"in {minutes} minutes"
    return f"in {math.ceil(minutes / 60)} hours"


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if 0 <= value < 1e6 else None


def _duration(text: str) -> float | None:
    """`1m2.5s`, `20ms`."""
    found = re.fullmatch(r"(?:(\d+)h)?(?:(\d+)m)?(?:([\d.]+)s)?(?:(\d+)ms)?", text)
    if found is None or not text:
        return None
    hours, minutes, seconds, milliseconds = (float(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + seconds + milliseconds / 1000
