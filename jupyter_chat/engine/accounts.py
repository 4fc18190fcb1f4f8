"""What each person has set: where replies come from, the key, the defaults."""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec
from msgspec import UNSET

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
from ..store.interface import Store
from ..store.types import UserSettings
from ..store.vault import Vault, VaultError
from .models import catalogue
from .models.listings import Listings
from .models.overrides import Overrides

KEY_PURPOSE = "api key"
_OPENAI = (Source.OPENAI, Source.AZURE)
_USELESS = {Code.NO_KEY, Code.WRONG_KEY, Code.PROVIDER_DOWN, Code.PROVIDER_TIMEOUT}
"""What is wrong with a source that cannot answer anything."""
_TAKEN_AS_THEY_ARE = (
    *("source", "base_url", "api"),
    *("durable_replies", "use_notes", "monthly_limit"),
)
_ADDRESS = re.compile(r"https?://[^\s/?#]+[^\s]*", re.IGNORECASE)


class Accounts:
    """Settings of all people, and the endpoints that follow from them.

    `environment` is the endpoint that the server's environment names, for everybody
    who has set nothing else; `overrides` are what its administrator says of models.
    With `private_base_urls` the servers that people name may be in this machine or its network.
    """

    def __init__(
        self,
        store: Store,
        vault: Vault,
        provider: Provider,
        *,
        environment: Endpoint | None,
        default_model: str | None,
        local_available: Callable[[], bool],
        durable_replies: bool = False,
        overrides: Overrides | None = None,
        private_base_urls: bool = True,
    ) -> None:
        self._store = store
        self._vault = vault
        self._environment = environment
        self._default_model = default_model
        self._local_available = local_available
        self._durable_replies = durable_replies
        self._overrides = overrides
        self._public_only = not private_base_urls
        self._listings = Listings(provider)

    async def settings(self, user_id: str) -> UserSettings:
        return await self._store.get_settings(user_id)

    async def endpoint(self, user_id: str, settings: UserSettings) -> Endpoint:
        """Where this person's replies come from.

        Raises :class:`ProviderError` (`no_key`) where nothing is set up.
        """
        if settings.source is None:
            if self._environment is None:
                raise ProviderError(_no_source(self._local_available()))
            return self._environment
        key = None
        if settings.key is not None:
            key = await self._vault.decrypt(settings.key, user_id=user_id, purpose=KEY_PURPOSE)
        return Endpoint(
            source=settings.source,
            api=settings.api,
            base_url=settings.base_url,
            key=key,
            public_only=self._public_only,
        )

    def durable(self, settings: UserSettings) -> bool:
        """Whether this person's replies go on upstream while this server is down."""
        own = settings.durable_replies
        return self._durable_replies if own is None else own

    async def describe(self, user: User, problem: Problem | None = None) -> Account:
        """The account as its owner's browser may see it."""
        settings = await self._store.get_settings(user.id)
        own = settings.source is not None
        shown = self._environment if not own else None
        return Account(
            user=user,
            source=settings.source if own else (shown.source if shown else None),
            from_environment=shown is not None,
            base_url=settings.base_url if own else None,
            api=settings.api if own else (shown.api if shown else Api.AUTO),
            key_hint=settings.key_hint if own else None,
            local_available=self._local_available(),
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
        settings = await self._changed(user.id, patch)
        problem = None
        touched = (patch.source, patch.base_url, patch.api, patch.key)
        if settings.source is not None and any(field is not UNSET for field in touched):
            settings, problem = await self._tried(user.id, settings)
        entered = any(field is not UNSET and field is not None for field in touched)
        if problem is None or problem.code not in _USELESS or not entered:
            await self._store.put_settings(user.id, settings)
        return await self.describe(user, problem)

    async def _tried(
        self, user_id: str, settings: UserSettings
    ) -> tuple[UserSettings, Problem | None]:
        """Whether a source works.  Most servers have their API below /v1: where it is not
        at the address that was entered, it is looked for there."""
        problem = (await self._offered(user_id, settings)).problem
        address = (settings.base_url or "").rstrip("/")
        compatible = settings.source is Source.COMPATIBLE
        if problem is not None and compatible and not address.endswith("/v1"):
            longer = msgspec.structs.replace(settings, base_url=f"{address}/v1")
            if (await self._offered(user_id, longer)).problem is None:
                return longer, None
        return settings, problem

    async def models(self, user_id: str) -> ModelList:
        """What can be chosen, and what is used where nothing is chosen."""
        return await self._offered(user_id, await self._store.get_settings(user_id))

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
            models = [catalogue.known_at(endpoint.source, default), *models]
        gone = catalogue.gone(models) if endpoint.source is Source.OPENAI else []
        return ModelList(models, default, problem, gone, ignored, self._unlisted(endpoint, models))

    def _unlisted(self, endpoint: Endpoint, models: list[Model]) -> list[Model]:
        if self._overrides is None:
            return []
        missing = self._overrides.described - {model.id for model in models}
        return [catalogue.known_at(endpoint.source, name) for name in sorted(missing)]

    async def default_model(self, endpoint: Endpoint, settings: UserSettings) -> str:
        """The model of threads that name none."""
        chosen = self._default(endpoint, settings, []) or self._listings.first(endpoint)
        if chosen is None:
            models = await self._listings.fetch(endpoint)
            chosen = self._default(endpoint, settings, models)
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

    async def _changed(self, user_id: str, patch: AccountPatch) -> UserSettings:
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
            changes["base_url"] = _address(patch.base_url)
        if patch.key is None:
            changes.update(key=None, key_hint=None)
        elif patch.key is not UNSET:
            key = _key(patch.key)
            changes["key"] = await self._vault.encrypt(key, user_id=user_id, purpose=KEY_PURPOSE)
            changes["key_hint"] = key[-4:] if len(key) >= 12 else None
        settings = await self._store.get_settings(user_id)
        moved = patch.source is not UNSET and patch.source is not settings.source
        if moved and patch.defaults is UNSET:  # another server has other models
            changes["defaults"] = msgspec.structs.replace(settings.defaults, model=None)
        return msgspec.structs.replace(settings, **changes)


def _no_source(local_available: bool) -> Problem:
    ways = (
        "enter an OpenAI key, enter the address of a compatible server, or choose the local model"
        if local_available
        else "enter an OpenAI key or the address of a compatible server"
    )
    return Problem(Code.NO_KEY, f"No model is set up yet. {KEPT}: {ways}, and retry.")


def _key(text: str) -> str:
    """An API key, as it was entered; raises :class:`InvalidFrame`."""
    key = text.strip()
    if not key.isascii() or not key.isprintable() or not key:
        raise InvalidFrame(
            Problem(
                Code.INVALID,
                "This is no API key: it holds characters that keys do not have, perhaps "
                "because it was copied in a shortened form. Nothing was changed.",
                field="key",
            )
        )
    return key


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


def _address(text: str) -> str:
    """The address of a server, as it was entered; raises :class:`InvalidFrame`."""
    address = text.strip()
    if not _ADDRESS.fullmatch(address):
        raise InvalidFrame(
            Problem(
                Code.INVALID,
                "The address of a server begins with http:// or https://, for example "
                "http://localhost:11434/v1. Nothing was changed.",
                field="base_url",
            )
        )
    return address
