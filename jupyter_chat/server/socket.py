"""The WebSocket: one per page, commands in, events out."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, ClassVar

from jupyter_core.utils import ensure_async
from jupyter_server.auth.decorator import ws_authenticated
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.base.websocket import WebSocketMixin
from tornado import web
from tornado.iostream import IOStream, StreamBufferFullError, StreamClosedError
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from .. import __version__
from ..auth.authorizer import AUTH_RESOURCE
from ..auth.signed_in import SignedIn
from ..engine.errors import Invalid
from ..protocol import (
    HEARTBEAT_SECONDS,
    MAX_FRAME_BYTES,
    PROTOCOL_VERSION,
    SOCKET_PROTOCOL,
    Ack,
    Command,
    Continue,
    Delete,
    Event,
    Fork,
    InvalidFrame,
    Ping,
    Pong,
    Regenerate,
    Rejected,
    Restore,
    Select,
    Send,
    Stop,
    Subscribe,
    Unsubscribe,
    User,
    Welcome,
    decode_command,
    encode,
)
from ..store.errors import Unavailable
from .errors import INTERNAL, KNOWN
from .kernels import FromKernels
from .operations import operation
from .services import Services
from .summary import NoQueryInLog

_MOST_UNSENT_BYTES = 16 * 1024 * 1024
"""A viewer that reads so slowly that more than this piles up is dropped; it comes
back with a snapshot."""
_MOST_OF_ONE_LOGIN = 200
"""So many sockets somebody may have open; who opens one more has lost count of them."""
_MOST_FOLLOWED = 500
"""So many conversations may be followed over one socket."""
_MOST_AT_ONCE = 32
"""So many commands of one socket are carried out at a time.  The next one is not read
before one of them is done, so a flood fills the sender's buffers and not ours."""
_TRY_AGAIN_LATER = 1013
_FINAL_TEXT_FRAME = 0x81
_UNKNOWN_USER = User(id="", name="", initials="")


class ChatSocket(NoQueryInLog, FromKernels, WebSocketMixin, WebSocketHandler, JupyterHandler):
    """A viewer (see `engine/broadcast.py`) and the commands it gives."""

    auth_resource: ClassVar[str] = AUTH_RESOURCE
    ping_interval = 0  # Heartbeats has one timer for all sockets
    services: Services

    def initialize(self, services: Services) -> None:
        self.services = services
        self.user = _UNKNOWN_USER
        self.last_heard = 0.0
        self._commands: set[asyncio.Task[None]] = set()
        self._followed: set[str] = set()
        self._following = asyncio.Lock()
        """Threads are followed and left in the order in which that is asked for."""

    @property
    def max_message_size(self) -> int:
        return MAX_FRAME_BYTES

    def get_compression_options(self) -> None:
        """Off: it would cost every socket 150 KB for frames of a few hundred bytes."""

    @property
    def user_id(self) -> str:
        return self.user.id

    @operation("Commands in, events out.", socket=True)
    @ws_authenticated
    async def get(self, *args: Any, **kwargs: Any) -> None:
        allowed = await ensure_async(
            self.authorizer.is_authorized(self, self.current_user, "execute", AUTH_RESOURCE)
        )
        if not allowed:
            raise web.HTTPError(403)
        self._check_xsrf()
        await super().get(*args, **kwargs)

    def _check_xsrf(self) -> None:
        """The `_xsrf` argument shows that a cookie was sent by one of our own pages.

        The inherited check lets every GET with a `Referer` of this server pass.
        """
        if not self.token_authenticated and not self.settings.get("disable_check_xsrf", False):
            usual = web.RequestHandler.check_xsrf_cookie
            getattr(self.identity_provider, "check_socket", usual)(self)

    def select_subprotocol(self, subprotocols: list[str]) -> str | None:
        """What browsers offer beside an access token, see `protocol/hub.py`."""
        return SOCKET_PROTOCOL if SOCKET_PROTOCOL in subprotocols else None

    # --- the connection -------------------------------------------------------------------

    async def open(self, *args: Any, **kwargs: Any) -> None:
        self.last_heard = asyncio.get_running_loop().time()
        stream = self._stream()
        if stream is not None:
            stream.set_nodelay(True)
            stream.max_write_buffer_size = _MOST_UNSENT_BYTES
        with suppress(Unavailable):  # the welcome says why; `_identify` tries again
            self.user = await self.services.identities.user(self.current_user)
        if self._stream() is None:
            return  # closed meanwhile, so nobody would take it out again
        if self.services.logins.count(self._login) >= _MOST_OF_ONE_LOGIN:
            self.close(_TRY_AGAIN_LATER, "Too many pages of yours are open: close some.")
            return
        self.services.logins.add(self._login, self)
        self.services.broadcast.join(self)
        self.services.heartbeats.add(self)
        if self.services.authentication is not None and isinstance(self.current_user, SignedIn):
            user, watch = self.current_user, self.services.authentication.watch
            watch.add(self, user.username, user.session_id)
        self._tell(
            Welcome(
                protocol=PROTOCOL_VERSION,
                server_version=__version__,
                epoch=self.services.broadcast.epoch,
                user=self.user,
                heartbeat_seconds=HEARTBEAT_SECONDS,
                problem=self.services.health.problem,
            )
        )

    def on_close(self) -> None:
        self.services.logins.discard(self._login, self)
        self.services.heartbeats.discard(self)
        self.services.broadcast.leave(self)
        if self.services.authentication is not None and isinstance(self.current_user, SignedIn):
            user, watch = self.current_user, self.services.authentication.watch
            watch.discard(self, user.username, user.session_id)

    @property
    def _login(self) -> str:
        """What ends with it; a kernel goes on when its person logs out."""
        name = str(self.current_user.username)
        return f"kernels of {name}" if self.from_kernel else name

    def send(self, frame: bytes) -> None:
        """Write an encoded event as one text frame.

        `write_message` would start a task for each; this is the hot path of every
        delta, so the frame (RFC 6455, section 5.2) is put together here.
        """
        stream = self._stream()
        if stream is None:
            return
        size = len(frame)
        if size < 126:
            header = bytes((_FINAL_TEXT_FRAME, size))
        elif size < 65536:
            header = struct.pack("!BBH", _FINAL_TEXT_FRAME, 126, size)
        else:
            header = struct.pack("!BBQ", _FINAL_TEXT_FRAME, 127, size)
        try:
            sent = stream.write(header + frame)
        except StreamBufferFullError:
            self.drop()
        except StreamClosedError:
            pass
        else:
            # Nobody waits for it; a closed connection is noticed by `on_close`.
            if sent.done():  # nearly always: one turn of the event loop less
                _ignore_failed_write(sent)
            else:
                sent.add_done_callback(_ignore_failed_write)

    def probe(self) -> None:
        if not self.still_let_in():
            self.drop()
            return
        with suppress(WebSocketClosedError):
            self.ping(b"")

    def on_pong(self, data: bytes) -> None:
        self.last_heard = asyncio.get_running_loop().time()

    def drop(self) -> None:
        stream = self._stream()
        if stream is not None:
            stream.close()

    def _stream(self) -> IOStream | None:
        """Where frames go, as long as the socket is open."""
        connection = self.ws_connection
        if connection is None or connection.is_closing():
            return None
        return connection.stream

    # --- commands -------------------------------------------------------------------------

    def on_message(self, message: str | bytes) -> Awaitable[None] | None:
        """What is returned is waited for before the next frame is read."""
        self.last_heard = asyncio.get_running_loop().time()
        self._take(message)
        return self._until_one_is_done() if len(self._commands) >= _MOST_AT_ONCE else None

    async def _until_one_is_done(self) -> None:
        await asyncio.wait(self._commands, return_when=asyncio.FIRST_COMPLETED)

    def _take(self, message: str | bytes) -> None:
        try:
            command = decode_command(message)
        except InvalidFrame as error:
            self._tell(Rejected(error.command_id, error.problem))
            return
        if isinstance(command, Ping):
            self._tell(Pong(command.id))
            return
        task = asyncio.create_task(self._carry_out(command))
        self._commands.add(task)
        task.add_done_callback(self._commands.discard)

    async def _carry_out(self, command: Command) -> None:
        if self.services.replies.closing:
            return  # whoever gets no answer asks again when the server is back
        answer: Ack | Rejected
        try:
            await self._identify()
            answer = await self._do(command)
        except KNOWN as error:
            answer = Rejected(command.id, error.problem)
        except Exception:
            self.log.exception("A chat command failed.")
            answer = Rejected(command.id, INTERNAL)
        # While the server stops, nobody can say whether a command changed something.
        if isinstance(answer, Ack) or not self.services.replies.closing:
            self._tell(answer)

    async def _do(self, command: Command) -> Ack:
        conversations, branches = self.services.conversations, self.services.branches
        if isinstance(command, Subscribe):
            await self._follow(command)
            return Ack(command.id, thread_id=command.thread_id)
        if isinstance(command, Unsubscribe):
            async with self._following:
                conversations.unsubscribe(self, command.thread_id)
                self._followed.discard(command.thread_id)
            return Ack(command.id, thread_id=command.thread_id)
        verbs: dict[type, Callable[[str, Any], Awaitable[Ack]]] = {
            Send: conversations.send,
            Regenerate: conversations.regenerate,
            Continue: conversations.go_on,
            Stop: conversations.stop,
            Select: branches.select,
            Delete: branches.delete,
            Restore: branches.restore,
            Fork: branches.fork,
        }
        return await verbs[type(command)](self.user_id, command)

    async def _follow(self, command: Subscribe) -> None:
        conversations, thread_id = self.services.conversations, command.thread_id
        async with self._following:
            if len(self._followed | {thread_id}) > _MOST_FOLLOWED:
                raise Invalid(
                    f"This page follows {_MOST_FOLLOWED} conversations already, which is the most: "
                    "close some, or reload the page. Nothing was changed.",
                    "thread_id",
                )
            await conversations.subscribe(
                self, thread_id, command.after, command.epoch, brief=command.brief
            )
            self._followed.add(thread_id)
            if self._stream() is None:  # closed meanwhile, so nobody else would
                conversations.unsubscribe(self, thread_id)

    async def _identify(self) -> None:
        """Find out who this is where the store could not say so when it opened."""
        if self.user is _UNKNOWN_USER:
            user = await self.services.identities.user(self.current_user)
            self.services.broadcast.leave(self)
            self.user = user
            if self._stream() is not None:  # else nobody would take it out again
                self.services.broadcast.join(self)

    def _tell(self, event: Event) -> None:
        self.send(encode(event))


def _ignore_failed_write(sent: asyncio.Future[None]) -> None:
    """Look at how a write went, lest asyncio complains that nobody did."""
    if not sent.cancelled():
        sent.exception()


default_handlers = [(r"jupyter-chat/api/socket", ChatSocket)]
