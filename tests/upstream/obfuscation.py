"""The padding that hides how long a chunk is from who listens to the network."""

from __future__ import annotations

_STEP = 16
_PADS = tuple(b',"obfuscation":"%b"' % b"Qx7bTz0LmK4cWv9e"[:length] for length in range(_STEP))


def obfuscation(text: str) -> bytes:
    """The field that makes the text's length a multiple of 16."""
    return _PADS[-len(text) % _STEP]
