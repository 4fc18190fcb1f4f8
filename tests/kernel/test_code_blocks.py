"""Which parts of an answer become the next cell."""

from __future__ import annotations

import pytest

from jupyter_chat.kernel.code_blocks import python_in


@pytest.mark.parametrize(
    "name", ["python", "Python", "py", "ipython3", "python title=x", "{python}"]
)
def test_python_has_many_names(name: str) -> None:
    assert python_in(f"So:\n```{name}\nx = 1\n```\n") == "x = 1"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("```bash\npip install x\n```\n```py\nx\n```\n```\nits output\n```", "x"),
        ("```\nx\n```\n~~~js\ny\n~~~\n~~~\nz\n~~~", "x\n\nz"),
        ("```json\n{}\n```\n", ""),
        (
            "1. So:\n\n   ```py\n   if x:\n       y\n   ```\n2. > ```py\n   > z\n   > ```",
            "if x:\n    y\n\nz",
        ),
        ("````python\nx = '''\n```\n'''\n````", "x = '''\n```\n'''"),
        ("```python\nif x:\n\ty\n```", "if x:\n\ty"),
        ("```python\nstopped", "stopped"),
        ("no fence:\n\n    x = 1", ""),
        ("say `x = 1`", ""),
    ],
)
def test_only_what_can_run_here_is_taken(text: str, code: str) -> None:
    assert python_in(text) == code
