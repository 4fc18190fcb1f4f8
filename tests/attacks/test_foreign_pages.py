"""A page of another site, in a browser that is logged in, can neither do anything nor read
anything; and who is not logged in gets nothing at all.  Tried with every route of the document."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from tornado.httpclient import HTTPClientError

from .people import unknown
from .samples import Call, calls, full
from .test_malformed import value_of
from .test_other_people import KINDS

FORGED = (
    {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"},
    {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate"},
    {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"},
    {"Referer": "https://evil.example/lab"},
    {"X-XSRFToken": "guessed"},
    {"X-Requested-With": "XMLHttpRequest", "Content-Type": "application/json"},
)
HOST = "127.0.0.1"


class Browser:
    """One that has logged in: it sends its cookies wherever a page makes it."""

    def __init__(self, fetch: Any, base_url: str, cookies: dict[str, str]) -> None:
        self._fetch = fetch
        self._base_url = base_url
        self.cookies = cookies

    @property
    def headers(self) -> dict[str, str]:
        cookies = "; ".join("=".join(each) for each in self.cookies.items())
        return {"Authorization": "none", "Cookie": cookies, "Host": HOST}

    @property
    def xsrf(self) -> str:
        return self.cookies["_xsrf"].strip('"')

    async def call(self, call: Call, more: dict[str, str], query: str = "") -> Any:
        ids = unknown()
        path = re.sub(r"\{(\w+)\}", lambda at: ids[KINDS[at.group(1)]], call.path)
        body = None if call.body is None else json.dumps(full(call.body, value_of(ids)))
        return await self._fetch(
            f"{self._base_url.rstrip('/')}{path}?{query}",
            method=call.method.upper(),
            body=body,
            headers={**self.headers, **more},
            allow_nonstandard_methods=True,
            raise_error=False,
            follow_redirects=False,
        )


@pytest.fixture
async def browser(jp_fetch, http_server_client, jp_base_url) -> Browser:
    page = await jp_fetch("jupyter-chat/", headers={"Host": HOST})
    cookies = dict(each.split(";")[0].split("=", 1) for each in page.headers.get_list("Set-Cookie"))
    return Browser(http_server_client.fetch, jp_base_url, cookies)


def writing() -> list[Call]:
    return [call for call in calls() if call.writes]


async def test_nothing_is_written_without_the_token_that_only_our_pages_know(browser):
    assert len(writing()) > 10
    for call in writing():
        for forged in FORGED:
            answer = await browser.call(call, forged)
            assert answer.code in (403, 404), (str(call), forged)
            assert b"XSRF" in answer.body or b"_xsrf" in answer.body or answer.code == 404
        ours = await browser.call(call, {"X-XSRFToken": browser.xsrf})
        assert b"_xsrf" not in ours.body, str(call)
        assert b"XSRF" not in ours.body, str(call)


async def test_nothing_is_read_by_a_page_of_another_site(browser):
    for call in calls():
        if call.writes or call.is_socket or "/api/" not in call.path:
            continue
        answer = await browser.call(call, FORGED[0])
        assert answer.code in (403, 404), str(call)
        own = await browser.call(call, {})
        assert "Access-Control-Allow-Origin" not in own.headers, str(call)


async def test_who_is_not_logged_in_gets_nothing(browser):
    browser.cookies = {"_xsrf": browser.cookies["_xsrf"]}
    for call in calls():
        answer = await browser.call(call, {"X-XSRFToken": browser.xsrf})
        if "/api/" in call.path:
            assert answer.code == 403, str(call)
        else:
            assert answer.code == 302, str(call)
            assert "login" in answer.headers["Location"]


async def test_a_page_of_another_site_gets_no_socket(browser, jp_ws_fetch):
    for forged in FORGED:
        with pytest.raises(HTTPClientError) as refused:
            await jp_ws_fetch("jupyter-chat/api/socket", headers={**browser.headers, **forged})
        assert refused.value.code == 403
    origin = {"Origin": "https://evil.example"}
    with pytest.raises(HTTPClientError) as refused:
        await jp_ws_fetch(
            "jupyter-chat/api/socket",
            params={"_xsrf": browser.xsrf},
            headers={**browser.headers, **origin},
        )
    assert refused.value.code == 403
