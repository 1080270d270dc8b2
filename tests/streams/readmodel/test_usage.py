"""Usage: exact sums over jobs that succeeded, however often and in whatever order their states come."""

from __future__ import annotations

import sqlite3
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.examples import job
from support.read_model import ReadModel

from schemas.clock import format_time
from schemas.jobs import Job, JobStatus, Metrics
from streams.domain.billing_periods import Interval, billed_minutes, checked_span
from streams.readmodel.projection import Record

START = datetime(2026, 11, 23, tzinfo=UTC)
ALWAYS = ("2026-01-01T00:00:00.000Z", "2027-01-01T00:00:00.000Z")


def job_of(number: int, *, status: JobStatus, library: str, minutes: int, milliseconds: int) -> Job:
    ended = format_time(START + timedelta(minutes=minutes))
    metrics = Metrics(duration=milliseconds / 1000, cpu_seconds=milliseconds / 2000)
    return job(f"j{number}", status, library=library, time=ended, metrics=metrics)


jobs = st.lists(
    st.builds(
        job_of,
        st.integers(0, 10_000),
        status=st.sampled_from([JobStatus.SUCCESS, JobStatus.FAIL, JobStatus.CANCELLED]),
        library=st.sampled_from(["default", "ads"]),
        minutes=st.integers(0, 3 * 24 * 60),
        milliseconds=st.integers(0, 12 * 3_600_000),
    ),
    max_size=12,
    unique_by=lambda job: job.job_id,
)


@contextmanager
def model_of(batches: list[list[Job]]) -> Iterator[ReadModel]:
    with tempfile.TemporaryDirectory() as folder:
        model = ReadModel(Path(folder) / "jobs.sqlite")
        for batch in batches:
            model.apply(jobs=batch)
        yield model
        model.close()


@settings(deadline=None)
@given(jobs=jobs, interval=st.sampled_from(Interval), data=st.data())
def test_every_successful_job_is_in_exactly_one_sum_however_often_its_state_comes(
    jobs: list[Job], interval: Interval, data: st.DataObject
) -> None:
    repeated = data.draw(st.permutations(jobs + jobs))
    expected: dict[tuple[str, str], int] = defaultdict(int)
    for one in jobs:
        if one.status is JobStatus.SUCCESS:
            time = str(one.complete_time)
            start = f"{time[:13]}:00:00.000Z" if interval is Interval.HOUR else f"{time[:10]}T00:00:00.000Z"
            expected[start, one.request.library] += round(one.metrics.duration * 1000)
    with model_of([[one] for one in repeated]) as model:
        found = model.usage.by_period(*ALWAYS, interval)
        assert {(one.start, one.library): one.milliseconds for one in found} == expected
        assert [(one.start, one.library) for one in found] == sorted(expected)
        libraries = model.usage.by_library(*ALWAYS)
        assert sum(one.milliseconds for one in libraries) == sum(expected.values())
        assert sum(one.jobs for one in libraries) == sum(one.status is JobStatus.SUCCESS for one in jobs)


@settings(deadline=None)
@given(jobs=jobs, cut=st.integers(0, 3 * 24 * 60))
def test_two_spans_that_meet_sum_up_to_the_whole(jobs: list[Job], cut: int) -> None:
    middle = format_time(START + timedelta(minutes=cut))
    with model_of([jobs]) as model:

        def total(since: str, until: str) -> int:
            return sum(one.milliseconds for one in model.usage.by_period(since, until, Interval.HOUR))

        assert total(ALWAYS[0], middle) + total(middle, ALWAYS[1]) == total(*ALWAYS)


@given(st.lists(st.integers(0, 10**9)))
def test_seconds_are_summed_before_minutes_are_counted(milliseconds: list[int]) -> None:
    total = sum(milliseconds)
    assert 0 <= total - billed_minutes(total) * 60_000 < 60_000
    assert billed_minutes(total) >= sum(billed_minutes(one) for one in milliseconds)


def test_the_vendors_own_example_comes_out_as_it_should() -> None:
    assert billed_minutes((60_620 - 600) * 1000) == 1000


def test_the_sums_of_one_library_leave_the_others_out() -> None:
    both = [
        job_of(number, status=JobStatus.SUCCESS, library=library, minutes=0, milliseconds=1000)
        for number, library in enumerate(["default", "ads", "ads"])
    ]
    with model_of([both]) as model:
        (ads,) = model.usage.by_library(*ALWAYS, "ads")
        assert (ads.library, ads.jobs, ads.milliseconds, ads.cpu_milliseconds) == ("ads", 2, 2000, 1000)


class Read(Record):
    """A job's state that was read with numbers that JSON cannot even carry."""

    def __init__(self, state: Job) -> None:
        super().__init__("jobs", key=state.job_id.encode(), value=msgspec.json.encode(state))
        self._decoded[Job] = state


@pytest.mark.parametrize("days", [-1, 0, 32])
def test_a_span_that_is_empty_or_too_long_is_refused(days: int) -> None:
    with pytest.raises(ValueError, match=r"from lies before to|ask for less"):
        checked_span(START, START + timedelta(days=days), Interval.HOUR)


@pytest.mark.parametrize("duration", [-60.0, 4.6e15, float("nan"), float("inf"), float("-inf"), 1e300])
def test_a_duration_that_no_media_has_never_enters_the_bill(duration: float) -> None:
    good = job_of(1, status=JobStatus.SUCCESS, library="default", minutes=1, milliseconds=90_000)
    bad = msgspec.structs.replace(good, job_id="bad", metrics=Metrics(duration=duration, cpu_seconds=1.0))
    with model_of([[good]]) as model:
        model.project([Read(bad)], {})
        (usage,) = model.usage.by_library(*ALWAYS)
    assert (usage.jobs, usage.milliseconds, usage.billed_minutes) == (2, 90_000, 1)


def test_an_entry_that_was_made_before_durations_were_checked_adds_nothing(model: ReadModel, tmp_path: Path) -> None:
    model.apply(jobs=[job_of(1, status=JobStatus.SUCCESS, library="default", minutes=1, milliseconds=90_000)])
    with closing(sqlite3.connect(tmp_path / "jobs.sqlite")) as connection, connection:
        for number, milliseconds in enumerate([-60_000, 4_600_000_000_000_000_000, 4_600_000_000_000_000_000]):
            values = (f"old{number}", format_time(START), milliseconds)
            connection.execute("INSERT INTO usage VALUES (?, ?, 'default', ?, 0)", values)
    (usage,) = model.usage.by_library(*ALWAYS)
    assert (usage.jobs, usage.milliseconds) == (4, 90_000)


@pytest.fixture
def month(model: ReadModel) -> ReadModel:
    """A read model with jobs of four weeks, some of them on the stroke of an hour, or of a day."""
    random = Random(16)
    ends = [START + timedelta(milliseconds=random.randrange(28 * 86_400_000)) for _ in range(300)]
    ends += [START + timedelta(hours=random.randrange(28 * 24)) for _ in range(60)]
    model.apply(
        jobs=[
            job(
                f"j{number}",
                library=random.choice(("default", "ads")),
                time=format_time(end),
                metrics=Metrics(duration=1),
            )
            for number, end in enumerate(ends)
        ]
    )
    return model


@pytest.mark.parametrize("library", [None, "ads"])
@pytest.mark.parametrize("interval", Interval)
def test_a_span_that_begins_and_ends_anywhere_has_the_jobs_in_it(
    month: ReadModel, interval: Interval, library: str | None
) -> None:
    random = Random(7)
    ended = [
        (one.complete_time or "", one.request.library)
        for one in month.jobs.page(limit=500).jobs
        if library in {None, one.request.library}
    ]
    steps = (timedelta(milliseconds=1), timedelta(seconds=1), timedelta(hours=1), timedelta(days=1))
    for _ in range(150):
        since = START + random.choice(steps) * random.randrange(40)
        until = since + random.choice(steps) * random.randrange(1, 40) + random.choice((steps[0], timedelta(0)))
        span = format_time(since), format_time(until)
        inside = Counter((time[: interval.digits], name) for time, name in ended if span[0] <= time < span[1])
        found = month.usage.by_period(*span, interval, library)
        assert [(one.start[: interval.digits], one.library, one.jobs) for one in found] == [
            (*period, jobs) for period, jobs in sorted(inside.items())
        ]
        total = Counter(name for time, name in ended if span[0] <= time < span[1])
        assert {one.library: (one.jobs, one.milliseconds) for one in month.usage.by_library(*span, library)} == {
            name: (jobs, 1000 * jobs) for name, jobs in total.items()
        }


def test_the_last_year_that_there_is_can_be_summed(month: ReadModel) -> None:
    assert month.usage.by_library("9999-12-31T23:30:00.000Z", "9999-12-31T23:59:59.999Z") == []
    everything = month.usage.by_library("0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z")
    assert sum(one.jobs for one in everything) == 360
