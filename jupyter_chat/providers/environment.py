"""The endpoint that the server's environment names."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

from ..protocol import Source
from .interface import Endpoint
from .local import local_model_available

KEY_VARIABLES = ("OPENAI_API_KEY", "AZURE_OPENAI_API_KEY")


def endpoint_from_environment() -> Endpoint | None:
    """Where replies come from for people who have set nothing themselves.

    The variables are those of the `openai` package; an address beats Azure, Azure
    beats the plain key, and where none is set an installed local model is used.
    """
    address = _variable("OPENAI_BASE_URL")
    key = _variable("OPENAI_API_KEY")
    if address is not None:
        source = Source.OPENAI if _is_openai(address) else Source.COMPATIBLE
        return Endpoint(source=source, base_url=address, key=key)
    azure = _variable("AZURE_OPENAI_ENDPOINT")
    if azure is not None:
        return Endpoint(
            source=Source.AZURE,
            base_url=azure,
            key=_variable("AZURE_OPENAI_API_KEY"),
            azure_api_version=_variable("OPENAI_API_VERSION"),
        )
    if key is not None:
        return Endpoint(source=Source.OPENAI, key=key)
    if local_model_available():
        return Endpoint(source=Source.LOCAL)
    return None


def moderation_from_environment() -> Endpoint | None:
    """Where texts are looked at, if not where the answers come from."""
    key = _variable("JUPYTER_CHAT_MODERATION_KEY")
    address = _variable("JUPYTER_CHAT_MODERATION_URL")
    if address is not None:
        return Endpoint(source=Source.COMPATIBLE, base_url=address, key=key)
    return Endpoint(source=Source.OPENAI, key=key) if key is not None else None


def _is_openai(address: str) -> bool:
    """Whether the address is OpenAI's own, perhaps that of a region."""
    try:
        host = urlsplit(address).hostname or ""
    except ValueError:
        return False
    return host == "api.openai.com" or host.endswith(".api.openai.com")


def _variable(name: str) -> str | None:
    return os.environ.get(name, "").strip() or None
