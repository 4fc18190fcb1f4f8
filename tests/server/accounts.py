"""What tests of a server with accounts work with."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

import aiohttp
from yarl import URL

from jupyter_chat.ids import new_id

PASSWORD = "correct horse"
_XSRF = re.compile(r'name="_xsrf" value="([^"]+)"')


class Browser:
    """Keeps cookies, fills in forms, and calls the API as the page does."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/") + "/"
        self.session = aiohttp.ClientSession(
            cookie_jar=aiohttp.CookieJar(unsafe=True), timeout=aiohttp.ClientTimeout(total=60)
        )
        self.sockets: list[aiohttp.ClientWebSocketResponse[bool]] = []

    def at(self, path: str) -> URL:
        return URL(self.url + path, encoded=True)

    async def close(self) -> None:
        for socket in self.sockets:
            await socket.close()
        await self.session.close()

    async def get(self, path: str, **options: Any) -> tuple[int, str]:
        async with self.session.get(self.at(path), **options) as answer:
            return answer.status, await answer.text()

    async def form(self, path: str, *, xsrf: bool = True, **fields: str) -> Any:
        """Fill in a form and send it; the answer, which may lead elsewhere."""
        _, page = await self.get("jupyter-chat/" + path)
        found = _XSRF.search(page) or _XSRF.search((await self.get("jupyter-chat/register"))[1])
        if xsrf and found:
            fields["_xsrf"] = found[1]
        url = self.at(f"jupyter-chat/{path.partition('?')[0]}")
        async with self.session.post(url, data=fields, allow_redirects=False) as answer:
            await answer.text()
            return answer

    async def register(self, name: str, code: str = "") -> Any:
        return await self.form("register", name=name, password=PASSWORD, code=code)

    async def log_in(self, name: str, password: str = PASSWORD) -> Any:
        return await self.form("login", name=name, password=password)

    async def api(
        self, method: str, path: str, body: Any = None, *, xsrf: bool = True
    ) -> tuple[int, Any]:
        headers = {"X-XSRFToken": self.cookie("_xsrf")} if xsrf else {}
        async with self.session.request(
            method,
            self.at(f"jupyter-chat/api/{path}"),
            data=None if body is None else json.dumps(body),
            headers=headers,
        ) as answer:
            text = await answer.text()
            return answer.status, json.loads(text) if text else None

    async def socket(self) -> aiohttp.ClientWebSocketResponse[bool]:
        """An open socket, after its welcome.  Raises where it is refused."""
        address = self.at(f"jupyter-chat/api/socket?_xsrf={quote(self.cookie('_xsrf'))}")
        socket = await self.session.ws_connect(address)
        self.sockets.append(socket)
        welcome = await socket.receive_json(timeout=20)
        assert welcome["type"] == "welcome"
        return socket

    async def me(self) -> Any:
        status, profile = await self.api("GET", "profile")
        assert status == 200, profile
        return profile

    def cookies(self) -> dict[str, Any]:
        return {cookie.key: cookie for cookie in self.session.cookie_jar}

    def cookie(self, begins: str) -> str:
        found = [each for name, each in self.cookies().items() if name.startswith(begins)]
        return found[0].value if found else ""

    def forget(self, begins: str) -> None:
        """As if the cookie had run out."""
        self.session.cookie_jar.clear(lambda cookie: cookie.key.startswith(begins))

    def copy(self) -> Browser:
        """Somebody who has copied all the cookies."""
        other = Browser(self.url)
        for name, cookie in self.cookies().items():
            other.session.cookie_jar.update_cookies({name: cookie.value}, self.at("jupyter-chat/"))
        return other


async def closed(socket: aiohttp.ClientWebSocketResponse[bool], seconds: float) -> bool:
    """Whether the server closes it within so many seconds."""
    try:
        while True:
            frame = await socket.receive(timeout=seconds)
            if frame.type is not aiohttp.WSMsgType.TEXT:
                return True
    except TimeoutError:
        return False


async def ask(socket: Any, text: str) -> str:
    """Begin a conversation; its id."""
    thread_id = new_id()
    command = {
        "type": "send",
        "id": new_id(),
        "client_id": new_id(),
        "thread_id": thread_id,
        "parent_id": None,
        "parts": [{"type": "text", "text": text}],
        "create": True,
    }
    await socket.send_json(command)
    while (await socket.receive_json(timeout=20))["type"] != "ack":
        pass
    return thread_id


@asynccontextmanager
async def browsers(url: str) -> AsyncIterator[Callable[[], Browser]]:
    """Makes browsers that speak to a server, and closes them in the end."""
    made: list[Browser] = []

    def browser() -> Browser:
        made.append(Browser(url))
        return made[-1]

    yield browser
    for each in made:
        await each.close()
