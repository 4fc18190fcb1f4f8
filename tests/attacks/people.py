"""A login that knows several people, and people with one of everything."""

from __future__ import annotations

from typing import Any

from jupyter_server.auth.identity import IdentityProvider, User

from jupyter_chat.ids import new_id

Ids = dict[str, str]
PATHS = (
    *("threads", "threads?view=archived", "threads?view=trash", "folders"),
    *("library", "account", "imports", "usage", "budget"),
)
"""Where somebody finds all that is theirs, beside the export."""


class People(IdentityProvider):
    """`Authorization: person NAME`: whoever says who they are is believed."""

    def get_user(self, handler: Any) -> User | None:
        scheme, _, name = handler.request.headers.get("Authorization", "").partition(" ")
        if scheme != "person":
            return None
        handler._token_authenticated = True
        return User(username=name, name=name)


def login(person: str) -> dict[str, str]:
    return {"Authorization": f"person {person}"}


def unknown() -> Ids:
    return {
        **{kind: new_id() for kind in ("thread", "message", "preset", "prompt", "flagged")},
        "import": new_id().replace("-", ""),
    }


class Person:
    """Somebody with one of everything, and a page that is open."""

    def __init__(self, name: str, rest: Any, connect: Any) -> None:
        self.name = name
        self._rest = rest
        self._connect = connect
        self.ids: Ids = {}

    async def rest(self, method: str, path: str, body: Any = None) -> Any:
        status, answer = await self._rest(method, path, body, headers=login(self.name))
        assert status == 200, answer
        return answer

    async def settle(self) -> None:
        self.page = await self._connect(headers=login(self.name))
        thread_id = new_id()
        asked = await self.page.ask(f"{self.name} asks [[echo]]", thread_id)
        await self.page.command("subscribe", thread_id=thread_id)
        await self.page.answer(asked["reply_id"])
        self.ids = unknown() | {"thread": thread_id, "message": asked["reply_id"]}
        for kind, field in (("preset", "settings"), ("prompt", "text")):
            entry = {"id": self.ids[kind], "name": kind, field: {} if kind == "preset" else "x"}
            await self.rest("PUT", f"library/{kind}s/{entry['id']}", entry)
        file = {"name": "a.json", "size": 10, "fingerprint": self.name}
        self.ids["import"] = (await self.rest("POST", "imports", file))["id"]
        await self.heard()

    async def possessions(self) -> dict[str, Any]:
        """All that is theirs."""
        kept = {path: await self.rest("GET", path) for path in PATHS}
        history = await self.rest("GET", "export?format=json&branches=all")
        return {**kept, "history": history["threads"]}

    async def heard(self) -> list[dict[str, Any]]:
        """What their page was told meanwhile."""
        known = len(self.page.events)
        await self.page.socket.write_message('{"type": "ping", "id": "heard"}')
        await self.page.until(lambda event: event["type"] == "pong")
        return [each for each in self.page.events[known:-1] if each["type"] != "heartbeat"]
