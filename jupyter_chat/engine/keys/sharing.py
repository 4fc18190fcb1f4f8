"""What administrators see and set, while the server runs, of the source for everybody."""

from __future__ import annotations

from msgspec import UNSET
from msgspec.structs import replace

from ...addresses import without_login
from ...protocol import (
    Code,
    InvalidFrame,
    Problem,
    SharedSourceInfo,
    SharedSourceOffer,
    Source,
)
from ...providers.interface import Endpoint, Provider, ProviderError, unasked
from ...store.interface import Store
from ...store.types import SharedSource
from ...store.vault import EVERYBODY, SHARED_KEY, Vault, VaultError
from ..audit import Audit, Event
from ..errors import Invalid
from .entered import address, api_key
from .shared import SharedSources

_SOURCES = (Source.OPENAI, Source.AZURE, Source.COMPATIBLE)
_PRIVATE = (
    "This server is not on the internet but in the network of the chat server, where the chat may "
    "not go. Nothing was changed: enter another address, or set ChatApp.private_base_urls to True, "
    "start the chat server again and try again. People may then name private addresses as well."
)
_USELESS = {Code.NO_KEY, Code.WRONG_KEY, Code.PROVIDER_DOWN, Code.PROVIDER_TIMEOUT}


class Sharing:
    """With `public_only`, the servers that are named must not be in this machine or its
    network."""

    def __init__(
        self,
        store: Store,
        vault: Vault,
        shared: SharedSources,
        provider: Provider,
        audit: Audit,
        *,
        public_only: bool,
    ) -> None:
        self._store = store
        self._vault = vault
        self._shared = shared
        self._provider = provider
        self._audit = audit
        self._public_only = public_only

    async def describe(self, problem: Problem | None = None) -> SharedSourceInfo:
        stored = await self._store.get_shared_source()
        if stored is not None:
            return SharedSourceInfo(
                stored.source,
                without_login(stored.base_url) if stored.base_url else None,
                stored.api,
                stored.key_hint,
                stored=True,
                problem=problem,
            )
        try:
            found = await self._shared.endpoint()
        except VaultError as error:
            return SharedSourceInfo(problem=problem or unasked(error.problem))
        return SharedSourceInfo(None if found is None else found.source, problem=problem)

    async def put(self, admin_id: str, offer: SharedSourceOffer) -> SharedSourceInfo:
        """Store it, once it was tried out: a source that does not let us in, or is not there,
        replaces none that may work (:class:`ProviderError`).  Another problem with it stands in
        the answer."""
        endpoint = await self._endpoint(offer)
        problem = None
        try:
            await self._provider.models(endpoint)
        except ProviderError as error:
            problem = self._said(unasked(error.problem))
            if problem.code in _USELESS:
                raise ProviderError(problem) from None
        await self._audit.note(admin_id, Event.SHARED_KEY_SET, offer.source.value)
        await self._shared.put(
            endpoint.source,
            endpoint.key,
            endpoint.base_url,
            endpoint.api,
            public_only=self._public_only,
        )
        return await self.describe(problem)

    async def remove(self, admin_id: str) -> SharedSourceInfo:
        await self._audit.note(admin_id, Event.SHARED_KEY_REMOVED)
        await self._shared.remove()
        return await self.describe()

    def _said(self, problem: Problem) -> Problem:
        """To an administrator, who is told otherwise to ask one."""
        if not self._public_only or problem.field != "base_url":
            return problem
        return replace(problem, message=_PRIVATE)

    async def _endpoint(self, offer: SharedSourceOffer) -> Endpoint:
        if offer.source not in _SOURCES:
            raise Invalid("Choose OpenAI, Azure or a compatible server.", "source")
        base_url = offer.base_url.strip() if offer.base_url else None
        if not base_url and offer.source is not Source.OPENAI:
            raise Invalid("Say where the server is. Nothing was changed.", "base_url")
        base_url = address(base_url) if base_url else None
        if offer.key is UNSET:
            key = await self._stored_key(offer, base_url)
        else:
            key = None if offer.key is None else api_key(offer.key)
        return Endpoint(offer.source, offer.api, base_url, key, public_only=self._public_only)

    async def _stored_key(self, offer: SharedSourceOffer, base_url: str | None) -> str | None:
        """That of the same server, and no other one's."""
        stored: SharedSource | None = await self._store.get_shared_source()
        same = stored is not None and (stored.source, stored.base_url) == (offer.source, base_url)
        if stored is None or not same:
            raise InvalidFrame(
                Problem(
                    Code.INVALID,
                    "This is another server than the stored key is for. Nothing was changed: "
                    "enter the key as well.",
                    field="key",
                )
            )
        if stored.key is None:
            return None
        return await self._vault.decrypt(stored.key, user_id=EVERYBODY, purpose=SHARED_KEY)
