"""From bytes to text: in UTF-8, what the first bytes say, or what it looks like."""

from __future__ import annotations

import codecs
import re

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LOOKED_AT = 8_000
_SEEN = re.compile(r"[^\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\uf8ff\ufff0-\uffff]")
# What tells a text in one of these from one in another: signs that any text of that language
# has, and that bytes of another encoding rarely make.
_TELLING = (
    ("cp932", "Shift-JIS", re.compile("[\u3041-\u30fe]"), 0.15),
    ("euc_jp", "EUC-JP", re.compile("[\u3041-\u30fe]"), 0.15),
    ("euc_kr", "EUC-KR", re.compile("[\uac00-\ud7a3]"), 0.6),
    ("gb2312", "GB 2312", re.compile("[的一是了不在人有我他这中大来上个国和地到]"), 0.03),
    ("big5", "Big5", re.compile("[的一是了不在人有我他這中大來上個國和地到]"), 0.03),
)
_ENOUGH = 24
"""So many bytes that are no ASCII say something about a language."""
_GUESSED_FROM = 16_000


def decoded(data: bytes) -> tuple[str, str | None] | None:
    """The text, and the encoding that was guessed, if that is not certain; `None`: these bytes
    are no text.  The last character may be a half one."""
    encoding = next((encoding for mark, encoding in _MARKS if data.startswith(mark)), None)
    encoding = encoding or _unmarked_utf16(data)
    if encoding is None and _is_binary(data):
        return None
    text = _strict(data, encoding or "utf-8")
    if text is not None:
        return text.removeprefix("\ufeff"), None
    return _guessed(data)


def _guessed(data: bytes) -> tuple[str, str]:
    for encoding, name, telling, least in _TELLING:
        text = _strict(data, encoding)
        if text is not None:
            foreign = sum(sign > "\x7f" for sign in text)
            if len(telling.findall(text)) >= max(1, least * foreign):
                return text, name
    other = _other(data)
    if other is not None:
        text = _strict(data, other)
        if text is not None:
            return text, other.upper().replace("_", "-")
    return data.decode("cp1252", errors="replace"), "Windows-1252"


def _other(data: bytes) -> str | None:
    """What else it may be, where the package that can say so is there (with `requests`)."""
    if sum(byte > 127 for byte in data) < _ENOUGH:
        return None
    try:
        from charset_normalizer import from_bytes
    except ImportError:
        return None
    best = from_bytes(data[:_GUESSED_FROM]).best()
    return None if best is None or best.encoding == "ascii" else best.encoding


def _strict(data: bytes, encoding: str) -> str | None:
    try:
        return codecs.getincrementaldecoder(encoding)().decode(data)
    except (UnicodeDecodeError, LookupError):
        return None


def _unmarked_utf16(data: bytes) -> str | None:
    """Blanks and signs of ASCII have a zero in every text; it is always on the same side."""
    looked_at = data[: _LOOKED_AT // 2 * 2]
    even, odd = looked_at[::2].count(0), looked_at[1::2].count(0)
    encoding = "utf-16-le" if odd > even else "utf-16-be"
    if min(even, odd) * 20 > max(even, odd) or max(even, odd) * 50 < len(looked_at) // 2:
        return None
    text = _strict(looked_at, encoding)
    if not text or len(_SEEN.findall(text)) < 0.98 * len(text):
        return None
    return encoding


def _is_binary(data: bytes) -> bool:
    """No text has zeros, nor many of the other signs that nobody can see."""
    looked_at = data[:_LOOKED_AT]
    unseen = sum(byte < 9 or 13 < byte < 27 or 27 < byte < 32 for byte in looked_at)
    return b"\0" in looked_at or unseen * 50 > len(looked_at)
