"""What sending events takes: a publisher, and a record of what has been completed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Awaitable

__all__ = ["CompletionLog", "Headers", "Publisher"]

Headers = list[tuple[str, bytes]]


class Publisher(Protocol):
    """Sends one event and waits until the broker has it."""

    def publish(self, topic: str, key: bytes | None, value: bytes | None, headers: Headers) -> Awaitable[None]:
        """Send; raises when the broker does not take it."""
        ...


class CompletionLog(Protocol):
    """Knows which jobs' complete events are on the topic already."""

    async def completed_as(self, job_id: str) -> str | None:
        """Read the topic to its present end, and return the code of the job's event; None when it is not there."""
        ...
