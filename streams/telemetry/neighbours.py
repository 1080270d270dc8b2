"""Who is away: what `/readyz` names, and what the metrics show."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from prometheus_client import Gauge

from schemas.clock import utc_now
from streams.ports.errors import Neighbour

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Absence", "Neighbours"]

log = structlog.get_logger(__name__)

#: Seconds after which an absence that nobody has noticed again counts as over. Whoever waits for a neighbour tries
#: again within half a minute, and one try takes a minute and a half at the most.
FORGOTTEN_S = 180.0

_AWAY = Gauge("mediadna_neighbour_away", "1 while a neighbour is away and work waits for it.", ["neighbour"])


@dataclass(frozen=True)
class Absence:
    """A neighbour that is away.

    Attributes:
        neighbour: Who.
        since: From when on, UTC.
        reason: What was seen last, for a person.
    """

    neighbour: Neighbour
    since: str
    reason: str


class Neighbours:
    """Remembers who is away, and since when. Used in the event loop only."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._absences: dict[Neighbour, Absence] = {}
        self._seen: dict[Neighbour, float] = {}
        for neighbour in Neighbour:
            _AWAY.labels(neighbour).set(0)

    def left(self, neighbour: Neighbour, reason: str) -> None:
        """Note that a neighbour is away, or still is."""
        known = self._absences.get(neighbour)
        since = utc_now() if known is None else known.since
        if known is None:
            log.warning("neighbour_away", neighbour=neighbour, reason=reason)
        self._absences[neighbour] = Absence(neighbour, since, reason)
        self._seen[neighbour] = self._clock()
        _AWAY.labels(neighbour).set(1)

    def came_back(self, neighbour: Neighbour) -> None:
        """Note that a neighbour answers."""
        absence = self._absences.pop(neighbour, None)
        if absence is not None:
            log.info("neighbour_back", neighbour=neighbour, away_since=absence.since)
            _AWAY.labels(neighbour).set(0)

    def away(self) -> list[Absence]:
        """Return who is away, the longest absent first."""
        for neighbour in list(self._absences):
            if self._clock() - self._seen[neighbour] > FORGOTTEN_S:
                self.came_back(neighbour)
        return sorted(self._absences.values(), key=lambda absence: absence.since)
