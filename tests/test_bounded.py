"""What is remembered stays within its bounds."""

from __future__ import annotations

from jupyter_chat.bounded import drop_oldest


def test_what_was_put_in_last_stays() -> None:
    remembered = dict.fromkeys("abcd")
    drop_oldest(remembered, 2)
    assert list(remembered) == ["c", "d"]
    drop_oldest(remembered, 2)
    assert list(remembered) == ["c", "d"]
