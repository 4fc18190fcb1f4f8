"""Each socket is an open file, and most systems let a process have a thousand unless it asks."""

from __future__ import annotations

try:
    import resource
except ImportError:  # Windows has no such limit
    resource = None  # type: ignore[assignment]

MOST = 65_536
"""Far more sockets than one process can serve."""


def allow_many_sockets() -> None:
    """Ask for as many as the system lets this process have, up to :data:`MOST`."""
    if resource is None:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST if hard == resource.RLIM_INFINITY else min(MOST, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
