"""Somebody who asks one question after the other, whatever happens to the server."""

from __future__ import annotations

import asyncio
import json
import random
import time
from typing import Any

import aiohttp

from jupyter_chat.ids import new_id
from jupyter_chat.store.records import LIVE
from tests.browser.jupyter import Jupyter

from .ledger import Asked

_RETRY_SECONDS = 0.05


class Person:
    """Sends each question until it is acknowledged, as the front end does: with the same
    `client_id`, on a new socket when the old one breaks; now and then once more than
    needed."""

    def __init__(self, name: str, jupyter: Jupyter, chance: random.Random) -> None:
        self.asked: list[Asked] = []
        self._name = name
        self._jupyter = jupyter
        self._chance = chance
        self._socket: aiohttp.ClientWebSocketResponse[bool] | None = None
        self._thread_id = new_id()
        self._leaf: str | None = None
        self._subscribed: str | None = None

    async def ask_on(self) -> None:
        """Ask until cancelled."""
        async with aiohttp.ClientSession() as session:
            while True:
                if self._chance.random() < 0.2:
                    self._thread_id, self._leaf = new_id(), None
                question = self._question()
                self.asked.append(question)
                while True:
                    try:
                        await self._ask(session, question)
                        break
                    except (aiohttp.ClientError, ConnectionError, _Broken):
                        self._socket = None
                        await asyncio.sleep(_RETRY_SECONDS)

    def _question(self) -> Asked:
        number = len(self.asked)
        words = [f"{self._name}{number}-{word}" for word in range(self._chance.randint(2, 250))]
        answer = " ".join(words)
        text = f"{self._name} {number} [[text={json.dumps(answer)} size=8 delay=0.02]]"
        return Asked(new_id(), self._thread_id, text, answer)

    async def _ask(self, session: aiohttp.ClientSession, question: Asked) -> None:
        if self._socket is None:
            self._socket = await session.ws_connect(
                f"{self._jupyter.url}/jupyter-chat/api/socket",
                headers={"Authorization": f"token {self._jupyter.token}"},
            )
            self._subscribed = None
        again = self._chance.random() < 0.3
        await self._send(question)
        if again:
            await self._send(question)
        reply = None
        while question.reply_id is None or self._subscribed != question.thread_id:
            await self._event(question)
            if question.reply_id is not None and self._subscribed != question.thread_id:
                subscribe = {"type": "subscribe", "id": "follow", "thread_id": question.thread_id}
                await self._socket.send_json(subscribe)
                self._subscribed = question.thread_id
        self._leaf = question.reply_id
        patience = time.monotonic() + self._chance.choice((0.1, 1.0, 10.0))
        while reply is None and time.monotonic() < patience:
            try:
                reply = await asyncio.wait_for(self._event(question), 0.2)
            except asyncio.TimeoutError:
                continue

    async def _send(self, question: Asked) -> None:
        assert self._socket is not None
        command = {
            "type": "send",
            "id": question.client_id,
            "client_id": question.client_id,
            "thread_id": question.thread_id,
            "parent_id": self._leaf,
            "parts": [{"type": "text", "text": question.text}],
            "create": self._leaf is None,
        }
        await self._socket.send_json(command)

    async def _event(self, question: Asked) -> str | None:
        """Take in one event; the status of the answer if it has ended."""
        assert self._socket is not None
        frame = await self._socket.receive()
        if frame.type is not aiohttp.WSMsgType.TEXT:
            raise _Broken
        event: dict[str, Any] = json.loads(frame.data)
        if event["type"] == "rejected":
            raise _Broken(event["problem"]["message"])
        if event["type"] == "ack" and event["id"] == question.client_id:
            question.acknowledge(event["message_id"], event["reply_id"])
        now = time.time()
        if event["type"] == "delta" and event["message_id"] == question.reply_id:
            shown = question.seen[-1][1] if question.seen else 0
            question.seen.append((now, shown + len(event["text"])))
        messages = [event.get("message") or {}, *event.get("messages", [])]
        for message in messages:
            if message.get("id") == question.reply_id and question.reply_id is not None:
                size = sum(len(part["text"]) for part in message["parts"])
                question.seen.append((now, size))
                if message["status"] not in LIVE:
                    return str(message["status"])
        return None


class _Broken(Exception):
    """The socket broke, or the server could not take the question now."""
