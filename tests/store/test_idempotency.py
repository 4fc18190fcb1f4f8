"""Every writing call may be repeated: doing it twice changes nothing.

A network may lose an answer after the work was done, and a client that heard nothing
asks again.  Each test does a call twice and compares all that the store holds.
"""

from __future__ import annotations

import pytest

from jupyter_chat.store.interface import Store

from . import calls
from .conftest import OpenStore
from .contents import contents


@pytest.mark.parametrize("prepare", calls.ALL, ids=lambda prepare: prepare.__name__)
async def test_doing_it_twice_changes_nothing(
    store: Store, open_another: OpenStore, store_url: str, prepare: calls.Prepare
) -> None:
    call = await prepare(store)
    await call(store)
    once = contents(store_url)
    await call(store)
    assert contents(store_url) == once
    # Another process that is asked the same finds it done as well.
    await call(await open_another())
    assert contents(store_url) == once
