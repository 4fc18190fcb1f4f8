"""The Jupyter server extension: its settings, and how the parts are put together."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any, cast

from jupyter_core.paths import jupyter_data_dir
from jupyter_server.extension.application import ExtensionApp, ExtensionAppJinjaMixin
from jupyter_server.serverapp import ServerApp
from jupyter_server.serverapp import aliases as server_aliases
from jupyter_server.serverapp import flags as server_flags
from traitlets import Bool, Dict, Float, Int, Unicode

from . import __version__
from .engine.accounts import Accounts
from .engine.attached.documents import Documents
from .engine.branches import Branches
from .engine.broadcast import Broadcast
from .engine.context.inspecting import Inspector
from .engine.context.planning import Planner
from .engine.conversations import Conversations
from .engine.costs.budgets import Budgets
from .engine.costs.usage import UsageReports
from .engine.health import StoreHealth, watch
from .engine.libraries import Libraries
from .engine.models.overrides import Overrides
from .engine.organising import Organiser
from .engine.replies import Replies
from .engine.requests import Requests
from .engine.search import Search
from .engine.upkeep import Upkeep
from .exchange.imports import Imports
from .exchange.sources import Limits
from .providers import IDLE_SECONDS, Providers, endpoint_from_environment, local_model_available
from .server import routes
from .server.files import ServerFiles
from .server.heartbeat import Heartbeats
from .server.identity import Identities
from .server.kernels import StartingKernels
from .server.logins import Logins
from .server.services import Services
from .server.unused import StopWhenUnused
from .store import open_store
from .store.interface import Store
from .store.vault import Vault

_HERE = Path(__file__).parent
_MOST_BODY_BYTES = 32 * 1024 * 1024
"""The largest request to a server that has the chat and nothing else: files are uploaded in
pieces, or up to half of this."""


class ChatApp(ExtensionAppJinjaMixin, ExtensionApp):
    """Chat with OpenAI models, next to your notebooks or on a page of its own."""

    name = "jupyter_chat"
    description = __doc__
    version = __version__
    extension_url = "/jupyter-chat/"
    load_other_extensions = False
    file_url_prefix = "jupyter-chat"
    # The server takes these whether they are here or not: they are for `--help`.
    aliases = {  # noqa: RUF012
        **ExtensionApp.aliases,
        **{name: server_aliases[name] for name in ("port", "ip")},
    }
    flags = {  # noqa: RUF012
        **ExtensionApp.flags,
        **{name: server_flags[name] for name in ("no-browser", "allow-root")},
    }

    store_url = Unicode(
        help="""Where the history lives: `sqlite:///PATH` (three slashes and the path) or
        `mongodb://…`. The default is the environment variable JUPYTER_CHAT_STORE_URL
        or, without it, `jupyter_chat/history.sqlite` in the Jupyter data directory."""
    ).tag(config=True)

    data_dir = Unicode(
        help="""The directory of the history and of the key that encrypts people's API
        keys. The default is `jupyter_chat` in the Jupyter data directory."""
    ).tag(config=True)

    default_model = Unicode(
        allow_none=True,
        default_value=None,
        help="""The model of conversations that name none. The default is the
        environment variable JUPYTER_CHAT_MODEL or, without it, a small OpenAI model;
        with another server the first it lists.""",
    ).tag(config=True)

    models_file = Unicode(
        allow_none=True,
        default_value=None,
        help="""A JSON file that says more of models, or something else, than what comes with
        the package: limits, prices, parameters, days of their shutdown. It is read again
        when it changes. The default is the environment variable
        JUPYTER_CHAT_MODELS_FILE.""",
    ).tag(config=True)

    models = Dict(
        help="""The same here: what is said of each model, by its name, for example
        `{"my-model": {"context_tokens": 32768}}`. It goes before what the file says."""
    ).tag(config=True)

    model_titles = Bool(
        True,
        help="""Let the model name a conversation after its first answer (one short
        request more). Otherwise it is named after its question.""",
    ).tag(config=True)

    idle_seconds = Float(
        IDLE_SECONDS,
        min=1,
        help="""How many seconds a model's server may be silent before its answer is given
        up as interrupted, with what has come of it. Reasoning models can think for
        minutes without a word.""",
    ).tag(config=True)

    durable_replies = Bool(
        False,
        help="""Let OpenAI go on with an answer while this server is down, so that the
        restarted server goes on with the same answer. For that OpenAI stores answers for
        a while (its background mode), and the first word comes a little later. Of effect
        where the Responses API is spoken and the server has that mode.""",
    ).tag(config=True)

    private_base_urls = Bool(
        None,
        allow_none=True,
        help="""Whether people may name servers of models in this machine or its network
        (loopback, private, link-local and similar addresses), for example a model that runs
        at localhost. The default is yes where Jupyter's own token or password lets its one
        owner in, and no where the server knows several people by name. What the server's
        environment names is always allowed.""",
    ).tag(config=True)

    remote_images = Bool(
        True,
        help="""Whether the chat's page may show images from other servers, one by one, when
        somebody asks for one. Otherwise no browser fetches any for it.""",
    ).tag(config=True)

    trash_days = Int(
        30,
        min=0,
        help="""For so many days a deleted conversation can be restored from the trash;
        then it is deleted for good. 0: never.""",
    ).tag(config=True)

    import_bytes = Int(
        1024**3,
        min=1,
        help="""The largest file, in bytes, that somebody may import. What a zip holds may
        be four times as large. It lies in `data_dir` until it is imported, and for a day
        if that is never finished.""",
    ).tag(config=True)

    import_entry_bytes = Int(
        32 * 1024**2,
        min=1024,
        help="""The largest single conversation, in bytes of JSON, within a file that is
        imported. Each import needs memory of some times this size.""",
    ).tag(config=True)

    exit_when_unused = Float(
        0,
        min=0,
        help="""Stop the server when for so many seconds no page and no kernel was connected
        and no answer was being made. 0: never. Servers that kernels start for themselves
        stop in this way.""",
    ).tag(config=True)

    def _config_file_name_default(self) -> str:
        return "jupyter_chat_config"

    def _store_url_default(self) -> str:
        path = Path(self.data_dir) / "history.sqlite"
        return os.environ.get("JUPYTER_CHAT_STORE_URL") or f"sqlite:///{path}"

    def _data_dir_default(self) -> str:
        return str(Path(jupyter_data_dir()) / "jupyter_chat")

    def _default_model_default(self) -> str | None:
        return os.environ.get("JUPYTER_CHAT_MODEL") or None

    def _models_file_default(self) -> str | None:
        return os.environ.get("JUPYTER_CHAT_MODELS_FILE") or None

    def _static_paths_default(self) -> list[str]:
        return [str(_HERE / "static")]

    def _template_paths_default(self) -> list[str]:
        return [str(_HERE / "server" / "templates")]

    def initialize_handlers(self) -> None:
        assert self.serverapp is not None
        if self.serverapp.starter_app is self and "max_body_size" not in self.serverapp.config.get(
            "ServerApp", {}
        ):
            # Nothing else is served here that could need more.
            self.serverapp.max_body_size = _MOST_BODY_BYTES
        self._unused: StopWhenUnused | None = None
        broadcast = Broadcast()
        self._store: Store = open_store(self.store_url)
        self._health = StoreHealth(self._store, broadcast, self.log)
        store = watch(self._store, self._health)
        self._providers = Providers(self.idle_seconds)
        environment = endpoint_from_environment()
        identities = Identities(self.serverapp.identity_provider, store)
        accounts = Accounts(
            store,
            Vault(self.data_dir),
            self._providers,
            environment=environment,
            default_model=self.default_model,
            local_available=local_model_available,
            durable_replies=self.durable_replies,
            overrides=Overrides(self._models_path(), self.models, self.log),
            private_base_urls=(
                identities.personal if self.private_base_urls is None else self.private_base_urls
            ),
        )
        self._heartbeats = Heartbeats()
        self._planner = Planner(store)
        budgets = Budgets(store)
        self._replies = Replies(
            store,
            self._providers,
            Requests(store, accounts, self._planner, self._providers),
            self._planner.corrections,
            broadcast,
            budgets,
            self.log,
            model_titles=self.model_titles,
        )
        conversations = Conversations(store, self._replies, broadcast)
        organiser = Organiser(store, conversations, self._replies, broadcast, self.trash_days)
        self._upkeep = Upkeep(organiser, self.log)
        self._imports = Imports(
            store,
            broadcast,
            Path(self.data_dir) / "imports",
            Limits(self.import_bytes, 4 * self.import_bytes, self.import_entry_bytes),
            self.log,
        )
        self._search = Search(store)
        self._health.on_open += [
            self._replies.start,
            self._upkeep.start,
            self._search.start,
        ]
        starting = StartingKernels(self.serverapp)
        starting.watch()
        logins = Logins(self.serverapp.identity_provider)
        logins.watch()
        services = Services(
            store=store,
            conversations=conversations,
            replies=self._replies,
            branches=Branches(store, conversations, self._replies),
            organiser=organiser,
            accounts=accounts,
            inspector=Inspector(store, accounts, self._planner),
            libraries=Libraries(store, broadcast),
            search=self._search,
            usage=UsageReports(store),
            budgets=budgets,
            broadcast=broadcast,
            health=self._health,
            identities=identities,
            logins=logins,
            heartbeats=self._heartbeats,
            imports=self._imports,
            files=ServerFiles(self.serverapp.contents_manager),
            documents=Documents(),
            kernel_tokens=starting.tokens,
            log=self.log,
        )
        for route, handler in routes.API:
            self.handlers.append((route, handler, {"services": services}))
        self.handlers.extend(routes.PAGES)

    def _models_path(self) -> Path | None:
        return Path(self.models_file).expanduser().absolute() if self.models_file else None

    async def _start_jupyter_server_extension(self, serverapp: ServerApp) -> None:
        await self._health.open()
        if self.exit_when_unused:
            self._unused = StopWhenUnused(
                self.exit_when_unused, self._heartbeats, self._replies, serverapp.stop
            )
            self._unused.start()

    async def stop_extension(self) -> None:
        """Keep what runs, say goodbye to viewers, let go of everything."""
        if self._unused is not None:
            self._unused.close()
        await self._upkeep.close()
        await asyncio.gather(self._imports.close(), self._replies.close())
        await self._planner.close()
        await self._search.close()
        self._heartbeats.close()
        await self._health.close()
        await self._providers.close()
        await self._store.close()


def main(argv: list[str] | None = None) -> Any:
    """`jupyter chat`: the server with the chat's page and nothing else."""
    return cast(Any, ChatApp).launch_instance(argv)
