"""REST: lists, single threads, search, models and one's own settings."""

from __future__ import annotations

import asyncio
import re
from typing import Any, ClassVar

from jupyter_server.auth.decorator import allow_unauthenticated, authorized
from jupyter_server.base.handlers import APIHandler
from msgspec import Struct
from tornado import web

from .. import __version__
from ..auth.authorizer import AUTH_RESOURCE
from ..engine.attached import secrets
from ..engine.audit import Event
from ..engine.errors import Invalid
from ..engine.pages import PAGE
from ..engine.search import PAGE as SEARCH_PAGE
from ..protocol import (
    MAX_FRAME_BYTES,
    About,
    Account,
    AccountPatch,
    BulkAction,
    BulkChange,
    BulkResult,
    Code,
    Context,
    ContextQuery,
    Counted,
    CountQuery,
    Emptied,
    Failure,
    Folders,
    Health,
    Id,
    InvalidFrame,
    MessagePage,
    ModelList,
    Problem,
    SearchPage,
    SummaryPatch,
    Thread,
    ThreadPage,
    ThreadPatch,
    User,
    View,
    decode,
    encode,
)
from ..store.types import ThreadFilter
from .errors import INTERNAL, KNOWN, SIGNED_OUT, STOPPING, status_of
from .kernels import FromKernels
from .operations import MOST_LISTED, Cursor, MinutesWest, PageSize, operation
from .services import Services, Serving
from .summary import NoQueryInLog

_MOST = 200
_HTTP_CODES = {
    403: Code.FORBIDDEN,
    404: Code.NOT_FOUND,
    413: Code.TOO_LARGE,
    503: Code.SERVER_STOPPED,
}


class JsonHandler(NoQueryInLog, FromKernels, APIHandler):
    """JSON in and out; every error is a :class:`~jupyter_chat.protocol.Failure`."""

    auth_resource: ClassVar[str] = AUTH_RESOURCE
    services: Serving

    def initialize(self, services: Any) -> None:
        self.services = services

    async def prepare(self) -> None:  # type: ignore[override]
        await super().prepare()
        if self.services.closing:
            raise web.HTTPError(503, STOPPING.message)

    def limit(self, default: int) -> int:
        """The `limit` argument: 1 to 200."""
        text = self.get_query_argument("limit", str(default))
        plain = text.isascii() and text.isdigit() and len(text) < 10
        if not plain or not 1 <= int(text) <= MOST_LISTED:
            raise Invalid(f"`limit` must be a number from 1 to {MOST_LISTED}.", "limit")
        return int(text)

    def body(self) -> bytes:
        if len(self.request.body) > MAX_FRAME_BYTES:
            megabytes = MAX_FRAME_BYTES // 2**20
            raise InvalidFrame(
                Problem(Code.TOO_LARGE, f"A request may have {megabytes} MiB at most.")
            )
        return self.request.body

    def answer(self, value: Struct) -> None:
        self.set_header("Content-Type", "application/json")
        self.set_header("Cache-Control", "no-store")
        self.finish(encode(value))

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        error = kwargs.get("exc_info", (None, None, None))[1]
        if isinstance(error, KNOWN):
            problem = error.problem
            self.set_status(status_of(problem))
        elif isinstance(error, web.HTTPError):
            code = _HTTP_CODES.get(status_code, Code.INVALID)
            problem = Problem(code, error.log_message or self._reason)
            if code is Code.FORBIDDEN and not self.current_user:
                problem = SIGNED_OUT
        elif self.services.closing:
            problem = STOPPING
            self.set_status(503)
        else:
            problem = INTERNAL
        self.answer(Failure(problem))

    def _log(self) -> None:
        """What keeps the history away is logged once (`engine/health.py`), not with each
        request that it keeps from being answered."""
        if self.get_status() not in (503, 507):
            super()._log()

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """What carries a problem for the person is no error of the server, and neither is
        what meets with parts of it that are stopping."""
        if not isinstance(value, KNOWN) and not self.services.closing:
            super().log_exception(typ, value, tb)


class ChatHandler(JsonHandler):
    """What is done for a person."""

    services: Services

    async def person(self) -> User:
        return await self.services.identities.user(self.current_user)

    @allow_unauthenticated
    def options(self, *args: Any, **kwargs: Any) -> None:
        """A page of another host asks what it may send.  Where it has to show a token for it,
        it may: of a hub whose users have hosts of their own, those are such pages."""
        super().options(*args, **kwargs)
        if self._is_asked_by_token:
            self.set_header("Access-Control-Allow-Origin", self.request.headers.get("Origin", ""))

    def check_origin(self, origin_to_satisfy_tornado: str = "") -> bool:
        asks = self.request.method == "OPTIONS" and self._is_asked_by_token
        return asks or super().check_origin(origin_to_satisfy_tornado)

    @property
    def _is_asked_by_token(self) -> bool:
        authentication = self.services.authentication
        return authentication is not None and authentication.is_for_servers


class ThreadsHandler(ChatHandler):
    @operation(
        "List conversations.",
        query={"view": View, "folder": str, "tag": str, "cursor": Cursor, "limit": PageSize},
        answer=ThreadPage,
    )
    @web.authenticated
    @authorized
    async def get(self) -> None:
        user = await self.person()
        cursor = self.get_query_argument("cursor", "") or None
        limit, which = self.limit(PAGE), self._which()
        try:
            page = await self.services.conversations.threads(user.id, limit, cursor, which)
        except ValueError as error:
            if isinstance(error, KNOWN):
                raise
            raise Invalid("This `cursor` was not made by this server.", "cursor") from None
        self.answer(page)

    def _which(self) -> ThreadFilter:
        """The arguments `view`, `folder` and `tag`."""
        try:
            view = View(self.get_query_argument("view", View.ACTIVE.value))
        except ValueError:
            names = ", ".join(f"`{view.value}`" for view in View)
            raise Invalid(f"`view` must be one of {names}.", "view") from None
        which = ThreadFilter(
            view,
            folder=self.get_query_argument("folder", None),
            tag=self.get_query_argument("tag", None),
        )
        if view is View.TRASH and which != ThreadFilter(view):
            field = "folder" if which.folder is not None else "tag"
            raise Invalid(f"The trash cannot be listed by `{field}`.", field)
        if which.folder is not None and which.tag is not None:
            raise Invalid("List by `folder` or by `tag`, not by both.", "tag")
        return which


class ThreadHandler(ChatHandler):
    @operation("One conversation, without its messages.", answer=Thread)
    @web.authenticated
    @authorized
    async def get(self, thread_id: str) -> None:
        user = await self.person()
        self.answer(await self.services.conversations.thread(user.id, thread_id))

    @operation("Change a conversation.", body=ThreadPatch, answer=Thread)
    @web.authenticated
    @authorized
    async def patch(self, thread_id: str) -> None:
        user = await self.person()
        patch = decode(self.body(), ThreadPatch)
        self.answer(await self.services.conversations.change_thread(user.id, thread_id, patch))

    @operation("Move a conversation to the trash.", answer=Thread)
    @web.authenticated
    @authorized
    async def delete(self, thread_id: str) -> None:
        user = await self.person()
        self.answer(await self.services.organiser.delete(user.id, thread_id))


class BulkHandler(ChatHandler):
    @operation("Do one thing to many conversations.", body=BulkChange, answer=BulkResult)
    @web.authenticated
    @authorized
    async def post(self) -> None:
        user = await self.person()
        change = decode(self.body(), BulkChange)
        if change.action is BulkAction.PURGE:
            count = str(len(change.thread_ids))
            await self.services.audit.note(user.id, Event.PURGED, user.id, count)
        self.answer(await self.services.organiser.bulk(user.id, change))


class TrashHandler(ChatHandler):
    @operation("Delete for good what is in the trash.", answer=Emptied)
    @web.authenticated
    @authorized
    async def delete(self) -> None:
        user = await self.person()
        await self.services.audit.note(user.id, Event.TRASH_EMPTIED, user.id)
        self.answer(await self.services.organiser.empty_trash(user.id))


class FoldersHandler(ChatHandler):
    @operation("List folders and tags.", answer=Folders)
    @web.authenticated
    @authorized
    async def get(self) -> None:
        user = await self.person()
        self.answer(await self.services.organiser.folders(user.id))


class RestoreHandler(ChatHandler):
    @operation("Take a conversation out of the trash.", answer=Thread)
    @web.authenticated
    @authorized
    async def post(self, thread_id: str) -> None:
        user = await self.person()
        self.answer(await self.services.conversations.restore_thread(user.id, thread_id))


class MessagesHandler(ChatHandler):
    @operation(
        "Messages before, after or around one, or from the first on: exactly one of the four.",
        query={"before": Id, "after": Id, "around": Id, "first": Id, "limit": PageSize},
        answer=MessagePage,
    )
    @web.authenticated
    @authorized
    async def get(self, thread_id: str) -> None:
        user = await self.person()
        pages = self.services.conversations.pages
        ways = {
            "before": pages.before,
            "after": pages.after,
            "around": pages.around,
            "first": pages.first,
        }
        asked = [name for name in ways if self.get_query_argument(name, None) is not None]
        if len(asked) != 1:
            raise Invalid(
                "One of `before`, `after`, `around` and `first` must name a message.", "before"
            )
        message_id = self.get_query_argument(asked[0])
        way = ways[asked[0]]
        self.answer(await way(user.id, thread_id, message_id, self.limit(PAGE)))


class SearchHandler(ChatHandler):
    @operation(
        "Search in titles and messages.",
        query={"q": str, "cursor": Cursor, "limit": PageSize, "minutes_west": MinutesWest},
        required=("q",),
        answer=SearchPage,
    )
    @web.authenticated
    @authorized
    async def get(self) -> None:
        user = await self.person()
        text = self.get_query_argument("q", strip=False)
        cursor = self.get_query_argument("cursor", "") or None
        minutes_west = self.get_query_argument("minutes_west", "0")
        if not re.fullmatch(r"-?[0-9]{1,3}", minutes_west):
            raise Invalid("`minutes_west` must be a number of minutes.", "minutes_west")
        try:
            page = await self.services.search.search(
                user.id,
                text,
                limit=self.limit(SEARCH_PAGE),
                cursor=cursor,
                minutes_west=int(minutes_west),
            )
        except ValueError as error:
            if isinstance(error, KNOWN):
                raise
            raise Invalid("This `cursor` was not made by this server.", "cursor") from None
        self.answer(page)


class ContextHandler(ChatHandler):
    @operation("What a model would get to see.", body=ContextQuery, answer=Context)
    @web.authenticated
    @authorized
    async def post(self) -> None:
        user = await self.person()
        query = decode(self.body(), ContextQuery)
        self.answer(await self.services.inspector.look(user.id, query))


class SummaryHandler(ChatHandler):
    @operation("Change the summary of a beginning.", body=SummaryPatch, answer=SummaryPatch)
    @web.authenticated
    @authorized
    async def put(self, thread_id: str, upto: str) -> None:
        user = await self.person()
        patch = decode(self.body(), SummaryPatch)
        await self.services.conversations.change_summary(user.id, thread_id, upto, patch.text)
        self.answer(patch)


class CountHandler(ChatHandler):
    @operation("Count the tokens of parts of a question.", body=CountQuery, answer=Counted)
    @web.authenticated
    @authorized
    async def post(self) -> None:
        query = decode(self.body(), CountQuery)
        tokens = await self.services.inspector.count(query.parts)
        warnings = await asyncio.to_thread(lambda: [secrets.warnings(part) for part in query.parts])
        self.answer(Counted(tokens, warnings))


class ModelsHandler(ChatHandler):
    @operation("List the models that can be chosen.", answer=ModelList)
    @web.authenticated
    @authorized
    async def get(self) -> None:
        user = await self.person()
        self.answer(await self.services.accounts.models(user.id))


class AccountHandler(ChatHandler):
    @operation("One's own settings.", answer=Account)
    @web.authenticated
    @authorized
    async def get(self) -> None:
        self.answer(await self.services.accounts.describe(await self.person()))

    @operation("Change one's own settings.", body=AccountPatch, answer=Account)
    @web.authenticated
    @authorized
    async def patch(self) -> None:
        if self.from_kernel:
            raise web.HTTPError(403, "Keys and sources are set in the chat, not from a kernel.")
        user = await self.person()
        patch = decode(self.body(), AccountPatch)
        self.answer(await self.services.accounts.change(user, patch))


class HealthHandler(ChatHandler):
    @operation("Whether the history can be used.", answer=Health)
    @web.authenticated
    @authorized
    async def get(self) -> None:
        self.answer(Health(self.services.health.problem))


class AboutHandler(ChatHandler):
    @operation("Which server this is.", answer=About)
    @web.authenticated
    @authorized
    async def get(self) -> None:
        self.answer(About(__version__, self.services.broadcast.epoch))


class NoHandler(ChatHandler):
    """Whatever else begins like an address of this interface."""

    describes_nothing: ClassVar[bool] = True

    @web.authenticated
    @authorized
    def get(self) -> None:
        raise web.HTTPError(404, "There is nothing at this address.")

    post = put = patch = delete = get


_ID = r"([0-9a-f-]{36})"

default_handlers = [
    (r"jupyter-chat/api/threads", ThreadsHandler),
    (r"jupyter-chat/api/threads/bulk", BulkHandler),
    (r"jupyter-chat/api/trash", TrashHandler),
    (r"jupyter-chat/api/folders", FoldersHandler),
    (rf"jupyter-chat/api/threads/{_ID}", ThreadHandler),
    (rf"jupyter-chat/api/threads/{_ID}/restore", RestoreHandler),
    (rf"jupyter-chat/api/threads/{_ID}/messages", MessagesHandler),
    (rf"jupyter-chat/api/threads/{_ID}/summaries/{_ID}", SummaryHandler),
    (r"jupyter-chat/api/search", SearchHandler),
    (r"jupyter-chat/api/context", ContextHandler),
    (r"jupyter-chat/api/context/count", CountHandler),
    (r"jupyter-chat/api/models", ModelsHandler),
    (r"jupyter-chat/api/account", AccountHandler),
    (r"jupyter-chat/api/health", HealthHandler),
    (r"jupyter-chat/api/about", AboutHandler),
    (r"jupyter-chat/api(?:/.*)?", NoHandler),
]
