"""Runs the programs of the machine that benchmarks need: ffmpeg, fpcalc."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["FFMPEG", "BenchmarkError", "require", "run"]

#: How FFmpeg is called: quiet but for errors, on one thread, overwriting.
FFMPEG = ("ffmpeg", "-nostdin", "-v", "error", "-y", "-threads", "1")


class BenchmarkError(Exception):
    """A benchmark cannot be run; the message says what to do."""


def require(*programs: str) -> None:
    """Make sure that programs are there.

    Raises:
        BenchmarkError: One is missing.
    """
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        raise BenchmarkError(f"{', '.join(missing)} not found: install it, or leave the peer that needs it out")


def run(command: Sequence[str], *, may_crash: bool = False) -> subprocess.CompletedProcess[bytes]:
    """Run a command and return its output.

    Args:
        command: The command.
        may_crash: Whether an end by a signal is as good as any other.

    Raises:
        BenchmarkError: It ended with an error.
    """
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode > 0 or (done.returncode and not may_crash):
        raise BenchmarkError(f"{' '.join(command)} failed:\n{done.stderr.decode(errors='replace')[-600:]}")
    return done
