"""What is asked of a model for one reply, and where."""

from __future__ import annotations

import hashlib
from typing import Protocol

from msgspec import Struct

from ..bounded import drop_oldest
from ..protocol import (
    Code,
    Effort,
    MemoryPolicy,
    Message,
    Model,
    Problem,
    Summary,
    Thread,
    ThreadSettings,
    text_of,
)
from ..providers.interface import KEPT, Endpoint, Prompt, Provider, ProviderError, ReplyRequest
from ..store.interface import Store
from ..store.types import UserSettings
from ..store.vault import VaultError
from . import continuing
from .accounts import Accounts
from .attached import attachments
from .context import summaries
from .context.instructions import instructions
from .context.planning import Plan, Planner, counted
from .context.settings import fitting, overlaid, with_defaults
from .context.summaries import Summariser
from .context.weighing import PER_MESSAGE
from .limits import words
from .limits.enforcing import Limits
from .limits.rules import Allowed
from .models import catalogue

_BODIES_AT_ONCE = 500
_MOST_SUMMARIES = 3
"""Made for one reply: a summary takes room itself, so one may not be enough."""
_MOST_PROBLEMS = 1_000


class Listener(Protocol):
    """Who hears why a reply does not begin yet."""

    def waits(self, problem: Problem | None) -> None: ...

    async def will_sum_up(self, endpoint: Endpoint, request: ReplyRequest) -> None:
        """Raises :class:`ProviderError` where these messages must not be sent."""

    def summed_up(self, summary: Summary) -> None: ...


class Target(Struct, frozen=True):
    """Which model a reply comes from, and the settings that hold for it."""

    endpoint: Endpoint
    name: str
    model: Model
    thread: Thread
    settings: UserSettings
    wanted: ThreadSettings
    allowed: Allowed


class Requests:
    """Puts requests together, from the branch, the thread's settings and the person's own."""

    def __init__(
        self,
        store: Store,
        accounts: Accounts,
        planner: Planner,
        provider: Provider,
        limits: Limits,
    ) -> None:
        self._store = store
        self._accounts = accounts
        self._planner = planner
        self._limits = limits
        self._summariser = Summariser(store, provider, limits)

    async def target(
        self,
        user_id: str,
        thread_id: str,
        reply: Message,
        particular: ThreadSettings | None = None,
    ) -> Target:
        """Where to ask; the reply's own settings, `particular`, go before those of the thread.

        Raises :class:`ProviderError` where nothing can be asked.
        """
        settings = await self._accounts.settings(user_id)
        try:
            endpoint = await self._accounts.endpoint(user_id, settings)
        except VaultError as error:
            raise ProviderError(error.problem) from None
        thread = await self._store.get_thread(user_id, thread_id)
        wanted = overlaid(thread.settings, particular)
        allowed = await self._limits.policy.of(user_id)
        name = reply.model or wanted.model
        if name is None:
            name = await self._accounts.default_model(endpoint, settings, allowed)
        if not allowed.allows(name):
            raise ProviderError(words.not_allowed(name))
        model = allowed.limited(await self._accounts.model(endpoint, name))
        wanted = allowed.within(fitting(with_defaults(wanted, settings), model))
        return Target(endpoint, name, model, thread, settings, wanted, allowed)

    async def prepare(
        self,
        user_id: str,
        thread_id: str,
        reply: Message,
        particular: ThreadSettings | None = None,
        *,
        listener: Listener | None = None,
    ) -> tuple[Endpoint, ReplyRequest]:
        """What to ask, and where (see `target`); found out when the reply's turn has come.

        A reply that has text already is gone on with.  Where a summary has to be made
        first, `listener` hears of it; without one none is made.  Raises
        :class:`ProviderError` where nothing can be asked.
        """
        target = await self.target(user_id, thread_id, reply, particular)
        endpoint, model, thread = target.endpoint, target.model, target.thread
        wanted, settings = target.wanted, target.settings
        said = instructions(wanted, settings, thread)
        after = continuing.prompts(text_of(reply))
        tokens_after = sum([await counted(prompt.text) + PER_MESSAGE for prompt in after])

        async def plan() -> Plan:
            return await self._planner.plan(
                user_id, model, wanted, said, thread, str(reply.parent_id), after=tokens_after
            )

        planned = await plan()
        if planned.blind:
            raise ProviderError(_takes_no_pictures(model))
        if listener is not None and wanted.memory is MemoryPolicy.SUMMARISE:
            for _ in range(_MOST_SUMMARIES):
                if not planned.unsummarised:
                    break
                if not await self._sum_up(user_id, target, planned, listener):
                    break
                planned = await plan()
        if planned.refused:
            raise ProviderError(_too_long(planned))
        effort, temperature = catalogue.allowed(model, wanted.effort, wanted.temperature)
        return endpoint, ReplyRequest(
            model=target.name,
            known=model,
            messages=[*await self._prompts(user_id, thread_id, planned, model), *after],
            instructions=summaries.instructions(said.whole or None, planned.summary),
            temperature=temperature,
            max_output_tokens=wanted.max_output_tokens,
            is_most_allowed=target.allowed.ends(wanted, model),
            effort=effort,
            reasoning_model=bool(model.efforts),
            json_schema=wanted.json_schema,
            reasons=bool(model.efforts) and effort is not Effort.NONE,
            user_tag=hashlib.sha256(user_id.encode()).hexdigest()[:32],
            cache_key=thread_id,
            # Upstream knows nothing of the text that it goes on from: looked for again, its
            # reply would be taken for the whole.
            durable=self._accounts.durable(settings) and not reply.parts,
            counted_tokens=round(planned.used / planned.correction),
        )

    async def _sum_up(
        self,
        user_id: str,
        target: Target,
        plan: Plan,
        listener: Listener,
    ) -> bool:
        """Have a summary made of what no longer fits.  False: it could not be made; then
        that is left out, for an answer without it is better than none."""
        listener.waits(
            Problem(
                Code.SUMMARISING,
                "The beginning of this conversation no longer fits; it is being summed up.",
            )
        )
        ids = [outline.id for outline in plan.unsummarised]
        earlier = await self._read(user_id, target.thread.id, ids, target.model)
        edited = plan.summary is not None and plan.summary.edited
        said = plan.summary.text if plan.summary is not None and edited else None
        await listener.will_sum_up(target.endpoint, ReplyRequest(target.name, earlier, said))
        problems, thread_id = self._planner.summary_problems, target.thread.id
        endpoint, model, other = target.endpoint, target.model, target.wanted.summary_model
        if other is not None and target.allowed.allows(other):
            model = await self._accounts.model(endpoint, other)
        try:
            summary = await self._summariser.make(
                user_id,
                thread_id,
                endpoint,
                model,
                plan.summary,
                plan.unsummarised,
            )
        except ProviderError as error:
            problems[user_id, thread_id] = error.problem
            drop_oldest(problems, _MOST_PROBLEMS)
            return False
        finally:
            listener.waits(None)
        problems.pop((user_id, thread_id), None)
        listener.summed_up(summary)
        return True

    async def _prompts(
        self, user_id: str, thread_id: str, plan: Plan, model: Model
    ) -> list[Prompt]:
        ids = [outline.id for outline, _ in plan.choices.sent]
        return await self._read(user_id, thread_id, ids, model)

    async def _read(
        self, user_id: str, thread_id: str, ids: list[str], model: Model
    ) -> list[Prompt]:
        prompts: list[Prompt] = []
        for start in range(0, len(ids), _BODIES_AT_ONCE):
            wanted = ids[start : start + _BODIES_AT_ONCE]
            found = await self._store.get_messages(user_id, thread_id, wanted)
            bodies = {message.id: message for message in found}
            prompts += [_prompt(bodies[own], model) for own in wanted if own in bodies]
        return prompts


def _prompt(message: Message, model: Model) -> Prompt:
    images = attachments.images(message) if model.images else ()
    text = attachments.prompt_text(message)
    return Prompt(message.role, text, images, message.id, message.parent_id)


def _too_long(plan: Plan) -> Problem:
    room = plan.room.for_messages + plan.room.fixed
    return Problem(
        Code.CONTEXT_TOO_LONG,
        "This conversation is set to leave nothing out, and does not fit: it has some "
        f"{room + plan.over:,} tokens, and beside the answer there is room for {room:,}. {KEPT}: "
        "exclude messages, choose a model with a larger window, or let the oldest be left out, "
        "and retry.",
    )


def _takes_no_pictures(model: Model) -> Problem:
    return Problem(
        Code.REQUEST_REFUSED,
        f"{model.name} takes no pictures, so nothing was sent. {KEPT}: choose another model and "
        "retry, or edit the question without its pictures.",
    )
