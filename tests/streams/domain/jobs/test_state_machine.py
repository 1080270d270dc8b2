"""The state machine: what each message about a job leads to."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.examples import cancel, request, submit
from support.examples import task as task_of

from schemas.commands import Command, DeleteMedia, ItemMarks, MarkItem, RemoveItem, SubmitJob
from schemas.errors import ErrorCode
from schemas.events import Rendition
from schemas.jobs import Job, JobSource, JobStatus, Metrics, SaveType
from schemas.limits import LARGEST_RENDITIONS, MOST_RENDITIONS
from schemas.rights import Right
from schemas.tasks import (
    ChunkResult,
    CleanUp,
    DropLibrary,
    EmptyLibrary,
    FingerprintChunk,
    FinishJob,
    ListLibrary,
    Probe,
    RemoveMedia,
    RepairLibrary,
    SurveyStores,
    Task,
    TaskKind,
    TaskOutcome,
)
from streams.domain.jobs.record import MediaRecord, rebuild
from streams.domain.jobs.state_machine import on_request, on_result, refuse
from streams.domain.jobs.step import Emptied, Step

NOW = "2026-11-23T08:00:00Z"
TRIES = 3


def rendition(name: str = "ld", **fields: object) -> Rendition:
    defaults = {"status": "success", "file_url": f"http://vod/{name}.mp4", "format": "mp4", "definition": name.upper()}
    return Rendition(**{**defaults, **fields})


def event_request(job_id: str, *renditions: Rendition) -> SubmitJob:
    return submit(job_id, file_url=renditions[0].file_url or "", source=JobSource.EVENT, renditions=renditions)


def done(task: Task, **fields: object) -> ChunkResult:
    return ChunkResult(task=task, outcome=TaskOutcome.DONE, **fields)


def planned(step: Step, chunks: int) -> Step:
    spans = tuple((30.0 * i, 30.0 * (i + 1)) for i in range(chunks))
    return on_result(step.record, done(step.tasks[0], spans=spans), now=NOW, tries=TRIES)


def finished(step: Step) -> Step:
    """Run a job whose plan has just been asked for to its end, over one chunk."""
    step = planned(step, 1)
    for _ in range(2):
        task = step.tasks[0]
        stored = isinstance(task, FinishJob) and task.request.save_type is not SaveType.NOSAVE
        step = on_result(step.record, done(task, stored=stored), now=NOW, tries=TRIES)
    return step


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


def test_cancelling_ends_a_running_job_and_removes_what_it_stored() -> None:
    step = planned(on_request(MediaRecord(), submit(), now=NOW), 2)
    chunk = step.tasks[0]
    step = on_request(step.record, cancel(), now=NOW)
    assert step.jobs[0].status is JobStatus.CANCELLED
    assert [t.kind for t in step.tasks] == [TaskKind.CLEAN]
    straggler = on_result(step.record, done(chunk), now=NOW, tries=TRIES)
    assert [t.kind for t in straggler.tasks] == [TaskKind.CLEAN]


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


def marked(step: Step, *, library: str = "default", **marks: object) -> Step:
    return on_request(
        step.record, MarkItem(job_id="m", media_id="video", library=library, marks=ItemMarks(**marks)), now=NOW
    )


def removal(step: Step, kind: type[RemoveItem | DeleteMedia], **fields: str) -> Step:
    command = kind(job_id="removal", media_id="video", requested_time=NOW, **fields)
    return on_request(step.record, command, now=NOW)


def test_what_a_job_stored_is_an_item_of_its_library() -> None:
    step = finished(on_request(MediaRecord(), submit(library="films", metadata={"title": "x"}), now=NOW))
    (item,) = step.items
    assert (item.library, item.media_id, item.version) == ("films", "video", step.jobs[0].version)
    assert (item.metadata, item.disabled) == ({"title": "x"}, False)


def test_a_job_that_stored_nothing_makes_no_item() -> None:
    assert finished(on_request(MediaRecord(), submit(save_type=SaveType.NOSAVE), now=NOW)).items == ()


def test_an_item_stays_marked_when_a_newer_job_stores_it_again() -> None:
    step = finished(on_request(MediaRecord(), submit(metadata={"title": "x"}), now=NOW))
    step = marked(step, disabled=True)
    (item,) = step.items
    assert (item.disabled, item.metadata) == (True, {"title": "x"})
    step = marked(step, metadata={"title": "y"})
    (item,) = step.items
    assert (item.disabled, item.metadata) == (True, {"title": "y"})
    (again,) = finished(on_request(step.record, submit("again"), now=NOW)).items
    assert (again.disabled, again.metadata, again.version > item.version) == (True, {"title": "y"}, True)


def test_an_item_that_is_not_there_cannot_be_marked() -> None:
    step = finished(on_request(MediaRecord(), submit(), now=NOW))
    assert marked(step, library="other", disabled=True).items == ()


def test_removing_from_one_library_leaves_the_others() -> None:
    step = finished(on_request(MediaRecord(), submit("one", library="films"), now=NOW))
    step = finished(on_request(step.record, submit("two", library="ads"), now=NOW))
    step = removal(step, RemoveItem, library="films")
    (task,) = step.tasks
    assert (task.kind, task.version > 0) == (TaskKind.REMOVE, True)
    step = on_result(step.record, done(task), now=NOW, tries=TRIES)
    assert (step.gone, step.forget_before, set(step.record.items)) == (("films",), 0, {"ads"})


def test_deleting_a_media_item_leaves_nothing_to_remember() -> None:
    step = finished(on_request(MediaRecord(), event_request("one", rendition()), now=NOW))
    version = step.jobs[0].version
    step = removal(step, DeleteMedia)
    assert not step.record.empty
    step = on_result(step.record, done(step.tasks[-1]), now=NOW, tries=TRIES)
    assert (step.gone, step.forget_before >= version, step.record.empty) == (("default",), True, True)
    assert [job.job_id for job in on_request(step.record, event_request("one", rendition()), now=NOW).jobs] == ["one"]


def test_deleting_ends_the_jobs_under_way_and_what_they_still_store_is_cleaned_up() -> None:
    step = planned(on_request(MediaRecord(), submit(), now=NOW), 1)
    chunk = step.tasks[0]
    step = removal(step, DeleteMedia)
    assert [job.status for job in step.jobs] == [JobStatus.CANCELLED]
    assert [task.kind for task in step.tasks] == [TaskKind.CLEAN, TaskKind.REMOVE]
    step = on_result(step.record, done(step.tasks[-1]), now=NOW, tries=TRIES)
    straggler = on_result(step.record, done(chunk), now=NOW, tries=TRIES)
    assert [(task.kind, task.version) for task in straggler.tasks] == [(TaskKind.CLEAN, chunk.version)]
    assert straggler.record.empty


def test_a_job_that_comes_after_a_deletion_is_not_deleted_with_it() -> None:
    step = finished(on_request(MediaRecord(), submit("old"), now=NOW))
    step = removal(step, DeleteMedia)
    removing = step.tasks[-1]
    step = finished(on_request(step.record, submit("new", requested_time=NOW), now=NOW))
    (item,) = step.items
    assert item.version > removing.version
    step = on_result(step.record, done(removing), now=NOW, tries=TRIES)
    assert (step.gone, set(step.record.items), step.forget_before < item.version) == ((), {"default"}, True)


def test_a_removal_that_fails_is_tried_again_and_forgets_nothing() -> None:
    step = finished(on_request(MediaRecord(), submit(), now=NOW))
    step = removal(step, DeleteMedia)
    failing = ChunkResult(task=step.tasks[-1], outcome=TaskOutcome.RETRY)
    step = on_result(step.record, failing, now=NOW, tries=TRIES)
    assert [(task.kind, task.attempt) for task in step.tasks] == [(TaskKind.REMOVE, 1)]
    assert (step.gone, step.record.empty) == ((), False)


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


def test_what_is_left_out_of_a_result_is_said_with_the_job() -> None:
    step = planned(on_request(MediaRecord(), submit(), now=NOW), 0)
    said = on_result(step.record, done(step.tasks[0], message="3 weaker matches are left out"), now=NOW, tries=TRIES)
    assert (said.jobs[0].status, said.jobs[0].message) == (JobStatus.SUCCESS, "3 weaker matches are left out")


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


def held(digest: str, *, job_id: str = "first", **fields: object) -> MediaRecord:
    """Return the record of a media item that the default library holds."""
    return stored(on_request(MediaRecord(), submit(job_id, **fields), now=NOW), digest).record


def stored(step: Step, digest: str) -> Step:
    """Run a job whose plan has just been asked for to its end: it comes to a fingerprint, and has stored it."""
    step = planned(step, 1)
    step = on_result(step.record, done(step.tasks[0]), now=NOW, tries=TRIES)
    return on_result(step.record, done(step.tasks[0], digest=digest, stored=True), now=NOW, tries=TRIES)


@pytest.mark.parametrize("rights", [(), (Right.CURATE,)])
def test_who_may_not_replace_fails_with_other_content_and_what_is_held_stays(rights: tuple[Right, ...]) -> None:
    before = held("one")
    item = before.items["default"]
    step = stored(on_request(before, submit("next", rights=rights), now=NOW), "other")
    assert [(job.status, job.code, job.stored) for job in step.jobs] == [
        (JobStatus.FAIL, ErrorCode.RESOURCE_ACCESS, False)
    ]
    assert (step.items, step.record.items) == ((), {"default": item})
    assert [task.kind for task in step.tasks] == [TaskKind.CLEAN]


@pytest.mark.parametrize("rights", [None, (Right.REPLACE,), (Right.CURATE, Right.REPLACE)])
def test_who_may_replace_replaces(rights: tuple[Right, ...] | None) -> None:
    step = stored(on_request(held("one"), submit("next", rights=rights), now=NOW), "other")
    assert step.jobs[0].status is JobStatus.SUCCESS
    assert step.record.items["default"].digest == "other"


def test_the_same_content_of_one_who_may_not_replace_makes_no_new_version() -> None:
    before = held("one", metadata={"title": "ours"})
    item = before.items["default"]
    step = stored(on_request(before, submit("next", rights=(), metadata={"title": "theirs"}), now=NOW), "one")
    assert (step.jobs[0].status, step.jobs[0].stored) == (JobStatus.SUCCESS, False)
    assert step.jobs[0].message == "its library holds this very content already, which stays as it is"
    assert (step.items, step.record.items) == ((), {"default": item})


def test_content_of_which_no_digest_is_known_is_not_taken_for_the_same() -> None:
    step = stored(on_request(held(""), submit("next", rights=()), now=NOW), "")
    assert step.jobs[0].code == ErrorCode.RESOURCE_ACCESS


@given(st.permutations(["a", "b", "c"]))
def test_whoever_of_several_ends_first_has_the_media_id_in_whichever_order_they_came(order: list[str]) -> None:
    record = MediaRecord()
    finishes: dict[str, Task] = {}
    for name in ("a", "b", "c"):
        step = planned(on_request(record, submit(name, rights=()), now=NOW), 1)
        step = on_result(step.record, done(step.tasks[0]), now=NOW, tries=TRIES)
        record, finishes[name] = step.record, step.tasks[0]
    ended: dict[str, JobStatus] = {}
    for name in order:
        step = on_result(record, done(finishes[name], digest=name, stored=True), now=NOW, tries=TRIES)
        record, ended[name] = step.record, step.jobs[0].status
    assert record.items["default"].digest == order[0]
    assert ended == {name: JobStatus.SUCCESS if name == order[0] else JobStatus.FAIL for name in order}


def test_another_librarys_item_is_nobodys_obstacle() -> None:
    step = stored(on_request(held("one"), submit("next", library="films", rights=()), now=NOW), "other")
    assert step.record.items["films"].digest == "other"
    assert step.record.items["default"].digest == "one"


def test_what_was_removed_may_be_stored_anew_by_whoever_may_store() -> None:
    record = held("one")
    removal = on_request(record, RemoveItem(job_id="r", media_id="video"), now=NOW)
    record = on_result(removal.record, done(removal.tasks[0]), now=NOW, tries=TRIES).record
    step = stored(on_request(record, submit("next", rights=()), now=NOW), "other")
    assert step.record.items["default"].digest == "other"


@pytest.mark.parametrize("kind", [EmptyLibrary, DropLibrary])
@pytest.mark.parametrize(
    ("outcome", "emptied"),
    [(TaskOutcome.DONE, Emptied("films", 7)), (TaskOutcome.FAILED, None)],
)
def test_a_library_is_said_to_be_empty_when_it_is_and_not_when_that_failed(
    kind: type[EmptyLibrary | DropLibrary], outcome: TaskOutcome, emptied: Emptied | None
) -> None:
    record = held("one")
    result = ChunkResult(task=kind(job_id="e", library="films", version=7), outcome=outcome)
    assert on_result(record, result, now=NOW, tries=TRIES) == Step(record, emptied=emptied)


def test_a_library_that_cannot_be_emptied_is_left_to_the_comparison_of_stores_in_the_end() -> None:
    task = EmptyLibrary(job_id="e", library="films", version=7, attempt=9)
    step = on_result(MediaRecord(), ChunkResult(task=task, outcome=TaskOutcome.RETRY), now=NOW, tries=TRIES)
    assert step == Step(MediaRecord())


@pytest.mark.parametrize(
    "task",
    [SurveyStores(job_id="d"), ListLibrary(job_id="d", library="films"), RepairLibrary(job_id="d", library="films")],
    ids=lambda task: task.kind,
)
def test_the_answer_to_a_question_about_what_is_stored_concerns_no_media_item(task: Task) -> None:
    record = held("one")
    for outcome in TaskOutcome:
        assert on_result(record, ChunkResult(task=task, outcome=outcome), now=NOW, tries=TRIES) == Step(record)
