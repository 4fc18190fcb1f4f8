"""`jupyter chat audit`: looking at the audit log, and whether it is whole."""

from __future__ import annotations

import msgspec
from traitlets import Int, Unicode

from ..engine.audit import Audit, time_of
from ..engine.names import id_of
from .command import Command

_PAGE = 500


class Verify(Command):
    """Look whether the audit log is as it was written.

    Says the number and the hash of the last entry. Note them elsewhere, and give them with
    `--expect` the next time: an end that was cut off shows in no other way.
    """

    name = "jupyter chat audit verify"
    description = __doc__
    expect = Unicode("", help="NUMBER:HASH, as an earlier look has said it.").tag(config=True)
    aliases = {**Command.aliases, "expect": "Verify.expect"}  # noqa: RUF012

    async def act(self) -> None:
        number, _, digest = self.expect.partition(":")
        if self.expect and not (number.isascii() and number.isdigit() and digest):
            self.fail("--expect must be NUMBER:HASH, as an earlier look has said it.")
        async with self.history() as store:
            audit = Audit(store)
            verdict = await audit.verify()
            found = await audit.digest_of(int(number)) if self.expect else None
        troubles = [each.why for each in verdict.breaks]
        if self.expect and found is None:
            troubles.append(f"Entry {number} is not there: the log has lost its end.")
        elif self.expect and found != digest:
            troubles.append(f"Entry {number} is not the one that was there.")
        self.say(f"{verdict.entries} entries; the last is {verdict.number}:{verdict.digest}")
        if troubles:
            self.fail("\n".join(["The audit log was tampered with or damaged:", *troubles]))
        self.say("The chain of entries is whole.")


class Show(Command):
    """Write the audit log, one JSON object a line."""

    name = "jupyter chat audit show"
    description = __doc__
    after = Int(0, min=0, help="Begin after the entry of this number.").tag(config=True)
    user = Unicode(
        None, allow_none=True, help="Only what this user did: an id, or the name of an account."
    ).tag(config=True)
    aliases = {**Command.aliases, "after": "Show.after", "user": "Show.user"}  # noqa: RUF012

    async def act(self) -> None:
        after = self.after
        async with self.history() as store:
            wanted = {self.user, await id_of(store, self.user)} if self.user else None
            while True:
                page = await store.audit_entries(after=after, limit=_PAGE)
                if not page:
                    return
                for entry in page:
                    if wanted is None or entry.user_id in wanted:
                        line = {**msgspec.structs.asdict(entry), "at": time_of(entry.at)}
                        self.say(msgspec.json.encode(line).decode())
                after = page[-1].number


class AuditLog(Command):
    """What happened that matters for the safety of the whole."""

    name = "jupyter chat audit"
    description = __doc__
    subcommands = {  # noqa: RUF012
        "verify": (Verify, "Look whether the log is as it was written."),
        "show": (Show, "Write the log, one JSON object a line."),
    }
