"""What a caller may do beyond asking for jobs: travels with each request, so that it holds where the work is done."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Right"]


class Right(StrEnum):
    """What needs a word of its own: who may ask for jobs could otherwise take a library's entries out of action."""

    #: Put other content in the place of what a library holds under a MediaId.
    REPLACE = "replace"
    #: Store into libraries that decide what happens to videos: those whose purpose is not `general`.
    CURATE = "curate"
