"""Which store a URL means."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_chat.store import open_store
from jupyter_chat.store.errors import Unavailable
from jupyter_chat.store.mongo import MongoStore
from jupyter_chat.store.sqlite import SqliteStore


async def test_sqlite_takes_a_path_after_three_slashes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    for url, path in (
        (f"sqlite:///{tmp_path / 'absolute.sqlite'}", tmp_path / "absolute.sqlite"),
        ("sqlite:///relative.sqlite", tmp_path / "relative.sqlite"),
        ("sqlite:///~/own.sqlite", tmp_path / "home" / "own.sqlite"),
    ):
        store = open_store(url)
        assert isinstance(store, SqliteStore)
        await store.open()
        assert path.exists()
        await store.close()


@pytest.mark.parametrize("url", ["mongodb://localhost", "mongodb+srv://ada:hunter2@example.org/x"])
def test_mongodb_is_not_connected_to_before_it_is_opened(url: str) -> None:
    assert isinstance(open_store(url), MongoStore)


@pytest.mark.parametrize(
    "url", ["", "sqlite:///", "sqlite://path", "history.sqlite", "postgresql://ada:hunter2@db/x"]
)
async def test_any_other_url_cannot_be_opened_says_why_and_is_not_repeated(url: str) -> None:
    store = open_store(url)
    for _ in range(2):
        with pytest.raises(Unavailable, match="must be of the form") as error:
            await store.open()
        assert "hunter2" not in str(error.value)
    await store.close()
