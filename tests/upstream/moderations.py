"""What the moderation endpoint says: texts and pictures with a certain word in them are violent."""

from __future__ import annotations

import base64
from typing import Any

from .errors import ApiError

VIOLENT = "scripted-violence"
DOWN = "scripted-outage"

_MODELS = ("omni-moderation-latest", "omni-moderation-2024-09-26")
_CATEGORIES = (
    *("harassment", "harassment/threatening", "hate", "hate/threatening"),
    *("illicit", "illicit/violent"),
    *("self-harm", "self-harm/intent", "self-harm/instructions"),
    *("sexual", "sexual/minors", "violence", "violence/graphic"),
)


def moderation(number: int, body: Any) -> dict[str, Any]:
    """Raises :class:`ApiError` where the request is wrong, or asks for an outage."""
    if not isinstance(body, dict) or set(body) - {"input", "model"}:
        raise ApiError(400, "Unrecognized request argument supplied.")
    given = body.get("input")
    texts = [given] if isinstance(given, str) else given
    if isinstance(texts, list) and any(isinstance(each, dict) for each in texts):
        texts = [_seen(texts)]
    if not isinstance(texts, list) or not texts or not all(isinstance(x, str) for x in texts):
        raise ApiError(400, "Invalid value for 'input'.", param="input")
    model = body.get("model", _MODELS[0])
    if model not in _MODELS:
        raise ApiError(400, f"Invalid value for 'model' = {model}.", param="model")
    if any(DOWN in text for text in texts):
        raise ApiError(500, "The server had an error.", kind="server_error")
    return {"id": f"modr-{number}", "model": model, "results": [_result(text) for text in texts]}


def _seen(parts: list[Any]) -> str:
    """What texts and one picture say together."""
    said = [str(part["text"]) for part in parts if part.get("type") == "text"]
    images = [part["image_url"]["url"] for part in parts if part.get("type") == "image_url"]
    if len(images) > 1:
        raise ApiError(
            400,
            f"Number of images ({len(images)}) exceeds maximum of 1",
            param="input",
            code="too_many_images",
        )
    if len(said) + len(images) != len(parts):
        raise ApiError(400, "Invalid value for 'input'.", param="input")
    for url in images:
        head, _, data = url.partition(",")
        if not head.startswith("data:image/") or not head.endswith(";base64"):
            raise ApiError(400, "Failed to download image.", param="input")
        said.append(base64.b64decode(data).decode("latin-1"))
    return "\n".join(said)


def _result(text: str) -> dict[str, Any]:
    found = {name: name == "violence" and VIOLENT in text for name in _CATEGORIES}
    return {
        "flagged": any(found.values()),
        "categories": found,
        "category_scores": {name: 0.99 if is_so else 0.01 for name, is_so in found.items()},
        "category_applied_input_types": {name: ["text"] for name in _CATEGORIES},
    }
