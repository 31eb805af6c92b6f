"""Owns how many files and sockets a process may have open at once."""

from __future__ import annotations

import resource

MOST = 65_536
"""libwebsockets, in Janus, keeps a table as long as the soft limit, which must therefore not be "infinity"."""


def allow_many(pid: int = 0) -> int:
    """Set the soft limit of a process, 0 for this one, to its hard one, `MOST` at most; return it. Raises OSError.

    The soft one is 1024 on most systems: everybody in a meeting has several sockets in the server and in Janus.
    """
    _, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    soft = MOST if hard == resource.RLIM_INFINITY else min(hard, MOST)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (soft, hard))
    return soft
