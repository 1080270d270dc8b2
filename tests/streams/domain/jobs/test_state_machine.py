"""The state machine: the way of a job, from its request over its tasks to its end."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.examples import cancel, request, submit
from support.examples import task as task_of
from support.transitions import NOW, TRIES, done, event_request, finished, planned, rendition

from schemas.errors import ErrorCode
from schemas.jobs import Job, JobStatus, Metrics, SaveType
from schemas.tasks import (
    ChunkResult,
    CleanUp,
    DropLibrary,
    EmptyLibrary,
    FingerprintChunk,
    RemoveMedia,
    Task,
    TaskKind,
    TaskOutcome,
)
from streams.domain.jobs.record import MediaRecord
from streams.domain.jobs.state_machine import on_request, on_result


def test_a_request_makes_a_job_and_asks_for_its_plan() -> None:
    step = on_request(MediaRecord(), submit(), now=NOW)
    assert [job.status for job in step.jobs] == [JobStatus.INIT]
    assert [task.kind for task in step.tasks] == [TaskKind.PLAN]


def test_the_same_request_again_leads_to_nothing_also_after_its_job_has_ended() -> None:
    step = on_request(MediaRecord(), submit(), now=NOW)
    again = on_request(step.record, submit(), now=NOW)
    assert (again.jobs, again.tasks) == ((), ())
    after = on_request(finished(step).record, submit(), now=NOW)
    assert (after.jobs, after.tasks) == ((), ())


def test_a_planned_job_hands_out_every_chunk_and_then_one_finish() -> None:
    step = planned(on_request(MediaRecord(), submit(), now=NOW), 3)
    assert [task.kind for task in step.tasks] == [TaskKind.FINGERPRINT] * 3
    assert step.jobs[0].status is JobStatus.PROCESSING
    chunks = step.tasks
    for number, task in enumerate(reversed(chunks), 1):
        step = on_result(step.record, done(task), now=NOW, tries=TRIES)
        assert (step.jobs[0].chunks_done, step.jobs[0].chunks_total) == (number, 3)
    assert [task.kind for task in step.tasks] == [TaskKind.FINISH]


def test_that_a_clock_starts_anew_is_known_to_every_task_after_the_plan() -> None:
    step = on_request(MediaRecord(), event_request("j1", rendition()), now=NOW)
    step = on_result(
        step.record, done(step.tasks[0], spans=((0.0, 1.0), (1.0, 2.0)), several_clocks=True), now=NOW, tries=TRIES
    )
    chunks = step.tasks
    for task in chunks:
        step = on_result(step.record, done(task), now=NOW, tries=TRIES)
    assert [task.several_clocks for task in (*chunks, *step.tasks)] == [True, True, True]


def test_a_chunk_that_is_reported_twice_counts_once() -> None:
    step = planned(on_request(MediaRecord(), submit(), now=NOW), 2)
    first = step.tasks[0]
    step = on_result(step.record, done(first), now=NOW, tries=TRIES)
    again = on_result(step.record, done(first), now=NOW, tries=TRIES)
    assert (again.jobs, again.tasks) == ((), ())


def test_a_job_tells_of_the_work_of_all_its_tasks() -> None:
    work = Metrics(processing_seconds=2.0, cpu_seconds=1.5)
    step = on_request(MediaRecord(), submit(), now=NOW)
    step = on_result(
        step.record, done(step.tasks[0], spans=((0.0, 1.0), (1.0, 2.0)), metrics=work), now=NOW, tries=TRIES
    )
    for task in step.tasks:
        step = on_result(step.record, done(task, metrics=work), now=NOW, tries=TRIES)
    finish = msgspec.structs.replace(work, duration=2.0)
    step = on_result(step.record, done(step.tasks[0], metrics=finish), now=NOW, tries=TRIES)
    assert step.jobs[0].metrics == Metrics(duration=2.0, processing_seconds=8.0, cpu_seconds=6.0)


def test_a_finished_job_succeeds_its_library_holds_it_and_it_is_cleaned_up() -> None:
    step = finished(on_request(MediaRecord(), submit(), now=NOW))
    assert step.jobs[0].status is JobStatus.SUCCESS
    assert step.record.items["default"].version == step.jobs[0].version
    assert [task.kind for task in step.tasks] == [TaskKind.CLEAN]


def test_of_a_job_that_only_matches_its_library_holds_nothing() -> None:
    step = finished(on_request(MediaRecord(), submit(save_type=SaveType.NOSAVE), now=NOW))
    assert (step.items, step.record.items) == ((), {})
    assert [task.kind for task in step.tasks] == [TaskKind.CLEAN]


def test_the_last_result_of_a_job_that_comes_again_changes_nothing_that_is_held() -> None:
    step = planned(on_request(MediaRecord(), submit(), now=NOW), 1)
    step = on_result(step.record, done(step.tasks[0]), now=NOW, tries=TRIES)
    last = done(step.tasks[0], stored=True)
    step = on_result(step.record, last, now=NOW, tries=TRIES)
    held = step.record.items["default"]
    again = on_result(step.record, last, now=NOW, tries=TRIES)
    assert (again.jobs, again.items, again.gone) == ((), (), ())
    assert again.record.items["default"] == held


@pytest.mark.parametrize(
    "task",
    [
        task_of(CleanUp),
        RemoveMedia(job_id="r", media_id="video", library=None, version=1),
        EmptyLibrary(job_id="r", library="films", version=1),
        DropLibrary(job_id="r", library="films", version=1),
    ],
    ids=lambda task: task.kind,
)
def test_a_clean_up_that_was_cut_short_is_handed_out_again_though_its_job_has_ended(task: Task) -> None:
    kind = task.kind
    step = finished(on_request(MediaRecord(), submit(), now=NOW))
    for attempt in range(1, 10):
        step = on_result(step.record, ChunkResult(task=task, outcome=TaskOutcome.RETRY), now=NOW, tries=TRIES)
        (task,) = step.tasks
        assert (task.kind, task.attempt) == (kind, attempt)


def test_a_job_whose_last_task_fails_begins_anew_since_parts_of_it_may_be_lost_and_fails_in_the_end() -> None:
    step = on_request(MediaRecord(), submit(), now=NOW)
    for attempt in range(TRIES):
        step = planned(step, 1)
        step = on_result(step.record, done(step.tasks[0]), now=NOW, tries=TRIES)
        (finish,) = step.tasks
        assert (finish.kind, finish.attempt) == (TaskKind.FINISH, attempt)
        lost = ChunkResult(task=finish, outcome=TaskOutcome.RETRY, code=ErrorCode.INTERNAL_ERROR, message="part 0")
        step = on_result(step.record, lost, now=NOW, tries=TRIES)
        if attempt + 1 < TRIES:
            assert [task.kind for task in step.tasks] == [TaskKind.PLAN]
            again = on_result(step.record, lost, now=NOW, tries=TRIES)
            assert again.tasks == ()
    assert [job.status for job in step.jobs] == [JobStatus.FAIL]


def test_a_failing_chunk_is_tried_again_and_then_fails_its_job() -> None:
    step = planned(on_request(MediaRecord(), submit(), now=NOW), 2)
    task = step.tasks[0]
    for attempt in range(1, TRIES):
        result = ChunkResult(task=task, outcome=TaskOutcome.RETRY, code=ErrorCode.TIMEOUT)
        step = on_result(step.record, result, now=NOW, tries=TRIES)
        assert [t.attempt for t in step.tasks] == [attempt]
        task = step.tasks[0]
    result = ChunkResult(task=task, outcome=TaskOutcome.RETRY, code=ErrorCode.TIMEOUT, message="took too long")
    step = on_result(step.record, result, now=NOW, tries=TRIES)
    assert (step.jobs[0].status, step.jobs[0].code) == (JobStatus.FAIL, ErrorCode.TIMEOUT)


def test_cancelling_ends_a_running_job_and_removes_what_it_stored() -> None:
    step = planned(on_request(MediaRecord(), submit(), now=NOW), 2)
    chunk = step.tasks[0]
    step = on_request(step.record, cancel(), now=NOW)
    assert step.jobs[0].status is JobStatus.CANCELLED
    assert [t.kind for t in step.tasks] == [TaskKind.CLEAN]
    straggler = on_result(step.record, done(chunk), now=NOW, tries=TRIES)
    assert [t.kind for t in straggler.tasks] == [TaskKind.CLEAN]


@given(st.data())
def test_whatever_is_repeated_or_reordered_a_job_ends_once_and_with_every_chunk(data: st.DataObject) -> None:
    """At-least-once delivery: any task may run again at any time, in any order, and still one end is seen."""
    chunks = data.draw(st.integers(1, 4))
    spans = tuple((30.0 * i, 30.0 * (i + 1)) for i in range(chunks))
    step = on_request(MediaRecord(), submit(), now=NOW)
    seen: list[Task] = list(step.tasks)
    pending: list[Task] = list(step.tasks)
    ended: list[Job] = []
    while pending:
        repeat = data.draw(st.booleans())
        pool = seen if repeat else pending
        task = pool[data.draw(st.integers(0, len(pool) - 1))]
        if not repeat:
            pending.remove(task)
        result = done(task, spans=spans if task.kind is TaskKind.PLAN else ())
        step = on_result(step.record, result, now=NOW, tries=TRIES)
        seen += step.tasks
        pending += step.tasks
        ended += [job for job in step.jobs if job.status.ended]
        if len(seen) > 200:  # every replay may hand out a clean-up: enough has been seen
            break
    assert len(ended) == 1
    assert ended[0].chunks_done == chunks


@pytest.mark.parametrize("outcome", [TaskOutcome.FAILED, TaskOutcome.RETRY, TaskOutcome.DONE])
def test_a_result_of_a_job_that_nobody_knows_makes_no_job(outcome: TaskOutcome) -> None:
    task = task_of(FingerprintChunk, request("gone"))
    step = on_result(MediaRecord(), ChunkResult(task=task, outcome=outcome), now=NOW, tries=TRIES)
    assert step.jobs == ()


def test_what_is_left_out_of_a_result_is_said_with_the_job() -> None:
    step = planned(on_request(MediaRecord(), submit(), now=NOW), 0)
    said = on_result(step.record, done(step.tasks[0], message="3 weaker matches are left out"), now=NOW, tries=TRIES)
    assert (said.jobs[0].status, said.jobs[0].message) == (JobStatus.SUCCESS, "3 weaker matches are left out")
