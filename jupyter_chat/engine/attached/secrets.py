"""What looks like a secret in what goes with a question: said before it is sent.

Better to miss one than to alarm over nothing: who is warned in vain reads no warning.  So
a key is known by the shape that its maker gave it, and a password only by a name that says
so and a value that nobody would choose as an example.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from ...protocol import AskedPart, AttachmentKind, AttachmentPart, TextPart

_SHAPES = {
    "a private key": r"-----BEGIN (?:[A-Z]{2,12} ){0,2}PRIVATE KEY(?: BLOCK)?-----",
    "an AWS access key": r"\b(?:AKIA|ASIA)[A-Z2-7]{16}\b",
    "an OpenAI key": r"\bsk-(?:(?:proj|svcacct|admin)-[\w-]{40}|\w{20}T3BlbkFJ\w{20}\b|\w{48}\b)",
    "an Anthropic key": r"\bsk-ant-\w{2,10}-[\w-]{60}",
    "a GitHub token": r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_\w{60})",
    "a GitLab token": r"\bglpat-[\w-]{20}",
    "a Slack token": r"\bxox[abeoprs]-\d{8,14}-[\w-]{10}",
    "a Slack webhook": r"hooks\.slack\.com/services/T\w{8,12}/B\w{8,12}/\w{20}",
    "a Google API key": r"\bAIza[\w-]{35}",
    "a Hugging Face token": r"\bhf_[A-Za-z]{34}\b",
    "an npm token": r"\bnpm_[A-Za-z0-9]{36}\b",
    "a PyPI token": r"\bpypi-AgE[\w-]{60}",
    "a Stripe key": r"\b[rs]k_live_[A-Za-z0-9]{24}",
    "an address with a password": r"://[^\s:/@<>{}$]{1,80}:(?P<password>[^\s/@<>{}$]{6,80})@",
}
_NAME = (
    r"(?:[A-Za-z0-9]{1,20}[_-]){0,4}"
    r"(?:password|passwd|passphrase|secret|token|api[_-]?key|secret[_-]?key|access[_-]?key"
    r"|private[_-]?key|client[_-]?secret)"
)
_SET = "a password or key that is set by its name"
_ASSIGNED = re.compile(
    # as in Python, JSON and YAML: any name, and a value in quotes
    rf"(?<![\w-]){_NAME}[\"']?\]?[ \t]{{0,8}}(?::[ \t]?str[ \t]?)?[=:][ \t]{{0,8}}"
    r"(?P<quote>[\"'])(?P<quoted>[^\s\"']{8,200})(?P=quote)"
    # as in files of settings: alone on its line
    rf"|^[ \t]{{0,8}}(?:export[ \t]|ENV[ \t])?(?-i:(?=[A-Z])){_NAME}="
    r"(?P<bare>[^\s\"'#]{8,200})[ \t]{0,8}$",
    re.IGNORECASE | re.MULTILINE,
)
_EXAMPLE = re.compile(
    r"example|sample|dummy|fake|placeholder|change_?me|your|insert|xxx|\.\.\.|\*\*\*|<|\$|\{|"
    r"1234567|abcdef|environ|getenv|test|password|secret|redacted",
    re.IGNORECASE,
)
_CODE = re.compile(r"[A-Za-z_][\w]*(?:\.[A-Za-z_]\w*)+|\w+\(|\[")
"""What stands for a value without being one: `settings.key1`, `load(`."""
_FILES = re.compile(
    r"(?:\.env|\.env\.[\w-]{1,30}|[\w-]{1,60}\.env|\.?netrc|_netrc|\.pgpass|\.pypirc|\.htpasswd"
    r"|id_(?:rsa|dsa|ecdsa|ed25519)|\.git-credentials|secrets\.(?:ya?ml|json|toml))",
    re.IGNORECASE,
)
_HARMLESS = re.compile(r"example|sample|template|dist|defaults?$", re.IGNORECASE)
_MOST_LINES = 3
_BLOCK = 50_000


def warnings(part: AskedPart) -> list[str]:
    """What looks like a secret in a part, each with the lines where it stands.

    Takes 0.2 s for a megabyte.
    """
    if isinstance(part, TextPart):
        return _in_text(part.text)
    if isinstance(part, AttachmentPart):
        named = _named(part.name) if part.kind is AttachmentKind.FILE else []
        return [*named, *_in_text(part.text)]
    return []


def _named(path: str) -> list[str]:
    name = PurePosixPath(path.replace("\\", "/")).name
    if _FILES.fullmatch(name) and not _HARMLESS.search(name):
        return [f"Files named like “{name}” usually hold secrets."]
    return []


def _in_text(text: str) -> list[str]:
    lines: dict[str, set[int]] = {}
    first = 1
    for block in _blocks(text):
        for what, place in _found(block):
            lines.setdefault(what, set()).add(first + block.count("\n", 0, place))
        first += block.count("\n")
    if _SET in lines:  # what is known by its shape is said once
        lines[_SET] -= set().union(*(found for what, found in lines.items() if what != _SET))
    return [
        f"This looks like {what} ({_named_lines(sorted(found))})."
        for what, found in sorted(lines.items(), key=lambda item: min(item[1], default=0))
        if found
    ]


def _blocks(text: str) -> Iterator[str]:
    """Whole lines: while an expression looks through one, nothing else runs."""
    start = 0
    while start < len(text):
        end = text.rfind("\n", start, start + _BLOCK) + 1
        end = end if end > start and len(text) > start + _BLOCK else start + _BLOCK
        yield text[start:end]
        start = end


def _found(text: str) -> Iterator[tuple[str, int]]:
    for what, shape in _COMPILED.items():
        for found in shape.finditer(text):
            value = found.groupdict().get("password", found.group())
            if not _is_example(value):
                yield what, found.start()
    for found in _ASSIGNED.finditer(text):
        value = found["quoted"] or found["bare"]
        if _is_random(value) and not _is_example(value):
            yield _SET, found.start()


def _is_example(value: str) -> bool:
    return _EXAMPLE.search(value) is not None or len(set(value)) < 5


def _is_random(value: str) -> bool:
    """Nothing that somebody would write for its meaning."""
    has_both = re.search(r"\d", value) and re.search(r"[A-Za-z]", value)
    return bool(has_both) and _CODE.match(value) is None


def _named_lines(numbers: list[int]) -> str:
    shown = ", ".join(str(number) for number in numbers[:_MOST_LINES])
    more = " and others" if len(numbers) > _MOST_LINES else ""
    return f"{'line' if len(numbers) == 1 else 'lines'} {shown}{more}"


_COMPILED = {what: re.compile(shape) for what, shape in _SHAPES.items()}
