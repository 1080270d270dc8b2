"""Who is away is known, with since when, until it answers or nobody has missed it for a while."""

from __future__ import annotations

from prometheus_client import REGISTRY

from streams.ports.errors import Neighbour
from streams.telemetry.neighbours import FORGOTTEN_S, Neighbours


def gauge(neighbour: Neighbour) -> float | None:
    return REGISTRY.get_sample_value("mediadna_neighbour_away", {"neighbour": neighbour})


def test_an_absence_keeps_its_beginning_and_its_newest_reason() -> None:
    neighbours = Neighbours()
    neighbours.left(Neighbour.MILVUS, "first")
    (first,) = neighbours.away()
    neighbours.left(Neighbour.MILVUS, "second")
    (second,) = neighbours.away()
    assert (second.since, second.reason) == (first.since, "second")
    assert gauge(Neighbour.MILVUS) == 1
    neighbours.came_back(Neighbour.MILVUS)
    assert (neighbours.away(), gauge(Neighbour.MILVUS)) == ([], 0)


def test_who_comes_back_without_having_been_missed_changes_nothing() -> None:
    neighbours = Neighbours()
    neighbours.came_back(Neighbour.KAFKA)
    assert neighbours.away() == []


def test_an_absence_that_nobody_notices_any_more_is_over() -> None:
    now = 0.0
    neighbours = Neighbours(lambda: now)
    neighbours.left(Neighbour.STORE, "refused")
    now = FORGOTTEN_S - 1
    neighbours.left(Neighbour.STORE, "refused")
    now = 2 * FORGOTTEN_S - 2
    assert [one.neighbour for one in neighbours.away()] == [Neighbour.STORE]
    now = 2 * FORGOTTEN_S
    assert neighbours.away() == []
