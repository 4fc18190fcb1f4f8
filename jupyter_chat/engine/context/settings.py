"""Settings of a reply, of its thread and of its person, one before the other."""

from __future__ import annotations

import msgspec

from ...protocol import Model, ThreadSettings
from ...store.types import UserSettings


def overlaid(settings: ThreadSettings, particular: ThreadSettings | None) -> ThreadSettings:
    """The settings, and before them what is set in `particular`."""
    given = {} if particular is None else msgspec.structs.asdict(particular)
    changes = {name: value for name, value in given.items() if value is not None}
    return msgspec.structs.replace(settings, **changes)


def with_defaults(own: ThreadSettings, settings: UserSettings) -> ThreadSettings:
    """The settings of a thread with the person's own where they say nothing; the model is
    left to whoever knows what its server has."""
    default = settings.defaults
    return msgspec.structs.replace(
        overlaid(default, own),
        model=own.model,
        system_prompt=own.system_prompt or default.system_prompt,
        json_schema=own.json_schema,
    )


def fitting(wanted: ThreadSettings, model: Model) -> ThreadSettings:
    """Without what the model refuses that may have been chosen for another one."""
    longest, most = wanted.max_output_tokens, model.max_output_tokens
    if longest is None or most is None:
        return wanted
    return msgspec.structs.replace(wanted, max_output_tokens=min(longest, most))
