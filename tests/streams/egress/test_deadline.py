"""One deadline over a whole exchange."""

from __future__ import annotations

import httpcore
import pytest

from streams.egress.deadline import Deadline, TimedStream


class Clock:
    """A clock that is set by hand, seconds."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_step_gets_what_is_left_and_no_more_than_its_own_limit() -> None:
    clock = Clock()
    deadline = Deadline(10.0, clock)
    assert deadline.bounded(None) == pytest.approx(10.0)
    assert deadline.bounded(3.0) == pytest.approx(3.0)
    clock.now += 9.0
    assert deadline.bounded(3.0) == pytest.approx(1.0)


def test_no_step_is_begun_when_the_time_is_over() -> None:
    clock = Clock()
    deadline = Deadline(10.0, clock)
    clock.now += 10.0
    assert deadline.passed
    with pytest.raises(httpcore.TimeoutException):
        deadline.bounded(3.0)


def test_what_comes_in_gives_more_time_and_a_new_exchange_the_whole_of_it() -> None:
    clock = Clock()
    deadline = Deadline(10.0, clock)
    deadline.extend(5.0)
    assert deadline.bounded(None) == pytest.approx(15.0)
    clock.now += 20.0
    deadline.start(10.0)
    assert deadline.bounded(None) == pytest.approx(10.0)


def test_a_connection_passes_its_bytes_on_in_the_time_that_is_left() -> None:
    given: list[float | None] = []

    class Inner(httpcore.MockStream):
        def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
            given.append(timeout)
            return super().read(max_bytes, timeout)

        def write(self, buffer: bytes, timeout: float | None = None) -> None:
            given.append(timeout)
            super().write(buffer, timeout)

    clock = Clock()
    deadline = Deadline(2.0, clock)
    stream = TimedStream(Inner([b"media"]), deadline)
    stream.write(b"GET", 10.0)
    assert stream.read(5, 10.0) == b"media"
    assert given == [pytest.approx(2.0)] * 2
    clock.now += 2.0
    with pytest.raises(httpcore.TimeoutException):
        stream.write(b"GET", 10.0)
