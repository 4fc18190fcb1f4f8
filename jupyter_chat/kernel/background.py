"""One event loop, in a thread of its own, for all that this process's clients do.

A notebook's own loop stands still while a cell runs, and a script has none.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import os
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

from .errors import ChatError

_T = TypeVar("_T")

_LOOK_SECONDS = 0.5
"""On Windows nothing interrupts a thread that waits without an end."""

_lock = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None
_owner = 0
_thread_id = 0


def loop() -> asyncio.AbstractEventLoop:
    """The loop, started with the first use, and again in a forked process."""
    global _loop, _owner, _thread_id
    with _lock:
        if _loop is None or _owner != os.getpid():
            _loop, _owner = asyncio.new_event_loop(), os.getpid()
            thread = threading.Thread(target=_loop.run_forever, name="jupyter-chat", daemon=True)
            thread.start()
            _thread_id = thread.ident or 0
        return _loop


def begin(work: Coroutine[Any, Any, _T]) -> concurrent.futures.Future[_T]:
    """Start something there."""
    return asyncio.run_coroutine_threadsafe(work, loop())


def run(work: Coroutine[Any, Any, _T]) -> _T:
    """Do something there and wait for its result; an interrupt calls it off.

    What the chat could not do, and an interrupt, are raised as if they had happened here:
    where that other thread was then is of no interest.
    """
    __tracebackhide__ = True
    if threading.get_ident() == _thread_id:
        work.close()
        raise RuntimeError("This waits for itself: use the coroutines of AsyncClient here.")
    future = begin(work)
    try:
        while not future.done():
            concurrent.futures.wait([future], _LOOK_SECONDS)
        return future.result()
    except ChatError as error:
        failed: BaseException = error.with_traceback(None)
    except KeyboardInterrupt:
        future.cancel()
        failed = KeyboardInterrupt()
    except BaseException:
        future.cancel()
        raise
    raise failed from None


async def wait(work: Coroutine[Any, Any, _T]) -> _T:
    """Do something there and await its result, in whatever loop one is."""
    __tracebackhide__ = True
    try:
        return await asyncio.wrap_future(begin(work))
    except ChatError as error:
        failed = error.with_traceback(None)
    raise failed from None
