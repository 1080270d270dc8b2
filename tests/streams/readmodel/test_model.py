"""The read model: the same events in any order, any number of times, lead to the same answers."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.examples import MATCH, job
from support.read_model import GoneItem, GoneLibrary, JobTombstone, ReadModel

from schemas.deadletter import DeadLetterReplay
from schemas.jobs import Job, JobSource, JobStatus, Lane, LiveMatch
from schemas.libraries import Library, LibraryItem
from schemas.result import complete_event
from streams.readmodel.dead_letters import DeadLetter
from streams.readmodel.jobs import JobFilter, UnmovedJob
from streams.readmodel.model import PROJECTIONS
from streams.readmodel.projection import News, Projection, Record


def live(job_id: str = "j", chunk: int = 0) -> LiveMatch:
    return LiveMatch(event_time="2026-11-23T08:00:01Z", job_id=job_id, media_id="video", chunk=chunk, match=MATCH)


#: A job's life: what the topic of jobs has of it, one after the other.
LIFE = [
    job("j", JobStatus.INIT),
    job("j", JobStatus.PROCESSING, update_time="2026-11-23T08:00:01.000Z", chunks_total=2),
    job("j", JobStatus.PROCESSING, update_time="2026-11-23T08:00:02.000Z", chunks_total=2, chunks_done=1),
    job("j", update_time="2026-11-23T08:00:03.000Z", chunks_total=2, chunks_done=2, matches=(MATCH,)),
]


@given(st.lists(st.sampled_from([*LIFE, live()]), max_size=12).map(lambda replays: [*replays, LIFE[-1], *replays]))
def test_whatever_is_replayed_the_end_stands(events: list[Job | LiveMatch]) -> None:
    with tempfile.TemporaryDirectory() as folder, closing(ReadModel(Path(folder) / "jobs.sqlite")) as model:
        for event in events:
            if isinstance(event, Job):
                model.apply(jobs=[event])
            else:
                model.apply(live=[event])
        assert model.jobs.get("j") == LIFE[-1]
        assert model.matches.live("j") == []
        assert [match.job_id for match in model.matches.page(reference="original").matches] == ["j"]


def test_an_event_that_changes_nothing_is_no_change(model: ReadModel) -> None:
    assert len(model.apply(jobs=[LIFE[1]])) == 1
    assert model.apply(jobs=[LIFE[1], LIFE[0]]) == []


#: One of everything that is followed.
LETTER = DeadLetter(key=b"video", value=b"{", headers=(("x-error-time", b"2026-11-23T08:00:00.000Z"),))
ITEM = LibraryItem(library="films", media_id="video", version=1, job_id="j", file_url="file:///a.mp4")
EVERYTHING = {
    "jobs": [LIFE[1]],
    "live": [live()],
    "libraries": [Library(name="films")],
    "items": [ITEM],
    "dead_letters": [LETTER],
    "replays": [DeadLetterReplay(letter_id=LETTER.id, replay_time="2026-11-23T09:00:00.000Z")],
}
GONE = {
    "jobs": [JobTombstone("j")],
    "items": [GoneItem("films", "video")],
    "libraries": [GoneLibrary("films")],
}


@pytest.mark.parametrize("kind", EVERYTHING)
def test_a_topic_that_is_read_again_changes_nothing(model: ReadModel, kind: str) -> None:
    model.apply(**EVERYTHING)
    model.forget_offsets()
    assert model.apply(**{kind: EVERYTHING[kind]}) == []


@pytest.mark.parametrize("kind", GONE)
def test_what_is_gone_goes_once(model: ReadModel, kind: str) -> None:
    model.apply(**EVERYTHING)
    assert len(model.apply(**{kind: GONE[kind]})) == 1
    assert model.apply(**{kind: GONE[kind]}) == []


def test_what_a_library_or_an_item_is_changed_to_is_a_change(model: ReadModel) -> None:
    model.apply(**EVERYTHING)
    disabled = msgspec.structs.replace(ITEM, disabled=True)
    described = Library(name="films", description="ours")
    assert [change.kind for change in model.apply(libraries=[described], items=[disabled])] == ["library", "item"]
    assert model.libraries.get("films") == described
    assert model.libraries.item("films", "video") == disabled


def test_a_page_of_changes_that_no_longer_begins_where_it_was_asked_for_is_none(model: ReadModel) -> None:
    model.apply(jobs=[job(f"j{number}") for number in range(5)])
    with model._database.write() as writer:
        writer.execute("DELETE FROM changes WHERE id <= 2")
    assert model.changes.since(1) is None
    assert [change.id for change in model.changes.since(2, limit=2) or ()] == [3, 4]


def test_changes_can_be_followed_from_any_point(model: ReadModel) -> None:
    first, second = model.apply(jobs=LIFE[:2])
    assert model.changes.since(first.id) == [second]
    assert model.changes.last() == second.id
    assert model.changes.since(second.id) == []


class Breaks(Projection):
    """Follows jobs, and breaks in the middle of a batch."""

    name = "breaks"
    follows = ("jobs",)

    def apply(self, writer: sqlite3.Connection, record: Record) -> Iterable[News]:
        assert writer.execute("SELECT status FROM jobs").fetchall()
        raise OSError(record.channel)


def test_events_and_how_far_they_were_read_come_together_or_not_at_all(model: ReadModel, tmp_path: Path) -> None:
    model.apply(jobs=[LIFE[0]], offsets={("jobs", 0): 5})
    assert model.offset("jobs", 0) == 5
    with (
        closing(ReadModel(tmp_path / "jobs.sqlite", (*PROJECTIONS, Breaks()))) as breaking,
        pytest.raises(OSError, match="jobs"),
    ):
        breaking.apply(jobs=[LIFE[1]], offsets={("jobs", 0): 9})
    assert (model.jobs.get("j"), model.offset("jobs", 0)) == (LIFE[0], 5)


def test_a_new_broker_is_read_from_its_beginning(model: ReadModel) -> None:
    model.apply(offsets={("jobs", 0): 5})
    model.forget_offsets()
    assert model.offset("jobs", 0) is None


def test_the_newest_result_is_of_the_newest_job_that_succeeded(model: ReadModel) -> None:
    model.apply(
        jobs=[
            job("old", time="2026-11-23T07:00:00.000Z"),
            job("new", time="2026-11-23T08:00:00.000Z"),
            job("failed", JobStatus.FAIL, time="2026-11-23T09:00:00.000Z"),
        ]
    )
    found = model.jobs.result("video")
    assert found is not None
    assert found.job_id == "new"


def test_jobs_with_copies_are_told_from_those_without(model: ReadModel) -> None:
    model.apply(jobs=[job("plain"), job("copy", matches=(MATCH,))])
    assert [one.job_id for one in model.jobs.page(JobFilter(copies=True)).jobs] == ["copy"]


def test_every_status_is_counted_also_at_zero(model: ReadModel) -> None:
    model.apply(jobs=[job("a"), job("b"), job("c", JobStatus.FAIL)])
    assert model.jobs.counts() == {"init": 0, "processing": 0, "success": 2, "fail": 1, "cancelled": 0}


def test_jobs_that_have_not_moved_since_a_time_are_those_with_an_older_state_and_no_end(model: ReadModel) -> None:
    model.apply(
        jobs=[
            job("late", JobStatus.PROCESSING, time="2026-11-23T08:00:02.000Z", source=JobSource.IMPORT),
            job("early", JobStatus.INIT, media_id="other", time="2026-11-23T08:00:01.000Z"),
            job("moved", JobStatus.INIT, time="2026-11-23T08:00:03.000Z"),
            job("ended", JobStatus.FAIL, time="2026-11-23T08:00:00.000Z"),
        ]
    )
    assert model.jobs.unmoved("2026-11-23T08:00:03.000Z") == [
        UnmovedJob("early", "other", Lane.LIVE, "2026-11-23T08:00:01.000Z"),
        UnmovedJob("late", "video", Lane.IMPORT, "2026-11-23T08:00:02.000Z"),
    ]


def test_the_first_complete_event_of_a_job_is_kept(model: ReadModel) -> None:
    first = msgspec.json.encode(complete_event(job("j")))
    second = msgspec.json.encode(complete_event(job("j", JobStatus.FAIL)))
    model.apply(completions=[first, second])
    assert model.completions.get("j") == first
    assert model.completions.get("other") is None
