"""`pip install` of the wheel is enough: every face of the chat is there and answers."""

from __future__ import annotations

import json
import re
import subprocess
import zipfile
from pathlib import Path

import pytest

from .conftest import Installation
from .server import ask, fetch, running_server, running_upstream

pytestmark = pytest.mark.packaging

MAX_DISTRIBUTIONS = 25


def test_the_wheel_carries_both_bundles_and_no_sources_of_them(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    shared = re.compile(r".*\.data/data/share/jupyter/labextensions/jupyter-chat-lab/")
    assert any(shared.match(name) and name.endswith("/install.json") for name in names)
    assert any(shared.match(name) and "/static/remoteEntry" in name for name in names)
    assert "jupyter_chat/static/page.js" in names
    assert "jupyter_chat/static/page.css" in names
    assert "jupyter_chat/server/templates/page.html" in names
    assert not [name for name in names if name.endswith((".ts", ".tsx")) or "node_modules" in name]


def test_jupyter_finds_both_extensions(installation: Installation) -> None:
    servers = installation.output_of("jupyter", "server", "extension", "list")
    assert re.search(r"jupyter_chat\S* .*enabled", servers), servers
    assert re.search(r"jupyter_chat .*OK", servers), servers
    labs = installation.output_of("jupyter", "labextension", "list")
    assert re.search(r"jupyter-chat-lab v\S+ .*enabled OK", labs), labs


@pytest.mark.parametrize(
    ("face", "page"),
    [("lab", "lab"), ("notebook", "tree"), ("chat", "jupyter-chat/")],
)
async def test_a_question_is_answered(
    installation: Installation, tmp_path: Path, face: str, page: str
) -> None:
    async with (
        running_upstream() as upstream,
        running_server(installation, tmp_path, face, upstream) as server,
    ):
        html = await fetch(server, page)
        if face == "chat":
            assert "jupyter_chat/page.js" in html
            assert await fetch(server, "static/jupyter_chat/page.js")
            assert await fetch(server, "static/jupyter_chat/page.css")
        else:
            (bundle,) = re.findall(
                r'"load": "(static/remoteEntry[^"]+)", "name": "jupyter-chat-lab"', html
            )
            assert await fetch(server, f"lab/extensions/jupyter-chat-lab/{bundle}")

        answer = await ask(server, "What is the capital of France?")
    assert answer.status == "complete", answer
    assert answer.text
    assert answer.text == "".join(answer.deltas)


def test_starting_the_server_loads_nothing_that_can_wait(installation: Installation) -> None:
    program = (
        "import json, sys, jupyter_chat; jupyter_chat._jupyter_server_extension_points();"
        "print(json.dumps([name for name in sys.modules if '.' not in name]))"
    )
    done = subprocess.run(
        [installation.python, "-c", program],
        cwd=installation.folder,
        env=installation.variables(),
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(json.loads(done.stdout))
    late = {
        "argon2",
        "jwt",
        "jupyterhub",
        "openai",
        "aiohttp",
        "pymongo",
        "cryptography",
        "snowballstemmer",
        "ipywidgets",
        "anywidget",
        "tiktoken",
    }
    assert not loaded & late


def test_few_distributions_come_with_it(installation: Installation) -> None:
    program = Path(__file__).with_name("distributions.py").read_text(encoding="utf-8")
    done = subprocess.run(
        [installation.python, "-c", program, "jupyter-chat", "jupyterlab"],
        cwd=installation.folder,
        env=installation.variables(),
        capture_output=True,
        text=True,
        check=True,
    )
    added = json.loads(done.stdout)
    assert len(added) <= MAX_DISTRIBUTIONS, added
