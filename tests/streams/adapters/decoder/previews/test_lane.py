"""A lane does few things at a time, within their time, and loses nothing but what fails."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError

import pytest

from streams.adapters.decoder.previews.lane import Interruptible, LaneFullError, PreviewLane

#: Seconds after which a test that waits has failed.
PATIENCE_S = 30.0


class Fake:
    """Does what it is told, until it is interrupted."""

    def __init__(self) -> None:
        self.budget = None
        self.interrupted = threading.Event()
        self.closed = 0

    def interrupt(self) -> None:
        self.interrupted.set()

    def close(self) -> None:
        self.closed += 1


class Lane(PreviewLane):
    """A lane of fakes."""

    def __init__(self, *, slots: int = 1, most_waiting: int = 1, wall_s: float = PATIENCE_S) -> None:
        self.fakes: list[Fake] = []
        super().__init__(self._fake, slots=slots, most_waiting=most_waiting, cpu_s=7.0, wall_s=wall_s)

    def _fake(self) -> Interruptible:
        self.fakes.append(Fake())
        return self.fakes[-1]  # type: ignore[return-value]  # it makes no previews


@pytest.fixture
def held() -> Iterator[threading.Event]:
    """Holds work up until it is set."""
    event = threading.Event()
    yield event
    event.set()


def _begun(lane: PreviewLane, held: threading.Event) -> object:
    """Have work begin that is held up; return its future."""
    began = threading.Event()

    def work(_: object) -> str:
        began.set()
        assert held.wait(PATIENCE_S)
        return "done"

    future = lane.submit(work)
    assert began.wait(PATIENCE_S)
    return future


def test_work_is_done_by_a_previewer_with_a_budget_and_its_result_or_failure_told() -> None:
    lane = Lane()
    assert lane.submit(lambda one: one.budget.left() if one.budget else None).result(PATIENCE_S) == 7.0
    with pytest.raises(ZeroDivisionError):
        lane.submit(lambda _: 1 // 0).result(PATIENCE_S)
    assert lane.submit(lambda _: "after it").result(PATIENCE_S) == "after it"
    lane.stop()
    assert [fake.closed for fake in lane.fakes] == [1]


def test_more_than_may_wait_is_refused_and_what_waits_can_be_taken_back(held: threading.Event) -> None:
    lane = Lane()
    first = _begun(lane, held)
    waiting = lane.submit(lambda _: "second")
    with pytest.raises(LaneFullError):
        lane.submit(lambda _: "third")
    assert waiting.cancel()
    assert not first.cancel()  # type: ignore[attr-defined]  # a future
    held.set()
    assert first.result(PATIENCE_S) == "done"  # type: ignore[attr-defined]  # a future
    with pytest.raises(CancelledError):
        waiting.result(PATIENCE_S)
    lane.stop()


def test_as_much_is_done_at_a_time_as_there_are_slots(held: threading.Event) -> None:
    lane = Lane(slots=2)
    _begun(lane, held)
    _begun(lane, held)
    assert len(lane.fakes) == 2
    held.set()
    lane.stop()


def test_what_takes_too_long_is_ended_and_told(held: threading.Event) -> None:
    _ = held
    lane = Lane(wall_s=0.05)

    def endless(one: Interruptible) -> None:
        assert one.interrupted.wait(PATIENCE_S)  # type: ignore[attr-defined]  # a fake
        raise OSError("the decoder has ended")

    with pytest.raises(TimeoutError):
        lane.submit(endless).result(PATIENCE_S)
    lane.stop()


def test_a_lane_that_stops_ends_what_is_under_way_and_takes_nothing_more() -> None:
    lane = Lane()
    began = threading.Event()

    def endless(one: Interruptible) -> None:
        began.set()
        assert one.interrupted.wait(PATIENCE_S)  # type: ignore[attr-defined]  # a fake
        raise OSError("the decoder has ended")

    future = lane.submit(endless)
    assert began.wait(PATIENCE_S)
    lane.stop()
    with pytest.raises(OSError, match="has ended"):
        future.result(0)
    with pytest.raises(LaneFullError):
        lane.submit(lambda _: None)
