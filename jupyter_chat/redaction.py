"""What is logged holds no secret, also where nobody foresaw what would be logged."""

from __future__ import annotations

import base64
import logging
import re
from collections.abc import Iterable
from urllib.parse import quote

_LOOKS_SECRET = re.compile(r"(?i)(\bsk-|\bbearer\s+|key[-_ ]?[:=]\s*)[\w*./+=-]{6,}|//[^/\s@]+@")
_SHORTEST = 4
"""What is shorter is no secret, and stands in many words."""

_traceback = logging.Formatter().formatException


def redact(text: str, secrets: Iterable[str]) -> str:
    """The text without these, in whichever form, and without what looks like a secret."""
    for form in _forms(secrets):
        text = text.replace(form, "…")
    return _LOOKS_SECRET.sub("…", text)


def _forms(secrets: Iterable[str]) -> list[str]:
    """Longer ones first, so that none is left over in part."""
    plain = [secret for secret in secrets if len(secret) >= _SHORTEST]
    encoded = [base64.b64encode(secret.encode()).decode() for secret in plain]
    quoted = [quote(secret, safe="") for secret in plain]
    return sorted({*plain, *encoded, *quoted}, key=len, reverse=True)


class Redacting(logging.Filter):
    """For a logger: nothing is kept back, but these secrets are cut out of it."""

    def __init__(self, secrets: Iterable[str]) -> None:
        super().__init__()
        self._secrets = [secret for secret in secrets if secret]

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        safe = redact(message, self._secrets)
        if safe != message:
            record.msg, record.args = safe, None
        if record.exc_info and record.exc_info[0] is not None:
            trace = _traceback(record.exc_info)
            safe = redact(trace, self._secrets)
            if safe != trace:  # no formatter is to write it anew
                record.exc_info, record.exc_text = None, safe
        return True
