"""The state machine: several renditions of one video, and several versions of it."""

from __future__ import annotations

import msgspec
from support.examples import submit
from support.transitions import NOW, TRIES, done, event_request, finished, planned, rendition

from schemas.errors import ErrorCode
from schemas.jobs import JobStatus
from schemas.limits import LARGEST_RENDITIONS, MOST_RENDITIONS
from schemas.tasks import ChunkResult, TaskKind, TaskOutcome
from streams.domain.jobs.record import MediaRecord
from streams.domain.jobs.state_machine import on_request, on_result
from streams.domain.jobs.step import Step


def test_several_renditions_of_one_run_make_one_job_that_notes_them_all() -> None:
    step = on_request(MediaRecord(), event_request("one", rendition("ld")), now=NOW)
    step = on_request(step.record, event_request("two", rendition("hd")), now=NOW)
    assert step.tasks == ()
    assert [r.definition for r in step.jobs[0].renditions] == ["LD", "HD"]
    assert step.jobs[0].job_id == "one"


def test_renditions_that_carry_no_definition_are_told_apart_by_their_size() -> None:
    small = rendition("a", definition=None, width=640, height=360, job_id="run")
    large = rendition("b", definition=None, width=1280, height=720, job_id="run")
    step = on_request(MediaRecord(), event_request("one", small), now=NOW)
    assert on_request(step.record, event_request("two", large), now=NOW).tasks == ()


def test_other_content_under_a_new_run_is_a_new_version_and_ends_the_old_job() -> None:
    step = on_request(MediaRecord(), event_request("one", rendition("ld", job_id="run-1")), now=NOW)
    replaced = rendition("ld", file_url="http://vod/other.mp4", job_id="run-2")
    step = on_request(step.record, event_request("two", replaced), now=NOW)
    assert [(job.job_id, job.status) for job in step.jobs] == [("one", JobStatus.CANCELLED), ("two", JobStatus.INIT)]
    assert step.jobs[0].version < step.jobs[1].version


def test_another_size_at_the_same_address_under_a_new_run_is_a_new_version() -> None:
    step = finished(on_request(MediaRecord(), event_request("one", rendition(size=10, job_id="run-1")), now=NOW))
    before = step.jobs[0].version
    step = on_request(step.record, event_request("two", rendition(size=11, job_id="run-2")), now=NOW)
    assert [(job.job_id, job.version > before) for job in step.jobs] == [("two", True)]


def test_a_rendition_that_does_not_decode_gives_way_to_the_next_one() -> None:
    step = on_request(
        MediaRecord(), event_request("one", rendition("ld", height=360), rendition("hd", height=720)), now=NOW
    )
    bad = ChunkResult(task=step.tasks[0], outcome=TaskOutcome.FAILED, code=ErrorCode.RESOURCE_CONTENT_BAD)
    step = on_result(step.record, bad, now=NOW, tries=TRIES)
    assert [(t.kind, t.request.file_url) for t in step.tasks] == [(TaskKind.PLAN, "http://vod/hd.mp4")]
    bad = ChunkResult(task=step.tasks[0], outcome=TaskOutcome.FAILED, code=ErrorCode.RESOURCE_CONTENT_BAD)
    step = on_result(step.record, bad, now=NOW, tries=TRIES)
    assert step.jobs[0].status is JobStatus.FAIL


def test_a_good_rendition_that_comes_after_a_failed_job_gets_a_job_of_its_own() -> None:
    step = on_request(MediaRecord(), event_request("one", rendition("ld")), now=NOW)
    bad = ChunkResult(task=step.tasks[0], outcome=TaskOutcome.FAILED, code=ErrorCode.RESOURCE_NOT_FOUND)
    step = on_result(step.record, bad, now=NOW, tries=TRIES)
    step = on_request(step.record, event_request("two", rendition("hd")), now=NOW)
    assert [job.job_id for job in step.jobs] == ["two"]


def test_a_video_with_encrypted_renditions_only_fails_as_not_supported() -> None:
    step = on_request(MediaRecord(), event_request("one", rendition(encrypt=True)), now=NOW)
    assert [(job.status, job.code) for job in step.jobs] == [(JobStatus.FAIL, ErrorCode.RESOURCE_NOT_SUPPORTED)]


def test_versions_rise_and_are_the_same_however_often_a_request_is_delivered() -> None:
    asked = submit(requested_time="2026-11-23T07:00:00.000Z")
    first, again = (on_request(MediaRecord(), asked, now=now).jobs[0].version for now in (NOW, "2026-11-24T08:00:00Z"))
    assert first == again
    nonsense = on_request(MediaRecord(), submit(requested_time="whenever"), now=NOW).jobs[0].version
    assert nonsense > first
    future = on_request(MediaRecord(), submit(requested_time="9999-01-01T00:00:00Z"), now=NOW).jobs[0].version
    assert future == nonsense


def test_thousands_of_events_of_one_rendition_each_make_one_job_and_a_record_that_stays_small() -> None:
    events = [event_request(f"j{n}", rendition(f"r{n}", job_id="run", codec="c" * 200)) for n in range(5_000)]
    record, heard = MediaRecord(), 0
    for event in [*events, *events]:
        step = on_request(record, event, now=NOW)
        record, heard = step.record, heard + len(step.jobs)
        assert {job.job_id for job in step.jobs} <= {"j0"}
    assert len(record.renditions) == MOST_RENDITIONS
    assert heard == MOST_RENDITIONS
    assert len(msgspec.json.encode(record.renditions)) < LARGEST_RENDITIONS + MOST_RENDITIONS


def test_a_rendition_that_was_not_noted_makes_no_job_when_its_event_comes_again() -> None:
    events = [event_request(f"j{n}", rendition(f"r{n}")) for n in range(MOST_RENDITIONS + 1)]
    step = on_request(MediaRecord(), events[0], now=NOW)
    plan = step.tasks[0]
    for event in events[1:]:
        step = on_request(step.record, event, now=NOW)
    step = planned(Step(step.record, tasks=(plan,)), 1)
    for _ in range(2):
        step = on_result(step.record, done(step.tasks[0], stored=True), now=NOW, tries=TRIES)
    assert step.jobs[0].status is JobStatus.SUCCESS
    for event in events:
        step = on_request(step.record, event, now=NOW)
        assert (step.jobs, step.tasks) == ((), ())
