"""REST: files that go with a question, of the server and of the person's own computer."""

from __future__ import annotations

from typing import Annotated

from jupyter_server.auth.decorator import authorized
from jupyter_server.utils import ensure_async
from msgspec import Meta
from tornado import web

from ..engine.attached.readable import MOST_FILE_BYTES, too_large
from ..engine.errors import Invalid
from ..protocol import Attached, FileRead, FoundFiles, decode
from .operations import ByteCount, Raw, operation
from .rest import JsonHandler
from .services import Reading

_LONGEST_QUERY = 500
_LONGEST_NAME = 1000


class FileHandler(JsonHandler):
    services: Reading


class ServerFileHandler(FileHandler):
    async def check(self) -> None:
        """Whoever may not read the server's files in Jupyter may not read them here; and a
        kernel's token opens the chat only."""
        if self.from_kernel:
            raise web.HTTPError(403, "The server's files are attached in the chat, or as text.")
        may = self.authorizer.is_authorized(self, self.current_user, "read", "contents")
        if not await ensure_async(may):
            raise web.HTTPError(403, "You may not read the files of this server.")


class ReadHandler(ServerFileHandler):
    @operation("A file of the server as part of a question.", body=FileRead, answer=Attached)
    @web.authenticated
    @authorized
    async def post(self) -> None:
        await self.check()
        path = decode(self.body(), FileRead).path
        data = await self.services.files.read(path)
        self.answer(await self.services.documents.attached(path.strip("/"), data))


class FilesHandler(ServerFileHandler):
    @operation(
        "Find files of the server.",
        query={"q": Annotated[str, Meta(max_length=_LONGEST_QUERY)]},
        answer=FoundFiles,
    )
    @web.authenticated
    @authorized
    async def get(self) -> None:
        await self.check()
        query = self.get_query_argument("q", "")
        if len(query) > _LONGEST_QUERY:
            raise Invalid(f"`q` must be at most {_LONGEST_QUERY} characters long.", "q")
        self.answer(await self.services.files.find(query))


class ExtractHandler(FileHandler):
    """The body is a file, or its beginning; `size` is that of the whole."""

    @operation(
        "A file of one's own as part of a question.",
        query={
            "name": Annotated[str, Meta(min_length=1, max_length=_LONGEST_NAME)],
            "size": ByteCount,
        },
        required=("name",),
        body=Raw,
        answer=Attached,
    )
    @web.authenticated
    @authorized
    async def post(self) -> None:
        name = self.get_query_argument("name")
        if not 0 < len(name) <= _LONGEST_NAME:
            raise Invalid(f"`name` must have 1 to {_LONGEST_NAME} characters.", "name")
        data = self.request.body
        text = self.get_query_argument("size", str(len(data)))
        if not text.isascii() or not text.isdigit() or len(text) > 18 or int(text) < len(data):
            raise Invalid("`size` must be the number of bytes of the whole file.", "size")
        if len(data) > MOST_FILE_BYTES:
            raise too_large(name, int(text))
        self.answer(await self.services.documents.attached(name, data, int(text)))


default_handlers = [
    (r"jupyter-chat/api/attachments/read", ReadHandler),
    (r"jupyter-chat/api/attachments/files", FilesHandler),
    (r"jupyter-chat/api/attachments/extract", ExtractHandler),
]
