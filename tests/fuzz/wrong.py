"""What a target raises besides what its parser does."""

from __future__ import annotations

__all__ = ["WrongAnswerError"]


class WrongAnswerError(AssertionError):
    """A parser let something pass, or answered something, that it must not."""
