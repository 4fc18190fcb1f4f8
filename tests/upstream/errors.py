"""Answers with an error status, in the words of the real API."""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """An error answer; `kind` is the API's `type`."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        kind: str = "invalid_request_error",
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.param = param
        self.kind = kind
        self.headers = headers or {}

    def body(self) -> dict[str, Any]:
        return {
            "error": {
                "message": self.message,
                "type": self.kind,
                "param": self.param,
                "code": self.code,
            }
        }


def wrong_key(key: str) -> ApiError:
    if not key:
        return ApiError(
            401,
            "You didn't provide an API key. You need to provide your API key in an "
            "Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).",
        )
    shown = key if len(key) < 12 else f"{key[:8]}{'*' * (len(key) - 12)}{key[-4:]}"
    return ApiError(
        401,
        f"Incorrect API key provided: {shown}. You can find your API key at "
        "https://platform.openai.com/account/api-keys.",
        code="invalid_api_key",
    )


def wrong_key_of_azure() -> ApiError:
    return ApiError(
        401,
        "Access denied due to invalid subscription key or wrong API endpoint. Make sure to "
        "provide a valid key for an active subscription.",
        code="401",
    )


def unknown_model(name: str) -> ApiError:
    return ApiError(
        404,
        f"The model `{name}` does not exist or you do not have access to it.",
        code="model_not_found",
        param="model",
    )


def unknown_path(method: str, path: str) -> ApiError:
    return ApiError(404, f"Invalid URL ({method} {path})")


def quota() -> ApiError:
    return ApiError(
        429,
        "You exceeded your current quota, please check your plan and billing details.",
        code="insufficient_quota",
        kind="insufficient_quota",
    )


def unknown_response(response_id: str) -> ApiError:
    return ApiError(404, f"Response with id '{response_id}' not found.", param="id")


def no_longer_streamed() -> ApiError:
    return ApiError(
        400, "This response can no longer be streamed because it is more than 5 minutes old."
    )


def context_length(limit: int = 128_000) -> ApiError:
    return ApiError(
        400,
        f"This model's maximum context length is {limit} tokens. However, your messages "
        f"resulted in {limit + 1} tokens. Please reduce the length of the messages.",
        code="context_length_exceeded",
        param="messages",
    )


_BY_STATUS = {
    401: ("invalid_request_error", "invalid_api_key", "Incorrect API key provided."),
    403: ("invalid_request_error", "permission_denied", "You may not use this resource."),
    404: ("invalid_request_error", "model_not_found", "The model does not exist."),
    429: ("requests", "rate_limit_exceeded", "Rate limit reached. Please try again later."),
    500: ("server_error", "server_error", "The server had an error processing your request."),
    503: ("server_error", "server_overloaded", "The engine is currently overloaded."),
}


def of_status(
    status: int, code: str | None, message: str | None, retry_after: float | None
) -> ApiError:
    """Any status, with what usually goes with it."""
    default = "server_error" if status >= 500 else "invalid_request_error"
    kind, usual_code, usual_message = _BY_STATUS.get(
        status, (default, None, f"The request was answered with {status}.")
    )
    headers: dict[str, str] = {}
    if status == 429:
        headers = {"x-ratelimit-limit-requests": "500", "x-ratelimit-remaining-requests": "0"}
    if retry_after is not None:
        headers["retry-after"] = f"{retry_after:g}"
        headers["retry-after-ms"] = str(round(retry_after * 1000))
    return ApiError(
        status, message or usual_message, code=code or usual_code, kind=kind, headers=headers
    )
