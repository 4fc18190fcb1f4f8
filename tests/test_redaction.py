"""Logs hold no secret, whatever is logged."""

from __future__ import annotations

import base64
import logging
from collections.abc import Iterator

import pytest

from jupyter_chat.addresses import login_of, without_login
from jupyter_chat.redaction import Redacting, redact

SECRET = "pass/word+canary"


@pytest.fixture
def log() -> Iterator[logging.Logger]:
    log = logging.getLogger("test of redaction")
    redacting = Redacting([SECRET, ""])
    log.addFilter(redacting)
    yield log
    log.removeFilter(redacting)


@pytest.mark.parametrize(
    "form",
    [SECRET, "pass%2Fword%2Bcanary", base64.b64encode(SECRET.encode()).decode()],
)
def test_a_secret_is_cut_out_in_whichever_form(log, caplog, form: str) -> None:
    log.error("It was %s, and %d times", form, 3)
    assert form not in caplog.text
    assert "It was …, and 3 times" in caplog.text


@pytest.mark.parametrize("form", ["sk-0123456789", "Bearer abcdefghi", "http://me:word@host/x"])
def test_what_looks_like_a_secret_is_cut_out_as_well(log, caplog, form: str) -> None:
    log.warning("With %s.", form)
    assert form not in caplog.text


def test_a_traceback_is_kept_without_the_secret(log, caplog) -> None:
    try:
        raise RuntimeError(f"cannot connect to mongodb://{SECRET}@host")
    except RuntimeError:
        log.exception("It failed.")
    assert "test_a_traceback_is_kept_without_the_secret" in caplog.text
    assert "RuntimeError: cannot connect to" in caplog.text
    assert "canary" not in caplog.text


def test_what_holds_none_stays_as_it_is(log, caplog) -> None:
    log.error("A %s of %d frogs", "pond", 5)
    (record,) = caplog.records
    assert (record.msg, record.args) == ("A %s of %d frogs", ("pond", 5))
    for text in ("skip the key: a=b", "Task-123456789 asked for", "Basic authentication, please"):
        assert redact(text, [SECRET, "a"]) == text


@pytest.mark.parametrize(
    ("address", "shown", "login"),
    [
        ("http://host/v1", "http://host/v1", None),
        ("http://me:a%40b@host:80/v1", "http://host:80/v1", ("me", "a@b")),
        ("https://me@host", "https://host", ("me", "")),
        ("http://a@b:c@host/x@y", "http://host/x@y", ("a@b", "c")),
        ("http://host/a@b", "http://host/a@b", None),
        ("mongodb+srv://me:pw@host/db", "mongodb+srv://host/db", ("me", "pw")),
    ],
)
def test_a_login_in_an_address(address: str, shown: str, login: tuple[str, str] | None) -> None:
    assert without_login(address) == shown
    assert login_of(address) == login
