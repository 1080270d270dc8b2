"""A lock on a file that the system takes back when its holder ends, however it ends.

`flock` goes with the open file: after a kill nothing is left that would keep the next one out, as a file that says who
holds it would. `filelock` does the same; for two calls it would be one more package.
"""

from __future__ import annotations

import fcntl
from typing import IO

__all__ = ["try_lock"]


def try_lock(file: IO[bytes]) -> bool:
    """Take the lock on an open file, without waiting, until it is closed or the process ends.

    Returns:
        Whether it is ours; else another process, or another open file of this one, has it.
    """
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
