"""Files, TCP, signals and abstract sockets: what Landlock holds a process to, without any privilege.

Docs: https://docs.kernel.org/userspace-api/landlock.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from landlockpy import AccessFS, LandlockError, RestrictFlag, Ruleset, Scope, abi_version

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["confine"]


def confine(readable: Iterable[Path]) -> int:
    """Leave this process nothing but reading these files and folders, as far as the kernel's version goes.

    Whatever the kernel knows to forbid and is not allowed here is forbidden: writing, making, removing, running, TCP in
    and out, signals to and abstract sockets of others; and with any version, reading the memory of others.

    Call it while this process has one thread: before version 8, others stay free.

    Args:
        readable: What may be read. The rest of the file system cannot even be listed.

    Returns:
        The version of the kernel's interface; 0 where there is none, or where this process may not use it.
    """
    try:
        abi = abi_version()
        if not abi:
            return 0
        with Ruleset(scoped=Scope.ABSTRACT_UNIX_SOCKET | Scope.SIGNAL) as rules:
            for path in readable:
                access = AccessFS.READ_FILE | AccessFS.READ_DIR if path.is_dir() else AccessFS.READ_FILE
                rules.allow_path(path, access)
            rules.restrict(RestrictFlag.TSYNC)
    except LandlockError:  # a container's own filter forbids the calls
        return 0
    return abi
