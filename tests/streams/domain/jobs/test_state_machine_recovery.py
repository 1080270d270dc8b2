"""The state machine: jobs that are asked for again, since something of theirs was lost."""

from __future__ import annotations

import msgspec
from support.examples import submit
from support.examples import task as task_of
from support.transitions import NOW, TRIES, done, event_request, finished, planned, rendition

from schemas.commands import SubmitJob
from schemas.jobs import JobSource, JobStatus
from schemas.tasks import Probe, TaskKind
from streams.domain.jobs.record import MediaRecord, rebuild
from streams.domain.jobs.state_machine import on_request, on_result
from streams.domain.jobs.step import Step


def test_a_record_that_was_lost_is_rebuilt_from_the_jobs_and_unfinished_ones_start_again() -> None:
    step = on_request(MediaRecord(), event_request("one", rendition("ld")), now=NOW)
    record = rebuild(step.jobs, ())
    replay = on_request(record, event_request("one", rendition("ld")), now=NOW)
    assert (replay.jobs, replay.tasks) == ((), ())
    other = on_request(record, event_request("two", rendition("hd")), now=NOW)
    assert other.tasks == ()
    again = on_request(
        record, SubmitJob.of(msgspec.structs.replace(step.jobs[0].request, source=JobSource.RECOVERY)), now=NOW
    )
    assert [task.kind for task in again.tasks] == [TaskKind.PLAN]
    assert finished(again).jobs[0].status is JobStatus.SUCCESS


def recovery(step: Step, job_id: str = "j1", **fields: object) -> Step:
    return on_request(step.record, submit(job_id, source=JobSource.RECOVERY, **fields), now=NOW)


def test_a_job_that_is_asked_for_again_starts_from_the_top_and_says_so() -> None:
    step = planned(on_request(MediaRecord(), submit(requested_time=NOW), now="2026-11-23T07:00:00Z"), 2)
    step = on_result(step.record, done(step.tasks[0]), now="2026-11-23T07:00:05Z", tries=TRIES)
    before = step.jobs[0]
    step = recovery(step)
    assert [task.kind for task in step.tasks] == [TaskKind.PLAN]
    assert [(one.chunks_done, one.update_time, one.version) for one in step.jobs] == [(0, NOW, before.version)]
    assert finished(step).jobs[0].status is JobStatus.SUCCESS


def test_asking_again_for_a_job_that_is_not_under_way_makes_none() -> None:
    assert recovery(Step(MediaRecord())) == Step(MediaRecord())
    step = recovery(finished(on_request(MediaRecord(), submit(), now=NOW)))
    assert (step.jobs, step.tasks) == ((), ())


def test_tasks_that_were_under_way_when_their_job_was_asked_for_again_do_no_harm() -> None:
    step = planned(on_request(MediaRecord(), submit(), now=NOW), 2)
    slow, other = step.tasks
    step = recovery(step)
    step = on_result(step.record, done(slow), now=NOW, tries=TRIES)  # before the media was looked at again
    assert (step.jobs, step.tasks) == ((), ())
    plan = task_of(Probe)
    step = on_result(step.record, done(plan, spans=((0.0, 30.0), (30.0, 60.0))), now=NOW, tries=TRIES)
    again = step.tasks
    for task in (other, *again):
        step = on_result(step.record, done(task), now=NOW, tries=TRIES)
        assert len(step.record.active) == 1
    step = on_result(step.record, done(again[0]), now=NOW, tries=TRIES)
    assert step.tasks == ()
