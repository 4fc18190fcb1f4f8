"""What a reply has taken and cost: as the API says or, where it does not, estimated.

Estimated are replies that broke off after the model had been asked: the request as it was
counted before it was sent, and the text that has come.  What was thought out of sight is
not in it, and nothing is taken for cached.
"""

from __future__ import annotations

import msgspec

from ...protocol import Code, Message, Model, Source, Usage
from ...providers.interface import Endpoint, ProviderError
from ...providers.usage import at_most
from ...store.types import LedgerEntry, UsageKind
from ..context import tokens
from ..context.corrections import Corrections
from ..models import catalogue
from ..models.catalogue import Price

_TIMES_COUNTED = 4
_WORDS_AROUND = 10_000
_TOKENS_PER_CHARACTER = 4
_OUT_OF_SIGHT = 100_000
"""What servers of people's own are believed at most: so many times what we count of the input and
so many tokens that they put around it; what has come, each character as many bytes, and what
may have been thought out of sight."""
_PERHAPS_BILLED = {Code.STREAM_CUT, Code.PROVIDER_TIMEOUT}
"""Where nothing had come, it was refused in all other cases."""


class Accounting:
    """Usage, prices and entries of the ledger; counts are multiplied by `corrections`."""

    def __init__(self, corrections: Corrections) -> None:
        self._corrections = corrections

    def estimate(
        self, user_id: str, model: str, counted_tokens: int, grown: str, times: int = 1
    ) -> Usage:
        """Of a request that was sent so many `times`, and of the text that has come of it.

        Takes 50 ms for a megabyte: not to be called on the event loop.
        """
        correction = self._corrections.of(user_id, model)
        return Usage(
            input_tokens=round(counted_tokens * correction) * times,
            output_tokens=round(tokens.estimate(grown) * correction),
            estimated=True,
        )

    def estimated(
        self, user_id: str, message: Message, grown: str, source: Source | None
    ) -> tuple[Message, LedgerEntry | None]:
        """See `store.interface.Estimate`."""
        if message.model is None or message.counted_tokens is None:
            return message, None
        model = catalogue.lookup(message.model)
        usage = self.estimate(user_id, model.id, message.counted_tokens, grown)
        message = msgspec.structs.replace(message, usage=usage)
        put_price(message, catalogue.price(model, usage))
        return message, entry_of(message, model, usage, source)


def believed(endpoint: Endpoint, usage: Usage, counted_tokens: int, characters: int) -> Usage:
    """What a server says that a request of so many `counted_tokens` has taken, of whose answer
    so many `characters` have come."""
    if not endpoint.own_server:
        return usage
    given = counted_tokens * _TIMES_COUNTED + _WORDS_AROUND
    return at_most(usage, given, characters * _TOKENS_PER_CHARACTER + _OUT_OF_SIGHT)


def may_be_billed(error: ProviderError, *, answered: bool) -> bool:
    """Whether a request that ended so may have to be paid for; `answered`: some of the
    answer had come."""
    return answered or error.problem.code in _PERHAPS_BILLED


def price_of(source: Source | None, model: Model, usage: Usage) -> Price | None:
    """What a model of one's own says costs nothing."""
    return Price(0.0) if source is Source.LOCAL else catalogue.price(model, usage)


def put_price(message: Message, price: Price | None) -> None:
    """Note at a message what it has cost, if that is known."""
    message.cost = price.dollars if price is not None else None
    message.cost_at_most = price is not None and price.at_most


def entry_of(
    message: Message,
    model: Model,
    usage: Usage,
    source: Source | None,
    kind: UsageKind = UsageKind.REPLY,
) -> LedgerEntry:
    """What goes into the ledger for a message, for which the `model` was asked."""
    price = price_of(source, model, usage)
    return LedgerEntry(
        message_id=message.id,
        thread_id=message.thread_id,
        at=message.created_at,
        model=model.id,
        usage=usage,
        cost=price.dollars if price is not None else None,
        at_most=price is not None and price.at_most,
        source=source,
        kind=kind,
    )
