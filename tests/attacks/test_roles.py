"""To be let in to read is not the right to write; and the chat changes nothing of the server
that it is loaded into."""

from __future__ import annotations

import json
import os
import re
from typing import Any

import pytest
from jupyter_server.auth.authorizer import Authorizer
from tornado.httpclient import HTTPClientError

from jupyter_chat.protocol import KERNEL_TOKEN, KERNEL_URL

from .people import login, unknown
from .samples import calls, full
from .test_malformed import value_of
from .test_other_people import KINDS


class Readers(Authorizer):
    """Everybody may read, but for Ada, who may do everything, and Eve, who may do nothing."""

    def is_authorized(self, handler: Any, user: Any, action: str, resource: str) -> bool:
        if user.username == "eve":
            return False
        return user.username == "ada" or action == "read"


@pytest.fixture
def jp_server_config(people_config) -> dict[str, Any]:
    people_config["ServerApp"]["authorizer_class"] = f"{__name__}.Readers"
    return people_config


async def status(fetch: Any, base_url: str, call: Any, person: str) -> int:
    ids = unknown()
    path = re.sub(r"\{(\w+)\}", lambda at: ids[KINDS[at.group(1)]], call.path)
    answer = await fetch(
        f"{base_url.rstrip('/')}{path}",
        method=call.method.upper(),
        body=None if call.body is None else json.dumps(full(call.body, value_of(ids))),
        headers=login(person),
        allow_nonstandard_methods=True,
        raise_error=False,
        follow_redirects=False,
    )
    return int(answer.code)


async def test_who_may_read_may_not_write(http_server_client, jp_base_url):
    for call in calls():
        if call.is_socket:
            continue
        code = await status(http_server_client.fetch, jp_base_url, call, "bob")
        is_for_others = call.writes or "/api/admin/" in call.path
        assert (code == 403) == is_for_others, str(call)


async def test_who_may_do_nothing_may_do_nothing(http_server_client, jp_base_url):
    for call in calls():
        code = await status(http_server_client.fetch, jp_base_url, call, "eve")
        # The address without a slash says where the page is, and nothing else.
        assert code == (302 if call.path == "/jupyter-chat" else 403), str(call)


async def test_who_may_read_gets_no_socket_because_it_takes_commands(jp_ws_fetch, connect):
    for person in ("bob", "eve"):
        with pytest.raises(HTTPClientError) as refused:
            await jp_ws_fetch("jupyter-chat/api/socket", headers=login(person))
        assert refused.value.code == 403
    await connect(headers=login("ada"))


def test_the_server_is_as_it_was(jp_serverapp):
    """Nothing is shown that was hidden, and no process inherits what it did not."""
    assert jp_serverapp.contents_manager.allow_hidden is False
    assert jp_serverapp.allow_origin == ""
    assert jp_serverapp.disable_check_xsrf is False
    assert not {KERNEL_URL, KERNEL_TOKEN, "JUPYTER_CHAT_KEYS"} & set(os.environ)
    assert "Access-Control-Allow-Origin" not in jp_serverapp.web_app.settings.get("headers", {})
