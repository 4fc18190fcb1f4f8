"""The Jupyter server extension and its settings."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from jupyter_core.paths import jupyter_data_dir
from jupyter_server.extension.application import ExtensionApp, ExtensionAppJinjaMixin
from jupyter_server.serverapp import ServerApp
from jupyter_server.serverapp import aliases as server_aliases
from jupyter_server.serverapp import flags as server_flags
from traitlets import (
    Bool,
    CaselessStrEnum,
    Dict,
    Enum,
    Float,
    Int,
    List,
    TraitError,
    Unicode,
    validate,
)

from . import __version__
from .auth.people import Registration
from .composition import LETTING_IN_BY_NAME, Composition, file_named
from .engine.keys.shared import SharedSources
from .engine.moderation.moderating import Action
from .engine.moderation.services import MODEL
from .hub import environment as hub
from .linked.composition import LinkedComposition
from .linked.replicas import base_url, public_url, replicas
from .providers import IDLE_SECONDS, endpoint_from_environment
from .server.open_files import allow_many_sockets
from .store import STORE_URL
from .store.interface import Store
from .store.vault import Vault, VaultError

_HERE = Path(__file__).parent
_MOST_BODY_BYTES = 32 * 1024 * 1024
"""The largest request to a server that has the chat and nothing else: files are uploaded in
pieces, or up to half of this."""

SERVICE_URLS = "JUPYTER_CHAT_SERVICE_URLS"
SERVICE_PUBLIC_URLS = "JUPYTER_CHAT_SERVICE_PUBLIC_URLS"
"""Environment variables that link a user's server with the chat service of a hub."""

ACCOUNTS = {
    "identity_provider_class": "jupyter_chat.auth.provider.AccountsIdentityProvider",
    "authorizer_class": "jupyter_chat.auth.authorizer.ChatOnlyAuthorizer",
    "allow_unauthenticated_access": False,
}
"""The server's settings by which it has accounts."""


class ChatApp(ExtensionAppJinjaMixin, ExtensionApp):
    """Chat with OpenAI models, next to your notebooks or on a page of its own."""

    name = "jupyter_chat"
    description = __doc__
    version = __version__
    extension_url = "/jupyter-chat/"
    load_other_extensions = False
    file_url_prefix = "jupyter-chat"
    subcommands = {  # noqa: RUF012
        "keys": ("jupyter_chat.commands.keys.Keys", "The keys that encrypt, and the shared one."),
        "audit": ("jupyter_chat.commands.audit.AuditLog", "The audit log."),
    }
    # The server takes these whether they are here or not: they are for `--help`.
    aliases = {  # noqa: RUF012
        **ExtensionApp.aliases,
        **{name: server_aliases[name] for name in ("port", "ip")},
    }
    flags = {  # noqa: RUF012
        **ExtensionApp.flags,
        **{name: server_flags[name] for name in ("no-browser", "allow-root")},
        "accounts": (
            {"ServerApp": ACCOUNTS},
            """Let people register and sign in, each with a history of their own. They get the
            chat and nothing else of the server: no files, no kernels.""",
        ),
        "service": (
            {"ServerApp": hub.server_settings(os.environ)},
            """Be a service of JupyterHub, which says who everybody is and starts this command:
            for all its users, with the history and the keys out of their reach.""",
        ),
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

    key_storage = Enum(
        ["file", "keyring"],
        "file",
        help="""Where the key is that encrypts people's API keys, unless JUPYTER_CHAT_KEYS
        has it: in a file in `data_dir` that only its owner may read, or in the keyring of
        the operating system (which needs the extra `keyring`).""",
    ).tag(config=True)

    shared_key_file = Unicode(
        allow_none=True,
        default_value=None,
        help="""A file with the API key for everybody who has entered none, instead of
        OPENAI_API_KEY or AZURE_OPENAI_API_KEY. Nobody but its owner may read it (mode
        0600). It is read again when the key is needed. What `jupyter chat keys share` has
        stored goes before it.""",
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

    limits_file = Unicode(
        allow_none=True,
        default_value=None,
        help="""A JSON file that limits what people may ask: requests, tokens, US dollars and
        answers at a time, models, the length of answers; for everyone, roles, single people,
        and all together. It is read again when it changes. The default is the environment
        variable JUPYTER_CHAT_LIMITS_FILE.""",
    ).tag(config=True)

    limits = Dict(
        help="""The same here, for example `{"everyone": {"dollars_per_month": 5}}`. It goes
        before what the file says."""
    ).tag(config=True)

    moderate_questions = CaselessStrEnum(
        [action.value for action in Action],
        "off",
        help="""Look at questions before they are sent: `flag` records what is flagged, `block`
        does not send it either.""",
    ).tag(config=True)

    moderate_answers = CaselessStrEnum(
        [action.value for action in Action],
        "off",
        help="""Look at answers while they come and at their end: `flag` records what is
        flagged, `block` withdraws it as well.""",
    ).tag(config=True)

    moderation_model = Unicode(
        MODEL,
        help="""The model of OpenAI's moderation endpoint. The endpoint is that of the variables
        JUPYTER_CHAT_MODERATION_URL and JUPYTER_CHAT_MODERATION_KEY or, without them, of the
        server that answers.""",
    ).tag(config=True)

    moderation_hook = Unicode(
        help="""A function that looks at texts instead, as `package.module:function`. It gets
        the text and `user_id=` and returns names of categories; none: nothing is wrong. It may
        be a coroutine function."""
    ).tag(config=True)

    moderation_failing = CaselessStrEnum(
        ["open", "closed"],
        allow_none=True,
        default_value=None,
        help="""What becomes of texts that nobody can look at: `open` lets them pass, `closed`
        does not. Unless set, what is blocked is closed and what is flagged is open.""",
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

    retention_days = Int(
        0,
        min=0,
        help="""Conversations in which nothing was said for so many days go to the trash, also
        pinned and archived ones, and are deleted for good after `trash_days` there. People
        see it in their list a week before. 0: never.""",
    ).tag(config=True)

    retention_days_of_roles = Dict(
        key_trait=Unicode(),
        value_trait=Int(min=0),
        help="""The same for people with a role, for example `{"user": 90, "admin": 0}`; it goes
        before `retention_days`, which is for all others.""",
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

    registration = Enum(
        [mode.value for mode in Registration],
        Registration.INVITATION.value,
        help="""Who may register on a server with accounts: nobody (`off`), everybody (`open`),
        who has the code of an invitation (`invitation`), or everybody, to be let in by an
        administrator (`approval`).""",
    ).tag(config=True)

    registrations_per_hour = Int(
        30,
        min=1,
        help="""So many people may register from one address within an hour, besides those
        who were invited.""",
    ).tag(config=True)

    session_days = Int(
        30,
        min=1,
        help="""For so many days a browser stays signed in that is not used.""",
    ).tag(config=True)

    service_urls = List(
        Unicode(),
        help="""On a hub: the base URLs of the chat service's replicas, as users' servers and
        kernels reach them. This server then keeps nothing itself and links with the service.
        The default is the environment variable JUPYTER_CHAT_SERVICE_URLS, with commas
        between them.""",
    ).tag(config=True)

    service_public_urls = List(
        Unicode(),
        help="""The same, in the same order, as browsers reach them: URLs, or paths on the host
        of the page. The default is the environment variable
        JUPYTER_CHAT_SERVICE_PUBLIC_URLS or, without it, the paths of `service_urls`.""",
    ).tag(config=True)

    @validate("service_urls")
    def _check_service_urls(self, proposal: Any) -> list[str]:
        return _each("ChatApp.service_urls", base_url, proposal["value"])

    @validate("service_public_urls")
    def _check_service_public_urls(self, proposal: Any) -> list[str]:
        return _each("ChatApp.service_public_urls", public_url, proposal["value"])

    def _config_file_name_default(self) -> str:
        return "jupyter_chat_config"

    def _store_url_default(self) -> str:
        path = Path(self.data_dir) / "history.sqlite"
        return os.environ.get(STORE_URL) or f"sqlite:///{path}"

    def _data_dir_default(self) -> str:
        return str(Path(jupyter_data_dir()) / "jupyter_chat")

    def _default_model_default(self) -> str | None:
        return os.environ.get("JUPYTER_CHAT_MODEL") or None

    def _models_file_default(self) -> str | None:
        return os.environ.get("JUPYTER_CHAT_MODELS_FILE") or None

    def _limits_file_default(self) -> str | None:
        return os.environ.get("JUPYTER_CHAT_LIMITS_FILE") or None

    def _service_urls_default(self) -> list[str]:
        return _each(SERVICE_URLS, base_url, _listed(SERVICE_URLS))

    def _service_public_urls_default(self) -> list[str]:
        return _each(SERVICE_PUBLIC_URLS, public_url, _listed(SERVICE_PUBLIC_URLS))

    def _static_paths_default(self) -> list[str]:
        return [str(_HERE / "static")]

    def _template_paths_default(self) -> list[str]:
        return [str(_HERE / "server" / "templates")]

    _chat: Composition | LinkedComposition | None = None
    """Once the settings have turned out to be in order."""

    def initialize_settings(self) -> None:
        """What the server keeps of these settings is seen by all of its extensions."""
        self.settings[f"{self.name}_config"].pop("store_url", None)

    @classmethod
    def make_serverapp(cls, **kwargs: Any) -> ServerApp:
        """The server, which knows our flags: it has to before the chat is loaded."""
        serverapp = super().make_serverapp(**kwargs)
        serverapp.reraise_server_extension_failures = True  # it is there for the chat
        ours = {name: cls.flags[name] for name in ("accounts", "service")}
        serverapp.flags = {**serverapp.flags, **ours}
        return serverapp

    def initialize_handlers(self) -> None:
        assert self.serverapp is not None
        if self.serverapp.starter_app is self:
            allow_many_sockets()
            if "max_body_size" not in self.serverapp.config.get("ServerApp", {}):
                # Nothing else is served here that could need more.
                self.serverapp.max_body_size = _MOST_BODY_BYTES
        try:
            self._chat = self._put_together(self.serverapp)
        except (ValueError, TraitError, VaultError) as error:
            self._end_unless_beside_others(self.serverapp, error)
            raise
        self.handlers.extend(self._chat.routes())

    def _end_unless_beside_others(self, serverapp: ServerApp, error: Exception) -> None:
        """A server that is there for the chat, or lets people in by it, must not go on without
        it; Jupyter leaves an extension out and goes on."""
        if serverapp.starter_app is self or isinstance(
            serverapp.identity_provider, LETTING_IN_BY_NAME
        ):
            self.log.critical("%s Nothing was started.", error)
            sys.exit(1)
        self.log.error("%s There is no chat until this is mended.", error)

    def _put_together(self, serverapp: ServerApp) -> Composition | LinkedComposition:
        is_service = isinstance(serverapp.identity_provider, LETTING_IN_BY_NAME)
        if is_service or not self.service_urls:
            return Composition(self, serverapp)
        try:
            known = replicas(self.service_urls, self.service_public_urls)
        except ValueError as error:
            raise TraitError(f"ChatApp.service_public_urls: {error}.") from None
        return LinkedComposition(self, serverapp, known)

    def open_vault(self) -> Vault:
        """What encrypts people's keys."""
        return Vault(self.data_dir, keyring=self.key_storage == "keyring")

    def shared_sources(self, store: Store, secrets: Vault) -> SharedSources:
        """The source for everybody who has set nothing else."""
        return SharedSources(
            store, secrets, endpoint_from_environment(), file_named(self.shared_key_file), self.log
        )

    async def _start_jupyter_server_extension(self, serverapp: ServerApp) -> None:
        assert self._chat is not None
        await self._chat.open()

    async def stop_extension(self) -> None:
        if self._chat is not None:
            await self._chat.close()


def _listed(variable: str) -> list[str]:
    written = os.environ.get(variable, "").split(",")
    return [each for each in written if each.strip()]


def _each(setting: str, read: Callable[[str], str], written: list[str]) -> list[str]:
    """All of them as they are read; what makes no sense is said with the setting's name."""
    try:
        return [read(each) for each in written]
    except ValueError as error:
        raise TraitError(f"{setting}: {error}.") from None


def main(argv: list[str] | None = None) -> Any:
    """`jupyter chat`: the server with the chat's page and nothing else."""
    return cast(Any, ChatApp).launch_instance(argv)
