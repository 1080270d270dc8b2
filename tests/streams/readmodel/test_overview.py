"""What has happened lately: by the minute of the last hour, by the hour of the last day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from support.examples import MATCH, job
from support.read_model import GoneOutcome, JobTombstone, ReadModel

from schemas.clock import format_time
from schemas.errors import ErrorCode
from schemas.jobs import Job, JobStatus, Metrics
from schemas.policies import Action, Outcome
from streams.readmodel import overview as module
from streams.readmodel.overview import BLOCKS, Failure, Latency, Span

#: The present time: what is told of another time is kept no longer than it is shown.
NOW = datetime.now(UTC).replace(minute=30, second=30, microsecond=0)


def ended(
    job_id: str, ago: timedelta, status: JobStatus = JobStatus.SUCCESS, took_s: float = 8.0, **fields: object
) -> Job:
    """Return a job that has ended some time ago."""
    end = NOW - ago
    times = {"update_time": format_time(end), "complete_time": format_time(end)}
    return job(job_id, status, time=format_time(end - timedelta(seconds=took_s)), **{**times, **fields})


def outcome(media_id: str, action: Action, ago: timedelta) -> Outcome:
    return Outcome(media_id=media_id, action=action, job_id="j", event_time=format_time(NOW - ago))


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def test_an_hour_has_sixty_minutes_of_which_the_last_is_the_present_one(model: ReadModel) -> None:
    found = model.overview.over(Span.HOUR, NOW)
    starts = [bucket.start for bucket in found.buckets]
    assert len(starts) == 60
    assert starts[-1] == format_time(NOW.replace(second=0))
    assert (found.since, found.until) == (starts[0], format_time(NOW.replace(second=0) + minutes(1)))
    assert starts == sorted(starts)


def test_a_day_has_twenty_four_hours_of_which_the_last_is_the_present_one(model: ReadModel) -> None:
    found = model.overview.over(Span.DAY, NOW.astimezone(datetime.now().astimezone().tzinfo))
    assert len(found.buckets) == 24
    assert found.buckets[-1].start == format_time(NOW.replace(minute=0, second=0))
    assert found.until == format_time(NOW.replace(minute=0, second=0) + timedelta(hours=1))


def test_what_has_ended_counts_where_it_has_ended(model: ReadModel) -> None:
    model.apply(
        jobs=[
            ended("j1", minutes(0), matches=(MATCH,), metrics=Metrics(duration=90.0)),
            ended("j2", minutes(0.2), metrics=Metrics(duration=30.0)),
            ended("j3", minutes(3), JobStatus.FAIL, code=ErrorCode.TIMEOUT),
            ended("j4", minutes(200), JobStatus.CANCELLED, code=ErrorCode.CANCELLED),
            ended("j5", minutes(26 * 60)),
            job("j6", JobStatus.PROCESSING),
        ],
        outcomes=[outcome("a", Action.BLOCK, minutes(3)), outcome("b", Action.ALLOW, minutes(3))],
    )
    hour, day = (model.overview.over(span, NOW) for span in Span)
    now, before = hour.buckets[-1], hour.buckets[-4]
    assert (now.media_minutes, now.matches, now.ended["success"]) == (2.0, 1, 2)
    assert (before.ended, before.outcomes) == (
        {"success": 0, "fail": 1, "cancelled": 0},
        {"block": 1, "review": 0, "track": 0, "allow": 1},
    )
    assert sum(sum(bucket.ended.values()) for bucket in hour.buckets) == 3
    assert sum(sum(bucket.ended.values()) for bucket in day.buckets) == 4
    assert day.buckets[-4].ended["cancelled"] == 1
    assert hour.failures == day.failures == [Failure(code="Timeout", jobs=1)]
    assert hour.jobs == {"init": 0, "processing": 1, "success": 3, "fail": 1, "cancelled": 1}


def test_failures_are_told_by_code_the_most_frequent_first(model: ReadModel) -> None:
    codes = [ErrorCode.TIMEOUT, ErrorCode.INTERNAL_ERROR, ErrorCode.RESOURCE_ACCESS, ErrorCode.INTERNAL_ERROR]
    model.apply(
        jobs=[ended(f"j{number}", minutes(number), JobStatus.FAIL, code=code) for number, code in enumerate(codes)]
    )
    assert [(one.code, one.jobs) for one in model.overview.over(Span.HOUR, NOW).failures] == [
        ("InternalError", 2),
        ("PermissionDenied.ResourceAccess", 1),
        ("Timeout", 1),
    ]


def test_what_half_of_the_jobs_took_and_nearly_all_is_good_to_five_percent(model: ReadModel) -> None:
    random = Random(3)
    taken = [random.lognormvariate(3, 2) for _ in range(301)]
    model.apply(jobs=[ended(f"j{number}", minutes(number % 50), took_s=s) for number, s in enumerate(taken)])
    found = model.overview.over(Span.HOUR, NOW).latency
    in_order = sorted(taken)
    assert found.jobs == 301
    assert found.median_s == pytest.approx(in_order[150], rel=0.06)
    assert found.p95_s == pytest.approx(in_order[285], rel=0.06)


def test_without_jobs_nobody_can_say_how_long_they_take(model: ReadModel) -> None:
    model.apply(jobs=[ended("j1", minutes(1), JobStatus.FAIL, code=ErrorCode.TIMEOUT)])
    assert model.overview.over(Span.HOUR, NOW).latency == Latency(jobs=0, median_s=None, p95_s=None)


def test_a_clock_that_was_wrong_makes_no_job_faster_than_at_once(model: ReadModel) -> None:
    model.apply(jobs=[ended("j1", minutes(1), took_s=-5.0), ended("j2", minutes(1), creation_time="once upon a time")])
    assert model.overview.over(Span.HOUR, NOW).latency == Latency(jobs=1, median_s=0.0, p95_s=0.0)


def test_the_newest_blocks_are_shown(model: ReadModel) -> None:
    told = [outcome(f"video-{number}", Action.BLOCK, minutes(number)) for number in range(BLOCKS + 2)]
    model.apply(outcomes=[*told, outcome("reviewed", Action.REVIEW, minutes(0))])
    assert model.overview.over(Span.HOUR, NOW).blocks == told[:BLOCKS]
    model.apply(outcomes=[GoneOutcome("video-0")])
    assert model.overview.over(Span.HOUR, NOW).blocks == told[1 : BLOCKS + 1]


def test_a_newer_outcome_counts_in_the_place_of_the_one_before(model: ReadModel) -> None:
    model.apply(outcomes=[outcome("video", Action.REVIEW, minutes(5))])
    model.apply(outcomes=[outcome("video", Action.BLOCK, minutes(2))])
    buckets = model.overview.over(Span.HOUR, NOW).buckets
    assert (buckets[-6].outcomes["review"], buckets[-3].outcomes["block"]) == (0, 1)


def test_what_is_told_again_or_forgotten_counts_as_it_is(model: ReadModel) -> None:
    one = ended("j1", minutes(1), metrics=Metrics(duration=60.0))
    model.apply(jobs=[one, one])
    model.apply(jobs=[one])
    bucket = model.overview.over(Span.HOUR, NOW).buckets[-2]
    assert (bucket.ended["success"], bucket.media_minutes) == (1, 1.0)
    model.apply(jobs=[JobTombstone("j1")])
    bucket = model.overview.over(Span.HOUR, NOW).buckets[-2]
    assert (bucket.ended["success"], bucket.media_minutes) == (0, 1.0)  # what was processed has been processed


def test_what_nobody_looks_at_any_more_is_dropped(model: ReadModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.Span, "kept", property(lambda span: 1000 * span.parts * span.step))
    old = [ended(f"j{number}", minutes(1) + timedelta(days=number)) for number in (1, 5)]
    model.apply(jobs=[*old, ended("new", minutes(1))])
    monkeypatch.undo()
    model.apply(jobs=[ended("newer", minutes(1))])
    rows = model._database.all("SELECT digits, start FROM activity WHERE what = 'ended' ORDER BY digits, start")
    assert [(row["digits"], row["start"]) for row in rows] == [
        (13, format_time(NOW - timedelta(days=1, minutes=1))[:13]),
        (13, format_time(NOW - minutes(1))[:13]),
        (16, format_time(NOW - minutes(1))[:16]),
    ]
    model.apply(jobs=[JobTombstone("j5"), ended("newest", minutes(1))])  # what is taken back of it is dropped as well
    assert not model._database.all("SELECT 1 FROM activity WHERE amount < 0")
