"""A scripted, deterministic server that speaks the OpenAI API, for tests and benchmarks.

`start_upstream()` starts it in a process of its own, so that it cannot hold up the loop
under test:

    with start_upstream() as upstream:
        client = AsyncOpenAI(base_url=upstream.url, api_key=upstream.key)

It is strict: fields, values and models that the real API refuses are refused with the
same status, code and parameter.  The key is `sk-test` or begins with `sk-test-`
(`sk-test-unverified` gets no reasoning summaries, as organisations that are not
verified; `sk-test-foreground` no background mode, as some compatible servers).  Models
are in `models.py`; a name that begins with `any-` is always known.  A token is four
characters.  Where an answer of a JSON Schema is asked for, it is an example of that.

Without directives the answer is a short sentence that quotes the question.  Directives
stand in the first or the last line of the last message of the user, in double brackets,
for example `Tell me a story [[chunks=100 delay=0.05 cut=20]]`:

What is said
    text="…"        exactly this (a JSON string)
    echo            the question without its directives
    echo=all        what was received, as JSON: model, instructions, messages
    markdown        a document of Markdown and code
    split_unicode   many multi-byte characters (unless other text is asked for), whose
                    bytes are spread over two packets each
    reasoning=N     thinks in N chunks first; reasoning="…" thinks exactly this, where an
                    empty line begins a new part of the summary
    refuse          the answer is a refusal
How it comes
    chunks=N        in N chunks (12); a short answer is lengthened to four characters each
    size=N          in chunks of N characters; with chunks=M the answer is lengthened, or
                    shortened, to N × M
    delay=SECONDS   between two chunks (0)
    first=SECONDS   before the first chunk, after the headers (0)
    headers=SECONDS before the headers (0)
How it ends
    length          at the output limit
    filter          by the content filter
    cut=N           the connection breaks after N chunks
    stall=N         silence for ever after N chunks
    no_terminal=N   an orderly end of the body after N chunks, without terminal event
    malformed=N     an event that is not JSON after N chunks; then it goes on
    failed=N        after N chunks the answer fails: `response.failed`, or in Chat
                    Completions an error event; code=… message="…" say why
    error_event=N   the same, in Responses as a flat `error` event
In background mode (`background=true`), where the answer is made whether anybody listens or
not, `cut`, `stall`, `no_terminal` and `malformed` befall only the first stream of it
    again           and every later one, after N more chunks
    gone            the response is not found later
    unstreamed      it is not streamed again, as responses of a certain age
The moderation endpoint finds `violence` in texts with the word `scripted-violence`, and fails
at those with `scripted-outage`.

Answers with an error status
    error=STATUS    with code=… message="…" retry_after=SECONDS; 502 and 504 come as the
                    HTML of a gateway
    times=K         only the first K times that this question is asked
    quota           429 insufficient_quota
    context         400 context_length_exceeded
"""

from __future__ import annotations

import asyncio
import http.client
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

__all__ = ["Upstream", "start_upstream"]

_ROOT = Path(__file__).parents[2]
_POLL_SECONDS = 0.02

Fits = Callable[[dict[str, Any]], object]


class Upstream:
    """The running server, seen from the tests."""

    def __init__(self, url: str, key: str, pid: int) -> None:
        self.url = url
        """The base URL, which ends in `/v1`."""
        self.key = key
        self.pid = pid
        self.origin = url.removesuffix("/v1")
        """The base URL without `/v1`: the endpoint of an Azure resource."""

    def requests(self, *, clear: bool = False) -> list[dict[str, Any]]:
        """What was asked since the start or the last clearing, oldest first.

        Each has `number`, `method`, `path`, `query`, `headers` (lower-case names),
        `body` (decoded JSON, else text), `connection` (the client's port), `started` and
        `ended` (`time.time()`; `ended` is `None` while it is being answered), `status`,
        `outcome`: `None` while it is being answered, then "completed", "closed by
        client" or "cut by server", and `said`: the text that a stream has sent so far (in
        background mode that was made so far).
        """
        found: list[dict[str, Any]] = self._call("GET")
        if clear:
            self.clear()
        return found

    def clear(self) -> None:
        """Forget the requests, and how often a question with `times=` was asked."""
        self._call("DELETE")

    def wait_for(self, fits: Fits, seconds: float = 10) -> dict[str, Any]:
        """The first request that fits, as soon as there is one.

        Blocks: where the code under test runs in the same loop, await
        :meth:`wait_for_async` instead.

        Raises:
            TimeoutError: none has come in time.
        """
        deadline = time.monotonic() + seconds
        while (found := self._first(fits)) is None:
            _check(deadline, seconds)
            time.sleep(_POLL_SECONDS)
        return found

    async def wait_for_async(self, fits: Fits, seconds: float = 10) -> dict[str, Any]:
        """:meth:`wait_for`, without holding up the loop."""
        deadline = time.monotonic() + seconds
        while (found := await asyncio.to_thread(self._first, fits)) is None:
            _check(deadline, seconds)
            await asyncio.sleep(_POLL_SECONDS)
        return found

    def _first(self, fits: Fits) -> dict[str, Any] | None:
        return next((request for request in self.requests() if fits(request)), None)

    def _call(self, method: str) -> Any:
        address = urlsplit(self.url).netloc
        with closing(http.client.HTTPConnection(address, timeout=10)) as connection:
            connection.request(method, "/_requests")
            return json.loads(connection.getresponse().read())


@contextmanager
def start_upstream(*options: str) -> Iterator[Upstream]:
    """Start the server on a free port; stop it at the end.

    `options` are further ones of `python -m tests.upstream`.  Should this process die,
    the server ends too.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.upstream", "--port=0", "--until-stdin-closes", *options],
        cwd=_ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with process:
        try:
            assert process.stdout is not None
            first = process.stdout.readline()
            if not first:
                raise RuntimeError(f"The upstream ended with status {process.wait()}.")
            told = json.loads(first)
            yield Upstream(told["url"], told["key"], process.pid)
        finally:
            process.terminate()


def _check(deadline: float, seconds: float) -> None:
    if time.monotonic() > deadline:
        raise TimeoutError(f"No such request within {seconds:g} seconds.")
