"""A read model that is told things as Python values, each on its topic as the service writes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import msgspec

from schemas.backward import BackwardSearch
from schemas.boilerplate import BoilerplateRuling
from schemas.cases import Assignment, Decision
from schemas.deadletter import DeadLetterReplay
from schemas.deliveries import Delivery
from schemas.jobs import Job, LiveMatch
from schemas.keys import KeyClaim
from schemas.libraries import Library, LibraryItem, item_key
from schemas.policies import Outcome, Policy
from schemas.recurring import RecurringDecision
from streams.readmodel import model
from streams.readmodel.changes import Change
from streams.readmodel.dead_letters import DeadLetter
from streams.readmodel.projection import Record


class JobTombstone(NamedTuple):
    """A job that is forgotten."""

    job_id: str


class GoneDelivery(NamedTuple):
    """A delivery that is forgotten."""

    job_id: str


class GoneLibrary(NamedTuple):
    """A library that was deleted."""

    name: str


class GoneItem(NamedTuple):
    """An item that its library no longer holds."""

    library: str
    media_id: str


class GoneSearch(NamedTuple):
    """A backward search that is forgotten."""

    search_id: str


class GoneOutcome(NamedTuple):
    """An outcome of a media item that was deleted."""

    media_id: str


class GonePolicy(NamedTuple):
    """A policy that was deleted."""

    name: str


class ReadModel(model.ReadModel):
    """The read model, and what a projector would hand to it."""

    def apply(
        self,
        *,
        jobs: Sequence[Job | JobTombstone] = (),
        claims: Sequence[KeyClaim] = (),
        live: Sequence[LiveMatch] = (),
        completions: Sequence[bytes] = (),
        deliveries: Sequence[Delivery | GoneDelivery] = (),
        libraries: Sequence[Library | GoneLibrary] = (),
        items: Sequence[LibraryItem | GoneItem] = (),
        policies: Sequence[Policy | GonePolicy] = (),
        decisions: Sequence[Decision] = (),
        outcomes: Sequence[Outcome | GoneOutcome] = (),
        dead_letters: Sequence[DeadLetter] = (),
        replays: Sequence[DeadLetterReplay] = (),
        assignments: Sequence[Assignment] = (),
        searches: Sequence[BackwardSearch | GoneSearch] = (),
        recurring: Sequence[RecurringDecision] = (),
        boilerplate: Sequence[BoilerplateRuling] = (),
        offsets: dict[tuple[str, int], int] | None = None,
    ) -> list[Change]:
        """Take over messages, and how far they were read, as one batch."""
        records = [
            *_records("jobs", jobs),
            *_records("idempotency-keys", claims),
            *_records("matches", live),
            *(Record("job-complete", key=None, value=event) for event in completions),
            *_records("deliveries", deliveries),
            *_records("libraries", libraries),
            *_records("items", items),
            *_records("policies", policies),
            *_records("decisions", decisions),
            *_records("outcomes", outcomes),
            *(Record("dead-letter", key=one.key, value=one.value, headers=one.headers) for one in dead_letters),
            *_records("replays", replays),
            *_records("assignments", assignments),
            *_records("backward-searches", searches),
            *_records("recurring", recurring),
            *_records("boilerplate-rulings", boilerplate),
        ]
        return self.project(records, offsets or {})


def _records(channel: str, values: Iterable[msgspec.Struct | tuple[str, ...]]) -> Iterator[Record]:
    for value in values:
        if isinstance(value, GoneItem):
            yield Record(channel, key=item_key(*value).encode(), value=None)
        elif isinstance(value, tuple):
            yield Record(channel, key=value[0].encode(), value=None)
        else:
            yield Record(channel, key=b"", value=msgspec.json.encode(value))
