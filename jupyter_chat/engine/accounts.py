"""What each person has set: where replies come from, the key, the defaults."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from msgspec import UNSET

from ..addresses import without_login
from ..protocol import (
    Account,
    AccountPatch,
    Api,
    Code,
    InvalidFrame,
    Model,
    ModelList,
    Problem,
    Source,
    User,
)
from ..providers.interface import KEPT, Endpoint, Provider, ProviderError, unasked
from ..store.errors import Failed
from ..store.interface import Store
from ..store.types import UserSettings
from ..store.vault import API_KEY, Vault, VaultError
from .audit import Audit, Event
from .keys.entered import address, api_key, hint_of
from .keys.shared import SharedSources
from .limits import words
from .limits.policy import Policy
from .limits.rules import Allowed
from .models import catalogue
from .models.listings import Listings
from .models.overrides import Overrides

_OPENAI = (Source.OPENAI, Source.AZURE)
_USELESS = {Code.NO_KEY, Code.WRONG_KEY, Code.PROVIDER_DOWN, Code.PROVIDER_TIMEOUT}
"""What is wrong with a source that cannot answer anything."""
_TAKEN_AS_THEY_ARE = (
    *("source", "base_url", "api"),
    *("durable_replies", "use_notes", "monthly_limit"),
)
_TRIES = 20


class Accounts:
    """Settings of all people, and the endpoints that follow from them.

    `shared` is the source for everybody who has set nothing else; `overrides` are what the
    server's administrator says of models.
    With `private_base_urls` the servers that people name may be in this machine or its network.
    """

    def __init__(
        self,
        store: Store,
        vault: Vault,
        provider: Provider,
        *,
        shared: SharedSources,
        audit: Audit,
        default_model: str | None,
        local_available: Callable[[], bool],
        durable_replies: bool = False,
        overrides: Overrides | None = None,
        policy: Policy | None = None,
        private_base_urls: bool = True,
        personal: bool = True,
    ) -> None:
        self._store = store
        self._vault = vault
        self.shared = shared
        self._audit = audit
        self._default_model = default_model
        self._local_available = local_available
        self._durable_replies = durable_replies
        self._overrides = overrides
        self._policy = policy
        self._public_only = not private_base_urls
        self._personal = personal
        self._listings = Listings(provider)

    async def settings(self, user_id: str) -> UserSettings:
        return await self._store.get_settings(user_id)

    async def endpoint(self, user_id: str, settings: UserSettings) -> Endpoint:
        """Where this person's replies come from.

        Raises :class:`ProviderError` (`no_key`) where nothing is set up.
        """
        if settings.source is None:
            shared = await self.shared.endpoint()
            if shared is None:
                raise ProviderError(_no_source(self._local_available()))
            return shared
        key = None
        if settings.key is not None:
            key = await self._vault.decrypt(settings.key, user_id=user_id, purpose=API_KEY)
        return Endpoint(
            source=settings.source,
            api=settings.api,
            base_url=settings.base_url,
            key=key,
            public_only=self._public_only,
            own_server=settings.source is Source.COMPATIBLE or settings.base_url is not None,
        )

    def durable(self, settings: UserSettings) -> bool:
        """Whether this person's replies go on upstream while this server is down."""
        own = settings.durable_replies
        return self._durable_replies if own is None else own

    async def describe(self, user: User, problem: Problem | None = None) -> Account:
        """The account as its owner's browser may see it."""
        settings = await self._store.get_settings(user.id)
        own = settings.source is not None
        shown = None
        if not own:
            try:
                shown = await self.shared.endpoint()
            except VaultError as error:
                problem = problem or unasked(error.problem)
        return Account(
            user=user,
            source=settings.source if own else (shown.source if shown else None),
            from_environment=shown is not None,
            base_url=without_login(settings.base_url) if own and settings.base_url else None,
            api=settings.api if own else (shown.api if shown else Api.AUTO),
            key_hint=settings.key_hint if own else None,
            local_available=self._local_available(),
            own_server=self._personal,
            defaults=settings.defaults,
            durable_replies=self.durable(settings),
            notes=settings.notes,
            use_notes=settings.use_notes,
            monthly_limit=settings.monthly_limit,
            problem=problem,
        )

    async def change(self, user: User, patch: AccountPatch) -> Account:
        """Store the changes.

        A source among them is tried out before: one that does not let us in, or is not
        there, replaces none that may work.  The answer's `problem` says so.
        """
        touched = (patch.source, patch.base_url, patch.api, patch.key)
        entered = any(field is not UNSET and field is not None for field in touched)
        for _ in range(_TRIES):
            before = await self._store.get_settings(user.id)
            settings = await self._changed(user.id, before, patch)
            problem = None
            if settings.source is not None and any(field is not UNSET for field in touched):
                settings, problem = await self._tried(user.id, settings)
            if problem is not None and problem.code in _USELESS and entered:
                return await self.describe(user, problem)
            await self._note(user.id, before, settings)
            # Another key may have been entered meanwhile, or this one encrypted again: then
            # what was read is not written back.
            if await self._store.put_settings(user.id, settings, key_before=before.key):
                return await self.describe(user, problem)
        raise Failed

    async def _note(self, user_id: str, before: UserSettings, after: UserSettings) -> None:
        """What of a change matters for safety; neither a key nor an address."""
        if after.key != before.key:
            event = Event.KEY_REMOVED if after.key is None else Event.KEY_SET
            await self._audit.note(user_id, event, user_id)
        if (after.source, after.base_url) != (before.source, before.base_url):
            source = "the server's" if after.source is None else after.source.value
            await self._audit.note(user_id, Event.SOURCE_CHANGED, user_id, source)
        if after.monthly_limit != before.monthly_limit:
            limit = "none" if after.monthly_limit is None else f"{after.monthly_limit:.2f} USD"
            await self._audit.note(user_id, Event.LIMIT_CHANGED, user_id, limit)

    async def _tried(
        self, user_id: str, settings: UserSettings
    ) -> tuple[UserSettings, Problem | None]:
        """Whether a source works.  Most servers have their API below /v1: where it is not
        at the address that was entered, it is looked for there."""
        problem = (await self._offered(user_id, settings)).problem
        entered = (settings.base_url or "").rstrip("/")
        compatible = settings.source is Source.COMPATIBLE
        if problem is not None and compatible and not entered.endswith("/v1"):
            longer = msgspec.structs.replace(settings, base_url=f"{entered}/v1")
            if (await self._offered(user_id, longer)).problem is None:
                return longer, None
        return settings, problem

    async def models(self, user_id: str) -> ModelList:
        """What can be chosen, and what is used where nothing is chosen."""
        offered = await self._offered(user_id, await self._store.get_settings(user_id))
        if self._policy is None:
            return offered
        try:
            allowed = await self._policy.of(user_id)
        except ProviderError as error:
            return ModelList([], None, unasked(error.problem), ignored=offered.ignored)
        default = offered.default
        models = [allowed.limited(each) for each in offered.models if allowed.allows(each.id)]
        if default is not None and not allowed.allows(default):
            default = models[0].id if models else None
        return msgspec.structs.replace(
            offered,
            models=models,
            unlisted=[
                allowed.limited(each) for each in offered.unlisted if allowed.allows(each.id)
            ],
            default=default,
            ignored=offered.ignored or self._policy.problem,
        )

    async def model(self, endpoint: Endpoint, name: str) -> Model:
        """What is known of a model at an endpoint."""
        await self._refresh()
        return await self._listings.model(endpoint, name)

    async def _refresh(self) -> Problem | None:
        """Look whether the administrator says something else of models by now; what is
        wrong with it."""
        if self._overrides is None:
            return None
        await self._overrides.refresh()
        return self._overrides.problem

    async def _offered(self, user_id: str, settings: UserSettings) -> ModelList:
        ignored = await self._refresh()
        try:
            endpoint = await self.endpoint(user_id, settings)
        except (ProviderError, VaultError) as error:
            return ModelList([], None, unasked(error.problem), ignored=ignored)
        openai = endpoint.source in _OPENAI
        try:
            models, problem = await self._listings.fetch(endpoint), None
        except ProviderError as error:
            models, problem = (catalogue.offered() if openai else []), unasked(error.problem)
        default = self._default(endpoint, settings, models)
        if default is not None and all(model.id != default for model in models):
            # A deployment at Azure, say.
            models = [_known_at(endpoint, default), *models]
        gone = catalogue.gone(models) if endpoint.source is Source.OPENAI else []
        return ModelList(models, default, problem, gone, ignored, self._unlisted(endpoint, models))

    def _unlisted(self, endpoint: Endpoint, models: list[Model]) -> list[Model]:
        if self._overrides is None:
            return []
        missing = self._overrides.described - {model.id for model in models}
        return [_known_at(endpoint, name) for name in sorted(missing)]

    async def default_model(
        self, endpoint: Endpoint, settings: UserSettings, allowed: Allowed
    ) -> str:
        """The model of threads that name none."""
        chosen = self._default(endpoint, settings, []) or self._listings.first(endpoint)
        if chosen is None:
            models = await self._listings.fetch(endpoint)
            chosen = self._default(endpoint, settings, models)
        if chosen is not None and not allowed.allows(chosen):
            models = await self._listings.fetch(endpoint)
            others = [model.id for model in models if allowed.allows(model.id)]
            if not others:
                raise ProviderError(words.not_allowed(chosen))
            chosen = others[0]
        if chosen is None:
            raise ProviderError(
                Problem(
                    Code.MODEL_UNKNOWN,
                    "The server names no model that could answer. Your question is kept: "
                    "choose a model and retry.",
                )
            )
        return chosen

    def _default(
        self, endpoint: Endpoint, settings: UserSettings, models: list[Model]
    ) -> str | None:
        if settings.defaults.model is not None:
            return settings.defaults.model
        if self._default_model is not None and settings.source is None:
            return self._default_model
        if endpoint.source in _OPENAI:
            return catalogue.default_model()
        return models[0].id if models else None

    async def _changed(
        self, user_id: str, settings: UserSettings, patch: AccountPatch
    ) -> UserSettings:
        changes: dict[str, object] = {}
        for field in _TAKEN_AS_THEY_ARE:
            value = getattr(patch, field)
            if value is not UNSET:
                changes[field] = value
        if patch.defaults is not UNSET:  # notes have a switch of their own
            changes["defaults"] = msgspec.structs.replace(patch.defaults, use_notes=None)
        if patch.notes is not UNSET:
            changes["notes"] = [_note(text, place) for place, text in enumerate(patch.notes)]
        if isinstance(patch.base_url, str):
            changes["base_url"] = address(patch.base_url)
        if patch.key is None:
            changes.update(key=None, key_hint=None)
        elif patch.key is not UNSET:
            key = api_key(patch.key)
            changes["key"] = await self._vault.encrypt(key, user_id=user_id, purpose=API_KEY)
            changes["key_hint"] = hint_of(key)
        moved = patch.source is not UNSET and patch.source is not settings.source
        if moved and patch.defaults is UNSET:  # another server has other models
            changes["defaults"] = msgspec.structs.replace(settings.defaults, model=None)
        after = msgspec.structs.replace(settings, **changes)
        if patch.key is UNSET:
            return _without_key_of_another_server(settings, after)
        return msgspec.structs.replace(after, key_for=_server_of(after) if after.key else None)


def _server_of(settings: UserSettings) -> str:
    """What a key is for: of the address that was entered, also where it was completed."""
    address = (settings.base_url or "").rstrip("/").removesuffix("/v1")
    return f"{settings.source.value if settings.source else 'shared'} {address}".strip()


def _without_key_of_another_server(before: UserSettings, after: UserSettings) -> UserSettings:
    """A key goes to the server that it was entered for: whoever enters another address gets to
    see what is sent there.  It is kept while the server's own source is used instead."""
    if after.key is None:
        return after
    own = before.key_for or _server_of(before)
    if after.source is not None and _server_of(after) != own:
        return msgspec.structs.replace(after, key=None, key_hint=None, key_for=None)
    return msgspec.structs.replace(after, key_for=own)


def _known_at(endpoint: Endpoint, model_id: str) -> Model:
    return catalogue.known_at(endpoint.source, model_id, own_server=endpoint.own_server)


def _no_source(local_available: bool) -> Problem:
    ways = (
        "enter an OpenAI key, enter the address of a compatible server, or choose the local model"
        if local_available
        else "enter an OpenAI key or the address of a compatible server"
    )
    return Problem(Code.NO_KEY, f"No model is set up yet. {KEPT}: {ways}, and retry.")


def _note(text: str, place: int) -> str:
    """A note, as it was entered; raises :class:`InvalidFrame`."""
    note = text.strip()
    if not note:
        raise InvalidFrame(
            Problem(
                Code.INVALID,
                "A note must not be empty. Nothing was changed.",
                field=f"notes[{place}]",
            )
        )
    return note
