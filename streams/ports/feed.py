"""What reading one's own writes takes: somebody who says when the read model has them."""

from __future__ import annotations

from typing import Protocol

__all__ = ["Feed"]


class Feed(Protocol):
    """Brings the read model up to the present end of a topic."""

    async def caught_up(self, topic: str) -> None:
        """Return when everything that is on the topic now has been applied."""
        ...
