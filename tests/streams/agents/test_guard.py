"""The guard: what is wrong with an event puts it aside; what is wrong around it stops the worker."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest

from schemas.errors import InvalidEvent
from streams.agents.guard import Guard, headers_of
from streams.agents.outbox import Headers

NOW = "2026-11-23T08:00:00.000Z"


@dataclass
class Message:
    topic: str = "mediadna.transcode-complete"
    partition: int = 2
    offset: int = 7
    key: bytes | None = b"video"
    value: bytes | None = b"{"
    headers: Any = (("traceparent", b"trace"),)


@dataclass
class Event:
    message: Message = field(default_factory=Message)


@dataclass
class DeadLetters:
    """Takes dead letters, unless it is broken."""

    broken: bool = False
    letters: list[tuple[bytes | None, bytes | None, dict[str, bytes]]] = field(default_factory=list)

    async def dead_letter(self, key: bytes | None, value: bytes | None, headers: Headers) -> None:
        if self.broken:
            raise ConnectionError("the broker is gone")
        self.letters.append((key, value, dict(headers)))


async def fail(error: Exception) -> None:
    raise error


@pytest.mark.parametrize(
    ("error", "code"),
    [(InvalidEvent("VideoId is missing"), b"InvalidEvent"), (KeyError("whatever"), b"InternalError")],
)
async def test_an_event_that_is_to_blame_itself_is_put_aside_as_it_came_with_the_reason(
    error: Exception, code: bytes
) -> None:
    letters, stopped = DeadLetters(), []
    await Guard(letters, stopped.append).run(Event(), fail(error), now=NOW)
    ((key, value, headers),) = letters.letters
    assert (key, value) == (b"video", b"{")
    assert headers["x-error-code"] == code
    assert headers["x-error-reason"]
    assert (headers["x-original-topic"], headers["x-original-offset"]) == (b"mediadna.transcode-complete", b"7")
    assert headers["traceparent"] == b"trace"
    assert stopped == []


@pytest.mark.parametrize("error", [OSError("the disk is full"), TimeoutError("no answer")])
async def test_surroundings_that_fail_stop_the_worker_and_the_event_is_never_done_with(error: Exception) -> None:
    letters, stopped = DeadLetters(), []
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(Guard(letters, stopped.append).run(Event(), fail(error), now=NOW), 0.1)
    assert stopped == [error]
    assert letters.letters == []


async def test_an_event_that_cannot_be_put_aside_stops_the_worker_too() -> None:
    stopped: list[BaseException] = []
    guard = Guard(DeadLetters(broken=True), stopped.append)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(guard.run(Event(), fail(InvalidEvent("no")), now=NOW), 0.1)
    assert isinstance(stopped[0], ConnectionError)


@pytest.mark.parametrize("headers", [None, (), {"a": b"1"}, [("a", b"1")], [("a", None)]])
def test_headers_are_pairs_whatever_faust_gives(headers: Any) -> None:
    found = headers_of(Event(Message(headers=headers)))
    assert [name for name, _ in found] == (["a"] if headers else [])
    assert all(isinstance(value, bytes) for _, value in found)
