"""A wheel never carries a front end that was made from other sources."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

from .conftest import ROOT


@pytest.fixture
def frontend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """`deploy/frontend.py` over a small tree of its own."""
    (tmp_path / "deploy").mkdir()
    (tmp_path / "jupyter_chat").mkdir()
    source = tmp_path / "labextension" / "src" / "index.ts"
    source.parent.mkdir(parents=True)
    source.write_text("export {}")
    copy = tmp_path / "deploy" / "frontend.py"
    copy.write_bytes((ROOT / "deploy" / "frontend.py").read_bytes())
    spec = importlib.util.spec_from_file_location("copied_frontend", copy)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "npm", lambda environment: "npm")
    return module


@pytest.fixture
def built(frontend: ModuleType) -> ModuleType:
    """The same, with its bundles built."""

    def run(command: list[str], folder: Path) -> None:
        assert command == ["npm", "run", "build:prod"]
        for bundle in (frontend.LABEXTENSION, frontend.STATIC):
            bundle.mkdir()
            (bundle / "bundle.js").write_text("//")

    frontend.build(run)
    return frontend


def test_a_fresh_clone_has_no_current_bundles(frontend: ModuleType) -> None:
    assert not frontend.is_current()


def test_built_bundles_are_current(built: ModuleType) -> None:
    assert built.is_current()


def test_an_edit_makes_them_stale(built: ModuleType) -> None:
    (built.SOURCES / "src" / "index.ts").write_text("export default 1")
    assert not built.is_current()


def test_a_new_source_makes_them_stale(built: ModuleType) -> None:
    (built.SOURCES / "src" / "more.ts").write_text("")
    assert not built.is_current()


def test_a_bundle_that_somebody_else_built_does_not_count(built: ModuleType) -> None:
    (built.LABEXTENSION / "bundle.js").write_text("// for development")
    assert not built.is_current()


def test_a_lost_bundle_is_noticed(built: ModuleType) -> None:
    (built.STATIC / "bundle.js").unlink()
    assert not built.is_current()


@pytest.mark.parametrize("name", ["node_modules/react/index.js", "lib/index.js", ".cache/x"])
def test_what_is_generated_is_no_source(built: ModuleType, name: str) -> None:
    path = built.SOURCES / name
    path.parent.mkdir(parents=True)
    path.write_text("")
    assert built.is_current()


@pytest.mark.parametrize(
    ("present", "installed"),
    [
        ({"node_modules/react": {"version": "18.2.0"}}, True),
        ({"node_modules/react": {"version": "18.1.0"}}, False),
        ({"node_modules/other": {"version": "1.0.0"}}, False),
        (None, False),
    ],
)
def test_the_lock_file_decides_whether_packages_are_installed(
    frontend: ModuleType, present: dict[str, object] | None, installed: bool
) -> None:
    locked = {
        "": {"version": "0.1.0"},
        "node_modules/react": {"version": "18.2.0"},
        "node_modules/only-on-another-system": {"version": "1.0.0", "optional": True},
    }
    (frontend.SOURCES / "package-lock.json").write_text(json.dumps({"packages": locked}))
    if present is not None:
        hidden = frontend.SOURCES / "node_modules" / ".package-lock.json"
        hidden.parent.mkdir()
        hidden.write_text(json.dumps({"packages": present}))
    assert frontend.packages_installed() is installed
