"""The environment of a process that sees untrusted bytes: what Python and the numeric libraries need, no secret."""

from __future__ import annotations

import os

from streams.child_processes import LIBRARY_ENVIRONMENT

__all__ = ["clean_environment"]

#: Variables that are passed on where they are set: where programs, libraries and modules lie, and how text is written.
PASSED_ON = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH", "PYTHONHOME", "PYTHONPATH")


def clean_environment() -> dict[str, str]:
    """Return the environment: named variables only, so that a key under any name stays out."""
    passed = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return passed | LIBRARY_ENVIRONMENT | {"PYTHONDONTWRITEBYTECODE": "1"}
