"""When a delivery is tried again, and when it is given up."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.examples import TIME, job

from schemas.clock import format_time, parse_time
from schemas.deliveries import Attempt, Delivery, DeliveryStatus, delivery_of
from schemas.jobs import Job, JobStatus
from schemas.limits import LONGEST_MESSAGE
from streams.domain.retry_schedule import PATIENCE, after_attempt, refused, replayed


def job_of(status: JobStatus, callback_url: str | None = "https://receiver.example/copies") -> Job:
    return job("j", status, callback_url=callback_url)


def new() -> Delivery:
    delivery = delivery_of(job_of(JobStatus.SUCCESS))
    assert delivery is not None
    return delivery


def failing(delivery: Delivery, jitters: st.DataObject) -> list[Delivery]:
    """Let every attempt fail at the very time at which it is due; return all states."""
    states = [delivery]
    while states[-1].status is DeliveryStatus.PENDING:
        now = states[-1].next_time
        attempt = Attempt(time=now, status=503, error="the receiver answered 503")
        states.append(
            after_attempt(states[-1], attempt, now=now, jitter=jitters.draw(st.floats(0, 1, exclude_max=True)))
        )
        assert len(states) < 100
    return states


@pytest.mark.parametrize("status", [JobStatus.SUCCESS, JobStatus.FAIL, JobStatus.CANCELLED])
def test_a_job_that_has_ended_is_delivered_at_once(status: JobStatus) -> None:
    delivery = delivery_of(job_of(status))
    assert delivery is not None
    assert (delivery.status, delivery.next_time) == (DeliveryStatus.PENDING, TIME)


@pytest.mark.parametrize("unended", [job_of(JobStatus.PROCESSING), job_of(JobStatus.SUCCESS, None)])
def test_a_job_that_goes_on_or_that_nobody_wants_to_hear_of_is_not_delivered(unended: Job) -> None:
    assert delivery_of(unended) is None


@given(st.data())
def test_a_receiver_that_never_takes_an_event_is_tried_for_a_day_with_growing_pauses(data: st.DataObject) -> None:
    states = failing(new(), data)
    times = [parse_time(one.next_time) for one in states[:-1]]
    pauses = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert times[-1] - times[0] == PATIENCE
    assert states[-1].status is DeliveryStatus.FAILED
    assert states[-1].next_time == ""
    assert all(pause > timedelta(0) for pause in pauses)
    assert max(pauses) <= timedelta(hours=1)
    assert pauses[0] <= timedelta(seconds=5)
    assert 25 < len(pauses) < 70
    assert [one.revision for one in states] == list(range(len(states)))


@given(st.integers(0, 40), st.floats(0, 1, exclude_max=True))
def test_an_attempt_that_is_taken_ends_the_delivery(failures: int, jitter: float) -> None:
    delivery = new()
    for _ in range(failures):
        delivery = after_attempt(delivery, Attempt(time=TIME, error="no answer"), now=TIME, jitter=jitter)
    done = after_attempt(delivery, Attempt(time=TIME, status=200), now=TIME, jitter=jitter)
    assert (done.status, done.next_time, done.tries) == (DeliveryStatus.DELIVERED, "", failures + 1)
    assert done.attempts[-1].status == 200


def test_a_place_that_is_not_allowed_is_not_tried_again() -> None:
    over = refused(new(), "not a public address", now=TIME)
    assert (over.status, over.next_time, over.attempts[0].error) == (
        DeliveryStatus.FAILED,
        "",
        "not a public address",
    )


@given(st.data())
def test_a_replayed_delivery_has_a_day_of_its_own(data: st.DataObject) -> None:
    later = format_time(datetime.fromisoformat("2026-12-24T08:00:00+00:00"))
    again = replayed(failing(new(), data)[-1], now=later)
    assert (again.status, again.next_time, again.job_id) == (DeliveryStatus.PENDING, later, "j")
    last = failing(again, data)[-2]
    assert parse_time(last.next_time) == parse_time(later) + PATIENCE


def test_a_reason_that_repeats_a_long_address_is_cut() -> None:
    told = refused(new(), "r" * 100_000, now=TIME)
    assert len(told.attempts[-1].error) == LONGEST_MESSAGE
