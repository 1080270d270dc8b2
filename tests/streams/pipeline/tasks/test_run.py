"""Whatever becomes of a task is a report: what the media is to blame for, what may be tried again, who is away."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from support.decoders import InlineDecoder
from support.examples import task as task_of
from support.whole_job import SCOPE, make_context

from fingerprint.media.errors import MediaError
from schemas.errors import ErrorCode
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
    SearchBackwards,
    SurveyStores,
    Task,
    TaskKind,
    TaskOutcome,
)
from streams.domain.search_scope import Assignment, Scope
from streams.pipeline.tasks import run
from streams.pipeline.tasks.context import TaskContext
from streams.pipeline.tasks.finish import PartMissingError
from streams.pipeline.tasks.run import run_task
from streams.ports.decoder_errors import DecoderEndedError, DecoderGarbledError, DecoderNotStartedError
from streams.ports.errors import Neighbour, NeighbourAwayError
from streams.ports.task_report import Away, TaskReport

TASKS: list[Task] = [
    task_of(Probe),
    task_of(FingerprintChunk, end=30.0),
    task_of(FinishJob),
    task_of(CleanUp),
    RemoveMedia(job_id="j1", media_id="video", library=None, version=1),
    EmptyLibrary(job_id="j1", library="films", version=1),
    DropLibrary(job_id="j1", library="films", version=1),
    SurveyStores(job_id="j1"),
    ListLibrary(job_id="j1", library="films"),
    RepairLibrary(job_id="j1", library="films"),
    SearchBackwards(job_id="s1", media_id="film", library="films", version=1),
]
PROBE = TASKS[0]


@pytest.fixture
def context(tmp_path: Path) -> TaskContext:
    return make_context(tmp_path)


def doing(monkeypatch: pytest.MonkeyPatch, came: Exception | TaskReport, kind: TaskKind = TaskKind.PLAN) -> None:
    """Have tasks of a kind come to this."""

    def do(task: Task, context: TaskContext) -> TaskReport:
        assert context.scope is SCOPE, f"{task.kind} sees other libraries than it was given"
        if isinstance(came, Exception):
            raise came
        return came

    monkeypatch.setitem(run._DOERS, kind, do)


def test_there_is_somebody_for_every_kind_of_task() -> None:
    assert {task.kind for task in TASKS} == set(TaskKind) == set(run._DOERS)


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.kind)
def test_a_task_is_done_by_whoever_does_its_kind_in_the_scope_that_it_was_given(
    context: TaskContext, monkeypatch: pytest.MonkeyPatch, task: Task
) -> None:
    doing(monkeypatch, TaskReport(result=ChunkResult(task=task, outcome=TaskOutcome.DONE)), task.kind)
    assert run_task(Assignment(task=task, scope=SCOPE), context).result.outcome is TaskOutcome.DONE
    assert context.scope == Scope()


@pytest.mark.parametrize(
    ("error", "judged", "said"),
    [
        (
            MediaError(ErrorCode.RESOURCE_CONTENT_BAD, "no video"),
            (TaskOutcome.FAILED, ErrorCode.RESOURCE_CONTENT_BAD),
            "no video",
        ),
        (PartMissingError("part 0 is gone"), (TaskOutcome.RETRY, ErrorCode.INTERNAL_ERROR), "part 0 is gone"),
        (MemoryError(), (TaskOutcome.RETRY, ErrorCode.RESOURCE_TOO_LARGE), "MEDIADNA_TASK_MEMORY_MB"),
        (KeyError("a mistake"), (TaskOutcome.RETRY, ErrorCode.INTERNAL_ERROR), "KeyError: 'a mistake'"),
    ],
    ids=["media", "part", "memory", "mistake"],
)
def test_a_failure_is_for_good_where_the_media_is_to_blame_and_may_pass_otherwise(
    context: TaskContext, monkeypatch: pytest.MonkeyPatch, error: Exception, judged: tuple[TaskOutcome, str], said: str
) -> None:
    doing(monkeypatch, error)
    report = run_task(Assignment(task=PROBE, scope=SCOPE), context)
    assert (report.result.outcome, report.result.code) == judged
    assert report.away is None
    assert said in report.result.message


def test_secrets_of_an_address_are_in_no_report(context: TaskContext, monkeypatch: pytest.MonkeyPatch) -> None:
    doing(monkeypatch, OSError("https://user:pass@host/a.mp4?token=secret"))
    message = run_task(Assignment(task=PROBE, scope=SCOPE), context).result.message
    assert "https://" in message
    assert not {word for word in ("pass", "secret") if word in message}


def test_a_neighbour_that_is_away_is_named_and_is_nobodys_fault(
    context: TaskContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    doing(monkeypatch, NeighbourAwayError(Neighbour.MILVUS, "it does not answer"))
    report = run_task(Assignment(task=PROBE, scope=SCOPE), context)
    assert report.away == Away(neighbour=Neighbour.MILVUS, reason="it does not answer")


@pytest.mark.parametrize(
    "error",
    [DecoderEndedError(-9), DecoderGarbledError("odd"), DecoderNotStartedError("none")],
    ids=lambda e: type(e).__name__,
)
def test_what_has_become_of_the_decoder_is_for_the_pool_to_judge(
    context: TaskContext, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    doing(monkeypatch, error)
    with pytest.raises(type(error)):
        run_task(Assignment(task=PROBE, scope=SCOPE), context)


def test_the_decoders_work_is_counted_as_the_tasks(context: TaskContext, monkeypatch: pytest.MonkeyPatch) -> None:
    class Decoder(InlineDecoder):
        cpu_s = 100.0

    decoder = Decoder()

    def do(task: Task, context: TaskContext) -> TaskReport:
        assert context.decoder is decoder
        decoder.cpu_s += 2.5
        return TaskReport(result=ChunkResult(task=task, outcome=TaskOutcome.DONE))

    monkeypatch.setitem(run._DOERS, TaskKind.PLAN, do)
    metrics = run_task(Assignment(task=PROBE, scope=SCOPE), replace(context, decoder=decoder)).result.metrics
    assert 2.5 <= metrics.cpu_seconds < 100
    assert metrics.processing_seconds >= 0
