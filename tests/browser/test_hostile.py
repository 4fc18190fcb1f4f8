"""Nothing that a model, a server, a file or another person has written becomes a part of the
page: on a Jupyter server a script that runs could run anything.  The texts below stand wherever
a text can stand; what they would do is call a canary, or fetch something from elsewhere."""

from __future__ import annotations

import base64
import json
import re
import time
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import quote

import nbformat
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from jupyter_chat.ids import new_id, now_ms
from jupyter_chat.kernel.static_html import conversation
from jupyter_chat.protocol import Message, Role, Status, TextPart

from .chat import SECONDS, Chat, open_chat
from .jupyter import Jupyter
from .notebook import code_cell
from .test_attaching import choose
from .watched import CANARY, Watched, watch

pytestmark = pytest.mark.xdist_group("hostile")

FIRE = f"{CANARY}(1)"
MARKUP = (
    f"<img src=x onerror={FIRE}> frogs",
    f"<svg onload={FIRE}><script>{FIRE}</script></svg>",
    f"</textarea></title></style></script><script>{FIRE}</script>",
    f'"><iframe srcdoc="<script>parent.{FIRE}</script>">',
    f"'\"--><details open ontoggle={FIRE}>",
    f"<math><mtext><mglyph><style><img src=x onerror={FIRE}>",
    f"{{{{constructor.constructor('{FIRE}')()}}}} ${{{FIRE}}}",
    "<img src=https://evil.example/title.png><link rel=stylesheet href=//evil.example/x.css>",
)
"""Short enough for names; each begins in another way."""
LINKS = (
    *(f"javascript:{FIRE}", f"JaVaScRiPt:{FIRE}", f"java&#9;script:{FIRE}"),
    *(f"&#106;avascript:{FIRE}", f"javascript://evil.example/%0A{FIRE}", f"vbscript:{FIRE}"),
    *(f"data:text/html,<script>{FIRE}</script>", f"data:image/svg+xml,<svg onload={FIRE}>"),
    *("/logout", "../api/contents", "//evil.example", "file:///etc/passwd", "blob:null/1"),
)
MATH = (
    rf"\href{{javascript:{FIRE}}}{{x}}",
    rf"\url{{javascript:{FIRE}}}",
    r"\includegraphics{https://evil.example/math.png}",
    rf"\htmlStyle{{background:url(//evil.example)}}{{x}} \htmlClass{{{FIRE}}}{{x}}",
    rf"\text{{<img src=x onerror={FIRE}>}}",
    r"\def\a{\a\a}\a",
)
FENCES = (
    f'%%{{init: {{"securityLevel": "loose", "theme": "</style><img src=x onerror={FIRE}>"}}}}%%',
    f'graph TD; A["<img src=x onerror={FIRE}>"]-->B; click A "javascript:{FIRE}"',
    f'<svg onload="{FIRE}"><image href="//evil.example/1"/></svg>',
    f"<script>{FIRE}</script>",
)
ANSWER = "\n\n".join(
    (
        *MARKUP,
        *(
            f"[link {at}](<{link}>) ![image {at}](<{link}>) <{link}>"
            for at, link in enumerate(LINKS)
        ),
        *(f"${formula}$\n\n$${formula}$$" for formula in MATH),
        *(
            f"```{kind}\n{fence}\n```"
            for fence in FENCES
            for kind in ("mermaid", "svg", "html", f'"><img/onerror={FIRE}>')
        ),
        *(f"| {markup} |\n| --- |\n| {markup} |" for markup in MARKUP[:3]),
        f"[reference][r] ![picture][p]\n\n[r]: javascript:{FIRE}\n[p]: https://evil.example/p.png",
        f'![<img src=x onerror={FIRE}>](https://evil.example/seen.png "<svg onload={FIRE}>")',
        '<img src="https://evil.example/raw.png"> <a href="https://e.org/" ping=//evil.example>',
        "[![badge](https://evil.example/badge.png)](https://evil.example/)",
        "The end.",
    )
)
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)
UNWANTED = (
    "script, iframe, object, embed, form[action], style, link, base, meta, template, audio, video,"
    " math[href], [onerror], [onload], [onclick], [ontoggle], [srcdoc], [ping],"
    " [href^='javascript' i], [src^='javascript' i]"
)


def call(jupyter: Jupyter, method: str, path: str, body: Any) -> Any:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(
        f"{jupyter.url}/jupyter-chat/api/{path}",
        data=data,
        headers={"Authorization": f"token {jupyter.token}"},
        method=method,
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def a_history() -> dict[str, Any]:
    """A thread for each text, with that text in every field."""
    kind = {"format": "jupyter-chat", "version": 1, "exported_at": now_ms()}
    return {**kind, "threads": [a_thread_of(markup) for markup in MARKUP]}


def a_thread_of(markup: str) -> dict[str, Any]:
    thread_id, asked, answered, now = new_id(), new_id(), new_id(), now_ms()
    file = {"kind": "file", "name": markup, "text": markup, "language": markup[:50]}
    picture = {"media_type": "image/png", "data": "PHN2Zy8+", "name": markup}
    question = {
        "id": asked,
        "parent_id": None,
        "role": "user",
        "status": "complete",
        "parts": [
            {"type": "text", "text": markup},
            {"type": "attachment", **file},
            {"type": "image", **picture},
        ],
    }
    answer = {
        "id": answered,
        "parent_id": asked,
        "role": "assistant",
        "status": "failed",
        "parts": [{"type": "reasoning", "text": markup}, {"type": "text", "text": ANSWER}],
        "model": markup,
        "problem": {"code": "provider_down", "message": markup, "detail": markup},
    }
    thread = {
        "id": thread_id,
        "title": markup,
        "created_at": now,
        "updated_at": now,
        "tags": [markup[:50]],
        "folder": markup[:50],
        "leaf_id": answered,
        "settings": {"model": markup, "system_prompt": markup},
    }
    both = [{**each, "thread_id": thread_id, "created_at": now} for each in (question, answer)]
    return {"thread": thread, "messages": both}


def fill(jupyter: Jupyter) -> None:
    """Put the texts wherever somebody may put some."""
    data = json.dumps(a_history()).encode()
    file = {"name": MARKUP[0], "size": len(data), "fingerprint": new_id()}
    begun = call(jupyter, "POST", "imports", file)
    state = call(jupyter, "PUT", f"imports/{begun['id']}?offset=0", data)
    until = time.monotonic() + SECONDS / 1000
    while state["state"] not in ("done", "failed"):
        assert time.monotonic() < until
        time.sleep(0.05)
        with urllib.request.urlopen(jupyter.address("jupyter-chat/api/imports")) as answer:
            state = json.load(answer)["imports"][0]
    assert (state["state"], state["threads_added"]) == ("done", len(MARKUP)), state
    for markup in MARKUP:
        preset = {"id": new_id(), "name": markup[:50], "settings": {"system_prompt": markup}}
        call(jupyter, "PUT", f"library/presets/{preset['id']}", preset)
        prompt = {"id": new_id(), "name": markup[:50], "text": markup}
        call(jupyter, "PUT", f"library/prompts/{prompt['id']}", prompt)
        name = re.sub("[/\0]", "_", markup)
        (jupyter.folder / "work" / f"{name}.txt").write_text(markup)
    call(jupyter, "PATCH", "account", {"notes": list(MARKUP), "defaults": {"model": MARKUP[0]}})


@pytest.fixture(scope="module")
def jupyter(start_shared) -> Jupyter:
    """JupyterLab, which has the page as well."""
    jupyter = start_shared("lab")
    fill(jupyter)
    return jupyter


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """The address of another server, which has a picture under every name."""

    class Pictures(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "image/png")
            self.end_headers()
            self.wfile.write(PICTURE)

        def log_message(self, *_: Any) -> None:
            """Nothing is logged."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Pictures) as server:
        Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(params=["page", "sidebar"])
def opened(
    request, jupyter: Jupyter, browser: Browser, browser_context_args
) -> Iterator[tuple[Chat, Watched]]:
    context = browser.new_context(**browser_context_args)
    watched = watch(context, PICTURE)
    path = "jupyter-chat/" if request.param == "page" else "lab"
    chat = open_chat(context.new_page(), jupyter, path)
    yield chat, watched
    context.close()


def expect_harmless(chat: Chat, watched: Watched, *, fetched: tuple[str, ...] = ()) -> None:
    assert chat.root.locator(UNWANTED).count() == 0
    addresses = chat.root.locator("a[href]").evaluate_all("all => all.map(a => a.href)")
    own = chat.page.url.split("?")[0].rpartition("/jupyter-chat/")[0] or chat.page.url
    for address in addresses:
        assert re.match(r"https?://|mailto:|data:|blob:", address), address
        assert "/logout" not in address or not address.startswith(own), address
    assert watched.fired(chat.page.context) == []
    assert [url for url in watched.foreign if "evil" in url] == list(fetched)


def threads(chat: Chat) -> Locator:
    return chat.root.get_by_role("group", name="Conversations").locator("[data-thread]")


def show_list(chat: Chat) -> None:
    """Where it is not beside the conversation."""
    button = chat.root.get_by_role("button", name=re.compile("^(Show c|C)onversations"))
    expect(threads(chat).or_(button).first).to_be_visible(timeout=SECONDS)
    if threads(chat).count() == 0:
        button.first.click()
    expect(threads(chat).first).to_be_visible()


def unfold(chat: Chat) -> None:
    chat.root.locator("details").evaluate_all("all => all.forEach(each => { each.open = true; })")


def test_no_conversation_runs_or_fetches_anything(opened):
    chat, watched = opened
    show_list(chat)
    expect(threads(chat)).to_have_count(len(MARKUP))
    expect_harmless(chat, watched)
    for number in range(len(MARKUP)):
        show_list(chat)
        threads(chat).nth(number).locator(".jc-ThreadItem-open").click()
        answer = chat.answers.first
        expect(answer).to_contain_text("The end.", timeout=SECONDS)
        expect(answer.locator(".katex").first).to_be_attached(timeout=SECONDS)
        unfold(chat)
        expect_harmless(chat, watched)
    # An image from elsewhere comes when it is asked for, and not before.
    chat.answers.first.get_by_role("button", name=re.compile("Show image from")).last.click()
    expect(chat.answers.first.locator("img[src^='https://evil.example']")).to_have_count(1)
    chat.page.wait_for_timeout(200)
    fetched = [url for url in watched.foreign if "evil" in url]
    assert len(fetched) == 1
    expect_harmless(chat, watched, fetched=tuple(fetched))


def test_no_name_runs_or_fetches_anything(opened):
    chat, watched = opened
    page = chat.page
    field = chat.root.get_by_role("combobox", name="Search conversations")
    if not field.is_visible():
        show_list(chat)
    field.fill("frogs")
    expect(chat.root.get_by_role("option").first).to_be_visible(timeout=SECONDS)
    expect_harmless(chat, watched)
    field.fill("")
    page.keyboard.press("Escape")
    which = chat.root.get_by_role("combobox", name="Which conversations")
    expect(which.locator("option")).not_to_have_count(3)
    expect_harmless(chat, watched)
    show_list(chat)
    threads(chat).first.locator(".jc-ThreadItem-open").click()
    expect(chat.answers.first).to_contain_text("The end.", timeout=SECONDS)
    ring = chat.root.get_by_role("button", name=re.compile("^Context: "))
    for opener in (chat.root.locator(".jc-ModelChip > button"), ring):
        opener.click()
        page.wait_for_timeout(300)
        expect_harmless(chat, watched)
        page.keyboard.press("Escape")
    for typed in ("@", "/"):
        chat.question.fill("")
        chat.question.press_sequentially(typed)
        offered = chat.root.get_by_role("listbox").get_by_role("option")
        expect(offered.first).to_be_visible(timeout=SECONDS)
        expect_harmless(chat, watched)
        page.keyboard.press("Escape")
    chat.question.fill("")
    choose(chat, (f"{MARKUP[0]}.txt", "text/plain", MARKUP[1].encode()))
    attached = chat.root.get_by_role("list", name="Attached").last
    expect(attached).to_contain_text("onerror")
    unfold(chat)
    expect_harmless(chat, watched)
    chat.button("Settings").click()
    expect(chat.root.get_by_text("Presets and prompts")).to_be_visible()
    expect(chat.root.get_by_text(MARKUP[0][:20]).first).to_be_attached()
    expect_harmless(chat, watched)
    if chat.root.get_by_role("button", name="Show usage").count():
        chat.button("Show usage").click()
        page.wait_for_timeout(300)
        expect_harmless(chat, watched)


def test_what_a_models_server_says_runs_and_fetches_nothing(jupyter: Jupyter, opened):
    """As the words of an error, and while an answer grows."""
    chat, watched = opened
    call(jupyter, "PATCH", "account", {"defaults": {}})
    chat.reload()
    for markup in MARKUP[:3]:
        chat.button("New conversation").first.click()
        said = json.dumps(markup)
        chat.ask(f'Go wrong [[error=400 code="x" message={said}]]')
        expect(chat.root.get_by_text("refused the request").first).to_be_visible(timeout=SECONDS)
        unfold(chat)
        expect_harmless(chat, watched)
    chat.button("New conversation").first.click()
    chat.ask(f"Grow [[text={json.dumps(ANSWER)} size=7 delay=0.001]]")
    chat.expect_answer(0, "The end.")
    chat.expect_idle()
    expect_harmless(chat, watched)


def test_a_notebook_of_somebody_elses_runs_and_fetches_nothing(
    jupyter: Jupyter, browser: Browser, browser_context_args, elsewhere: str
):
    """One whose saved conversation is whatever that person liked it to be."""
    html = f'<img id="remote" src="{elsewhere}/saved.png">' + "".join(MARKUP)
    kept = {"thread_id": new_id(), "model_id": "0" * 32}
    data = {"application/vnd.jupyter-chat.conversation+json": kept, "text/html": html}
    output = {"output_type": "display_data", "data": data, "metadata": {}}
    notebook = nbformat.v4.new_notebook(cells=[code_cell("ChatWidget()", output)])
    nbformat.write(notebook, jupyter.folder / "work" / "evil.ipynb")
    context = browser.new_context(**browser_context_args)
    watched = watch(context)
    page = context.new_page()
    page.goto(jupyter.address("lab/tree/evil.ipynb"))
    saved = page.frame_locator("iframe[title=Conversation]")
    expect(saved.get_by_text("frogs")).to_be_visible(timeout=SECONDS)
    page.wait_for_timeout(200)
    # Not by what was asked for: JupyterLab's table of contents looks into outputs by itself.
    remote = saved.locator("#remote")
    assert remote.evaluate("image => [image.complete, image.naturalWidth]") == [True, 0]
    assert watched.fired(context) == []
    context.close()


def test_the_canary_sings_where_it_should(browser: Browser, browser_context_args):
    """Or the other tests would say nothing."""
    context = browser.new_context(**browser_context_args)
    watched = watch(context)
    page = context.new_page()
    page.goto("data:text/html,<b>x</b>")
    page.evaluate("html => { document.body.innerHTML = html; }", MARKUP[0] + MARKUP[-1])
    expect(page.locator(UNWANTED)).not_to_have_count(0)
    page.wait_for_timeout(200)
    assert watched.fired(context) == [1]
    assert "https://evil.example/title.png" in watched.foreign
    context.close()


def test_the_saved_form_in_a_notebook_runs_and_fetches_nothing(browser: Browser, tmp_path: Path):
    """Whoever opens a notebook elsewhere has neither our page nor its policy."""
    now, thread_id = now_ms(), new_id()
    messages = [
        Message(new_id(), thread_id, None, role, [TextPart(text)], Status.COMPLETE, now, model=text)
        for text in (*MARKUP, ANSWER)
        for role in Role
    ]
    file = tmp_path / "saved.html"
    file.write_text(f"<!doctype html><meta charset=utf-8>{conversation(MARKUP[0], messages)}")
    context = browser.new_context()
    watched = watch(context)
    page: Page = context.new_page()
    page.goto(f"file://{quote(str(file))}")
    expect(page.get_by_text("The end.")).to_have_count(2)
    page.wait_for_timeout(200)
    body = page.locator("body")
    assert body.locator(UNWANTED).count() == 0
    addresses = body.locator("a[href]").evaluate_all("all => all.map(a => a.getAttribute('href'))")
    assert [
        each for each in addresses if re.match(r"\s*(javascript|vbscript|data):", each, re.I)
    ] == []
    assert watched.foreign == []
    assert watched.fired(context) == []
    context.close()
