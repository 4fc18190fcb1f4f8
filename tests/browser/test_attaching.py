"""Files go with a question: chosen, found on the server, dropped and pasted."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, FilePayload, Locator, expect

from tests.upstream import Upstream

from .chat import SECONDS, Chat, open_chat

pytestmark = pytest.mark.xdist_group("attaching")

SECRET = "ghp_" + "q8Zr2LmVt6Xw0PbN4cHs9JdKf3GyUa7E2345"

_FILES = """
(files) => {
  const data = new DataTransfer();
  for (const { name, type, base64 } of files) {
    const bytes = Uint8Array.from(atob(base64), sign => sign.charCodeAt(0));
    data.items.add(new File([bytes], name, { type }));
  }
  return data;
}
"""


@pytest.fixture(scope="module")
def jupyter(start_shared):
    return start_shared("chat")


@pytest.fixture(scope="module")
def window(jupyter, browser: Browser, browser_context_args) -> Iterator[Chat]:
    context = browser.new_context(**browser_context_args)
    yield open_chat(context.new_page(), jupyter)
    context.close()


@pytest.fixture
def chat(window: Chat) -> Chat:
    """A new conversation, with nothing typed or attached."""
    window.reload()
    window.button("New conversation").first.click()
    window.question.fill("")
    expect(window.question).to_be_enabled()
    window.page.wait_for_timeout(300)  # what was attached before comes back with a reload
    removing = window.page.get_by_role("button", name="Remove ")
    while removing.count() > 0:
        removing.first.click()
    return window


@pytest.fixture
def work(jupyter) -> Path:
    """The root of the server's files."""
    return jupyter.folder / "work"


def attachments(chat: Chat) -> Locator:
    return chat.root.get_by_role("list", name="Attached").locator("> li")


def choose(chat: Chat, *files: tuple[str, str, bytes]) -> None:
    chosen: list[FilePayload] = [
        {"name": name, "mimeType": kind, "buffer": data} for name, kind, data in files
    ]
    chat.root.get_by_label("Files to attach").set_input_files(chosen)


def a_transfer(chat: Chat, *files: tuple[str, str, bytes]) -> Any:
    described = [
        {"name": name, "type": kind, "base64": base64.b64encode(data).decode()}
        for name, kind, data in files
    ]
    return chat.page.evaluate_handle(_FILES, described)


def asked(upstream: Upstream) -> list[dict[str, Any]]:
    """What the model's server got as the newest question."""
    body = questions(upstream)[-1]
    content = (body.get("input") or body["messages"])[-1]["content"]
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def questions(upstream: Upstream) -> list[dict[str, Any]]:
    return [each["body"] for each in upstream.requests() if each["method"] == "POST"]


def image_in(upstream: Upstream) -> tuple[str, bytes]:
    """The picture of the newest question: its kind and its file."""
    urls = [part["image_url"] for part in asked(upstream) if "image_url" in part]
    (url,) = (url if isinstance(url, str) else url["url"] for url in urls)
    head, _, data = url.partition(",")
    return head, base64.b64decode(data)


def send(chat: Chat, text: str) -> None:
    chat.ask(text)
    chat.expect_answer(0, "scripted answer")
    chat.expect_idle()


def test_a_photograph_is_made_smaller_turned_and_rid_of_where_it_was_taken(
    chat: Chat, upstream: Upstream
):
    picture, file = Image.new("RGB", (4000, 3000), "teal"), io.BytesIO()
    exif = picture.getexif()
    exif[0x0112] = 6  # lies on its side
    exif[0x010F] = "Camera of somebody"
    picture.save(file, "JPEG", exif=exif)
    assert b"Camera of somebody" in file.getvalue()
    choose(chat, ("holiday.jpg", "image/jpeg", file.getvalue()))
    expect(attachments(chat)).to_have_count(1)
    expect(attachments(chat)).to_contain_text("holiday.jpg")
    send(chat, "Where is this?")
    head, made = image_in(upstream)
    assert head == "data:image/jpeg;base64"
    assert Image.open(io.BytesIO(made)).size == (768, 1024)
    assert b"Exif" not in made
    assert b"Camera" not in made


def test_a_picture_of_a_screen_stays_exact(chat: Chat, upstream: Upstream):
    picture, file = Image.new("RGBA", (300, 200), (255, 0, 0, 128)), io.BytesIO()
    picture.save(file, "PNG")
    transfer = a_transfer(chat, ("image.png", "image/png", file.getvalue()))
    chat.question.focus()
    chat.page.evaluate(
        "(clipboardData) => document.activeElement.dispatchEvent("
        "new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }))",
        transfer,
    )
    expect(attachments(chat)).to_have_count(1)
    send(chat, "What is this?")
    made = Image.open(io.BytesIO(image_in(upstream)[1]))
    assert (made.format, made.size, made.getpixel((5, 5))) == ("PNG", (300, 200), (255, 0, 0, 128))


def test_files_are_dropped_on_the_conversation(chat: Chat, upstream: Upstream):
    transfer = a_transfer(
        chat, ("a.csv", "text/csv", b"x,y\n1,2\n"), ("b.py", "text/x-python", b"print(1)\n")
    )
    place = chat.root.locator(".jc-Chat-main")
    place.dispatch_event("dragenter", {"dataTransfer": transfer})
    expect(chat.root.get_by_text("Drop to attach")).to_be_visible()
    place.dispatch_event("drop", {"dataTransfer": transfer})
    expect(chat.root.get_by_text("Drop to attach")).to_have_count(0)
    expect(attachments(chat)).to_have_count(2)
    send(chat, "Does b read a?")
    text = json.dumps(asked(upstream))
    assert "File `a.csv`:\\n\\n```\\nx,y\\n1,2\\n```" in text
    assert "File `b.py`:\\n\\n```python\\nprint(1)\\n```" in text


def test_a_file_of_the_server_is_found_by_a_part_of_its_path(
    chat: Chat, work: Path, upstream: Upstream
):
    (work / "data").mkdir(exist_ok=True)
    (work / "data" / "sales.csv").write_text("month,sum\n1,20\n")
    (work / "data" / "other.csv").write_text("x\n")
    chat.button("Attach").click()
    chat.root.get_by_role("menuitem", name="File from the server…").press("Enter")
    field = chat.root.get_by_role("combobox", name="Part of its name")
    expect(field).to_be_focused()
    field.fill("sal")
    found = chat.root.get_by_role("listbox", name="Files of the server").get_by_role("option")
    expect(found).to_have_count(1)
    field.press("Enter")
    expect(chat.question).to_be_focused()
    expect(attachments(chat)).to_contain_text("data/sales.csv")
    chip = attachments(chat).locator("summary")
    chip.click()
    expect(attachments(chat).locator("pre")).to_have_text("month,sum\n1,20\n")
    send(chat, "How many?")
    assert "month,sum" in json.dumps(asked(upstream))


def test_what_cannot_be_attached_is_said_before_anything_is_sent(chat: Chat, work: Path):
    choose(
        chat,
        ("model.bin", "application/octet-stream", bytes(100)),
        ("long.log", "text/plain", b"line\n" * 100_000),
        ("drawing.heic", "image/heic", b"nothing"),
    )
    expect(chat.root.get_by_text("“model.bin” is no text")).to_be_visible()
    expect(chat.root.get_by_text("“drawing.heic” cannot be read as a picture")).to_be_visible()
    expect(attachments(chat)).to_have_count(1)
    expect(
        attachments(chat).get_by_role("img", name="Only its beginning: 200 KB of 500 KB.")
    ).to_be_visible()


def test_nothing_that_looks_like_a_secret_is_sent_unasked(chat: Chat, upstream: Upstream):
    before = len(questions(upstream))
    choose(chat, ("deploy.py", "text/x-python", f"token = '{SECRET}'\n".encode()))
    sign = attachments(chat).get_by_role("img", name="This looks like a GitHub token (line 1).")
    expect(sign).to_be_visible()
    chat.ask("Is this right?")
    asking = chat.root.get_by_role("alertdialog", name="Before this is sent")
    expect(asking.get_by_role("button", name="Remove")).to_be_focused()
    assert len(questions(upstream)) == before
    asking.get_by_role("button", name="Send all the same").click()
    chat.expect_answer(0, "scripted answer")
    assert SECRET in json.dumps(asked(upstream))
    chat.expect_idle()
    chat.ask(f"and {SECRET}")
    expect(asking).to_contain_text("Your text")
    asking.get_by_role("button", name="Back").click()
    expect(chat.question).to_have_value(f"and {SECRET}")
    expect(chat.question).to_be_focused(timeout=SECONDS)


def test_what_is_attached_is_there_after_a_reload(chat, tmp_path):
    page = chat.page
    names = ["sales_of_the_whole_year_2026.csv", "b.txt", "c.txt", "d.txt"]
    paths = [tmp_path / name for name in names]
    for path in paths:
        path.write_text("region,sales\nnorth,3\n")
    page.get_by_label("Files to attach").set_input_files([str(path) for path in paths])
    remove = page.get_by_role("button", name="Remove File d.txt")
    expect(remove).to_be_visible(timeout=SECONDS)
    chat.reload()
    expect(remove).to_be_visible(timeout=SECONDS)
    for width in (280, 1280):
        page.set_viewport_size({"width": width, "height": 720})
        end = page.locator(".jc-mod-cut > span", has_text="r_2026.csv")
        chip, shown = page.locator(".jc-Attachment").first.bounding_box(), end.bounding_box()
        assert chip is not None
        assert shown is not None
        assert shown["x"] + shown["width"] <= chip["x"] + chip["width"]
    page.get_by_role("button", name="Remove all 4").click()
    chat.reload()
    expect(page.get_by_role("button", name="Attach", exact=True)).to_be_visible(timeout=SECONDS)
    expect(remove).to_have_count(0)
