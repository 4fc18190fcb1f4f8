"""On a server with accounts there is the chat, and nothing else: on any route, for anybody."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies
from tornado import web
from tornado.routing import PathMatches, Rule, RuleRouter

from jupyter_chat.app import ACCOUNTS

from .accounts import Browser

LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789-._~/"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
BASE = "/base/"
PUBLIC = {f"{BASE}": 302, f"{BASE}login": 302}
"""What leads to the chat."""


@pytest.fixture
def jp_server_config(jp_server_config: dict[str, Any], cheap_hashes: None) -> dict[str, Any]:
    """With all that comes with JupyterLab beside the chat."""
    jp_server_config["ServerApp"].update(ACCOUNTS)
    jp_server_config["ServerApp"]["jpserver_extensions"].update(
        {"jupyterlab": True, "jupyter_lsp": True, "notebook": True}
    )
    jp_server_config["ServerApp"]["jpserver_extensions"]["jupyter_server_terminals"] = True
    return jp_server_config


@pytest.fixture
def jp_base_url() -> str:
    return BASE


@pytest.fixture
async def browser(http_server_client, jp_base_url) -> AsyncIterator[Browser]:
    browser = Browser(http_server_client.get_url(jp_base_url))
    yield browser
    await browser.close()


@pytest.fixture
async def admin(browser: Browser, services) -> Browser:
    code = await services.authentication.invitations.for_first_admin()
    assert (await browser.register("Root", code)).status == 302
    return browser


def rules_of(router: RuleRouter) -> Iterator[Rule]:
    for rule in router.rules:
        if isinstance(rule.target, RuleRouter):
            yield from rules_of(rule.target)
        else:
            yield rule


def a_path(rule: Rule) -> str:
    """The shortest one that the rule matches."""
    assert isinstance(rule.matcher, PathMatches)
    pattern = rule.matcher.regex.pattern
    pattern = re.sub(r"\(\?P<\w+>", "(", pattern).removeprefix("^").removesuffix("$")
    if pattern in ("(.*)", ".*"):
        return f"{BASE}nowhere"
    paths = strategies.from_regex(
        re.compile(pattern), fullmatch=True, alphabet=strategies.sampled_from(LETTERS)
    )
    quick = hypothesis.settings(
        database=None,
        max_examples=3,
        deadline=None,
        derandomize=True,
        phases=[hypothesis.Phase.generate],
    )
    try:
        return hypothesis.find(paths, lambda _: True, settings=quick)
    except hypothesis.errors.HypothesisException:  # a pattern that needs other letters
        wider = strategies.from_regex(re.compile(pattern, re.ASCII), fullmatch=True)
        return hypothesis.find(wider, lambda _: True, settings=quick)


def is_ours(rule: Rule) -> bool:
    target = rule.target
    return isinstance(target, type) and target.__module__.startswith("jupyter_chat.")


async def test_every_route_that_is_not_the_chats_answers_403(admin: Browser, jp_serverapp):
    rules = list(rules_of(jp_serverapp.web_app.default_router))
    names = {getattr(rule.target, "__module__", "").partition(".")[0] for rule in rules}
    assert {"jupyter_server", "jupyterlab_server", "jupyterlab", "notebook"} <= names
    others = [rule for rule in rules if not is_ours(rule)]
    assert len(others) > 60
    opened, asked = [], set()
    static = f"{BASE}static/jupyter_chat/"
    for rule in others:
        path = a_path(rule)
        if path in asked or path.startswith(static):
            continue
        asked.add(path)
        for method in METHODS:
            if path in PUBLIC and method in ("GET", "HEAD"):
                continue
            status = await answer_to(admin, method, path)
            if status != 403:
                opened.append((method, path, status, rule.target))
    assert opened == []
    assert (await admin.me())["role"] == "admin"


NOT_HERE = (
    *("api", "api/status", "api/contents", "api/contents/x.txt", "api/kernels"),
    *("api/kernelspecs", "api/sessions", "api/terminals", "api/config/notebook", "api/me"),
    *("api/shutdown", "api/events", "api/spec.yaml", "api/nbconvert"),
    *("lab", "lab/tree", "lab/workspaces/x", "lab/api/settings", "lab/api/workspaces"),
    *("lab/extensions/jupyter-chat-lab/package.json", "tree", "notebooks/x.ipynb", "edit/x"),
    *("files/x.txt", "view/x.txt", "nbconvert/html/x.ipynb", "terminals/1", "consoles/x"),
    *("metrics", "logout", "kernelspecs/python3/logo-64x64.png", "lsp/status", "lsp/ws/x"),
    *("static/components/x.js", "static/lab/index.html", "custom/custom.css", "favicon.ico"),
    *("api/kernels/00000000-0000-0000-0000-000000000000/channels", "nowhere"),
    *("jupyter-chat/../lab", "jupyter_chat/x", "api/security/csp-report"),
)


async def test_these_are_not_there_for_anybody(admin: Browser):
    stranger = Browser(admin.url)
    for path in NOT_HERE:
        for method in ("GET", "POST"):
            assert await answer_to(admin, method, BASE + path) == 403, path
        assert await answer_to(stranger, "GET", BASE + path) == 403, path
    await stranger.close()


async def test_files_beside_those_of_the_page_are_not_given(admin: Browser):
    for path in ("../style/style.min.css", "../../api/kernels", "%2e%2e/style/style.min.css"):
        status = await answer_to(admin, "GET", f"{BASE}static/jupyter_chat/{path}")
        assert status in (403, 404), path


async def test_a_route_that_is_added_later_is_not_there_either(admin: Browser, jp_serverapp):
    class Careless(web.RequestHandler):
        def get(self) -> None:
            self.write("all there is")

    another = web.Application([(f"{BASE}elsewhere", Careless)])
    web_app = jp_serverapp.web_app
    web_app.settings["allow_unauthenticated_access"] = True  # lest it warns
    web_app.add_handlers(".*$", [(f"{BASE}careless", Careless)])
    web_app.default_router.rules.insert(0, Rule(PathMatches(f"{BASE}elsewhere"), another))
    for path in ("careless", "elsewhere"):
        assert await answer_to(admin, "GET", BASE + path) == 403


async def test_the_short_addresses_lead_to_the_chat(browser: Browser):
    for path, status in PUBLIC.items():
        assert await answer_to(browser, "GET", path) == status
    assert (await browser.get("jupyter-chat/login"))[0] == 200


async def test_no_kernel_is_told_of_the_chat(jp_serverapp):
    manager = jp_serverapp.kernel_manager
    assert "start_kernel" not in vars(manager)


async def answer_to(browser: Browser, method: str, path: str) -> int:
    headers = {"X-XSRFToken": browser.cookie("_xsrf")}
    root = Browser.__new__(Browser)
    root.url = browser.url.removesuffix(BASE)
    async with browser.session.request(
        method, root.at(path), headers=headers, allow_redirects=False
    ) as answer:
        return answer.status
