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
    """One socket with one thread; `frames`: (number of the event, if it is one of the
    thread, and when it came) and `bytes`, since `ask` was called."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse[bool]) -> None:
        self.frames: list[tuple[int | None, float]] = []
        self.bytes = 0
        self._socket = socket
        self._thread_id = new_id()
        self._leaf: str | None = None

    async def warm_up(self) -> None:
        """Make the thread and follow it, so that the next answer is seen from its start."""
        *_, ack = await self._command(**self._send("Hello"), create=True)
        self._leaf = ack["reply_id"]
        await self._follow()

    async def join(self, other: Viewer) -> None:
        """Follow the thread of another viewer."""
        self._thread_id, self._leaf = other._thread_id, other._leaf
        await self._follow()

    async def ask(self, question: str) -> Answer:
        """Ask, and watch the answer to its end."""
        answer = Answer(asked=time.time())
        self.frames, self.bytes = [], 0
        await self._socket.send_json({**self._send(question), "id": new_id()})
        return await self.watch(answer)

    async def watch(self, answer: Answer) -> Answer:
        """Watch an answer to its end."""
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

    async def _follow(self) -> None:
        seen = await self._command(type="subscribe", thread_id=self._thread_id, brief=True)
        while not any(_is_final(event, self._leaf) for event in seen):
            seen = [await self._event()]

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
        frame = str(await self._socket.receive_str())
        event: Any = json.loads(frame)
        if isinstance(event, list):
            _, seq, text = event
            event = {"type": "delta", "seq": seq, "text": text}
        size = len(frame.encode())
        self.bytes += size + (2 if size < 126 else 4 if size < 65536 else 10)
        self.frames.append((event.get("seq"), time.time()))
        return dict(event)


def _is_final(event: dict[str, Any], message_id: str | None) -> bool:
    messages = [event.get("message") or {}, *event.get("messages", [])]
    return any(each.get("id") == message_id and each["status"] not in LIVE for each in messages)


def client_session() -> aiohttp.ClientSession:
    """For any number of viewers; to be closed."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(total=None)
    )


async def open_viewer(
    session: aiohttp.ClientSession, jupyter: Jupyter, person: str | None = None
) -> Viewer:
    """Connect to a server as a person, or as somebody new."""
    socket = await session.ws_connect(
        f"{jupyter.url}/jupyter-chat/api/socket",
        headers={"Authorization": f"token {jupyter.token}", HEADER: person or new_id()},
        max_msg_size=0,
        autoping=True,
    )
    await socket.receive()  # the welcome
    return Viewer(socket)
