"""What the model will see: which messages of a branch go into its window.

Pure functions of outlines and numbers, so that the request and what people are shown of
it come from the same choice.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property

from msgspec import Struct

from ...protocol import Effort, Model, Reason, Role, Status
from ...store.types import Outline
from .weighing import PER_MESSAGE, PER_REPLY

DEFAULT_WINDOW = 128_000
_DEFAULT_RESERVE = 4_096
_KEPT = 3 / 4
"""Of a full window.  Were just as much left out as must be, the request would begin with
another message each time, and nothing of it would be in upstream's prompt cache."""


class Room(Struct, frozen=True):
    """How the window is shared out, in tokens: `reserved` for the answer (which has all that
    the model does not read), for the `instructions`, and for what frames the whole; what is
    left is for messages."""

    window: int
    reserved: int
    instructions: int
    frame: int
    assumed: bool = False

    @property
    def fixed(self) -> int:
        return self.instructions + self.frame

    @property
    def for_messages(self) -> int:
        return max(self.window - self.reserved, self.window // 8) - self.fixed


class Choices(Struct, frozen=True, dict=True):
    """The messages of a branch, what each costs with its frame, and whether it is sent."""

    branch: list[Outline]
    tokens: list[int]
    reasons: list[Reason]
    correction: float
    room_for_draft: int
    """Tokens of a draft up to which these are the choices; with a longer one more is left out."""

    @cached_property
    def sent(self) -> list[tuple[Outline, int]]:
        """The messages that are sent, and what they cost."""
        places = zip(self.branch, self.tokens, self.reasons, strict=True)
        return [(outline, cost) for outline, cost, reason in places if reason in _SENT]

    @cached_property
    def used(self) -> int:
        """What all that are sent cost together."""
        return sum(cost for _, cost in self.sent)

    @cached_property
    def unfit(self) -> int:
        """What those would cost that have no room."""
        places = zip(self.tokens, self.reasons, strict=True)
        return sum(cost for cost, reason in places if reason in NO_ROOM)

    @cached_property
    def pinned(self) -> int:
        """What those cost that are pinned."""
        return _pinned(self.tokens, self.reasons)

    @cached_property
    def attached(self) -> int:
        """What goes with the others that are sent takes of `used`."""
        places = zip(self.branch, self.reasons, strict=True)
        return sum(
            attached(outline, self.correction)
            for outline, reason in places
            if (weight := outline.weight) is not None
            and (weight.attached or weight.images)
            and (reason is Reason.FITS or reason is Reason.ASKED)
        )

    @cached_property
    def is_full(self) -> bool:
        """Whether something has no room."""
        return Reason.FULL in self.reasons


NO_ROOM = (Reason.FULL, Reason.ALONE)
_SENT = tuple(reason for reason in Reason if reason.is_sent)


def room(model: Model, max_output: int | None, instructions: int, after: int = 0) -> Room:
    """The room in a model's window beside `instructions`, its answer, and what comes
    `after` the question (tokens)."""
    window = model.context_tokens or DEFAULT_WINDOW
    reserved = max_output or min(model.max_output_tokens or _DEFAULT_RESERVE, window // 4)
    reserved = max(reserved, window - (model.max_input_tokens or window))
    return Room(
        window,
        min(reserved, window),
        instructions + PER_MESSAGE if instructions else 0,
        PER_REPLY + after,
        assumed=model.context_tokens is None,
    )


def choose(
    branch: list[Outline],
    tokens: int,
    *,
    pinned: Collection[str] = (),
    excluded: Collection[str] = (),
    draft: int | None = None,
    summarised: int = 0,
    correction: float = 1.0,
) -> Choices:
    """What becomes of each message of a branch where `tokens` are there for all of them.

    For the first `summarised` of them a summary stands, unless they are pinned.
    The last message is the question, unless a `draft` of so many tokens is: the question
    is sent however long it is.  Of the others go in those that are pinned, then from the
    newest back what fits.

    Where the window is full, the oldest quarter of it makes room at once.  Which messages
    those are follows from the messages alone, each in its turn, so that the next request
    begins as this one does.  Counts are multiplied by `correction`.
    """
    costs: list[int] = []
    reasons: list[Reason] = []
    withdrawn = {
        each.parent_id for each in branch if each.status is Status.STOPPED and _was_not_asked(each)
    }
    for place, each in enumerate(branch):
        weight = each.weight
        total = 0 if weight is None else weight.text + weight.attached + weight.images
        cost = total + PER_MESSAGE
        costs.append(cost if correction == 1 else round(cost * correction))
        own = each.id
        if not total:
            reasons.append(Reason.WAITING if each.status is Status.QUEUED else Reason.EMPTY)
        elif own in withdrawn:
            reasons.append(Reason.WITHDRAWN)
        elif own in excluded:
            reasons.append(Reason.EXCLUDED)
        elif own in pinned:
            reasons.append(Reason.PINNED)
        else:
            reasons.append(Reason.SUMMARISED if place < summarised else Reason.FITS)
    if branch and draft is None:
        reasons[-1] = Reason.ASKED
    room_for_draft = _leave_out(branch, costs, reasons, tokens, draft)
    return Choices(branch, costs, reasons, correction, room_for_draft)


def attached(outline: Outline, correction: float) -> int:
    """The tokens of what goes with a message, pictures too."""
    weight = outline.weight
    return round((weight.attached + weight.images) * correction) if weight is not None else 0


def _was_not_asked(reply: Outline) -> bool:
    """Stopped before its turn came: its question was withdrawn."""
    return reply.status is Status.STOPPED and not reply.begun and not _has_any(reply)


def _has_any(outline: Outline) -> bool:
    return outline.weight is not None and outline.weight.total > 0


def _leave_out(
    branch: list[Outline], costs: list[int], reasons: list[Reason], tokens: int, draft: int | None
) -> int:
    """Note which of the messages that would be sent do not fit; returns the room that was there
    before the question."""
    fitting = [place for place, reason in enumerate(reasons) if reason is Reason.FITS]
    question = draft if draft is not None else costs[-1] if costs else 0
    room_for = tokens - _pinned(costs, reasons)
    start, room_left = _start([*(costs[place] for place in fitting), question], room_for)
    for place in fitting[:start]:
        reasons[place] = Reason.FULL
    # A window never begins with an answer whose question is gone.
    for place in fitting[start:] if start else ():
        if branch[place].role is not Role.ASSISTANT:
            break
        reasons[place] = Reason.ALONE
    return room_left


def _pinned(costs: list[int], reasons: list[Reason]) -> int:
    if Reason.PINNED not in reasons:
        return 0
    places = zip(costs, reasons, strict=True)
    return sum(cost for cost, reason in places if reason is Reason.PINNED)


def _start(costs: list[int], room_for: int) -> tuple[int, int]:
    """How many of the first do not fit, the last one always does; and the room before that."""
    start = total = 0
    room_left = room_for
    for place, cost in enumerate(costs):
        room_left = room_for - total
        total += cost
        if total > room_for:
            while total > room_for * _KEPT and start < place:
                total -= costs[start]
                start += 1
    return start, room_left


def lowest_effort(model: Model) -> Effort | None:
    """The least thinking a model can be asked for (`None`: it takes no effort)."""
    return min(model.efforts, key=list(Effort).index, default=None)
