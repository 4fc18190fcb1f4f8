"""What people find when their server was killed in mid-answer and is there again."""

from __future__ import annotations

import asyncio

import pytest

from jupyter_chat.ids import new_id

from .conftest import kept, posts, said_first

SLOW = "[[chunks=100 size=8 delay=0.02]]"
WORDS = 800
ENDLESS = "[[chunks=2000 size=8 delay=0.02]]"


async def test_a_running_answer_is_interrupted_and_a_waiting_one_is_made(
    serve, open_page, upstream, store_url
):
    jupyter = serve()
    page, thread_id = await open_page(jupyter), new_id()
    reply_id = await page.asked(f"First {ENDLESS}", thread_id)
    waiting_id = await page.asked("Second [[echo]]", thread_id, reply_id)
    view = await page.shown(thread_id, lambda view: len(view.text(reply_id)) > 100)
    text = await kept(store_url, thread_id, reply_id, len(view.text(reply_id)))
    jupyter.kill()
    jupyter.start()
    # At once: the first thing that anybody sees is how it is.
    page = await open_page(jupyter)
    await page.follow(thread_id)
    view = await page.shown(thread_id, lambda view: view.messages)
    assert view.status(reply_id) == "interrupted"
    assert view.messages[reply_id]["problem"]["code"] == "server_stopped"
    assert view.text(reply_id).startswith(text)
    assert said_first(upstream).startswith(view.text(reply_id))
    view = await page.shown(thread_id, lambda view: view.status(waiting_id) == "complete")
    assert view.text(waiting_id) == "Second"
    assert posts(upstream) == [f"First {ENDLESS}", "Second [[echo]]"]
    # The interrupted text is part of what the model sees.
    context = upstream.requests()[-1]["body"]["messages"]
    assert [message["role"] for message in context] == ["user", "assistant", "user"]


async def test_a_durable_answer_goes_on_where_it_was(serve, open_page, upstream):
    jupyter = serve(durable=True)
    page, thread_id = await open_page(jupyter), new_id()
    reply_id = await page.asked(f"Go on {SLOW}", thread_id)
    waiting_id = await page.asked("Second [[echo]]", thread_id, reply_id)
    for round_ in (1, 2):
        view = await page.shown(
            thread_id, lambda view, n=round_: len(view.text(reply_id)) > 150 * n
        )
        if view.status(reply_id) == "complete":
            break  # it came while the server was away; now the other one may be coming
        jupyter.kill()
        jupyter.start()
        page = await open_page(jupyter)
        await page.follow(thread_id)
        view = await page.shown(thread_id, lambda view: view.messages)
        assert view.status(reply_id) in ("streaming", "complete")
    view = await page.shown(thread_id, lambda view: view.status(waiting_id) == "complete")
    assert view.status(reply_id) == "complete"
    assert view.text(waiting_id) == "Second"
    assert (view.gaps, view.mismatched) == (0, 0)
    assert view.text(reply_id) == said_first(upstream)
    assert len(said_first(upstream)) == WORDS
    assert posts(upstream) == [f"Go on {SLOW}", "Second [[echo]]"]


async def test_a_durable_answer_can_be_stopped_after_the_restart(
    serve, open_page, upstream, store_url
):
    jupyter = serve(durable=True)
    page, thread_id = await open_page(jupyter), new_id()
    reply_id = await page.asked(f"Go on {ENDLESS}", thread_id)
    await page.shown(thread_id, lambda view: len(view.text(reply_id)) > 100)
    await kept(store_url, thread_id, reply_id, 1)
    jupyter.kill()
    jupyter.start()
    page = await open_page(jupyter)
    await page.follow(thread_id)
    before = await page.shown(thread_id, lambda view: view.messages)
    assert before.status(reply_id) == "streaming"
    await page.send("stop", thread_id=thread_id, message_id=reply_id)
    await page.shown(thread_id, lambda view: view.status(reply_id) == "stopped")
    await upstream.wait_for_async(lambda request: request["path"].endswith("/cancel"))
    said = said_first(upstream)
    assert said.startswith(page.views[thread_id].text(reply_id))
    await asyncio.sleep(0.2)
    assert said_first(upstream) == said


async def test_a_durable_answer_that_upstream_has_forgotten_is_interrupted(
    serve, open_page, upstream, store_url
):
    jupyter = serve(durable=True)
    page, thread_id = await open_page(jupyter), new_id()
    reply_id = await page.asked("Go on [[chunks=2000 size=8 delay=0.02 gone]]", thread_id)
    view = await page.shown(thread_id, lambda view: len(view.text(reply_id)) > 100)
    text = await kept(store_url, thread_id, reply_id, len(view.text(reply_id)))
    jupyter.kill()
    jupyter.start()
    page = await open_page(jupyter)
    await page.follow(thread_id)
    view = await page.shown(thread_id, lambda view: view.status(reply_id) == "interrupted")
    assert view.messages[reply_id]["problem"]["code"] == "reply_gone"
    assert view.text(reply_id).startswith(text)
    assert len(posts(upstream)) == 1


@pytest.mark.parametrize("durable", [True, False])
async def test_a_cut_upstream_is_seen_and_what_came_is_kept(serve, open_page, upstream, durable):
    jupyter = serve(durable=durable)
    page, thread_id = await open_page(jupyter), new_id()
    reply_id = await page.asked("Go on [[chunks=50 size=8 delay=0.01 cut=20]]", thread_id)
    view = await page.shown(thread_id, lambda view: view.ended(reply_id))
    assert view.status(reply_id) == ("complete" if durable else "interrupted")
    assert view.text(reply_id) == said_first(upstream)
    assert len(view.text(reply_id)) == (400 if durable else 160)
    assert [problem["code"] for problem in view.waited] == (["stream_cut"] if durable else [])
    assert len(posts(upstream)) == 1
