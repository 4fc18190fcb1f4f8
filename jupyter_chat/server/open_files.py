"""Each socket is an open file, and most systems let a process have a thousand unless it asks."""

from __future__ import annotations

import sys

MOST = 65_536
"""Far more sockets than one process can serve."""


def allow_many_sockets() -> None:
    """Ask for as many as the system lets this process have, up to :data:`MOST`."""
    if sys.platform == "win32":
        return  # it has no such limit
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST if hard == resource.RLIM_INFINITY else min(MOST, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
