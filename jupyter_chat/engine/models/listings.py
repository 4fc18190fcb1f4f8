"""What models' servers say of their models, as they last said it."""

from __future__ import annotations

import asyncio
import time

from ...bounded import drop_oldest
from ...protocol import Model, Source
from ...providers.interface import Endpoint, Provider, ProviderError
from . import catalogue

_MOST_ENDPOINTS = 1000
_MOST_SERVERS = 100
_MOST_MODELS = 2000
_PATIENCE_SECONDS = 3.0
"""How long a question waits for what its model's server says of the model."""
_ASK_AGAIN_SECONDS = 60.0

_Server = tuple[Source, str | None]


class Listings:
    """Those of all servers that people use; a server says the same whoever asks."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._first: dict[Endpoint, str] = {}
        self._said: dict[_Server, dict[str, Model]] = {}
        self._silent_until: dict[_Server, float] = {}

    async def fetch(self, endpoint: Endpoint) -> list[Model]:
        """The models that can be chosen at an endpoint; remembers what is said of them.

        Raises :class:`ProviderError`.
        """
        listed = await self._provider.models(endpoint)
        models = catalogue.describe(listed, endpoint.source, own_server=endpoint.own_server)
        if models:
            self._first[endpoint] = models[0].id
            drop_oldest(self._first, _MOST_ENDPOINTS)
        server = _server(endpoint)
        self._said.pop(server, None)
        self._said[server] = {model.id: model for model in listed[:_MOST_MODELS]}
        drop_oldest(self._said, _MOST_SERVERS)
        return models

    def first(self, endpoint: Endpoint) -> str | None:
        """The model that was listed first: the default of a server other than OpenAI's."""
        return self._first.get(endpoint)

    async def model(self, endpoint: Endpoint, name: str) -> Model:
        """What is known of a model at an endpoint.  A server that has not said anything
        yet is asked; not for long, and not often."""
        server = _server(endpoint)
        says_more = endpoint.source in (Source.COMPATIBLE, Source.LOCAL)
        if says_more and server not in self._said:
            await self._ask(endpoint, server)
        said = self._said.get(server, {}).get(name)
        own = endpoint.own_server
        return catalogue.known_at(endpoint.source, name, said, own_server=own)

    async def _ask(self, endpoint: Endpoint, server: _Server) -> None:
        now = time.monotonic()
        if now < self._silent_until.get(server, 0.0):
            return
        # The local model is waited for in any case, until it runs.
        patience = None if endpoint.source is Source.LOCAL else _PATIENCE_SECONDS
        try:
            await asyncio.wait_for(self.fetch(endpoint), patience)
        except (ProviderError, asyncio.TimeoutError):
            self._silent_until[server] = now + _ASK_AGAIN_SECONDS
            drop_oldest(self._silent_until, _MOST_ENDPOINTS)


def _server(endpoint: Endpoint) -> _Server:
    return endpoint.source, endpoint.base_url
