"""What is answered, and in which pieces."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count, cycle

from .conversation import Conversation, tokens
from .schemas import example, schema_of
from .script import Script

_CHUNKS = 12
_SIZE = 4
_QUOTED_WORDS = 8

MULTI_BYTE = "Grüße, 世界! Ελληνικά, עברית, हिन्दी — naïve café: 👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽 é 🇪🇺 𝔘𝔫𝔦𝔠𝔬𝔡𝔢. "

MARKDOWN = '''# A short tour

Some **bold**, *italic*, ~~struck~~ and `inline code`, a [link](https://example.org/) and
a footnote of sorts: 2 < 3 && "quotes" are 'kept'.

1. First the numbers,
2. then the words:
   - one, with `x = 1`,
   - two, with <b>raw HTML</b> that must not become bold.

> Quoted by somebody.
> > And by somebody else.

| left | centre | right |
|:-----|:------:|------:|
| a    |   b    |     1 |
| long | *text* |  2.50 |

```python
def fibonacci(n: int) -> list[int]:
    """The first n numbers; `fibonacci(3) == [0, 1, 1]`."""
    numbers = [0, 1]
    while len(numbers) < n:
        numbers.append(numbers[-1] + numbers[-2])
    return numbers[:n]
```

```html
<script>alert("never")</script>
```

Inline $e^{i\\pi} + 1 = 0$ and a formula of its own:

$$\\int_0^1 x^2 \\, dx = \\frac{1}{3}$$

---

Last paragraph: grüße, 世界, 👩‍👩‍👧‍👦.

'''


@dataclass
class Answer:
    kind: str
    """`text` or `refusal`."""
    pieces: list[str]
    thoughts: list[str]
    """The reasoning; one that begins with an empty line begins a new part."""
    finish: str
    """`stop`, `length` or `content_filter`."""

    def text(self) -> str:
        return "".join(self.pieces)

    def reasoning(self) -> str:
        return "".join(self.thoughts)

    def reasoning_tokens(self) -> int:
        return tokens(self.thoughts)

    def output_tokens(self) -> int:
        return tokens(self.pieces) + self.reasoning_tokens()


def answer(script: Script, conversation: Conversation) -> Answer:
    thoughts = _thoughts(script.reasoning)
    text = _text(script, conversation)
    finish = "length" if script.length else "content_filter" if script.filter else "stop"
    if conversation.limit is not None:
        most = max(conversation.limit - tokens(thoughts), 0) * 4
        if len(text) > most:
            text, finish = text[:most], "length"
    kind = "refusal" if script.refuse else "text"
    return Answer(kind, _pieces(text, script), thoughts, finish)


def _text(script: Script, conversation: Conversation) -> str:
    if script.text is not None:
        return script.text
    schema = schema_of(conversation.body)
    if schema is not None:
        return json.dumps(example(schema))
    if script.echo == "all":
        return _received(conversation)
    if script.echo:
        return script.question
    if script.refuse:
        return "I’m sorry, but I can’t help with that."
    if script.markdown:
        return _lengthened(MARKDOWN, script)
    if script.split_unicode:
        return _lengthened(MULTI_BYTE, script)
    words = script.question.split()
    quoted = " ".join(words[:_QUOTED_WORDS]) + ("…" if len(words) > _QUOTED_WORDS else "")
    return _lengthened(f"You asked “{quoted}”, and this is the scripted answer.", script, _counted)


def _received(conversation: Conversation) -> str:
    return json.dumps(
        {
            "model": conversation.model.id,
            "instructions": conversation.instructions,
            "messages": [{"role": role, "text": text} for role, text in conversation.messages],
        },
        ensure_ascii=False,
    )


def _repeated(text: str, length: int) -> str:
    return text * -(-length // len(text))


def _counted(text: str, length: int) -> str:
    """Lengthened by numbers, so that a chunk that is lost or doubled can be seen."""
    parts = [text]
    reached = len(text)
    for number in count(1):
        if reached >= length:
            break
        parts.append(f" {number}")
        reached += len(parts[-1])
    return "".join(parts)


def _lengthened(text: str, script: Script, lengthen: Callable[[str, int], str] = _repeated) -> str:
    """To chunks × size characters; without a size never shorter than the text is."""
    if script.chunks is None:
        return text
    if script.size is None:
        length = max(len(text), script.chunks * _SIZE)
    else:
        length = script.chunks * script.size
    return lengthen(text, length)[:length]


def _pieces(text: str, script: Script) -> list[str]:
    if script.size is not None:
        return [text[at : at + script.size] for at in range(0, len(text), max(script.size, 1))]
    return _parts(text, _CHUNKS if script.chunks is None else script.chunks)


def _parts(text: str, number: int) -> list[str]:
    """As many parts as wanted, about as long as each other, none empty."""
    number = max(min(number, len(text)), 1)
    edges = [len(text) * index // number for index in range(number + 1)]
    return [text[a:b] for a, b in zip(edges, edges[1:]) if a < b]  # noqa: B905, RUF007


_THOUGHTS = ("Let me think", " about this", " step by step:", " one more", " step,")


def _thoughts(reasoning: str | None) -> list[str]:
    if reasoning is None:
        return []
    if reasoning.isdigit():
        words = cycle(_THOUGHTS)
        return [next(words) for _ in range(int(reasoning))]
    thoughts: list[str] = []
    for part in reasoning.split("\n\n"):
        pieces = _parts(part, -(-len(part) // 8))
        thoughts += [f"\n\n{pieces[0]}", *pieces[1:]] if thoughts and pieces else pieces
    return thoughts
