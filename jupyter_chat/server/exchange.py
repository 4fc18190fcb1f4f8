"""REST: histories as files, out and in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timezone
from typing import Any, Literal

from jupyter_server.auth.decorator import authorized
from tornado import web
from tornado.iostream import StreamClosedError

from ..auth.errors import Refused
from ..engine.audit import Event
from ..engine.errors import Invalid
from ..exchange.documents import ENDINGS, MEDIA_TYPES, Format, everything, one_thread
from ..exchange.filenames import disposition, file_name, safe
from ..protocol import Code, Import, ImportList, ImportStart, PersonState, decode
from ..store.errors import NotFound
from .operations import ByteCount, Raw, operation
from .people import PersonalHandler
from .rest import ChatHandler

_ID = r"([0-9a-f-]{36})"
_IMPORT_ID = r"([0-9a-f]{32})"
_ZIP = "application/zip"
_EVERYTHING = (_ZIP, MEDIA_TYPES[Format.JSON])
_EXPORT: dict[str, Any] = {"format": Format, "branches": Literal["shown", "all"]}


class ExportHandler(ChatHandler):
    """A file that is saved, never shown: what models wrote is no page of this origin."""

    @property
    def content_security_policy(self) -> str:
        return f"{super().content_security_policy}; default-src 'none'; sandbox"

    def format(self) -> Format:
        name = self.get_query_argument("format", Format.JSON.value)
        try:
            return Format(name)
        except ValueError:
            raise Invalid("`format` is `markdown`, `json` or `ipynb`.", "format") from None

    def all_branches(self) -> bool:
        """Whether not only the branch shown is wanted."""
        wanted = self.get_query_argument("branches", "shown")
        if wanted not in ("shown", "all"):
            raise Invalid("`branches` is `shown` or `all`.", "branches")
        return wanted == "all"

    async def save(self, name: str, media_type: str, pieces: AsyncIterator[bytes]) -> None:
        """Send the file as fast as it is taken."""
        self.set_header("Content-Disposition", disposition(name))
        self.set_header("Content-Type", media_type)
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Cache-Control", "no-store")
        if self.request.method == "HEAD":
            self.finish(set_content_type=media_type)
            return
        try:
            async for piece in pieces:
                if piece:
                    self.write(piece)
                    await self.flush()
        except StreamClosedError:
            return  # nobody takes it any more
        except Exception:
            if self._headers_written:
                # Half a file must not look like a whole one.
                self.detach().close()
                if not self.services.replies.closing:
                    self.log.exception("Chat history: an export broke off.")
                return
            raise
        self.finish(set_content_type=media_type)


class ExportThreadHandler(ExportHandler):
    @operation("A conversation as a file.", query=_EXPORT, media_types=tuple(MEDIA_TYPES.values()))
    @web.authenticated
    @authorized
    async def get(self, thread_id: str) -> None:
        user = await self.person()
        kind, all_branches = self.format(), self.all_branches()
        store = self.services.store
        thread = await store.get_thread(user.id, thread_id)
        if thread.deleted_at is not None or thread.temporary:
            raise NotFound("conversation")
        pieces = one_thread(
            store, user.id, thread, kind, person=user.name, all_branches=all_branches
        )
        await self.save(file_name(thread, ENDINGS[kind]), MEDIA_TYPES[kind], pieces)

    head = get


class ExportEverythingHandler(ExportHandler):
    async def save_all(self, asks: str, user_id: str, name: str, subject: str = "") -> None:
        """All that there is of somebody, for `asks`."""
        kind, all_branches = self.format(), self.all_branches()
        store = self.services.store
        await store.thread_ids(user_id)  # while there can still be an error
        if self.request.method == "GET":
            await self.services.audit.note(asks, Event.EXPORTED, user_id, kind.value)
        pieces = everything(store, user_id, kind, person=name, all_branches=all_branches)
        ending, media_type = ".zip", _ZIP
        if kind is Format.JSON:
            ending, media_type = ENDINGS[kind], MEDIA_TYPES[kind]
        day = datetime.now(timezone.utc).date().isoformat()
        parts = ("jupyter-chat", safe(subject), day)
        await self.save(" ".join(filter(None, parts)) + ending, media_type, pieces)


class ExportAllHandler(ExportEverythingHandler):
    @operation("The whole history as a file.", query=_EXPORT, media_types=_EVERYTHING)
    @web.authenticated
    @authorized
    async def get(self) -> None:
        user = await self.person()
        await self.save_all(user.id, user.id, user.name)

    head = get


class ExportPersonHandler(PersonalHandler, ExportEverythingHandler):
    @operation(
        "The whole history of somebody whom the hub no longer knows; for administrators.",
        query=_EXPORT,
        media_types=_EVERYTHING,
    )
    @web.authenticated
    @authorized
    async def get(self, user_id: str) -> None:
        admin = self.admin
        person = await self.services.store.get_person(user_id)
        if person.state is not PersonState.GONE:
            raise Refused(
                Code.FORBIDDEN,
                "Administrators export only what people have left whom the hub no longer knows. "
                "Nobody else's history was looked at.",
            )
        name = person.display_name or person.name
        await self.save_all(admin.username, user_id, name, subject=person.name)

    head = get


class ImportsHandler(ChatHandler):
    @operation("The newest import.", answer=ImportList)
    @web.authenticated
    @authorized
    async def get(self) -> None:
        user = await self.person()
        self.answer(ImportList(self.services.imports.newest(user.id)))

    @operation("Begin an import, or go on with one.", body=ImportStart, answer=Import)
    @web.authenticated
    @authorized
    async def post(self) -> None:
        user = await self.person()
        command = decode(self.body(), ImportStart)
        size = f"{command.size} bytes"
        await self.services.audit.note(user.id, Event.IMPORTED, user.id, size)
        self.answer(await self.services.imports.start(user.id, command))


class ImportHandler(ChatHandler):
    @operation(
        "Upload the piece of the file that begins at `offset`.",
        query={"offset": ByteCount},
        required=("offset",),
        body=Raw,
        answer=Import,
    )
    @web.authenticated
    @authorized
    async def put(self, import_id: str) -> None:
        """The body is the piece of the file that begins at `offset`."""
        user = await self.person()
        text = self.get_query_argument("offset")
        if not text.isascii() or not text.isdigit() or len(text) > 18:
            raise Invalid("`offset` must be a number of bytes.", "offset")
        imports = self.services.imports
        self.answer(await imports.receive(user.id, import_id, int(text), self.body()))

    @operation("Cancel an import.", answer=Import)
    @web.authenticated
    @authorized
    async def delete(self, import_id: str) -> None:
        user = await self.person()
        self.answer(await self.services.imports.cancel(user.id, import_id))


default_handlers = [
    (rf"jupyter-chat/api/threads/{_ID}/export", ExportThreadHandler),
    (r"jupyter-chat/api/export", ExportAllHandler),
    (r"jupyter-chat/api/imports", ImportsHandler),
    (rf"jupyter-chat/api/imports/{_IMPORT_ID}", ImportHandler),
]
people_handlers = [(rf"jupyter-chat/api/admin/people/{_ID}/export", ExportPersonHandler)]
