"""Runs examinations, one at a time, and keeps what the latest has found: on demand, and slowly by itself."""

from __future__ import annotations

import asyncio
from collections import Counter as Tally
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec
import structlog
from prometheus_client import Counter, Gauge

from schemas.clock import utc_now
from schemas.ids import new_job_id
from streams.background_task import BackgroundTask
from streams.domain.library_errors import LibraryError
from streams.domain.reconciliation import Difference, DifferenceKind, Outcome
from streams.services.reconciliation.examination import Examination, Order, Progress

if TYPE_CHECKING:
    from collections.abc import Callable

    from streams.services.reconciliation.inspector import Means

__all__ = ["Doctor", "DoctorBusyError", "Report", "RunState"]

log = structlog.get_logger(__name__)

#: Differences of one run that are logged and shown one by one; beyond, they are counted.
SHOWN = 1_000
#: Seconds from the start to the first comparison of a worker's own, unless they come more often: what a restart has
#: left to do is done by then.
FIRST_COMPARISON_S = 900.0

MENDED = Counter("mediadna_reconciled", "Differences between libraries, store, index and jobs mended.", ["kind"])
LEFT = Gauge("mediadna_differences", "Differences that the latest comparison has found and left.", ["kind"])
LATEST = Gauge("mediadna_reconciliation_time_seconds", "When the latest comparison ended, seconds since the epoch.")


class DoctorBusyError(RuntimeError):
    """A comparison is under way, and there is one at a time."""


class RunState(StrEnum):
    """Where a comparison stands."""

    #: There has been none since the worker started.
    NONE = "none"
    RUNNING = "running"
    DONE = "done"
    #: It could not go on; the error says why.
    FAILED = "failed"


class Report(msgspec.Struct, kw_only=True):
    """What the latest comparison has found, or has found so far."""

    state: RunState = RunState.NONE
    #: Tells this comparison from others.
    run_id: str = ""
    #: The library that was compared; None: all of them.
    library: str | None = None
    #: Whether differences were to be mended.
    mend: bool = False
    #: When it began, UTC.
    started: str = ""
    #: When it ended, UTC.
    ended: str = ""
    #: What it is at.
    phase: str = ""
    #: How many libraries, items in them, and stored versions have been compared.
    libraries: int = 0
    items: int = 0
    versions: int = 0
    #: How many differences came to which outcome.
    outcomes: dict[str, int] = {}
    #: How many are left to do for somebody.
    left: int = 0
    #: The differences, but for those beyond the first thousand.
    differences: list[Difference] = []
    #: Why it could not go on.
    error: str = ""


class _Run:
    """One comparison: its report while it goes on, its log, its metrics."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.progress = Progress()
        self._report = Report(
            state=RunState.RUNNING,
            run_id=new_job_id(),
            library=order.library,
            mend=order.mend,
            started=utc_now(),
            differences=[],
        )
        self._outcomes: Tally[Outcome] = Tally()
        self._left: Tally[DifferenceKind] = Tally()

    @property
    def report(self) -> Report:
        """What is known by now."""
        outcomes = {outcome.value: self._outcomes[outcome] for outcome in Outcome if self._outcomes[outcome]}
        return msgspec.structs.replace(
            self._report,
            phase=self.progress.phase,
            libraries=self.progress.libraries,
            items=self.progress.items,
            versions=self.progress.versions,
            outcomes=outcomes,
            left=self._left.total(),
        )

    def tell(self, difference: Difference) -> None:
        """Take note of a difference."""
        self._outcomes[difference.outcome] += 1
        if difference.outcome in {Outcome.FOUND, Outcome.LEFT}:
            self._left[difference.kind] += 1
        else:
            MENDED.labels(difference.kind.value).inc()
        if len(self._report.differences) < SHOWN:
            self._report.differences.append(difference)
            log.info(
                "difference", **{name: value for name, value in msgspec.structs.asdict(difference).items() if value}
            )

    def end(self, state: RunState, error: str = "") -> None:
        """Take note of the end."""
        self._report = msgspec.structs.replace(self._report, state=state, ended=utc_now(), error=error)
        if state is RunState.DONE and self.order.library is None:
            for kind in DifferenceKind:
                LEFT.labels(kind.value).set(self._left[kind])
            LATEST.set_to_current_time()
        report = self.report
        log.info(
            "comparison_ended",
            state=state,
            mend=report.mend,
            libraries=report.libraries,
            items=report.items,
            versions=report.versions,
            **report.outcomes,
            **({"error": error} if error else {}),
        )


class Doctor:
    """Compares libraries, fingerprint store, window index and jobs, and mends what differs.

    Args:
        means: What examinations work with.
        sweep_s: Seconds between comparisons that the worker makes by itself, with mending; 0: it makes none.
        leads: Tells whether it is this worker that makes them: one of all is enough.
    """

    def __init__(self, means: Means, *, sweep_s: float = 0.0, leads: Callable[[], bool] = lambda: False) -> None:
        self._means = means
        self._sweep_s = sweep_s
        self._leads = leads
        self._latest: _Run | None = None
        self._comparison = BackgroundTask("doctor")
        self._sweep = BackgroundTask("doctor-sweep")

    @property
    def report(self) -> Report:
        """What the latest comparison has found so far."""
        return self._latest.report if self._latest is not None else Report()

    def examine(self, order: Order) -> Report:
        """Begin a comparison, and return at once: `report` shows how it goes on.

        Raises:
            DoctorBusyError: One is under way.
        """
        if self._comparison.is_running:
            raise DoctorBusyError(f"a comparison is under way since {self.report.started}: wait for its end")
        run = self._latest = _Run(order)
        self._comparison.start(self._run(run))
        return run.report

    async def wait(self) -> Report:
        """Return the report of the comparison that is under way, once it has ended."""
        await self._comparison.wait()
        return self.report

    def start(self) -> None:
        """Begin to compare by itself, if it is to."""
        if self._sweep_s:
            self._sweep.start(self._compare_by_itself())

    async def stop(self) -> None:
        """Stop in the middle of whatever it is at: each mend may be done again."""
        await self._sweep.stop()
        await self._comparison.stop()

    async def _run(self, run: _Run) -> None:
        try:
            await Examination(self._means, run.order, run.tell, run.progress).run()
        except asyncio.CancelledError:
            run.end(RunState.FAILED, "the worker was stopped")
            raise
        except (OSError, LibraryError) as error:
            run.end(RunState.FAILED, str(error) or repr(error))
        except Exception as error:
            log.exception("comparison_failed")
            run.end(RunState.FAILED, f"{type(error).__name__}: {error}; the worker's log says more")
        else:
            run.end(RunState.DONE)

    async def _compare_by_itself(self) -> None:
        await asyncio.sleep(min(self._sweep_s, FIRST_COMPARISON_S))
        while True:
            if self._leads() and not self._comparison.is_running:
                self.examine(Order(mend=True, cautious=True))
                await self.wait()
            await asyncio.sleep(self._sweep_s)
