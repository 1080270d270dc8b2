"""Locks a process in, for good."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import fingerprint
import schemas
import streams
from streams.cage.landlock import confine
from streams.cage.limits import limit_resources
from streams.cage.privileges import drop_privileges, hide_memory
from streams.cage.readable import readable_paths
from streams.cage.report import CageReport
from streams.cage.seccomp import filter_system_calls, load_library

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["lock"]


def lock() -> CageReport:
    """Take from this process all that decoding has no use for; nothing gives it back.

    Done before the engine is loaded: the threads that libraries start are locked in as well, and a library that would
    need more than it gets fails at the start and not in the middle of a job.

    Returns:
        What holds on this kernel. What it has no means for is left out, and said.

    Raises:
        OSError: The kernel refuses what every Linux has.
    """
    library = load_library()
    hide_memory()
    drop_privileges()
    limit_resources()
    landlock = confine(readable_paths(*(_folder(package) for package in (fingerprint, schemas, streams))))
    seccomp = filter_system_calls(library)
    return CageReport(landlock=landlock, seccomp=seccomp, no_new_privileges=True)


def _folder(package: ModuleType) -> Path:
    return Path(next(iter(package.__path__)))
