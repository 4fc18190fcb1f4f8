"""REST: one's own presets and prompts, and files with them."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from ..engine.errors import Invalid
from ..exchange import library_files
from ..exchange.filenames import disposition
from ..protocol import Id, Library, LibraryFile, LibraryReport, Preset, Prompt, decode
from .operations import operation
from .rest import ChatHandler

_ID = r"([0-9a-f-]{36})"


class LibraryHandler(ChatHandler):
    @operation("One's presets and prompts.", answer=Library)
    @web.authenticated
    @authorized
    async def get(self) -> None:
        user = await self.person()
        self.answer(await self.services.libraries.get(user.id))


class PresetHandler(ChatHandler):
    @operation("Put down a preset.", body=Preset, answer=Library)
    @web.authenticated
    @authorized
    async def put(self, preset_id: str) -> None:
        user = await self.person()
        preset = decode(self.body(), Preset)
        _check_id(preset, preset_id)
        self.answer(await self.services.libraries.put_preset(user.id, preset))

    @operation("Delete a preset.", answer=Library)
    @web.authenticated
    @authorized
    async def delete(self, preset_id: str) -> None:
        user = await self.person()
        self.answer(await self.services.libraries.delete(user.id, preset_id))


class PromptHandler(ChatHandler):
    @operation("Put down a prompt.", body=Prompt, answer=Library)
    @web.authenticated
    @authorized
    async def put(self, prompt_id: str) -> None:
        user = await self.person()
        prompt = decode(self.body(), Prompt)
        _check_id(prompt, prompt_id)
        self.answer(await self.services.libraries.put_prompt(user.id, prompt))

    @operation("Delete a prompt.", answer=Library)
    @web.authenticated
    @authorized
    async def delete(self, prompt_id: str) -> None:
        user = await self.person()
        self.answer(await self.services.libraries.delete(user.id, prompt_id))


class LibraryFileHandler(ChatHandler):
    @operation(
        "Presets and prompts as a file; `id` may stand more than once.",
        query={"id": Id},
        answer=LibraryFile,
    )
    @web.authenticated
    @authorized
    async def get(self) -> None:
        """All of it, or what the arguments `id` name."""
        user = await self.person()
        ids = self.get_query_arguments("id")
        library = await self.services.libraries.get(user.id)
        name, file = library_files.write(library, ids or None)
        self.set_header("Content-Disposition", disposition(name))
        self.set_header("X-Content-Type-Options", "nosniff")
        self.answer(file)

    @operation("Add what such a file holds.", body=LibraryFile, answer=LibraryReport)
    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Add what the file in the body holds."""
        user = await self.person()
        self.answer(await library_files.take_in(self.services.libraries, user.id, self.body()))


def _check_id(entry: Preset | Prompt, entry_id: str) -> None:
    if entry.id != entry_id:
        raise Invalid("The `id` in the body is not that of the address.", "id")


default_handlers = [
    (r"jupyter-chat/api/library", LibraryHandler),
    (rf"jupyter-chat/api/library/presets/{_ID}", PresetHandler),
    (rf"jupyter-chat/api/library/prompts/{_ID}", PromptHandler),
    (r"jupyter-chat/api/library/file", LibraryFileHandler),
]
