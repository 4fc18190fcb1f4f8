"""`ChatWidget`: a conversation in a cell's output."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import anywidget
import msgspec
import traitlets
from IPython.display import display

from .. import __version__
from ..ids import new_id
from ..protocol import AskedPart, Message, Role, Status, TextPart, Thread, ThreadSettings, text_of
from . import attaching, background
from .errors import ChatError, MaybeSecret
from .following import Followed
from .relay import STATIC, Relay
from .session import Session, id_of
from .static_html import conversation

CONVERSATION = "application/vnd.jupyter-chat.conversation+json"
"""What an output holds beside the widget: the ids of the conversation and of the widget."""

_EVERY_SECONDS = 0.1


def _loader() -> str:
    try:
        return (STATIC / "widget-loader.js").read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ImportError(
            "The front end is not built: in a clone, `python3 deploy/start.py` does that."
        ) from None


class ChatWidget(anywidget.AnyWidget):
    """The chat in an output, on `thread` or on a new conversation.

    `height` is a CSS length.  `thread_id`, `draft` (what is being typed), `status`
    (`idle`, `queued`, `thinking`, `writing` or `offline`), `value` (the text of the last
    whole answer) and `messages` (a tuple of dicts with `id`, `role`, `text` and `status`) can
    be observed and linked with other widgets; `thread_id` and `draft` can also be set.
    Observers are called in the thread in which this process follows the conversation.
    """

    _esm = _loader()

    thread_id = traitlets.Unicode().tag(sync=True)
    height = traitlets.Unicode("480px").tag(sync=True)
    draft = traitlets.Unicode().tag(sync=True)
    status = traitlets.Unicode("idle", read_only=True).tag(sync=True)
    value = traitlets.Unicode(read_only=True).tag(sync=True)
    messages: Any = traitlets.Tuple(read_only=True)

    _is_new = traitlets.Bool().tag(sync=True)
    _settings: Any = traitlets.Dict().tag(sync=True)
    _attached: Any = traitlets.List().tag(sync=True)
    _epoch = traitlets.Unicode().tag(sync=True)
    """Of the server that this kernel speaks to: a page that finds the same one speaks to it
    directly."""
    _problem = traitlets.Unicode().tag(sync=True)
    _html = traitlets.Unicode().tag(sync=True)
    _version = traitlets.Unicode(__version__).tag(sync=True)

    def __init__(
        self,
        thread: str | Thread | None = None,
        *,
        model: str | None = None,
        system: str | None = None,
        height: str | int = "480px",
        url: str | None = None,
        token: str | None = None,
    ) -> None:
        thread_id = None if thread is None else id_of(thread)
        session = Session(url, token, who="widget")
        settings = ThreadSettings(model=model, system_prompt=system)
        super().__init__(
            thread_id=thread_id or new_id(),
            height=f"{height}px" if isinstance(height, int) else height,
            _is_new=thread_id is None,
            _settings=msgspec.to_builtins(settings),
        )
        self._kept_settings = settings
        self._session = session
        self._relay = Relay(self._session.locate, self._tell)
        self._followed: Followed | None = None
        self._changed = asyncio.Event()
        self._outputs: list[Any] = []
        self._kept = 0
        """The messages that the outputs hold."""
        self.on_msg(self._take)
        self.observe(self._move, "thread_id")
        self._working = background.begin(self._work())

    # --- what people do -------------------------------------------------------------------

    def send(
        self, content: Any, buffers: Any = None, *, attach: Any = None, secrets: bool = False
    ) -> None:
        """Ask; the answer comes in the widget.  `attach` holds values that go along; where
        one looks like a secret, only `secrets` lets it go."""
        if not isinstance(content, str):  # a message of the widget's own
            super().send(content, buffers)
            return
        parts: list[AskedPart] = [
            *msgspec.convert(self._attached, list[attaching.Attachment]),
            *attaching.attachments(attach or {}),
            TextPart(content),
        ]
        background.run(self._ask(parts, secrets=secrets))

    def attach(self, **values: Any) -> None:
        """Let values go with the next question: tables, figures, errors, texts."""
        parts = attaching.attachments(values)
        self._attached = [*self._attached, *map(msgspec.to_builtins, parts)]

    def stop(self) -> None:
        """Stop the answer that is being made; what has come is kept."""
        background.run(self._stop())

    def close(self) -> None:
        """Let go of the connection; the conversation is kept.  Nothing can be asked here
        after that."""
        working = self.__dict__.get("_working")
        if working is None:  # it could not be made
            return
        working.cancel()
        # Nobody waits: the garbage collector closes widgets too, in any thread.
        background.begin(self._leave())
        super().close()

    def __repr__(self) -> str:
        return f"ChatWidget(thread={self.thread_id!r})"

    def _ipython_display_(self) -> None:
        if self.comm is None:
            closed = {"text/plain": f"{self!r}, which is closed"}
            display(closed, raw=True)  # type: ignore[no-untyped-call]
            return
        handle = display(self._bundle(), raw=True, display_id=True)  # type: ignore[no-untyped-call]
        self._outputs.append(handle)

    def _bundle(self) -> Mapping[str, Any]:
        """The widget, and beside it what is shown where there is none."""
        ids = {"thread_id": self.thread_id, "model_id": self.model_id}
        return {
            "text/plain": repr(self),
            "text/html": self._html or "<div>A conversation that has not begun.</div>",
            CONVERSATION: ids,
            "application/vnd.jupyter.widget-view+json": {
                "version_major": 2,
                "version_minor": 0,
                "model_id": self.model_id,
            },
        }

    # --- in the background's loop -----------------------------------------------------------

    async def _work(self) -> None:
        """Follow the conversation and say what has become of it."""
        while True:
            try:
                connection = await self._session.open()
                self._session.on_thread = self._begun
                self._epoch = connection.welcome.epoch if connection.welcome else ""
                self._problem = ""
                break
            except ChatError as error:
                self._problem = str(error)
                self._say(status="offline")
                await asyncio.sleep(5)
        if not self._is_new:
            await self._follow(self.thread_id)
        while True:
            await self._changed.wait()
            self._changed.clear()
            await self._tell_changes()
            await asyncio.sleep(_EVERY_SECONDS)

    async def _follow(self, thread_id: str) -> None:
        if self._followed is not None:
            self._followed.listeners.discard(self._changed.set)
            self._session.leave(self._followed.thread_id)
            self._followed = None
        try:
            followed = await self._session.follow(thread_id)
        except ChatError as error:
            self._problem = str(error)
            return
        self._followed = followed
        self._is_new = False
        followed.listeners.add(self._changed.set)
        self._changed.set()

    def _begun(self, thread: Thread) -> None:
        """Somebody has asked the first question here, perhaps in the widget itself."""
        if self._followed is None and thread.id == self.thread_id:
            self._is_new = False
            self._session.begin(self._follow(thread.id))

    async def _ask(self, parts: list[AskedPart], *, secrets: bool = False) -> None:
        await self._session.open()
        attached, self._attached = self._attached, []
        begins = self._is_new
        settings = self._kept_settings if begins else None
        try:
            reply = await self._session.ask(
                parts, self.thread_id, settings, create=begins, secrets=secrets
            )
        except MaybeSecret:
            self._attached = attached
            raise
        self._session.leave(reply.thread_id)
        if self._followed is None:
            await self._follow(self.thread_id)

    async def _stop(self) -> None:
        if self._followed is not None:
            for message in self._followed.messages():
                if not message.status.is_final:
                    await self._session.stop(message.thread_id, message.id)

    async def _leave(self) -> None:
        await self._relay.close()
        await self._session.close()

    async def _tell_changes(self) -> None:
        followed = self._followed
        if followed is None:
            return
        messages = followed.messages()
        running = [message for message in messages if not message.status.is_final]
        answers = [
            message
            for message in messages
            if message.role is Role.ASSISTANT and message.status is Status.COMPLETE
        ]
        said = {
            "status": _status(running[0]) if running else "idle",
            "messages": tuple(_said(message) for message in messages),
            "value": text_of(answers[-1]) if answers else "",
        }
        title = followed.thread.title if followed.thread else None
        # What is asked is kept at once: the kernel may not live to see the answer.
        is_asked = len(messages) != self._kept
        self._kept = len(messages)
        html = conversation(title, messages) if is_asked or not running else None
        # Observers may take their time, or ask something themselves.
        await asyncio.to_thread(self._show, said, html)

    def _show(self, said: dict[str, Any], html: str | None) -> None:
        self._say(**said)
        if html is not None and html != self._html:
            self._html = html
            # In the output itself, so that the notebook's file has what was said.
            for output in self._outputs:
                output.update(self._bundle(), raw=True)

    def _say(self, **traits: Any) -> None:
        for name, value in traits.items():
            if getattr(self, name) != value:
                self.set_trait(name, value)

    # --- the front end ------------------------------------------------------------------------

    def _take(self, _widget: Any, content: Any, _buffers: Any) -> None:
        background.begin(self._relay.take(content))

    def _tell(self, message: dict[str, Any]) -> None:
        super().send(message)

    def open(self) -> None:
        super().open()
        self._be_heard()

    def _send(self, msg: Any, buffers: Any = None) -> None:
        super()._send(msg, buffers)
        self._be_heard()

    def _be_heard(self) -> None:
        """Ipykernel 7.4.0 gives what the front end says next to the thread that has sent
        something last; there it would wait for the cell that runs."""
        getattr(self.comm, "__dict__", {}).pop("_reply_subshell_id", None)

    def _move(self, change: Any) -> None:
        """Another conversation is to be shown."""
        if self._followed is None or change.new != self._followed.thread_id:
            self._is_new = False
            background.begin(self._follow(change.new))


def _status(message: Message) -> str:
    if message.status is Status.QUEUED:
        return "queued"
    return "writing" if text_of(message) else "thinking"


def _said(message: Message) -> dict[str, str]:
    return {
        "id": message.id,
        "role": message.role.value,
        "text": text_of(message),
        "status": message.status.value,
    }
