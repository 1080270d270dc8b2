"""How often a caller may ask."""

from __future__ import annotations

import math
import time

from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

__all__ = ["RateLimit"]


class RateLimit:
    """Counts the requests of each caller. Each worker counts for itself."""

    def __init__(self, rate: str) -> None:
        """Make a limit.

        Args:
            rate: Such as `300/second`.
        """
        self._item = parse(rate)
        self._windows = MovingWindowRateLimiter(MemoryStorage())

    def wait(self, caller: str) -> int:
        """Count a request; return 0 when it may pass, else the seconds after which the caller may ask again."""
        if self._windows.hit(self._item, caller):
            return 0
        reset = self._windows.get_window_stats(self._item, caller).reset_time
        return max(1, math.ceil(reset - time.time()))
