"""Libraries that much is to be stored in: looked at once, before anything is asked for."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from schemas.libraries import LibraryStatus
from streams.cli.output import ExitCode, fail, shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from streams.web.api.libraries import LibraryList

__all__ = ["check_targets"]

#: Libraries that a message names.
SHOWN = 10


def check_targets(wanted: Mapping[str, str], known: LibraryList) -> None:
    """End the command where not all libraries can be stored in: else each item would fail for the same reason.

    Args:
        wanted: Their names, and where each is named; empty where that is plain.
        known: All libraries.
    """
    status = {one.name: one.status for one in known.libraries}
    missing = [name for name in wanted if name not in status]
    if missing:
        names = _listed([f"{name!r}{f' ({shown(wanted[name])})' if wanted[name] else ''}" for name in missing])
        there = _listed([shown(name) for name in status])
        fail(
            f"there is no library {names}: create it with 'mediadna libraries create {shlex.quote(missing[0])}', or "
            f"name one of those that there are: {there}",
            ExitCode.FAILED,
        )
    for name in wanted:
        if status[name] is LibraryStatus.DELETING:
            fail(f"library {name!r} is being deleted: wait until it is gone, or name another one", ExitCode.FAILED)


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
