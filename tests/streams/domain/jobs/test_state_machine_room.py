"""The state machine: what becomes of a command for which a record has no room."""

from __future__ import annotations

import msgspec
from support.examples import cancel, submit
from support.transitions import NOW, event_request, finished, rendition

from schemas.commands import Command, DeleteMedia, ItemMarks, MarkItem
from schemas.errors import ErrorCode
from schemas.jobs import JobSource, JobStatus
from schemas.tasks import TaskKind
from streams.domain.jobs.record import MediaRecord
from streams.domain.jobs.state_machine import on_request, refuse
from streams.domain.jobs.step import Step


def without_room(record: MediaRecord, asked: Command) -> Step:
    before = msgspec.json.encode(record)
    step = on_request(record, asked, now=NOW)
    return refuse(msgspec.json.decode(before, type=MediaRecord), step, asked, now=NOW)


def test_a_job_for_which_there_is_no_room_fails_and_leaves_the_others_as_they_are() -> None:
    record = on_request(MediaRecord(), submit("one"), now=NOW).record
    step = without_room(record, submit("two"))
    assert [(job.job_id, job.status, job.code) for job in step.jobs] == [
        ("two", JobStatus.FAIL, ErrorCode.RESOURCE_TOO_LARGE)
    ]
    assert [(task.job_id, task.kind) for task in step.tasks] == [("two", TaskKind.CLEAN)]
    assert set(step.record.active) == {"one"}
    assert step.record.knows("two")


def test_newer_content_for_which_there_is_no_room_ends_the_older_job_all_the_same() -> None:
    record = on_request(MediaRecord(), event_request("one", rendition(job_id="run-1")), now=NOW).record
    step = without_room(record, event_request("two", rendition(file_url="http://vod/new.mp4", job_id="run-2")))
    assert {job.job_id: job.status for job in step.jobs} == {"one": JobStatus.CANCELLED, "two": JobStatus.FAIL}
    assert {(task.job_id, task.kind) for task in step.tasks} == {("one", TaskKind.CLEAN), ("two", TaskKind.CLEAN)}
    assert (step.record.event_job, step.record.event_job_failed) == ("two", True)


def test_a_rendition_or_a_mark_for_which_there_is_no_room_changes_nothing() -> None:
    step = finished(on_request(MediaRecord(), event_request("one", rendition("ld")), now=NOW))
    before = msgspec.json.encode(step.record)
    for asked in (
        event_request("two", rendition("hd")),
        MarkItem(job_id="m", media_id="video", marks=ItemMarks(metadata={"k": "v"})),
    ):
        refused = without_room(msgspec.json.decode(before, type=MediaRecord), asked)
        assert (refused.jobs, refused.tasks, refused.items) == ((), (), ())
        assert msgspec.json.encode(refused.record) == before


def test_what_takes_something_away_or_goes_on_with_a_job_needs_no_room() -> None:
    before = on_request(MediaRecord(), submit("one"), now=NOW).record
    again = without_room(before, submit("one", source=JobSource.RECOVERY))
    assert [task.kind for task in again.tasks] == [TaskKind.PLAN]
    ended = without_room(again.record, cancel("one"))
    assert [job.status for job in ended.jobs] == [JobStatus.CANCELLED]
    removed = without_room(ended.record, DeleteMedia(job_id="r", media_id="video"))
    assert [task.kind for task in removed.tasks] == [TaskKind.REMOVE]
