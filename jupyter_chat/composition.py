"""How the parts of the chat are put together in one server process."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_server.serverapp import ServerApp

from .addresses import login_of
from .auth import accounts as kept
from .auth.accounts import KeptAccounts
from .auth.authentication import Authentication
from .auth.people import Registration
from .auth.provider import AccountsIdentityProvider
from .auth.stopping import Work
from .engine.accounts import Accounts
from .engine.attached.documents import Documents
from .engine.audit import Audit
from .engine.branches import Branches
from .engine.broadcast import Broadcast
from .engine.context.inspecting import Inspector
from .engine.context.planning import Planner
from .engine.conversations import Conversations
from .engine.costs.budgets import Budgets
from .engine.costs.usage import UsageReports
from .engine.elsewhere import Elsewhere
from .engine.health import StoreHealth, watch
from .engine.keys.sharing import Sharing
from .engine.libraries import Libraries
from .engine.limits.enforcing import Limits
from .engine.limits.people import People
from .engine.limits.policy import Policy
from .engine.limits.stored import StoredLimits
from .engine.models.overrides import Overrides
from .engine.moderation.moderating import Action, Moderator
from .engine.moderation.services import OpenAIModeration, Service, hook_named
from .engine.organising import Organiser
from .engine.replies import Replies
from .engine.requests import Requests
from .engine.retention import Retention
from .engine.roles import Roles
from .engine.search import Search
from .engine.upkeep import Upkeep
from .exchange.imports import Imports
from .exchange.sources import Limits as ImportLimits
from .hub import authentication as of_hub
from .hub import environment
from .hub.authentication import HubAuthentication
from .hub.environment import HubEnvironment, HubMissing
from .hub.provider import HubIdentityProvider
from .providers import KEY_VARIABLES, Providers, local_model_available
from .providers.environment import moderation_from_environment
from .redaction import Redacting
from .server import openapi, routes
from .server.files import ServerFiles
from .server.guard import Guard
from .server.heartbeat import Heartbeats
from .server.identity import Identities
from .server.kernels import StartingKernels
from .server.logins import Logins
from .server.pages import NOT_FRAMED
from .server.services import Services
from .server.unused import StopWhenUnused
from .store import STORE_URL, open_store, vault
from .store.interface import Store

if TYPE_CHECKING:
    from .app import ChatApp


LETTING_IN_BY_NAME = (AccountsIdentityProvider, HubIdentityProvider)
"""By these a server has the chat for many people, and nothing else."""


class Composition:
    """All parts, made from the settings of `app`.  Making them opens nothing yet."""

    def __init__(self, app: ChatApp, serverapp: ServerApp) -> None:
        self._app = app
        self._serverapp = serverapp
        self._log = app.log
        self._redacting = _keeping_secrets_out_of_the_log(app)
        self._unused: StopWhenUnused | None = None
        broadcast = Broadcast()
        self._store = open_store(app.store_url)
        self._health = StoreHealth(self._store, broadcast, app.log)
        store = watch(self._store, self._health)
        self._providers = Providers(app.idle_seconds)
        audit = Audit(store)
        secrets = app.open_vault()
        provider = serverapp.identity_provider
        has_people = isinstance(provider, LETTING_IN_BY_NAME)
        roles = Roles(store, accounts=has_people)
        policy = Policy(roles, file_named(app.limits_file), app.limits, app.log, store)
        identities = Identities(provider, store)
        shared = app.shared_sources(store, secrets)
        private_base_urls = (
            identities.personal if app.private_base_urls is None else app.private_base_urls
        )
        accounts = Accounts(
            store,
            secrets,
            self._providers,
            shared=shared,
            audit=audit,
            default_model=app.default_model,
            local_available=local_model_available,
            durable_replies=app.durable_replies,
            overrides=Overrides(file_named(app.models_file), app.models, app.log),
            policy=policy,
            private_base_urls=private_base_urls,
            personal=identities.personal,
        )
        self._heartbeats = Heartbeats()
        self._planner = Planner(store)
        budgets = Budgets(store)
        limits = Limits(store, policy, budgets)
        self._replies = Replies(
            store,
            self._providers,
            Requests(store, accounts, self._planner, self._providers, limits),
            self._planner.corrections,
            broadcast,
            limits,
            _moderator(app, store, self._providers),
            app.log,
            model_titles=app.model_titles,
        )
        conversations = Conversations(store, self._replies, broadcast)
        self._elsewhere = Elsewhere(
            store, broadcast, self._replies, conversations.reshaped, app.log
        )
        retention = Retention(
            *(store, conversations, audit),
            *(app.retention_days, app.retention_days_of_roles, roles),
        )
        organiser = Organiser(
            store, conversations, self._replies, broadcast, app.trash_days, retention
        )
        self._upkeep = Upkeep(organiser, app.log, retention)
        self._imports = Imports(
            store,
            broadcast,
            Path(app.data_dir) / "imports",
            ImportLimits(app.import_bytes, 4 * app.import_bytes, app.import_entry_bytes),
            app.log,
        )
        self._search = Search(store)
        self._health.on_open += [
            self._replies.start,
            self._upkeep.start,
            self._search.start,
            self._elsewhere.start,
        ]
        starting = StartingKernels(serverapp)
        logins = Logins(provider)
        if has_people:
            secrets.check()  # they sign what people are let in by
        works: list[Work] = [self._replies, self._imports]
        self._authentication: Authentication | None = None
        if isinstance(provider, AccountsIdentityProvider):
            _require(app.log, "A server with accounts", "accounts", "jwt", "argon2")
            rules = kept.Rules(
                Registration(app.registration), app.registrations_per_hour, app.session_days
            )
            provider.authentication = self._authentication = kept.put_together(
                *(store, secrets, organiser, self._replies, self._imports),
                *(works, rules, app.log),
            )
            self._health.on_open += [self._authentication.start, self._tell_first_admin]
        elif isinstance(provider, HubIdentityProvider):
            _require(app.log, "A chat service of JupyterHub", "hub", "jwt", "jupyterhub")
            provider.authentication = self._authentication = of_hub.put_together(
                *(_hub_environment(app.log), store, secrets, audit, organiser, self._replies),
                *(self._imports, works, app.log),
            )
            self._health.on_open.append(self._authentication.start)
            serverapp.web_app.settings[NOT_FRAMED] = True
        if self._authentication is not None:
            assert isinstance(provider, LETTING_IN_BY_NAME)
            web_app = serverapp.web_app
            web_app.settings["login_url"] = f"{serverapp.base_url}jupyter-chat/login"
            Guard(web_app, serverapp.base_url, app.static_url_prefix, provider.shows_access)
        else:
            starting.watch()
            logins.watch()
        self._services = Services(
            store=store,
            conversations=conversations,
            replies=self._replies,
            branches=Branches(store, conversations, self._replies),
            organiser=organiser,
            accounts=accounts,
            audit=audit,
            inspector=Inspector(store, accounts, self._planner, policy),
            libraries=Libraries(store, broadcast),
            search=self._search,
            usage=UsageReports(store),
            budgets=budgets,
            limits=limits,
            stored_limits=StoredLimits(store, policy, audit, accounts=has_people),
            people=People(store, limits, roles),
            sharing=Sharing(
                *(store, secrets, shared, self._providers, audit),
                public_only=not private_base_urls,
            ),
            roles=roles,
            broadcast=broadcast,
            health=self._health,
            identities=identities,
            logins=logins,
            heartbeats=self._heartbeats,
            imports=self._imports,
            files=ServerFiles(serverapp.contents_manager),
            documents=Documents(),
            kernel_tokens=starting.tokens,
            authentication=self._authentication,
            log=app.log,
        )

    def routes(self) -> list[openapi.Route]:
        """What is registered with the server: routes with their handlers, and what these are
        given."""
        given = {"services": self._services}
        with_services: list[Any] = [
            (route, handler, given)
            for route, handler in routes.of(routes.kind_of(self._authentication))
        ]
        return [*with_services, *routes.PAGES]

    async def open(self) -> None:
        """Open the history; where that fails, it is tried again until it is open."""
        await self._health.open()
        if isinstance(self._authentication, HubAuthentication):
            _stop_when_interrupted()
        if self._app.exit_when_unused:
            self._unused = StopWhenUnused(
                self._app.exit_when_unused, self._is_used, self._serverapp.stop
            )
            self._unused.start()

    async def close(self) -> None:
        """Keep what runs, say goodbye to viewers, let go of everything."""
        if self._unused is not None:
            self._unused.close()
        await self._upkeep.close()
        await self._elsewhere.close()
        await asyncio.gather(self._imports.close(), self._replies.close())
        await self._planner.close()
        await self._search.close()
        self._heartbeats.close()
        await self._health.close()
        await self._providers.close()
        if self._authentication is not None:
            await self._authentication.close()
        await self._store.close()
        self._log.removeFilter(self._redacting)

    def _is_used(self) -> bool:
        return self._heartbeats.any_open or bool(self._replies.running)

    async def _tell_first_admin(self) -> None:
        """Say where the first administrator registers, to whoever reads the server's log."""
        assert isinstance(self._authentication, KeptAccounts)
        code = await self._authentication.invitations.for_first_admin()
        if code is not None:
            self._log.critical(
                "There is no administrator yet. Whoever registers here first is one; the "
                "address is good once, for a day:\n    %sjupyter-chat/register?code=%s",
                self._serverapp.public_url.partition("?")[0].partition("jupyter-chat/")[0],
                code,
            )


def file_named(setting: str | None) -> Path | None:
    """The file that a setting names, if it names one."""
    return Path(setting).expanduser().absolute() if setting else None


def _keeping_secrets_out_of_the_log(app: ChatApp) -> Redacting:
    login = login_of(app.store_url)
    password = login[1] if login is not None else ""
    if password and "store_url" in app.config.get("ChatApp", {}):
        app.log.warning(
            "The address of the chat history holds a password, and stands in the "
            "configuration, which --show-config and --debug show. Set %s instead.",
            STORE_URL,
        )
    keys = os.environ.get(vault.ENVIRONMENT, "").split(";")
    upstream = [os.environ.get(name, "") for name in KEY_VARIABLES]
    address = login_of(os.environ.get("OPENAI_BASE_URL", ""))
    upstream += [address[1]] if address is not None else []
    hub = os.environ.get(environment.API_TOKEN, "")
    redacting = Redacting([password, *keys, *upstream, hub])
    app.log.addFilter(redacting)
    return redacting


def _moderator(app: ChatApp, store: Store, providers: Providers) -> Moderator:
    own = moderation_from_environment()
    service: Service = OpenAIModeration(providers, own, app.moderation_model)
    if app.moderation_hook:
        try:
            service = hook_named(app.moderation_hook)
        except ValueError as error:
            raise ValueError(f"ChatApp.moderation_hook: {error}") from None
    failing = app.moderation_failing
    return Moderator(
        store,
        service,
        app.log,
        questions=Action(app.moderate_questions),
        answers=Action(app.moderate_answers),
        closed=None if failing is None else failing == "closed",
    )


def _stop_when_interrupted() -> None:
    """A hub interrupts its services first, and waits half a minute before it says it otherwise.
    What was started in the background of a shell does not listen to that by itself."""
    stop = signal.getsignal(signal.SIGTERM)
    if callable(stop):
        signal.signal(signal.SIGINT, stop)


def _require(log: logging.Logger, what: str, extra: str, *modules: str) -> None:
    """End where an extra is missing: a server that was to let people in by name must not go on
    without."""
    if not all(find_spec(module) for module in modules):
        log.critical(
            "%s needs what comes with `pip install 'jupyter-chat[%s]'`. Nothing was started.",
            what,
            extra,
        )
        sys.exit(1)


def _hub_environment(log: logging.Logger) -> HubEnvironment:
    try:
        return environment.read(os.environ)
    except HubMissing as missing:
        log.critical(
            "`jupyter chat --service` is started by JupyterHub, or told by whoever starts it what "
            "JupyterHub tells its services. Not set: %s. Nothing was started.",
            ", ".join(missing.names),
        )
        sys.exit(1)
