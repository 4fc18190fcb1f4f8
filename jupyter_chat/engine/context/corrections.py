"""How far our counts are from what the API says, by model.

Other makers' models have other tokens, and servers put words of their own around a
conversation.  The newest answers weigh most, and long requests more than short ones.
"""

from __future__ import annotations

from ...bounded import drop_oldest
from ...protocol import Message

_LEAST, _MOST = 0.9, 3.0
"""What is below the least is no count of the whole: some servers leave out what they had cached."""
_FADING = 0.5
_DOUBT = 25
"""So many tokens are taken to be counted rightly whatever comes: what a server adds to each
request would otherwise, after a first short question, look like another encoding, and make
a long text seem to fill the window."""
_MOST_KNOWN = 10_000


class Corrections:
    """What counts are to be multiplied by, for each person's models; forgotten with the
    process, and learned again from the first answer."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], tuple[float, float]] = {}

    def learn(self, user_id: str, asked: str, reply: Message) -> None:
        """From a reply that the model `asked` was asked for, where the API gave its usage."""
        usage = reply.usage
        if usage is None or usage.estimated or not reply.counted_tokens or not usage.input_tokens:
            return
        key = user_id, asked
        said, counted = self._known.pop(key, (0.0, 0.0))
        self._known[key] = (
            said * _FADING + usage.input_tokens,
            counted * _FADING + reply.counted_tokens,
        )
        drop_oldest(self._known, _MOST_KNOWN)

    def of(self, user_id: str, model: str | None) -> float:
        """1 where nothing is known."""
        said, counted = self._known.get((user_id, model or ""), (0.0, 0.0))
        return min(max((said + _DOUBT) / (counted + _DOUBT), _LEAST), _MOST)
