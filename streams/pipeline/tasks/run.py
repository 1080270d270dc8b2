"""Does one task, whichever kind it is, and turns every way to fail into a result."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec
import structlog

from fingerprint.media.errors import MediaError
from fingerprint.media.faults import is_out_of_memory
from schemas.errors import ErrorCode
from schemas.tasks import TaskKind, TaskOutcome, chunk_of
from streams.pipeline.tasks.backward import search_backwards
from streams.pipeline.tasks.clean import clean
from streams.pipeline.tasks.fingerprint import fingerprint
from streams.pipeline.tasks.finish import PartMissingError, finish
from streams.pipeline.tasks.plan import plan
from streams.pipeline.tasks.reconcile import inventory, repair, survey
from streams.pipeline.tasks.remove import drop, empty, remove
from streams.ports.decoder_errors import DecoderEndedError, DecoderGarbledError, DecoderNotStartedError
from streams.ports.errors import NeighbourAwayError
from streams.ports.task_report import Away, TaskReport, failed

if TYPE_CHECKING:
    from collections.abc import Callable

    from streams.domain.search_scope import Assignment
    from streams.pipeline.tasks.context import TaskContext

__all__ = ["run_task"]

log = structlog.get_logger(__name__)

_DOERS: dict[TaskKind, Callable[[Any, TaskContext], TaskReport]] = {
    TaskKind.PLAN: plan,
    TaskKind.FINGERPRINT: fingerprint,
    TaskKind.FINISH: finish,
    TaskKind.CLEAN: clean,
    TaskKind.REMOVE: remove,
    TaskKind.EMPTY: empty,
    TaskKind.DROP: drop,
    TaskKind.SURVEY: survey,
    TaskKind.INVENTORY: inventory,
    TaskKind.REPAIR: repair,
    TaskKind.BACKWARD: search_backwards,
}


def run_task(assignment: Assignment, context: TaskContext) -> TaskReport:
    """Do the task. What the media is to blame for fails for good; anything else may be tried again.

    A neighbour that is away is nobody's fault: the report says so, and the task waits without a try being counted.

    Raises:
        DecoderEndedError: The decoder died in the middle of the task.
        DecoderGarbledError: The decoder is not to be trusted any more.
        DecoderNotStartedError: There is no decoder to be had.
    """
    started, worked = time.perf_counter(), _processor_time(context)
    task = assignment.task
    try:
        report = _DOERS[task.kind](task, replace(context, scope=assignment.scope))
    except MediaError as error:
        return failed(task, TaskOutcome.FAILED, error.code, str(error))
    except PartMissingError as error:
        log.warning("part_missing", job_id=task.job_id, kind=task.kind, reason=str(error))
        return failed(task, TaskOutcome.RETRY, ErrorCode.INTERNAL_ERROR, str(error))
    except NeighbourAwayError as error:
        log.warning("task_waits", job_id=task.job_id, kind=task.kind, chunk=chunk_of(task), reason=str(error))
        waiting = failed(task, TaskOutcome.RETRY, ErrorCode.INTERNAL_ERROR, str(error))
        waiting.away = Away(neighbour=error.neighbour, reason=str(error))
        return waiting
    except (DecoderEndedError, DecoderGarbledError, DecoderNotStartedError):
        raise  # what that means for the task is judged where this process's own end would be
    except Exception as error:
        if is_out_of_memory(error):
            return failed(
                task,
                TaskOutcome.RETRY,
                ErrorCode.RESOURCE_TOO_LARGE,
                "decoding needs more memory than a task may use: send a smaller rendition, or raise "
                "MEDIADNA_TASK_MEMORY_MB",
            )
        log.exception("task_failed", job_id=task.job_id, kind=task.kind, chunk=chunk_of(task))
        return failed(task, TaskOutcome.RETRY, ErrorCode.INTERNAL_ERROR, f"{type(error).__name__}: {error}")
    metrics = msgspec.structs.replace(
        report.result.metrics,
        processing_seconds=round(time.perf_counter() - started, 3),
        cpu_seconds=round(_processor_time(context) - worked, 3),
    )
    report.result = msgspec.structs.replace(report.result, metrics=metrics)
    return report


def _processor_time(context: TaskContext) -> float:
    """Return the seconds of processor time that this process and its decoder have used."""
    return time.process_time() + context.decoder.cpu_s
