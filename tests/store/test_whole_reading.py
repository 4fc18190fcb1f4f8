"""Reading everything that somebody has, a little at a time."""

from __future__ import annotations

from jupyter_chat.ids import new_id
from jupyter_chat.protocol import written_in
from jupyter_chat.store.interface import Store
from jupyter_chat.store.types import ThreadChanges

from .builders import ADA, GRACE, a_thread, a_whole_thread, finished_turn, grown, running_reply


async def test_all_threads_but_those_in_the_trash_are_named_oldest_first(store: Store) -> None:
    threads = [a_thread(updated_at) for updated_at in (3000, 1000, 2000)]
    for thread in threads:
        await finished_turn(store, thread)
    await finished_turn(store, a_thread(), user=GRACE)
    changes = ThreadChanges(deleted_at=5000)
    await store.update_thread(ADA, threads[1].id, changes)
    temporary = a_thread()
    temporary.temporary = True
    await store.add_thread(ADA, temporary, [])
    await store.update_thread(ADA, threads[0].id, ThreadChanges(archived=True, pinned=True))
    assert await store.thread_ids(ADA) == [threads[0].id, threads[2].id]
    assert await store.thread_ids("nobody") == []


async def test_messages_are_read_by_their_ids_in_their_order(store: Store) -> None:
    thread, messages = a_whole_thread(turns=3)
    await store.add_thread(ADA, thread, messages)
    wanted = [messages[4].id, messages[1].id, messages[4].id, new_id()]
    assert await store.get_messages(ADA, thread.id, wanted) == [messages[1], messages[4]]
    assert await store.get_messages(ADA, thread.id, []) == []


async def test_messages_of_another_thread_or_person_are_not_read(store: Store) -> None:
    thread, messages = a_whole_thread()
    await store.add_thread(ADA, thread, messages)
    other, _ = a_whole_thread()
    await store.add_thread(ADA, other, [])
    ids = [message.id for message in messages]
    assert await store.get_messages(GRACE, thread.id, ids) == []
    assert await store.get_messages(ADA, other.id, ids) == []


async def test_a_running_reply_is_read_with_the_text_it_has_so_far(store: Store) -> None:
    reply = await running_reply(store)
    await store.append_checkpoints([grown(reply, 0, "Be"), grown(reply, 1, "cause")])
    (read,) = await store.get_messages(ADA, reply.thread_id, [reply.id])
    assert [part.text for part in written_in(read)] == ["Because"]
