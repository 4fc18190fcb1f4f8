"""Somebody who has signed in at the hub, in a browser of their own."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import APIResponse, BrowserContext, Page, WebSocket, expect

from jupyter_chat.protocol import ACCESS_SCHEME

from ..chat import SECONDS, Chat
from .hub import PASSWORD, Hub

_AWAY = re.compile("Server unavailable|Directory not found")
_RUN = """
async code => {
  const kernel = await window.jupyterapp.serviceManager.kernels.startNew({ name: 'python3' });
  const said = [];
  const future = kernel.requestExecute({ code });
  future.onIOPub = ({ header, content }) => {
    if (header.msg_type === 'stream') said.push(content.text);
    if (header.msg_type === 'error') said.push(content.traceback.join('\\n'));
    if (content.data) said.push(content.data['text/markdown'] ?? content.data['text/plain']);
  };
  await future.done;
  if (!KEPT) await kernel.shutdown();
  kernel.dispose();
  return said.join('\\n');
}
"""


class Person:
    def __init__(self, hub: Hub, name: str, context: BrowserContext) -> None:
        self.hub = hub
        self.name = name
        self.context = context
        self.page: Page = context.new_page()
        self.sockets: list[WebSocket] = []
        """Those of the chat that the page has opened."""
        self.page.on("websocket", self._opened)
        # JupyterLab's own, when the hub is away; they take every key
        self.page.add_locator_handler(
            self.page.get_by_role("dialog").filter(has_text=_AWAY).first,
            lambda dialog: dialog.press("Escape"),
        )
        self.loaded_after: int | None = None
        """After how many failed tests the page was loaded that tests share."""

    def _opened(self, socket: WebSocket) -> None:
        if "/jupyter-chat/" in socket.url:
            self.sockets.append(socket)

    def sign_in(self, then: str) -> None:
        """Sign in at the hub, and go on to this path."""
        self.page.goto(f"{self.hub.url}/hub/login?next=/{then}")
        self.page.locator("#username_input").fill(self.name)
        self.page.locator("#password_input").fill(PASSWORD)
        self.page.locator("#login_submit").click()
        self.page.wait_for_url(re.compile(re.escape(f"/{then}")), timeout=SECONDS)

    def open_lab(self) -> Chat:
        """JupyterLab with the chat beside it, in one's own server."""
        path = f"user/{self.name}/lab"
        if self.page.url == "about:blank":
            self.sign_in(path)
        else:
            self.page.goto(f"{self.hub.url}/{path}")
        chat = Chat(self.page, "lab")
        chat.appear()
        # What comes there takes the focus, perhaps between a question and its Enter.
        main = self.page.locator("#jp-main-dock-panel > .lm-Widget:visible")
        expect(main.first).to_be_visible(timeout=SECONDS)
        return chat

    def open_page(self, replica: str = "chat-1") -> Chat:
        """The page of the service itself."""
        path = f"services/{replica}/jupyter-chat/"
        self.hub.wait_for(path)  # the hub starts a replica that was killed half a minute later
        if self.page.url == "about:blank":
            self.sign_in(path)
        else:
            self.page.goto(f"{self.hub.url}/{path}")
        chat = Chat(self.page, "chat")
        chat.appear()
        return chat

    def own(self, path: str) -> APIResponse:
        """What one's own server answers there."""
        return self.context.request.get(f"{self.hub.url}/user/{self.name}/{path}")

    def access(self) -> dict[str, Any]:
        """What lets one's browser into the service."""
        answer = self.own("jupyter-chat/api/access")
        assert answer.ok, answer.text()
        found: dict[str, Any] = answer.json()
        return found

    def replica(self) -> str:
        """Which replica one's server speaks to."""
        found = re.search(r"/services/([^/]+)/", self.access()["url"])
        assert found is not None
        return found[1]

    def rest(self, method: str, path: str, body: object = None) -> APIResponse:
        """What the service answers to one's access token; to a new one where it has run out on
        the way, for a machine that is busy may take its few seconds."""
        answer = self._rest(self.access(), method, path, body)
        for _ in range(2):
            if answer.status == 403:
                answer = self._rest(self.access(), method, path, body)
        return answer

    def _rest(self, access: dict[str, Any], method: str, path: str, body: object) -> APIResponse:
        address = access["url"]
        if address.startswith("/"):
            address = self.hub.url + address
        return self.context.request.fetch(
            f"{address}jupyter-chat/api/{path}",
            method=method,
            headers={"Authorization": f"{ACCESS_SCHEME} {access['token']}"},
            data=body,
        )

    def run(self, code: str, *, keep: bool = False) -> str:
        """Run it in a new kernel of one's server; what is shown.  `keep`: let the kernel be."""
        said: str = self.page.evaluate(_RUN.replace("KEPT", "true" if keep else "false"), code)
        return said
