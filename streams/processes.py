"""What our child processes have in common: none of them outlives its parent."""

from __future__ import annotations

import ctypes
import os
import signal

__all__ = ["die_with_parent"]

#: prctl(2): the signal that this process gets when its parent dies.
PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when its parent ends, however that ends.

    Args:
        parent: Process id of the parent; when it is gone already, this process ends at once.
    """
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)
