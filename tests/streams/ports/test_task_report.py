"""What is reported of a task that did not get done."""

from __future__ import annotations

from support.examples import task as task_of

from schemas.errors import ErrorCode
from schemas.limits import LONGEST_MESSAGE
from schemas.tasks import FingerprintChunk, TaskOutcome
from streams.ports.task_report import failed

TASK = task_of(FingerprintChunk)


def test_a_message_that_repeats_its_input_is_cut() -> None:
    result = failed(TASK, TaskOutcome.FAILED, ErrorCode.INTERNAL_ERROR, "m" * 10**6).result
    assert result.message == "m" * (LONGEST_MESSAGE - 1) + "…"


def test_a_message_that_is_short_enough_stays_as_it_is() -> None:
    assert failed(TASK, TaskOutcome.RETRY, ErrorCode.TIMEOUT, "took too long").result.message == "took too long"
