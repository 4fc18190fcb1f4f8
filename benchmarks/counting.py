"""An identity provider that also counts what its server asks of MongoDB.

The file that `FILE` names has the counts so far: of each command how often it was given, and
how many documents it wrote or found.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections import Counter
from pathlib import Path

from pymongo import monitoring

from .people import People

FILE = "BENCHMARK_COUNTS"
_EVERY_SECONDS = 0.1


class CountedPeople(People):
    """The same people; loading this module counts."""


class _Counts(monitoring.CommandListener):
    def __init__(self) -> None:
        self.commands: Counter[str] = Counter()
        self.documents: Counter[str] = Counter()

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        self.commands[event.command_name] += 1

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        reply = event.reply
        number = reply.get("n", 0)
        if "cursor" in reply:
            number = len(reply["cursor"].get("firstBatch", ()))
        elif "lastErrorObject" in reply:
            number = reply["lastErrorObject"].get("n", 0)
        self.documents[event.command_name] += number

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """Counted when it was begun."""


def _keep_writing(counts: _Counts, path: Path) -> None:
    other = path.with_suffix(".new")
    while True:
        found = {"commands": dict(counts.commands), "documents": dict(counts.documents)}
        other.write_text(json.dumps(found))
        other.replace(path)
        time.sleep(_EVERY_SECONDS)


if FILE in os.environ:
    _counts = _Counts()
    monitoring.register(_counts)
    threading.Thread(
        target=_keep_writing, args=(_counts, Path(os.environ[FILE])), daemon=True
    ).start()
