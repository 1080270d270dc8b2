"""The state machine: tasks about a whole library, or about what the stores hold."""

from __future__ import annotations

import pytest
from support.transitions import NOW, TRIES, held

from schemas.tasks import (
    ChunkResult,
    DropLibrary,
    EmptyLibrary,
    ListLibrary,
    RepairLibrary,
    SurveyStores,
    Task,
    TaskOutcome,
)
from streams.domain.jobs.record import MediaRecord
from streams.domain.jobs.state_machine import on_result
from streams.domain.jobs.step import Emptied, Step


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
