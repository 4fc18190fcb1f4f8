"""The page keeps to a strict policy, and nothing that people do with it needs more."""

from __future__ import annotations

import io
import json
import re
import urllib.request

import pytest
from PIL import Image
from playwright.sync_api import Browser, expect

from .chat import open_chat
from .jupyter import Jupyter
from .test_attaching import attachments, choose
from .watched import watch

MARKDOWN = """# Everything

| a | b |
| - | - |
| 1 | $x^2$ |

$$\\sum_{i=1}^{n} \\sqrt[3]{\\frac{i}{\\color{red} 2}} \\begin{pmatrix} 1 \\\\ 3 \\end{pmatrix}$$

```python
def f(x: int) -> str:
    return f"{x!r}"
```

```mermaid
graph TD; A-->B
```

- [x] done
- [ ] open

![A chart](https://images.example/chart.png)
"""


def a_picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(file, "PNG")
    return file.getvalue()


def headers(jupyter: Jupyter, path: str) -> dict[str, str]:
    request = urllib.request.Request(
        f"{jupyter.url}/{path}", headers={"Authorization": f"token {jupyter.token}"}
    )
    with urllib.request.urlopen(request) as answer:
        return dict(answer.headers)


def policy(headers: dict[str, str]) -> dict[str, str]:
    parts = [part.strip().partition(" ") for part in headers["Content-Security-Policy"].split(";")]
    return {name: value for name, _, value in parts}


@pytest.fixture(scope="module")
def jupyter(start_shared) -> Jupyter:
    return start_shared("chat")


def test_it_allows_this_server_and_nothing_else(jupyter: Jupyter):
    for path in ("jupyter-chat/", "jupyter-chat/t/" + "0" * 36):
        sent = headers(jupyter, path)
        allowed = policy(sent)
        assert allowed["default-src"] == "'none'"
        assert allowed["script-src"] == allowed["style-src"] == "'self'"
        host = f"127.0.0.1:{jupyter.port}"
        assert allowed["connect-src"] == f"'self' ws://{host} wss://{host}"
        assert allowed["frame-ancestors"] == "'self'"
        assert allowed["base-uri"] == "'none'"
        assert not any("unsafe" in value or "*" in value for value in allowed.values())
        assert sent["X-Content-Type-Options"] == "nosniff"
        assert sent["Referrer-Policy"] == "same-origin"


def test_an_administrator_can_forbid_images_from_elsewhere(start, upstream, tmp_path):
    jupyter = Jupyter("chat", tmp_path, {}, ("--ChatApp.remote_images=False",))
    jupyter.start()
    try:
        assert policy(headers(jupyter, "jupyter-chat/"))["img-src"] == "'self' data: blob:"
    finally:
        jupyter.stop()


def test_an_ordinary_session_breaks_no_policy(
    jupyter: Jupyter, browser: Browser, browser_context_args
):
    context = browser.new_context(**browser_context_args)
    watched = watch(context, a_picture())
    chat = open_chat(context.new_page(), jupyter)
    page = chat.page
    choose(
        chat,
        ("photo.png", "image/png", a_picture()),
        ("notes.txt", "text/plain", b"Some notes"),
    )
    expect(attachments(chat)).to_have_count(2)
    chat.ask(f"Everything [[text={json.dumps(MARKDOWN)}]]")
    chat.expect_answer(0, "Everything")
    chat.expect_idle()
    answer = chat.answers.first
    expect(answer.locator(".katex").first).to_be_visible()
    expect(answer.locator("[class*=hljs-]").first).to_be_visible()
    root = answer.locator(".katex .sqrt svg").first
    assert root.evaluate("element => element.getBoundingClientRect().width") > 5
    raised = answer.locator(".katex .vlist > span").first
    assert raised.evaluate("element => element.style.top") != ""
    chat.questions.first.locator("summary").first.click()
    expect(chat.questions.first.locator("img")).to_be_visible()

    assert watched.foreign == []
    answer.get_by_role("button", name=re.compile("Show image from images.example")).click()
    expect(answer.locator("img")).to_be_visible()
    assert watched.foreign == ["https://images.example/chart.png"]
    assert answer.locator("img").evaluate("element => element.naturalWidth") == 40

    page.get_by_role("button", name=re.compile("^Use the (dark|light) theme")).click()
    with page.expect_download():
        chat.button("More for this conversation").click()
        page.get_by_role("menuitem", name=re.compile("^Export")).click()
        page.get_by_role("menuitem", name=re.compile("Markdown")).first.click()
    chat.root.get_by_role("combobox", name="Search conversations").fill("Everything")
    expect(chat.root.get_by_role("option").first).to_be_visible()
    page.keyboard.press("Escape")
    chat.button("Settings").click()
    chat.button("Show usage").click()
    expect(chat.root.get_by_role("img", name="Cost per day")).to_be_visible()
    page.reload()
    chat.appear()
    assert watched.refused(context) == []
    assert watched.fired(context) == []
    context.close()
