"""What our child processes have in common: none of them outlives its parent."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
from pathlib import Path

__all__ = ["LIBRARY_ENVIRONMENT", "die_with_parent", "mapped_memory"]

#: prctl(2): the signal that this process gets when its parent dies.
PR_SET_PDEATHSIG = 1

#: Environment of processes that work with the engine. Libraries that would start threads of their own get one: the
#: parallelism is in the processes. And blocks from 4 MiB on go back to the system when they are freed, where glibc
#: would begin to keep them: FFmpeg lists the samples of a long MP4 anew for each chunk, tens of MiB. Up to 16 MiB of
#: smaller ones are kept all the same: taking them anew for each picture would cost a tenth of the time.
LIBRARY_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "MALLOC_MMAP_THRESHOLD_": str(4 * 2**20),
    "MALLOC_TRIM_THRESHOLD_": str(16 * 2**20),
}


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when its parent ends, however that ends.

    Args:
        parent: Process id of the parent; when it is gone already, this process ends at once.
    """
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def mapped_memory() -> int:
    """Return the bytes of address space that this process maps now."""
    with Path("/proc/self/statm").open(encoding="ascii") as statm:
        return int(statm.read().split()[0]) * resource.getpagesize()
