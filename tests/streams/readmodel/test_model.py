"""The read model: the same events in any order, any number of times, lead to the same answers."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.jobs import Job, JobRequest, JobStatus, LiveMatch
from schemas.matches import Match, Track
from streams.readmodel.model import JobFilter, ReadModel

FOUND = Match(
    media_id="original", similarity=0.9, track=Track.BOTH, input_coverage=0.5, reference_coverage=0.5, intervals=()
)


def job(job_id: str = "j", status: JobStatus = JobStatus.SUCCESS, *, updated: int = 0, **fields: object) -> Job:
    request = JobRequest(job_id=job_id, media_id="video", file_url="file:///a.mp4")
    return Job(
        **{
            "job_id": job_id,
            "media_id": "video",
            "status": status,
            "request": request,
            "creation_time": "2026-11-23T08:00:00.000Z",
            "update_time": f"2026-11-23T08:00:{updated:02d}.000Z",
            **fields,
        }
    )


def live(job_id: str = "j", chunk: int = 0) -> LiveMatch:
    return LiveMatch(event_time="2026-11-23T08:00:01Z", job_id=job_id, media_id="video", chunk=chunk, match=FOUND)


#: A job's life: what the topic of jobs has of it, one after the other.
LIFE = [
    job(status=JobStatus.INIT),
    job(status=JobStatus.PROCESSING, updated=1, chunks_total=2),
    job(status=JobStatus.PROCESSING, updated=2, chunks_total=2, chunks_done=1),
    job(updated=3, chunks_total=2, chunks_done=2, matches=(FOUND,)),
]


@pytest.fixture
def model(tmp_path: Path) -> Iterator[ReadModel]:
    model = ReadModel(tmp_path / "jobs.sqlite")
    yield model
    model.close()


@given(st.lists(st.sampled_from([*LIFE, live()]), max_size=12).map(lambda replays: [*replays, LIFE[-1], *replays]))
def test_whatever_is_replayed_the_end_stands(events: list[Job | LiveMatch]) -> None:
    with tempfile.TemporaryDirectory() as folder, closing(ReadModel(Path(folder) / "jobs.sqlite")) as model:
        for event in events:
            if isinstance(event, Job):
                model.apply(jobs=[event])
            else:
                model.apply(live=[event])
        assert model.job("j") == LIFE[-1]
        assert model.live_matches("j") == []
        assert [match.job_id for match in model.matches(reference="original").matches] == ["j"]


def test_an_event_that_changes_nothing_is_no_change(model: ReadModel) -> None:
    assert len(model.apply(jobs=[LIFE[1]])) == 1
    assert model.apply(jobs=[LIFE[1], LIFE[0]]) == []


def test_changes_can_be_followed_from_any_point(model: ReadModel) -> None:
    first, second = model.apply(jobs=LIFE[:2])
    assert model.changes_since(first.id) == [second]
    assert model.last_change() == second.id
    assert model.changes_since(second.id) == []


def test_events_and_how_far_they_were_read_come_together_or_not_at_all(model: ReadModel) -> None:
    model.apply(jobs=[LIFE[0]], offsets={("jobs", 0): 5})
    assert model.offset("jobs", 0) == 5
    with pytest.raises(AttributeError):
        model.apply(jobs=[LIFE[1], None], offsets={("jobs", 0): 9})  # type: ignore[list-item] # breaks in the middle
    assert (model.job("j"), model.offset("jobs", 0)) == (LIFE[0], 5)


def test_a_new_broker_is_read_from_its_beginning(model: ReadModel) -> None:
    model.apply(offsets={("jobs", 0): 5})
    model.forget_offsets()
    assert model.offset("jobs", 0) is None


def test_the_newest_result_is_of_the_newest_job_that_succeeded(model: ReadModel) -> None:
    model.apply(
        jobs=[
            job("old", creation_time="2026-11-23T07:00:00.000Z"),
            job("new", creation_time="2026-11-23T08:00:00.000Z"),
            job("failed", JobStatus.FAIL, creation_time="2026-11-23T09:00:00.000Z"),
        ]
    )
    found = model.result("video")
    assert found is not None
    assert found.job_id == "new"


def test_jobs_with_copies_are_told_from_those_without(model: ReadModel) -> None:
    model.apply(jobs=[job("plain"), job("copy", matches=(FOUND,))])
    assert [one.job_id for one in model.jobs(JobFilter(copies=True)).jobs] == ["copy"]


def test_every_status_is_counted_also_at_zero(model: ReadModel) -> None:
    model.apply(jobs=[job("a"), job("b"), job("c", JobStatus.FAIL)])
    assert model.counts() == {"init": 0, "processing": 0, "success": 2, "fail": 1, "cancelled": 0}


def test_the_first_complete_event_of_a_job_is_kept(model: ReadModel) -> None:
    model.apply(completions=[("j", b"first"), ("j", b"second")])
    assert model.is_complete("j")
    assert model.completion("j") == b"first"
    assert not model.is_complete("other")
