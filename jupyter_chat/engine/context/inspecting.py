"""What people are shown of what the model would see."""

from __future__ import annotations

import asyncio

from ...protocol import (
    AskedPart,
    Context,
    ContextEntry,
    ContextPart,
    ContextQuery,
    ContextShare,
    MemoryPolicy,
    Message,
    Model,
    ThreadSettings,
    Usage,
    text_of,
)
from ...providers.interface import ProviderError
from ...store.interface import Store
from ...store.types import LedgerQuery, UserSettings
from ...store.vault import VaultError
from ..accounts import Accounts
from ..models import catalogue
from . import weighing
from .choosing import attached
from .instructions import instructions
from .planning import Plan, Planner, counted
from .settings import fitting, with_defaults

_BEGINNING = 160


class Inspector:
    """Answers what would be sent if something were asked now."""

    def __init__(self, store: Store, accounts: Accounts, planner: Planner) -> None:
        self._store = store
        self._accounts = accounts
        self._planner = planner

    async def look(self, user_id: str, query: ContextQuery) -> Context:
        """Raises :class:`~jupyter_chat.store.interface.NotFound`."""
        settings = await self._accounts.settings(user_id)
        thread, wanted = None, query.settings or ThreadSettings()
        if query.thread_id is not None:
            thread = await self._store.get_thread(user_id, query.thread_id)
            wanted = thread.settings
        name, model = await self._model(user_id, settings, wanted.model)
        wanted = fitting(with_defaults(wanted, settings), model)
        said = instructions(wanted, settings, thread)
        draft = await counted(query.text) + query.attached
        plan = await self._planner.plan(
            user_id,
            model,
            wanted,
            said,
            thread,
            query.leaf_id,
            draft=draft + weighing.PER_MESSAGE if draft else 0,
        )
        entries, following = await self._entries(user_id, query, plan)
        thread_cost = None
        if query.thread_id is not None and (query.cost or (entries and query.before is None)):
            of_thread = LedgerQuery(thread_id=query.thread_id)
            thread_cost = await self._store.usage_total(user_id, of_thread)
        price = catalogue.price(model, Usage(input_tokens=plan.used))
        return Context(
            window=plan.room.window,
            used=plan.used,
            shares=_shares(plan),
            sent=len(plan.choices.sent),
            left_out=len(plan.choices.branch) - len(plan.choices.sent),
            model=name,
            assumed=plan.room.assumed,
            correction=plan.correction,
            over=plan.over,
            refused=plan.refused,
            input_cost=price.dollars if price is not None else None,
            instructions=(said.whole or None) if query.entries else None,
            summary=plan.summary,
            summarises=wanted.memory is MemoryPolicy.SUMMARISE and bool(plan.unsummarised),
            summary_problem=self._planner.summary_problems.get((user_id, query.thread_id or "")),
            entries=entries,
            next=following,
            thread_cost=thread_cost,
        )

    async def count(self, parts: list[AskedPart]) -> list[int]:
        """The tokens of each part of a question."""
        return await asyncio.to_thread(
            lambda: [weighing.weigh_parts([part]).total for part in parts]
        )

    async def _model(
        self, user_id: str, settings: UserSettings, named: str | None
    ) -> tuple[str | None, Model]:
        """The model that would answer and what is known of it; none where none is named and
        nothing is set up, or its server does not answer."""
        try:
            endpoint = await self._accounts.endpoint(user_id, settings)
            name = named or await self._accounts.default_model(endpoint, settings)
            return name, await self._accounts.model(endpoint, name)
        except (ProviderError, VaultError):
            return named, catalogue.lookup(named or "")

    async def _entries(
        self, user_id: str, query: ContextQuery, plan: Plan
    ) -> tuple[list[ContextEntry], str | None]:
        if not query.entries or query.thread_id is None:
            return [], None
        places = [
            place
            for place in reversed(range(len(plan.choices.branch)))
            if query.before is None or plan.choices.branch[place].id < query.before
        ]
        page = places[: query.entries]
        ids = [plan.choices.branch[place].id for place in page]
        found = await self._store.get_messages(user_id, query.thread_id, ids)
        bodies = {message.id: message for message in found}
        entries = [
            ContextEntry(
                message_id=outline.id,
                role=outline.role,
                tokens=plan.choices.tokens[place],
                attached=attached(outline, plan.correction),
                reason=plan.choices.reasons[place],
                beginning=_beginning(bodies[outline.id]),
            )
            for place in page
            if (outline := plan.choices.branch[place]).id in bodies
        ]
        return entries, ids[-1] if len(places) > len(page) else None


def _beginning(message: Message) -> str:
    return " ".join(text_of(message)[: 4 * _BEGINNING].split())[:_BEGINNING]


def _shares(plan: Plan) -> list[ContextShare]:
    """Those parts that take anything."""
    choices, room = plan.choices, plan.room
    prompt = room.instructions - plan.notes
    # What frames the whole belongs to what is asked.
    frame = {ContextPart.DRAFT if plan.draft else ContextPart.CONVERSATION: room.frame}
    parts = {
        ContextPart.SYSTEM: prompt if prompt > weighing.PER_MESSAGE else 0,
        ContextPart.NOTES: plan.notes + (prompt if prompt <= weighing.PER_MESSAGE else 0),
        ContextPart.SUMMARY: plan.summary_tokens,
        ContextPart.PINNED: choices.pinned,
        ContextPart.ATTACHMENTS: choices.attached,
        ContextPart.CONVERSATION: choices.used - choices.pinned - choices.attached,
        ContextPart.DRAFT: plan.draft,
        ContextPart.ANSWER: room.reserved,
    }
    parts = {part: tokens + frame.get(part, 0) for part, tokens in parts.items()}
    return [ContextShare(part, tokens) for part, tokens in parts.items() if tokens]
