"""What was said is looked for, found, and gone to."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from .chat import SECONDS, open_chat

LONG = " ".join(["A long answer."] * 400)
MARKED = "[...(CSS.highlights.get('jc-found') ?? [])].map(String)"


def test_something_said_is_found_and_gone_to(start, page: Page):
    chat = open_chat(page, start("chat"))
    chat.ask(f'Which frogs leap? [[text="Tree frogs do. {LONG}"]]')
    chat.expect_answer(0, "Tree frogs do")
    chat.expect_idle()
    chat.ask(f'And which toads? [[text="None. {LONG}"]]')
    chat.expect_answer(1, "None.")
    chat.expect_idle()
    chat.button("New conversation").first.click()
    chat.ask('What is <b>bold</b>? [[text="A **croissant**, in a crème."]]')
    chat.expect_answer(0, "croissant")
    chat.expect_idle()

    field = chat.root.get_by_role("combobox", name="Search conversations")
    results = chat.root.get_by_role("option")
    field.fill("role:assistant CREME")
    expect(results).to_have_count(1, timeout=SECONDS)
    expect(results.first.locator("mark")).to_have_text("crème")

    field.fill("bold")  # nothing of what was said becomes a part of the page
    expect(results.filter(has_text="What is <b>bold</b>?").first).to_be_visible(timeout=SECONDS)
    expect(results.locator("b")).to_have_count(0)

    field.fill("no such thing")
    expect(chat.root.get_by_text("Nothing found for")).to_be_visible(timeout=SECONDS)

    field.fill("role:assistant tree frog")
    expect(results).to_have_count(1, timeout=SECONDS)
    expect(results.first).to_contain_text("Answer:")
    expect(results.first.locator("mark")).to_have_text(["Tree", "frogs"])
    field.press("Enter")
    expect(chat.questions.first).to_contain_text("Which frogs leap?", timeout=SECONDS)
    expect(chat.answers.first).to_be_focused(timeout=SECONDS)
    expect(chat.answers.first.get_by_text("Tree frogs do.")).to_be_in_viewport()
    assert page.evaluate(MARKED) == ["Tree", "frogs"]

    field.press("Escape")
    conversations = chat.root.get_by_role("group", name="Conversations").get_by_role("listitem")
    expect(conversations).to_have_count(2)
    field.fill("toads")
    expect(results.filter(has_text="You: And which toads?")).to_have_count(1, timeout=SECONDS)


def test_a_word_far_down_in_an_answer_is_brought_into_view(start, page: Page):
    chat = open_chat(page, start("chat"))
    paragraphs = "\\n\\n".join(["Nothing to see."] * 200)
    chat.ask(f'Where is it? [[text="{paragraphs}\\n\\nA newt.\\n\\n{paragraphs}"]]')
    chat.expect_answer(0, "A newt.")
    chat.expect_idle()
    chat.button("New conversation").first.click()
    chat.root.get_by_role("combobox", name="Search conversations").fill("role:assistant newt")
    chat.root.get_by_role("option").first.click()
    expect(chat.answers.first).to_be_focused(timeout=SECONDS)
    expect(chat.answers.first.get_by_text("A newt.")).to_be_in_viewport(timeout=SECONDS)
    assert page.evaluate(MARKED) == ["newt"]
