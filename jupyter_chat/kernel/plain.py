"""Text for terminals, which take some characters as orders: to clear the screen, to change the
window's title, to fill the clipboard."""

from __future__ import annotations

_PICTURES = 0x2400
"""Here Unicode has pictures of the control characters."""
_STAYS = "\n\t"

_SHOWN: dict[int, str | None] = {
    **{code: chr(_PICTURES + code) for code in range(0x20) if chr(code) not in _STAYS},
    ord("\r"): None,  # of a line's end, and else it would write over the line
    0x7F: "\N{SYMBOL FOR DELETE}",
    **dict.fromkeys(range(0x80, 0xA0), "\N{REPLACEMENT CHARACTER}"),
}


def plain(text: str) -> str:
    """With every control character shown instead of sent; each stands for itself, so that a
    text may come in pieces."""
    return text.translate(_SHOWN)
