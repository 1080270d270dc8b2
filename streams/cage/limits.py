"""Limits on what the caged process may take, by setrlimit(2)."""

from __future__ import annotations

import resource

__all__ = ["OPEN_FILES", "limit_after_loading", "limit_resources"]

#: Files that may be open at a time: the connection, the media, two that lead nowhere, and some while a library is
#: loaded. Python and FFmpeg keep none.
OPEN_FILES = 64


def limit_resources() -> None:
    """Limit this process for good: no core dump, no file grows, few are open."""
    for limit, most in ((resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_NOFILE, OPEN_FILES)):
        resource.setrlimit(limit, (most, most))


def limit_after_loading(process: int, address_space: int) -> None:
    """Limit another process once it has loaded what it works with.

    Set from outside, where the cage cannot raise it again.

    Args:
        process: Its id.
        address_space: Bytes that it may map in all. What goes over it fails there, as memory that is not to be had.

    Raises:
        ProcessLookupError: There is no such process any more.
    """
    resource.prlimit(process, resource.RLIMIT_AS, (address_space, address_space))
    resource.prlimit(process, resource.RLIMIT_NPROC, (0, 0))  # neither processes nor threads; root is exempt from it
