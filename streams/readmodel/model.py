"""The read model as a whole: the features that it is made of, and how a batch of messages changes them.

A feature is registered here: its projection in `PROJECTIONS`, and what it answers as an attribute of `ReadModel`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.readmodel.airing_lists import AiringRows
from streams.readmodel.airings import AiringProjection
from streams.readmodel.backward_searches import BackwardSearchProjection, BackwardSearchRows
from streams.readmodel.boilerplate import BoilerplateProjection, BoilerplateRows
from streams.readmodel.cases import CaseProjection, CaseRows
from streams.readmodel.changes import ChangeLog, log_changes
from streams.readmodel.cluster_lists import ClusterRows
from streams.readmodel.clusters import ClusterProjection
from streams.readmodel.completions import CompletionProjection, CompletionRows
from streams.readmodel.database import Database
from streams.readmodel.dead_letters import DeadLetterProjection, DeadLetterRows
from streams.readmodel.decisions import DecisionProjection, DecisionRows
from streams.readmodel.deliveries import DeliveryLog, DeliveryProjection
from streams.readmodel.jobs import JobProjection, JobRows
from streams.readmodel.key_claims import KeyClaimProjection, KeyClaimRows
from streams.readmodel.libraries import LibraryProjection, LibraryRows
from streams.readmodel.matches import MatchProjection, MatchRows
from streams.readmodel.migrations import migrations
from streams.readmodel.outcomes import OutcomeProjection, OutcomeRows
from streams.readmodel.overview import OverviewProjection, OverviewRows
from streams.readmodel.policies import PolicyProjection, PolicyRows
from streams.readmodel.positions import Positions, store_positions
from streams.readmodel.projection import Projections
from streams.readmodel.reconciliation import ReconciliationRows
from streams.readmodel.recurring import RecurringProjection
from streams.readmodel.recurring_lists import RecurringRows
from streams.readmodel.usage import UsageLog, UsageProjection

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from streams.readmodel.changes import Change
    from streams.readmodel.projection import Projection, Record

__all__ = ["PROJECTIONS", "ReadModel"]

#: What each feature keeps. Live matches and deliveries build on what is known of jobs, so jobs come before them, and
#: cases, airings, clusters and what recurs on nearly everything. The overview's sums follow from jobs, outcomes and
#: what is counted.
PROJECTIONS: tuple[Projection, ...] = (
    CompletionProjection(),
    KeyClaimProjection(),
    JobProjection(),
    MatchProjection(),
    UsageProjection(),
    DeliveryProjection(),
    LibraryProjection(),
    DeadLetterProjection(),
    PolicyProjection(),
    DecisionProjection(),
    OutcomeProjection(),
    CaseProjection(),
    BackwardSearchProjection(),
    OverviewProjection(),
    AiringProjection(),
    RecurringProjection(),
    BoilerplateProjection(),
    ClusterProjection(),
)
#: Tables that are no feature's: how far the topics have been read, and the log of what changed.
OWN_TABLES = ("positions", "changes")


class ReadModel:
    """The newest state of everything. Every method may be called from any thread; projecting is idempotent.

    Args:
        path: The SQLite file; it is made where there is none.
        projections: What is kept of the topics.

    Raises:
        RuntimeError: The file is of a version that is not known here; it stays as it is.
    """

    def __init__(self, path: Path, projections: Sequence[Projection] = PROJECTIONS) -> None:
        self._projections = Projections(projections)
        schemas = {name: migrations(name) for name in OWN_TABLES} | {one.name: one.migrations() for one in projections}
        self._database = Database(path, schemas)
        with self._database.write() as writer:
            for one in projections:
                one.take_over(writer)
        self._positions = Positions(self._database)
        self.airings = AiringRows(self._database)
        self.cases = CaseRows(self._database)
        self.backward_searches = BackwardSearchRows(self._database)
        self.boilerplate = BoilerplateRows(self._database)
        self.changes = ChangeLog(self._database)
        self.clusters = ClusterRows(self._database)
        self.completions = CompletionRows(self._database)
        self.decisions = DecisionRows(self._database)
        self.deliveries = DeliveryLog(self._database)
        self.jobs = JobRows(self._database)
        self.key_claims = KeyClaimRows(self._database)
        self.dead_letters = DeadLetterRows(self._database)
        self.libraries = LibraryRows(self._database)
        self.matches = MatchRows(self._database)
        self.outcomes = OutcomeRows(self._database)
        self.overview = OverviewRows(self._database)
        self.policies = PolicyRows(self._database)
        self.recurring = RecurringRows(self._database)
        self.reconciliation = ReconciliationRows(self._database)
        self.usage = UsageLog(self._database)

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels that are followed."""
        return self._projections.channels

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def project(self, records: Iterable[Record], reached: Mapping[tuple[str, int], int]) -> list[Change]:
        """Take over a batch of messages and how far it was read, all or nothing; return what changed.

        What is known already is no change: topics that are read again do not push out what readers have yet to see.

        Args:
            records: The messages, those of one partition in their order.
            reached: The next offset to read, by topic and number of the partition.
        """
        with self._database.write() as writer:
            changes = log_changes(writer, self._projections.apply(writer, records))
            store_positions(writer, reached)
        return changes

    def offset(self, topic: str, partition: int) -> int | None:
        """Return the next offset to read; None when nothing was read yet."""
        return self._positions.next_offset(topic, partition)

    def forget_offsets(self) -> None:
        """Read all topics from their beginning: their broker is a new one, which counts from 0 again."""
        self._positions.forget()
