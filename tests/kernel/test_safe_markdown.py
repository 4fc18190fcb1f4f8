"""Markdown for front ends: no pictures from elsewhere, no HTML, and the rest as it was."""

from __future__ import annotations

import random
import re

import mistune
import pytest

from jupyter_chat.kernel.answers import MessageList
from jupyter_chat.kernel.safe_markdown import safe
from jupyter_chat.protocol import Message, Role, Status, TextPart

IMAGE = "![x](https://e.example/i.png)"
TAG = '<img src="https://e.example/i.png">'

CHANGED = {
    IMAGE: "[x](https://e.example/i.png)",
    "![](https://e.example/)": "[image](https://e.example/)",
    f"[{IMAGE}](https://e.example/)": "[[x](https://e.example/i.png)](https://e.example/)",
    "![x][r]\n\n[r]: https://e.example/": "[x][r]\n\n[r]: https://e.example/",
    "![r]\n\n[r]: https://e.example/": "[r]\n\n[r]: https://e.example/",
    "!![x](u)": "&#33;[x](u)",
    r"\![x](u)": "&#33;[x](u)",
    "vec![1]": "vec&#33;[1]",
    f"> - {IMAGE}": "> - [x](https://e.example/i.png)",
    f"| a |\n|---|\n| {IMAGE} |": "| a |\n|---|\n| [x](https://e.example/i.png) |",
    f"a {TAG} b": 'a &lt;img src="https://e.example/i.png"> b',
    r"a \<b>": "a &lt;b>",
    "<div>\n<b>x</b>\n</div>": "&lt;div>\n&lt;b>x&lt;/b>\n&lt;/div>",
    "<!-- x --> <?php <![CDATA[": "&lt;!-- x --> &lt;?php &lt;&#33;[CDATA[",
    f"`{TAG}` but {TAG}": f'`{TAG}` but &lt;img src="https://e.example/i.png">',
    # JupyterLab would draw it, with the pictures that it names.
    '```mermaid\nA["x"]\n```': '```text\nA["x"]\n```',
    "> - ~~~ Mermaid\n>   A": "> - ~~~ text\n>   A",
    # Only the chat knows these formulas.
    r"So \( x_1 \) and \[ \frac{a}{b} \]": r"So $x_1$ and $$ \frac{a}{b} $$",
    "\\[\na\n\\]": "$$\na\n$$",
    r"\(a<b\)": "$a< b$",
    # Formulas may have blanks in them.
    "$a<b$ and $$x \\![y<z$$": "$a< b$ and $$x \\! [y< z$$",
    # Where others may not see code, it is made certain.
    "https://e.example/a`b <i> c`": "https://e.example/a<code>b &#60;i&#62; c</code>",
    "[a](u`v) <i> `": "[a](u`v) &lt;i> `",
    "| a |\n|---|\n| `<i>` |": "| a |\n|---|\n| <code>&#60;i&#62;</code> |",
    "\\begin{a}\n```\n```&\\end{a}```\n<i>\n```": "\\begin{a}\n```\n```&\\end{a}```\n&lt;i>\n```",
    # A formula that hides the fence from those who look for formulas first.
    "```x$$\n===\n$$<i>": "```x$$\n===\n$$&lt;i>",
    "- ```\n<i>\n```": "- ```\n&lt;i>\n```",
}

UNCHANGED = [
    "**bold** and $x$, 2 < 3, a <- b, [a](https://e.example/) ! [b]",
    "<https://e.example/?a=b&c> and <mailto:ada@e.example>",
    f"`{TAG}` and `{IMAGE}`",
    f"- `{TAG}`: a picture\n- `{IMAGE}`: another",
    f"```html\n{TAG}\n{IMAGE}\n```",
    f"~~~\n{TAG}\n\n{IMAGE}\n~~~\n",
    f"````\n```\n{TAG}\n```\n````",
    f"1. Do this:\n\n   ```html\n   {TAG}\n   ```\n\n2. And that.",
    f"> ```\n> {TAG}\n> ```",
    f"```\nnot yet at its end {TAG}",
    f"Code:\n\n    {TAG}\n\n    {IMAGE}\n",
    r"`\(x\)` and ``a ` \(x\)`` and \\(x\\) and \(not",
    "```tex\n\\(x\\)\n```\n",
    "```\n\\(x\\)",
    "```cpp\n#include <vector>\nstd::vector<int> v;\n```",
    "$$\na < b\n$$",
]


@pytest.mark.parametrize("text", CHANGED)
def test_what_would_be_loaded_or_rendered_is_a_link_or_text(text: str) -> None:
    assert safe(text) == CHANGED[text]


@pytest.mark.parametrize("text", UNCHANGED)
def test_all_else_stays_as_it_was_written(text: str) -> None:
    assert safe(text) == text


def test_a_fence_that_one_message_opens_hides_nothing_of_the_next() -> None:
    messages = MessageList(
        Message("1", "1", None, Role.ASSISTANT, [TextPart(text)], Status.COMPLETE, 0)
        for text in ("```\nunfinished", f"```\n{TAG}\n```")
    )
    assert TAG not in messages._repr_markdown_()


def test_nothing_gets_through_whatever_it_is_put_together_from() -> None:
    """Read by the renderer of nbconvert, which leaves HTML as it is."""
    pieces = (
        *("`", "```", "```\n", "~~~\n", "\n", "\n\n", "> ", "- ", "1. ", "  ", "    ", "\t", "$"),
        *("$$", "\\", "|", "| a |\n|---|\n", "[", "](", ")", "https://e/a", "<b>", "<!--", "<"),
        *("!", "*", "x", " ", TAG, IMAGE, "![x][r]", "\n\n[r]: https://e/\n\n", f"`{TAG}`"),
    )
    render = mistune.create_markdown(escape=False, plugins=["table", "math", "url"])
    chance = random.Random(1)
    for _ in range(3_000):
        text = "".join(chance.choices(pieces, k=chance.randint(2, 14)))
        assert re.search("<img", str(render(safe(text)))) is None, text
