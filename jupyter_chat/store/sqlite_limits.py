"""What is limited, in SQLite: what is taken of it, and what is held until a request ends;
each function is a part of a transaction."""

from __future__ import annotations

import sqlite3

from ..protocol import Milliseconds, Span
from .reserving import (
    NANODOLLARS,
    Amount,
    Hold,
    Reached,
    Reservation,
    Taken,
    change,
    reached,
    start_of,
)

_HOLD = "id, user_id, owner, at, requests, tokens, dollars, replies"


def reserve(db: sqlite3.Connection, user_id: str, wanted: Reservation) -> Reached | None:
    shares = [share for share in wanted.shares if _hold(db, share.scope, wanted.id) is None]
    for share in shares:
        refused = reached(share, taken(db, share.scope, wanted.at), wanted.amount)
        if refused is not None:
            return refused
    amount = wanted.amount
    for share in shares:
        db.execute(
            f"INSERT INTO limit_holds (scope, {_HOLD}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - names of ours
            (
                *(share.scope, wanted.id, user_id, wanted.owner, wanted.at),
                *(amount.requests, amount.tokens, amount.dollars, amount.replies),
            ),
        )
        for span in Span:
            start = start_of(span, wanted.at)
            db.execute(
                "DELETE FROM limit_counts WHERE scope = ? AND span = ? AND start < ?",
                (share.scope, span, start),
            )
            db.execute(
                """INSERT INTO limit_counts (scope, span, start, requests, tokens, dollars)
                    VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (scope, span, start)
                    DO UPDATE SET requests = requests + excluded.requests,
                    tokens = tokens + excluded.tokens, dollars = dollars + excluded.dollars""",
                (share.scope, span, start, amount.requests, amount.tokens, amount.dollars),
            )
    return None


def settle(
    db: sqlite3.Connection, user_id: str, own: str, scopes: tuple[str, ...], spent: Amount | None
) -> None:
    for scope in scopes:
        hold = _hold(db, scope, own)
        if hold is not None and hold.user_id == user_id:
            _end(db, scope, hold, spent)


def taken(db: sqlite3.Connection, scope: str, at: Milliseconds) -> Taken:
    spans = {}
    for span in Span:
        row = db.execute(
            """SELECT requests, tokens, dollars FROM limit_counts
                WHERE scope = ? AND span = ? AND start = ?""",
            (scope, span, start_of(span, at)),
        ).fetchone()
        if row is not None:
            spans[span] = Amount(*row)
    (replies,) = db.execute(
        "SELECT coalesce(sum(replies), 0) FROM limit_holds WHERE scope = ?", (scope,)
    ).fetchone()
    return Taken(spans, replies)


def lapse(db: sqlite3.Connection, dead: str) -> None:
    """End what a dead process held: with what the ledger says, else with nothing spent.
    What goes on elsewhere is held by whoever goes on with it."""
    rows = db.execute(
        f"SELECT scope, {_HOLD} FROM limit_holds WHERE owner = ?",  # noqa: S608 - names of ours
        (dead,),
    ).fetchall()
    for scope, *fields in rows:
        hold = _to_hold(*fields)
        running = db.execute(
            "SELECT owner FROM generations WHERE message_id = ? AND user_id = ?",
            (hold.message_id, hold.user_id),
        ).fetchone()
        if running is not None and not hold.is_step:
            db.execute(
                "UPDATE limit_holds SET owner = ? WHERE scope = ? AND id = ?",
                (running[0], scope, hold.id),
            )
        else:
            _end(db, scope, hold, _entered(db, hold))


def _entered(db: sqlite3.Connection, hold: Hold) -> Amount:
    message_id, _, kind = hold.id.rpartition(":")
    row = db.execute(
        """SELECT input_tokens + output_tokens, coalesce(cost, 0) FROM ledger
            WHERE user_id = ? AND message_id = ? AND kind = ?""",
        (hold.user_id, message_id, kind),
    ).fetchone()
    return Amount() if row is None else Amount(tokens=row[0], dollars=round(row[1] * NANODOLLARS))


def _end(db: sqlite3.Connection, scope: str, hold: Hold, spent: Amount | None) -> None:
    db.execute("DELETE FROM limit_holds WHERE scope = ? AND id = ?", (scope, hold.id))
    more = change(hold.amount, spent)
    for span in Span:
        db.execute(
            """UPDATE limit_counts SET requests = requests + ?, tokens = tokens + ?,
                dollars = dollars + ? WHERE scope = ? AND span = ? AND start = ?""",
            (more.requests, more.tokens, more.dollars, scope, span, start_of(span, hold.at)),
        )


def _hold(db: sqlite3.Connection, scope: str, own: str) -> Hold | None:
    row = db.execute(
        f"SELECT {_HOLD} FROM limit_holds WHERE scope = ? AND id = ?",  # noqa: S608 - names of ours
        (scope, own),
    ).fetchone()
    return None if row is None else _to_hold(*row)


def _to_hold(own: str, user_id: str, owner: str, at: int, *amount: int) -> Hold:
    return Hold(own, user_id, owner, at, Amount(*amount))
