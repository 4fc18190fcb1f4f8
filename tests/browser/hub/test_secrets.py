"""What the service knows of the hub's secrets, nobody finds who has a server there."""

from __future__ import annotations

import base64
import sys
from urllib.parse import quote

import pytest

from .conftest import Work
from .hub import Hub
from .readable import read_all

pytestmark = pytest.mark.xdist_group("hub")

NAMES = ("JUPYTER_CHAT_KEYS", "JUPYTER_CHAT_STORE_URL", "OPENAI_API_KEY")


def forms(secret: str) -> set[bytes]:
    """A secret as it is, and as it may be written."""
    plain = secret.encode()
    encoded = base64.b64encode(plain).rstrip(b"=")[:-1]
    quoted = quote(secret, safe="").encode()
    return {plain, quoted, encoded}


def test_what_only_the_service_may_know_is_nowhere_in_a_persons_server(hub: Hub, at_work: Work):
    ada, chat = at_work("ada")
    chat.ask('Any secrets? [[text="None."]]')
    chat.expect_answer(0, "None.")
    chat.expect_idle()
    ada.run(
        "%load_ext jupyter_chat\n%chat Any here? [[text=None]]\n"
        "import os; open('environment', 'w').write(repr(dict(os.environ)))",
        keep=True,
    )
    sought = {name: forms(hub.service[name]) for name in NAMES}
    # found it must be, or this looks in the wrong places
    known = {"the own token": forms(hub.server("ada").environ()["JUPYTERHUB_API_TOKEN"])}
    found: dict[str, set[str]] = {}
    places = 0
    for where, content in read_all(ada):
        places += 1
        for name, written in {**sought, **known}.items():
            if any(form in content for form in written):
                found.setdefault(name, set()).add(where.partition(":")[0])
    assert places > 50
    seen = " ".join(found.pop("the own token"))
    assert "environment of" in seen
    assert "environment" in seen.replace("environment of", ""), "the file that the kernel wrote"
    assert sys.platform != "linux" or "memory of" in seen
    assert found == {}


def test_what_is_looked_for_is_in_the_service(hub: Hub):
    environment = hub.replica("chat-1").environ()
    assert {name: environment[name] for name in NAMES} == {
        name: hub.service[name] for name in NAMES
    }
