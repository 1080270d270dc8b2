"""Tells what of the cage holds on this machine, by trying it."""

from __future__ import annotations

import subprocess
import sys

import msgspec

from streams.cage.environment import clean_environment
from streams.cage.report import CageReport

__all__ = ["CageError", "python_command", "try_cage"]

#: Seconds that the trial may take; it takes a tenth of one on a machine that has little else to do.
TRIAL_S = 60.0


class CageError(RuntimeError):
    """The cage does not hold here what it has to."""


def python_command(module: str, *arguments: str) -> list[str]:
    """Return how to run a module of ours; Python takes nothing from the working folder, nor from the user's own."""
    return [sys.executable, "-P", "-s", "-m", module, *arguments]


def try_cage() -> CageReport:
    """Lock a process in that does nothing else, and return what holds.

    A kernel's version says little: a container's own filter, or how the kernel was started, may take Landlock away.

    Raises:
        CageError: No process can be locked in at all.
    """
    try:
        done = subprocess.run(  # noqa: S603 (our own module)
            python_command("streams.cage"),
            env=clean_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
            timeout=TRIAL_S,
        )
        return msgspec.json.decode(done.stdout, type=CageReport)
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise CageError(f"no process can be locked in to decode media in: {said or error}") from error
    except (OSError, subprocess.TimeoutExpired, msgspec.MsgspecError) as error:
        raise CageError(f"no process can be locked in to decode media in: {error}") from error
