"""What reading one's own writes takes: somebody who says when the read model has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Feed"]

T = TypeVar("T")


class Feed(Protocol):
    """Brings the read model on, by what is on the topics; nobody else writes to it."""

    async def caught_up(self, topic: str) -> None:
        """Return when everything that is on the topic now has been applied."""
        ...

    async def until(self, shown: Callable[[], T | None], *, timeout_s: float, otherwise: str) -> T:
        """Return what the read model shows, once it is there: for what follows from an event only later.

        Args:
            shown: Asks the read model; it is called in a thread, and again whenever a batch has been applied.
            timeout_s: Seconds to wait at the most.
            otherwise: What to say then.

        Raises:
            TimeoutError: It does not come.
        """
        ...
