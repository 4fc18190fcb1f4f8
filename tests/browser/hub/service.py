"""`jupyter chat --service` as it is, but that time goes by faster."""

from __future__ import annotations

from jupyter_chat.app import main
from jupyter_chat.auth import access_tokens
from jupyter_chat.hub import membership

TOKEN_SECONDS = 6
"""How long an access token is good."""
CONFIRMED_SECONDS = 2.0
"""How long it is before the hub is asked again who somebody is."""

if __name__ == "__main__":
    access_tokens.SECONDS = TOKEN_SECONDS
    membership.SECONDS = TOKEN_SECONDS  # type: ignore[attr-defined]
    membership.PERSON_SECONDS = membership.TOKEN_SECONDS = CONFIRMED_SECONDS
    membership._ROUND_SECONDS = CONFIRMED_SECONDS
    main()
