"""All that somebody can read who runs code in their server and looks at what it answers.

What runs there runs as its person: it reads the server's memory as well as its own
(`/proc/self/mem`, a debugger), so this reads it from outside, where the reading leaves no copies.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from jupyter_chat.server.routes import Kind, document

from .hub import REPLICAS
from .person import Person

OWN = (
    *("lab", "tree", "jupyter-chat/", "jupyter-chat/api/access", "jupyter-chat/api/health"),
    *("jupyter-chat/api/about", "jupyter-chat/api/account", "jupyter-chat/api/threads"),
    *("api", "api/status", "api/me", "api/kernelspecs", "api/kernels", "api/sessions"),
    *("api/terminals", "api/contents", "api/contents/.local", "api/config/common"),
    *("api/config/jupyter_chat_config", "api/spec.yaml", "metrics", "lab/api/settings"),
    *("lab/api/workspaces", "lab/api/translations", "lab/extensions"),
)
"""What one's own server answers, whatever of it is there."""
OF_THE_HUB = (
    *("home", "token", "api/", "api/info", "api/user", "api/services"),
    *(f"api/services/{name}" for name in REPLICAS),
)
_LARGEST_MAPPING = 1 << 32


def read_all(person: Person) -> Iterator[tuple[str, bytes]]:
    """Where, and what is read there."""
    server = person.hub.server(person.name)
    for process in (server, *server.children(recursive=True)):
        where = f"process {process.name()} {process.pid}"
        yield f"environment of {where}", json.dumps(process.environ()).encode()
        yield f"command of {where}", json.dumps(process.cmdline()).encode()
        if sys.platform == "linux":
            for piece in _memory(process.pid):
                yield f"memory of {where}", piece
    for file in person.hub.home(person.name).rglob("*"):
        if file.is_file():
            yield str(file), file.read_bytes()
    for path in OWN:
        yield f"own server: {path}", person.own(path).body()
    for path in OF_THE_HUB:
        yield f"hub: {path}", person.context.request.get(f"{person.hub.url}/hub/{path}").body()
    for path in _routes_without_ids():
        yield f"service: {path}", person.rest("GET", path).body()


def _routes_without_ids() -> list[str]:
    """What the service answers by GET, from the document of its interface."""
    prefix = "/jupyter-chat/api/"
    return [
        path.removeprefix(prefix)
        for path, methods in document(Kind.HUB)["paths"].items()
        if "get" in methods and path.startswith(prefix) and "{" not in path
    ]


def _memory(pid: int) -> Iterator[bytes]:
    """What a process could read of its own memory, mapping by mapping."""
    with Path(f"/proc/{pid}/maps").open() as maps, Path(f"/proc/{pid}/mem").open("rb", 0) as memory:
        for line in maps:
            addresses, rights, *_ = line.split()
            start, end = (int(address, 16) for address in addresses.split("-"))
            if "r" not in rights or "w" not in rights or end - start > _LARGEST_MAPPING:
                continue
            try:
                memory.seek(start)
                yield memory.read(end - start)
            except OSError:
                continue  # what is no memory, such as that of a device
