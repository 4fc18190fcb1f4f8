"""Summaries: what stands for the beginning of a branch that no longer fits.

A summary goes up to a message, and holds for every branch that goes on from there.  The
next one is made of it and of the messages after it, so that nothing is summed up twice.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from msgspec import Struct

from ...ids import new_id, now_ms
from ...protocol import Message, Model, Role, Summary, Usage
from ...providers.interface import Endpoint, Prompt, Provider, ReplyRequest
from ...store.interface import Store
from ...store.types import LedgerEntry, Outline, UsageKind
from ..asides import ask_aside, counted
from ..attached import attachments
from ..costs.accounting import price_of
from ..limits.enforcing import Asked, Limits
from . import choosing

LONGEST = 1_500
"""Tokens of a summary."""

_SECONDS = 180
_CHARACTERS_PER_TOKEN = 3
"""On the careful side: a piece must fit, whatever its language."""
_AT_ONCE = 100
_INSTRUCTIONS = (
    "You sum up the beginning of a conversation between a person and an assistant, which goes "
    "on without it. Keep what may be needed later: what the person wants and has decided, names, "
    "numbers, file and variable names, code that later messages rely on, open questions. Write "
    "in the language of the conversation, in short paragraphs or lists, without any comment of "
    "your own. You may be given an earlier summary: carry over what still matters of it."
)
_BEFORE = "Summary of the conversation so far, which the messages below go on from:"


class Known(Struct, frozen=True):
    """A summary, and how many messages of a branch, from its first, it stands for."""

    summary: Summary
    messages: int


def newest_on(branch: list[Outline], summaries: list[Summary]) -> Known | None:
    """Of the summaries of a thread the one that covers most of a branch; never all of it."""
    places = {each.id: place for place, each in enumerate(branch[:-1])}
    found = [
        Known(summary, places[summary.upto] + 1) for summary in summaries if summary.upto in places
    ]
    return max(found, key=lambda known: known.messages, default=None)


def instructions(system_prompt: str | None, summary: Summary | None) -> str | None:
    """The system prompt with the summary after it."""
    if summary is None:
        return system_prompt
    return "\n\n".join(part for part in (system_prompt, f"{_BEFORE}\n\n{summary.text}") if part)


class Summariser:
    """Has summaries made, and keeps them."""

    def __init__(self, store: Store, provider: Provider, limits: Limits) -> None:
        self._store = store
        self._provider = provider
        self._limits = limits

    async def make(
        self,
        user_id: str,
        thread_id: str,
        endpoint: Endpoint,
        model: Model,
        earlier: Summary | None,
        outlines: list[Outline],
    ) -> Summary:
        """The summary of `earlier` and of the messages that follow it; kept.

        Raises :class:`~jupyter_chat.providers.interface.ProviderError`, with nothing kept.
        """
        window = model.context_tokens or choosing.DEFAULT_WINDOW
        # Beside the earlier summary, the instructions and the answer.
        room = max(window // 2 - 2 * LONGEST, window // 8) * _CHARACTERS_PER_TOKEN
        text = earlier.text if earlier is not None else ""
        async for piece in self._pieces(user_id, thread_id, outlines, room):
            text = await self._ask(user_id, thread_id, endpoint, model, text, piece) or text
        summary = Summary(
            thread_id=thread_id,
            upto=outlines[-1].id,
            text=text.strip() or "(nothing)",
            created_at=now_ms(),
            model=model.id,
        )
        await self._store.put_summary(user_id, summary)
        return summary

    async def _pieces(
        self, user_id: str, thread_id: str, outlines: list[Outline], room: int
    ) -> AsyncIterator[str]:
        """The messages as texts of at most `room` characters."""
        piece = ""
        for start in range(0, len(outlines), _AT_ONCE):
            ids = [outline.id for outline in outlines[start : start + _AT_ONCE]]
            for message in await self._store.get_messages(user_id, thread_id, ids):
                said = _cut(_said(message), room)
                if piece and len(piece) + len(said) > room:
                    yield piece
                    piece = ""
                piece += said
        if piece:
            yield piece

    async def _ask(
        self,
        user_id: str,
        thread_id: str,
        endpoint: Endpoint,
        model: Model,
        earlier: str,
        piece: str,
    ) -> str:
        before = f"The summary so far:\n\n{earlier}\n\n" if earlier else ""
        request = ReplyRequest(
            model=model.id,
            messages=[Prompt(Role.USER, f"{before}The messages:\n\n{piece}\nThe summary:")],
            instructions=_INSTRUCTIONS,
            max_output_tokens=LONGEST if not model.efforts else None,
            effort=choosing.lowest_effort(model),
            reasoning_model=bool(model.efforts),
        )

        message_id = new_id()
        asked = Asked(
            message_id,
            UsageKind.SUMMARY,
            model,
            endpoint,
            await counted(request),
            request.max_output_tokens,
        )
        permit = await self._limits.admit(user_id, asked)

        async def spend(usage: Usage) -> None:
            price = price_of(endpoint.source, model, usage)
            permit.entry = entry = LedgerEntry(
                message_id=message_id,
                thread_id=thread_id,
                at=now_ms(),
                model=model.id,
                usage=usage,
                cost=price.dollars if price is not None else None,
                at_most=price is not None and price.at_most,
                source=endpoint.source,
                kind=UsageKind.SUMMARY,
            )
            await self._store.add_usage(user_id, entry)

        async with permit:
            return await ask_aside(self._provider, endpoint, request, _SECONDS, spend)


def _said(message: Message) -> str:
    who = "Person" if message.role is Role.USER else "Assistant"
    return f"{who}: {attachments.prompt_text(message).strip()}\n\n"


def _cut(text: str, room: int) -> str:
    """Its beginning and its end, where it is longer than the room."""
    if len(text) <= room:
        return text
    half = room // 2 - 10
    return f"{text[:half]}\n[…]\n{text[-half:]}"
