"""What is done for people ends when they are not let in any more."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from jupyter_chat.auth.stopping import Stopping
from jupyter_chat.protocol import PersonState
from jupyter_chat.store.interface import Store

from .conftest import LOG, somebody


class Work:
    """Answers, or imports."""

    def __init__(self, *user_ids: str) -> None:
        self.user_ids = set(user_ids)

    def people(self) -> set[str]:
        return set(self.user_ids)

    async def stop_all(self, user_id: str) -> None:
        self.user_ids.discard(user_id)


@pytest.mark.parametrize("state", [each for each in PersonState if each is not PersonState.ACTIVE])
async def test_all_that_is_done_for_who_is_not_active_ends_and_nothing_else(
    store: Store, state: PersonState
):
    ada, grace = await somebody(store, "Ada"), await somebody(store, "Grace")
    works = [Work(ada.id, grace.id), Work(ada.id), Work(grace.id), Work()]
    stopping = Stopping(store, [*works], LOG)
    await stopping.look()
    assert [len(each.user_ids) for each in works] == [2, 1, 1, 0]
    await store.put_person(replace(ada, state=state, revision=2))
    await stopping.look()
    assert [each.user_ids for each in works] == [{grace.id}, set(), {grace.id}, set()]


async def test_also_for_who_has_been_removed(store: Store):
    ada = await somebody(store)
    work = Work(ada.id)
    await store.remove_person(ada.id)
    await Stopping(store, [work], LOG).look()
    assert work.user_ids == set()
