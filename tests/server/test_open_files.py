"""A server that has the chat alone may have more sockets open than the system gives by itself."""

from __future__ import annotations

import subprocess
import sys

import pytest

resource = pytest.importorskip("resource")

_TRY = """
import resource
from jupyter_chat.server.open_files import allow_many_sockets
resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}))
allow_many_sockets()
print(*resource.getrlimit(resource.RLIMIT_NOFILE))
"""
_HARD = resource.getrlimit(resource.RLIMIT_NOFILE)[1]


@pytest.mark.parametrize(
    ("soft", "hard", "after"),
    [(256, 2048, 2048), (2048, 2048, 2048), (256, _HARD, min(65_536, _HARD))],
)
def test_it_asks_for_as_many_as_it_may_have(soft: int, hard: int, after: int):
    if hard == resource.RLIM_INFINITY:
        after = 65_536
    program = _TRY.format(soft=soft, hard=hard)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [str(after), str(hard)]


def test_the_chat_alone_asks_for_them(jp_serverapp, monkeypatch):
    asked = []
    monkeypatch.setattr("jupyter_chat.app.allow_many_sockets", lambda: asked.append(True))
    (app,) = jp_serverapp.extension_manager.extension_apps["jupyter_chat"]
    app.initialize_handlers()
    assert not asked, "a server that has other things as well is left as it is"
    monkeypatch.setattr(jp_serverapp, "_starter_app", app)
    app.initialize_handlers()
    assert asked
