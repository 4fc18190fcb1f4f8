"""Whether access to a chat service is asked for by a page or by a kernel."""

from __future__ import annotations

from tornado import web

from ..engine.errors import Invalid
from ..protocol import Side


def side_of(handler: web.RequestHandler) -> Side:
    try:
        return Side(handler.get_query_argument("side", Side.BROWSER.value))
    except ValueError:
        raise Invalid("`side` must be `browser` or `kernel`.", "side") from None
