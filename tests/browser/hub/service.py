"""`jupyter chat --service` as it is, but that time goes by faster."""

from __future__ import annotations

from jupyter_chat.app import main
from jupyter_chat.auth import access_tokens

TOKEN_SECONDS = 12
"""How long an access token is good."""

if __name__ == "__main__":
    access_tokens.SECONDS = TOKEN_SECONDS
    main()
