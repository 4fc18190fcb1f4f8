"""Somebody who asks one question after the other, whatever happens to the server."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from jupyter_chat.ids import new_id
from tests.browser.jupyter import Jupyter
from tests.page import Broken, Page

from .ledger import Asked
from .questions import draw

_RETRY_SECONDS = 0.05
_MOST_WAITING = 3
"""Answers of a conversation that are still to come when somebody asks on: more would only
be waited for in the end, one after the other."""
_TROUBLES = (aiohttp.ClientError, ConnectionError, Broken)


@dataclass
class Room:
    """A conversation that two people share."""

    thread_id: str = field(default_factory=new_id)
    acknowledged: asyncio.Event = field(default_factory=asyncio.Event)
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    """Some text of an answer has come."""


class Person:
    """Sends each question until it is acknowledged, as the front end does: with the same
    `client_id`, on a new socket when the old one breaks; now and then once more than
    needed.  Follows the whole conversation, and breaks connections off now and then."""

    def __init__(
        self,
        name: str,
        room: Room,
        jupyter: Jupyter,
        session: aiohttp.ClientSession,
        chance: random.Random,
    ) -> None:
        self.asked: list[Asked] = []
        self.page = Page(jupyter, session)
        self._name = name
        self._room = room
        self._chance = chance
        self._leaf: tuple[str, str] | None = None
        """Thread and id of the last answer asked for."""

    async def ask_on(self) -> None:
        """Ask until cancelled."""
        while True:
            if self._chance.random() < 0.15:
                self._room.thread_id = new_id()
            name = f"{self._name}{len(self.asked)}"
            thread_id = self._room.thread_id
            asked = Asked(draw(name, self._chance), new_id(), thread_id)
            self.asked.append(asked)
            known = self._leaf is not None and self._leaf[0] == thread_id
            parent_id = self._leaf[1] if known and self._leaf is not None else None
            await self._insist(asked, parent_id)
            if asked.reply_id is not None:
                self._leaf = thread_id, asked.reply_id

    async def look_on(self, thread_ids: set[str], seconds: float) -> None:
        """Follow conversations to their end: until every answer shown has one."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            try:
                if not self.page.open:
                    await self.page.connect()
                for thread_id in thread_ids:
                    await self.page.follow(thread_id)
                await self._listen(0.3)
                if all(self._has_ended(thread_id) for thread_id in thread_ids):
                    return
            except _TROUBLES:
                await asyncio.sleep(_RETRY_SECONDS)

    def _waiting(self, thread_id: str) -> int:
        view = self.page.views[thread_id]
        answers = [each for each in view.messages.values() if each["role"] == "assistant"]
        return sum(not view.ended(each["id"]) for each in answers)

    def _has_ended(self, thread_id: str) -> bool:
        view = self.page.views[thread_id]
        answers = [each for each in view.messages.values() if each["role"] == "assistant"]
        return bool(answers) and all(view.ended(each["id"]) for each in answers)

    async def _insist(self, asked: Asked, parent_id: str | None) -> None:
        while True:
            try:
                await self._ask(asked, parent_id)
                return
            except _TROUBLES:
                self.page.cut()
                await asyncio.sleep(_RETRY_SECONDS)

    async def _ask(self, asked: Asked, parent_id: str | None) -> None:
        if not self.page.open:
            await self.page.connect()
        again = 2 if self._chance.random() < 0.3 else 1
        for _ in range(again):
            await self.page.ask(asked.question.text, asked.thread_id, parent_id, asked.client_id)
        self._break_off(0.05)
        while asked.reply_id is None:
            self._notice(asked, await self.page.event())
        await self.page.follow(asked.thread_id)
        stop = self._chance.random() < 0.1
        patience = time.monotonic() + self._chance.choice((0.1, 0.5, 3.0, 6.0))
        while time.monotonic() < patience or self._waiting(asked.thread_id) > _MOST_WAITING:
            await self._listen(0.2, asked)
            self._break_off(0.02)
            view = self.page.views[asked.thread_id]
            if view.ended(asked.reply_id):
                break
            if stop and view.text(asked.reply_id):
                stop = False
                await self.page.send("stop", thread_id=asked.thread_id, message_id=asked.reply_id)

    def _break_off(self, likelihood: float) -> None:
        if self._chance.random() < likelihood:
            self.page.cut(within=self._chance.choice((b"", b'{"type":"send","id":')))
            raise Broken("cut on purpose")

    async def _listen(self, seconds: float, asked: Asked | None = None) -> None:
        """Take in what comes for a while."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            waiting = asyncio.ensure_future(self.page.event())
            # Whoever is cancelled here does not look at it any more.
            waiting.add_done_callback(lambda done: done.cancelled() or done.exception())
            done, _ = await asyncio.wait({waiting}, timeout=left)
            if not done:
                waiting.cancel()
                await asyncio.wait({waiting})
            if waiting.cancelled():
                return
            event = waiting.result()
            if event["type"] == "delta":
                self._room.answered.set()
            if asked is not None:
                self._notice(asked, event)
                if event.get("message", {}).get("id") == asked.reply_id:
                    return

    def _notice(self, asked: Asked, event: dict[str, Any]) -> None:
        if event.get("id") != asked.client_id:
            return
        if event["type"] == "rejected":
            raise Broken(event["problem"]["message"])
        if event["type"] == "ack":
            asked.acknowledge(event["message_id"], event["reply_id"])
            self._room.acknowledged.set()
