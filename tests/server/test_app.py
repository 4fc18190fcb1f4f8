"""The command `jupyter chat`."""

from __future__ import annotations

import pytest

from jupyter_chat.app import ChatApp


@pytest.mark.parametrize(
    "option", ["--port=", "--ip=", "--no-browser", "--allow-root", "--accounts"]
)
def test_the_help_lists_what_people_look_for(capsys: pytest.CaptureFixture[str], option: str):
    ChatApp().print_help()
    assert f"\n{option}" in capsys.readouterr().out
