"""The OpenAPI document says of every route what it takes and gives, and of no other."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import get_args

import pytest
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado import web
from tornado.routing import RuleRouter

from jupyter_chat.protocol import Command
from jupyter_chat.server import openapi, routes
from jupyter_chat.server.operations import operation

EVERYTHING_ELSE = "/jupyter-chat/api(?:/.*)?"
"""The one route that is not in the document: it answers what no other does."""


def _patterns(router: RuleRouter) -> Iterator[str]:
    """Of all routes below a router, as far as they are ours."""
    for rule in router.rules:
        if isinstance(rule.target, RuleRouter):
            yield from _patterns(rule.target)
        pattern = getattr(getattr(rule.matcher, "regex", None), "pattern", "")
        found = re.search(r"/jupyter-chat.*", pattern.replace("\\-", "-"))
        if found is not None and "/static/" not in pattern:
            yield found.group().rstrip("$")


def test_every_registered_route_is_in_the_document_and_the_other_way_round(jp_serverapp):
    registered = set(_patterns(jp_serverapp.web_app.default_router))
    documented = {
        re.sub(r"\{\w+\}", "ID", path.replace(".", r"\.")) for path in routes.document()["paths"]
    }
    assert EVERYTHING_ELSE in registered
    shapes = {re.sub(r"\([^)]*\)", "ID", each) for each in registered - {EVERYTHING_ELSE}}
    assert shapes == documented


async def test_every_method_that_is_not_in_the_document_is_refused(jp_fetch):
    for path, item in routes.document()["paths"].items():
        address = re.sub(r"\{import_id\}", "0" * 32, path)
        address = re.sub(r"\{\w+\}", "0" * 36, address)
        for method in {"GET", "HEAD", "PUT", "POST", "PATCH", "DELETE"} - {
            name.upper() for name in item
        }:
            answer = await jp_fetch(
                address,
                method=method,
                allow_nonstandard_methods=True,
                raise_error=False,
                follow_redirects=False,
            )
            assert answer.code == 405, (method, path)


async def test_the_document_is_served_and_has_the_frames_too(rest):
    status, document = await rest("GET", "openapi.json")
    assert status == 200
    assert document == routes.document()
    for command in get_args(Command):
        assert command.__name__ in document["components"]["schemas"]


def test_a_method_that_nobody_described_is_an_error():
    class Forgetful(APIHandler):
        @web.authenticated
        @authorized
        def get(self) -> None: ...

        @operation("Something.", media_types=("text/plain",))
        def post(self) -> None: ...

    Forgetful.get.__module__ = Forgetful.post.__module__ = "jupyter_chat.server.forgetful"
    with pytest.raises(openapi.Undescribed, match=r"Forgetful\.get"):
        openapi.document([("jupyter-chat/api/forgotten", Forgetful)])


def test_the_routes_of_accounts_are_described_where_there_are_accounts():
    more = routes.document(routes.Kind.ACCOUNTS)["paths"].keys() - routes.document()["paths"].keys()
    assert {"/jupyter-chat/login", "/jupyter-chat/api/people/{user_id}"} <= more
    assert len(more) == len(routes.of(routes.Kind.ACCOUNTS)) - len(routes.of(routes.Kind.JUPYTER))


async def test_it_is_a_page_to_be_read_as_well(jp_fetch):
    answer = await jp_fetch("jupyter-chat/reference")
    page = answer.body.decode()
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "<script" not in page
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "script-src" not in answer.headers["Content-Security-Policy"]
    document = routes.document()
    for path, item in document["paths"].items():
        for method, said in item.items():
            assert f"<b>{method.upper()}</b> <code>{path}</code>" in page
            assert html.escape(said["summary"], quote=False).replace("'", "&#39;") in page
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert {f"type-{name}" for name in document["components"]["schemas"]} <= set(ids)
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)
