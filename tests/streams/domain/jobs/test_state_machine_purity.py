"""No transition changes the record that it is given, and each leads to the same answer however often it is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from support.examples import TIME, cancel, submit

from schemas.commands import DeleteMedia, ForgetItem, ItemMarks, MarkItem, RemoveItem, SubmitJob
from schemas.errors import ErrorCode
from schemas.events import Rendition
from schemas.jobs import JobSource, JobStatus, SaveType
from schemas.result import complete_event
from schemas.tasks import ChunkResult, TaskKind, TaskOutcome
from streams.domain.jobs.record import MediaRecord, adopt
from streams.domain.jobs.state_machine import Step, on_complete_event, on_request, on_result, refuse

if TYPE_CHECKING:
    from collections.abc import Callable

    from schemas.jobs import Job
    from schemas.tasks import Task

TRIES = 2
JOBS = ("one", "two", "three")
LIBRARIES = ("default", "films")
CODES = (ErrorCode.OK, ErrorCode.RESOURCE_CONTENT_BAD, ErrorCode.TIMEOUT)


def plain(value: object) -> bytes:
    return msgspec.json.encode(value, order="deterministic")


def asked_by_event(job_id: str, number: int, run: str) -> SubmitJob:
    url = f"http://vod/{number}.mp4"
    rendition = Rendition(status="success", file_url=url, format="mp4", definition="LD", job_id=run)
    return submit(job_id, file_url=url, source=JobSource.EVENT, renditions=(rendition,))


IDS, NAMES, VIDEO = st.sampled_from(JOBS), st.sampled_from(LIBRARIES), st.just("video")
SOURCES = st.sampled_from((JobSource.API, JobSource.IMPORT, JobSource.RECOVERY))
COMMANDS = st.one_of(
    st.builds(asked_by_event, IDS, st.integers(0, 2), st.sampled_from(("run-1", "run-2"))),
    st.builds(submit, IDS, library=NAMES, source=SOURCES, save_type=st.sampled_from(SaveType)),
    st.builds(cancel, IDS),
    st.builds(MarkItem, job_id=IDS, media_id=VIDEO, library=NAMES, marks=st.builds(ItemMarks, disabled=st.booleans())),
    st.builds(RemoveItem, job_id=IDS, media_id=VIDEO, library=NAMES, requested_time=st.just(TIME)),
    st.builds(ForgetItem, job_id=IDS, media_id=VIDEO, library=NAMES, requested_time=st.just(TIME)),
    st.builds(DeleteMedia, job_id=IDS, media_id=VIDEO, requested_time=st.just(TIME)),
)
OUTCOMES = st.sampled_from((TaskOutcome.DONE,) * 3 + (TaskOutcome.RETRY, TaskOutcome.FAILED))


def result_of(data: st.DataObject, task: Task) -> ChunkResult:
    spans = tuple((float(n), n + 1.0) for n in range(data.draw(st.integers(0, 2))))
    return ChunkResult(
        task=task,
        outcome=data.draw(OUTCOMES),
        code=data.draw(st.sampled_from(CODES)),
        spans=spans if task.kind is TaskKind.PLAN else (),
        stored=task.kind is TaskKind.FINISH and data.draw(st.booleans()),
    )


def transition(data: st.DataObject, tasks: list[Task], jobs: list[Job]) -> Callable[[MediaRecord], Step]:
    """Return one thing that may happen next."""
    ended = [job for job in jobs if job.status.ended]
    what = data.draw(st.sampled_from(("request", "refusal", *["result"] * 5 * bool(tasks), *["end"] * bool(ended))))
    if what == "result":
        result = result_of(data, data.draw(st.sampled_from(tasks)))
        return lambda record: on_result(record, result, now=TIME, tries=TRIES)
    if what == "end":
        event = complete_event(data.draw(st.sampled_from(ended)))
        return lambda record: on_complete_event(record, event, now=TIME)
    asked = data.draw(COMMANDS)
    if what == "refusal":
        return lambda record: refuse(record, on_request(record, asked, now=TIME), asked, now=TIME)
    return lambda record: on_request(record, asked, now=TIME)


@given(st.data())
def test_whatever_happens_the_record_before_it_stays_as_it_was_and_leads_there_again(data: st.DataObject) -> None:
    record = MediaRecord()
    tasks: list[Task] = []
    jobs: list[Job] = []
    for _ in range(data.draw(st.integers(1, 25))):
        happens = transition(data, tasks, jobs)
        before = plain(record)
        step = happens(record)
        assert plain(record) == before
        assert happens(record) == step
        record = step.record
        tasks += step.tasks
        jobs += step.jobs


@given(st.sampled_from(JobStatus), st.booleans())
def test_bringing_a_record_up_to_what_the_topics_tell_leaves_it_as_it_was(status: JobStatus, known: bool) -> None:  # noqa: FBT001 (drawn)
    step = on_request(MediaRecord(), asked_by_event("one", 0, "run-1"), now=TIME)
    record = step.record if known else MediaRecord(version=1)
    before = plain(record)
    adopt(record, "one", [msgspec.structs.replace(step.jobs[0], status=status)], ())
    assert plain(record) == before
