"""The checks and tests that `test.py` runs, and how they are run and reported."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import environment
import frontend
from frontend import ROOT

WITHOUT = ROOT / "tests" / "without"
"""Python modules that the steps are to do without."""

_TIME_LIMIT_SECONDS = 1200
_PYTHON = str(environment.PYTHON)
_CORES = max(2, min(8, os.cpu_count() or 2))
_LANES = 2
"""Steps side by side, the longest first."""
_MEMORY = Path("/dev/shm")  # noqa: S108 - only where it is a file system in memory
_MEMORY_BYTES = 8 * 1024**3
"""Room in memory with which the tests' temporary files can be there."""
_running: set[subprocess.Popen[str]] = set()


@dataclass(frozen=True)
class Step:
    """One command.  `{junit}` in it is the file that its test results go to."""

    name: str
    what: str
    command: tuple[str, ...]
    folder: Path = ROOT
    browser: bool = False
    hub: bool = False
    local_model: bool = False


@dataclass(frozen=True)
class Result:
    """How a step went; the counts are tests, or the step itself where it has none."""

    step: Step
    seconds: float
    succeeded: bool
    passed: int
    failed: int
    skipped: int


def _python(name: str, what: str, *command: str) -> Step:
    return Step(name, what, (_PYTHON, "-m", *command))


def _npm(name: str, what: str, *command: str) -> Step:
    return Step(name, what, ("npm", "run", "--silent", *command), frontend.SOURCES)


STEPS = (
    Step(
        "pytest",
        "tests of engine, stores, providers and server",
        (
            *(_PYTHON, "-m", "pytest", "tests", "-n", str(_CORES), "--junitxml={junit}"),
            *("--ignore=tests/browser", "--ignore=tests/packaging"),
        ),
        local_model=True,
    ),
    Step(
        "browser",
        "tests in Chromium: JupyterLab, Notebook, the page, and a JupyterHub",
        (
            *(_PYTHON, "-m", "pytest", "tests/browser", "-p", "playwright"),
            *("-n", str(_CORES + 1), "--dist", "loadgroup", "--junitxml={junit}"),
        ),
        browser=True,
        hub=True,
        local_model=True,
    ),
    Step(
        "packaging",
        "the wheel, installed into an empty environment, answers a question",
        (_PYTHON, "-m", "pytest", "tests/packaging", "--junitxml={junit}"),
    ),
    _npm(
        "vitest",
        "tests of the front end",
        "test",
        "--",
        "--reporter=default",
        "--reporter=junit",
        "--outputFile.junit={junit}",
    ),
    _python("ruff", "lint Python", "ruff", "check", "."),
    _python("ruff-format", "Python is formatted", "ruff", "format", "--check", "."),
    _python("mypy", "types of Python", "mypy", "."),
    _npm("protocol", "the generated wire types are current", "protocol:check"),
    _npm("tsc", "types of TypeScript", "typecheck"),
    _npm("eslint", "lint TypeScript", "lint"),
    _npm("prettier", "TypeScript and styles are formatted", "format:check"),
    _npm("workflows", "the public CI's workflows are valid", "workflows"),
)


def run_all(
    steps: Sequence[Step], variables: Mapping[str, str], pytest_options: Sequence[str]
) -> list[Result]:
    """Run the steps in their order, two at a time."""
    with ThreadPoolExecutor(_LANES) as pool:
        try:
            waiting = [pool.submit(_run, step, variables, pytest_options) for step in steps]
            results = [done.result() for done in as_completed(waiting)]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in list(_running):
                _end(process)
            raise
    return sorted(results, key=lambda result: steps.index(result.step))


def report(results: Sequence[Result]) -> int:
    """Print the table and the count; return the exit code."""
    print(f"\n{'step':12} {'seconds':>8}  {'passed':>6} {'failed':>6} {'skipped':>7}")
    for result in results:
        print(
            f"{result.step.name:12} {result.seconds:8.1f}  {result.passed:6} {result.failed:6} "
            f"{result.skipped:7}  {'' if result.succeeded else 'FAILED'}".rstrip()
        )
    passed, failed, skipped = (
        sum(getattr(result, count) for result in results)
        for count in ("passed", "failed", "skipped")
    )
    print(f"\n{passed} passed, {failed} failed, {skipped} skipped", flush=True)
    return 0 if results and all(result.succeeded for result in results) else 1


def _run(step: Step, variables: Mapping[str, str], pytest_options: Sequence[str]) -> Result:
    # what is killed may still write for a moment
    with tempfile.TemporaryDirectory(
        prefix="jupyter-chat-", dir=_in_memory(), ignore_cleanup_errors=True
    ) as folder:
        # Hundreds of short-lived databases: on a disk the tests would wait for it.
        Path(folder).chmod(0o1777)  # as /tmp is; some tests are nobody for a while
        variables = {**variables, "TMPDIR": folder}
        junit = Path(folder, "junit.xml")
        command = [part.format(junit=junit) for part in step.command]
        if "pytest" in command:
            command += pytest_options
        if command[0] == "npm":
            command[0] = frontend.npm(variables)
        start = time.monotonic()
        code, output = _output_of(command, step, variables)
        seconds = time.monotonic() - start
        passed, failed, skipped = _counts(junit) or (int(code == 0), int(code != 0), 0)
    verdict = "passed" if code == 0 else "FAILED"
    # a step's output is one piece, however many run side by side
    text = f"\n=== {step.name}: {verdict} in {seconds:.1f} s"
    if code != 0 or "pytest" in command:
        text += f"\n{output.rstrip()}"
    print(text, flush=True)
    # a runner can fail without a failed test: no test found, an error while collecting
    return Result(step, seconds, code == 0, passed, failed or int(code != 0), skipped)


def _in_memory() -> Path | None:
    """A folder in memory, if there is one with room, from which programs can be run."""
    if not _MEMORY.is_dir() or not os.access(_MEMORY, os.W_OK):
        return None
    found = os.statvfs(_MEMORY)
    roomy = found.f_bavail * found.f_frsize >= _MEMORY_BYTES
    return _MEMORY if roomy and not found.f_flag & os.ST_NOEXEC else None


def _output_of(command: Sequence[str], step: Step, variables: Mapping[str, str]) -> tuple[int, str]:
    with subprocess.Popen(
        command,
        cwd=step.folder,
        env=dict(variables),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        start_new_session=os.name == "posix",
    ) as process:
        _running.add(process)
        try:
            output, _ = process.communicate(timeout=_TIME_LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            _end(process)
            output, _ = process.communicate()
            return 1, f"{output}\nStopped: it ran for more than {_TIME_LIMIT_SECONDS} s."
        finally:
            _running.discard(process)
        return process.returncode, output


def _end(process: subprocess.Popen[str]) -> None:
    """End a step and all that it has started."""
    if os.name == "posix":
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()


def _counts(junit: Path) -> tuple[int, int, int] | None:
    """Tests passed, failed and skipped, from a JUnit report if there is one."""
    if not junit.exists():
        return None
    total = failed = skipped = 0
    for suite in ET.parse(junit).getroot().iter("testsuite"):
        total += int(suite.get("tests", 0))
        failed += int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        skipped += int(suite.get("skipped", 0))
    return total - failed - skipped, failed, skipped
