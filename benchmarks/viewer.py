"""A browser's side of the socket, as cheap as can be."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from jupyter_chat.ids import new_id
from jupyter_chat.store.records import LIVE
from tests.browser.jupyter import Jupyter

from .people import HEADER


@dataclass
class Answer:
    """What was seen of one answer; `seen`: (characters so far, `time.time()`)."""

    asked: float
    reply_id: str = ""
    characters: int = 0
    seen: list[tuple[int, float]] = field(default_factory=list)
    ended: float = 0.0
    status: str = ""
    frames: int = 0


class Viewer:
    """One socket with one thread."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse[bool]) -> None:
        self._socket = socket
        self._thread_id = new_id()
        self._leaf: str | None = None

    async def warm_up(self) -> None:
        """Make the thread and follow it, so that the next answer is seen from its start."""
        *_, ack = await self._command(**self._send("Hello"), create=True)
        self._leaf = ack["reply_id"]
        seen = await self._command(type="subscribe", thread_id=self._thread_id)
        while not any(_is_final(event, self._leaf) for event in seen):
            seen = [await self._event()]

    async def ask(self, question: str) -> Answer:
        """Ask, and watch the answer to its end."""
        answer = Answer(asked=time.time())
        await self._socket.send_json({**self._send(question), "id": new_id()})
        while not answer.ended:
            event = await self._event()
            now = time.time()
            if event["type"] == "ack":
                answer.reply_id = self._leaf = event["reply_id"]
            elif event["type"] == "delta":
                answer.frames += 1
                answer.characters += len(event["text"])
                answer.seen.append((answer.characters, now))
            elif event["type"] == "message":
                message = event["message"]
                if message["role"] == "assistant" and message["status"] not in LIVE:
                    answer.ended = now
                    answer.status = message["status"]
        return answer

    async def close(self) -> None:
        await self._socket.close()

    def _send(self, question: str) -> dict[str, Any]:
        return {
            "type": "send",
            "client_id": new_id(),
            "thread_id": self._thread_id,
            "parent_id": self._leaf,
            "parts": [{"type": "text", "text": question}],
        }

    async def _command(self, **fields: Any) -> list[dict[str, Any]]:
        """Give a command; all events up to its acknowledgement."""
        command_id = new_id()
        await self._socket.send_json({**fields, "id": command_id})
        seen = [await self._event()]
        while seen[-1].get("id") != command_id:
            seen.append(await self._event())
        if seen[-1]["type"] != "ack":
            raise RuntimeError(str(seen[-1]))
        return seen

    async def _event(self) -> dict[str, Any]:
        event: dict[str, Any] = json.loads(await self._socket.receive_str())
        return event


def _is_final(event: dict[str, Any], message_id: str | None) -> bool:
    messages = [event.get("message") or {}, *event.get("messages", [])]
    return any(each.get("id") == message_id and each["status"] not in LIVE for each in messages)


def client_session() -> aiohttp.ClientSession:
    """For any number of viewers; to be closed."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(total=None)
    )


async def open_viewer(session: aiohttp.ClientSession, jupyter: Jupyter) -> Viewer:
    """Connect to a server as somebody new."""
    socket = await session.ws_connect(
        f"{jupyter.url}/jupyter-chat/api/socket",
        headers={"Authorization": f"token {jupyter.token}", HEADER: new_id()},
        max_msg_size=0,
        autoping=True,
    )
    await socket.receive()  # the welcome
    return Viewer(socket)
