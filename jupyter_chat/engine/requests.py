"""What is asked of a model for one reply, and where."""

from __future__ import annotations

import hashlib

import msgspec

from ..protocol import Effort, Message, ThreadSettings, text_of
from ..providers.interface import Endpoint, ProviderError, ReplyRequest
from ..store.interface import Store
from ..store.vault import VaultError
from . import catalogue, context, continuing
from .accounts import Accounts

_CONTEXT_MESSAGES = 400


class Requests:
    """Puts requests together, from the branch, the thread's settings and the person's own."""

    def __init__(self, store: Store, accounts: Accounts) -> None:
        self._store = store
        self._accounts = accounts

    async def prepare(
        self,
        user_id: str,
        thread_id: str,
        reply: Message,
        particular: ThreadSettings | None = None,
    ) -> tuple[Endpoint, ReplyRequest]:
        """What to ask, where; found out when the reply's turn has come.

        Its own settings, `particular`, go before those of the thread.  A reply that has
        text already is gone on with.
        """
        settings = await self._accounts.settings(user_id)
        try:
            endpoint = await self._accounts.endpoint(user_id, settings)
        except VaultError as error:
            raise ProviderError(error.problem) from None
        thread = await self._store.get_thread(user_id, thread_id)
        own, default = _overlaid(thread.settings, particular), settings.defaults
        name = reply.model or own.model or await self._accounts.default_model(endpoint, settings)
        instructions = own.system_prompt or default.system_prompt
        max_output = own.max_output_tokens or default.max_output_tokens
        model = catalogue.lookup(name)
        effort, temperature = catalogue.allowed(
            model,
            own.effort or default.effort,
            own.temperature if own.temperature is not None else default.temperature,
        )
        budget = context.character_budget(model, instructions, max_output)
        parent_id = str(reply.parent_id)
        path = await self._store.path(user_id, thread_id, parent_id, limit=_CONTEXT_MESSAGES)
        return endpoint, ReplyRequest(
            model=name,
            messages=continuing.prompts(path, budget, text_of(reply)),
            instructions=instructions,
            temperature=temperature,
            max_output_tokens=max_output,
            effort=effort,
            reasoning_model=bool(model.efforts),
            json_schema=own.json_schema,
            reasons=bool(model.efforts) and effort is not Effort.NONE,
            user_tag=hashlib.sha256(user_id.encode()).hexdigest()[:32],
            cache_key=thread_id,
            # Upstream knows nothing of the text that it goes on from: looked for again, its
            # reply would be taken for the whole.
            durable=self._accounts.durable(settings) and not reply.parts,
        )


def _overlaid(settings: ThreadSettings, particular: ThreadSettings | None) -> ThreadSettings:
    """The settings, and before them what is set in `particular`."""
    given = {} if particular is None else msgspec.structs.asdict(particular)
    changes = {name: value for name, value in given.items() if value is not None}
    return msgspec.structs.replace(settings, **changes)
