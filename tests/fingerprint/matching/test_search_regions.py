from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fingerprint.matching.search_regions import Leads, Zone, around, crowds, united, zones

SECONDS = st.floats(0, 5000)
LEADS = st.lists(st.tuples(SECONDS, SECONDS, st.floats(0.01, 1.0)), max_size=60)


def leads(*found: tuple[float, float, float]) -> Leads:
    """Return leads of (moment, place, worth)."""
    return Leads(*np.array(found, np.float64).reshape(-1, 3).T)


def holds(zone: Zone, moment: float, place: float) -> bool:
    return zone.start <= moment <= zone.end and zone.first <= place <= zone.last


def area(where: list[Zone]) -> float:
    return sum((zone.end - zone.start) * (zone.last - zone.first) for zone in where)


def test_where_a_copy_is_is_looked_at_whatever_chance_scatters() -> None:
    rng = np.random.default_rng(1)
    chance = [(float(q), float(r), 0.3) for q, r in rng.uniform((0, 0), (600, 3600), (200, 2))]
    copy = [(300.0 + second, 2000.0 + second, 0.4) for second in range(6)]
    first, *others = zones(leads(*chance, *copy))
    assert holds(first, 280, 1980)
    assert holds(first, 325, 2025)
    assert others
    assert area([first, *others]) < 0.2 * 600 * 3600


def test_a_copy_of_many_minutes_is_one_zone() -> None:
    copy = [(float(second), 900.0 + second, 0.3) for second in range(0, 600, 4)]
    assert any(holds(zone, 0, 900) and holds(zone, 599, 1499) for zone in zones(leads(*copy)))


def test_of_a_film_that_is_a_little_alike_everywhere_a_part_is_looked_at() -> None:
    everywhere = [(float(q), float(r), 0.2) for q in range(5, 600, 60) for r in range(5, 3600, 60)]
    assert 0 < area(zones(leads(*everywhere))) < 0.2 * 600 * 3600


def test_without_leads_there_is_nowhere_to_look() -> None:
    assert zones(leads()) == []
    assert zones(Leads.joined([])) == []


@given(st.lists(st.tuples(SECONDS, SECONDS), max_size=20))
def test_united_zones_are_apart_and_hold_what_they_came_of(corners: list[tuple[float, float]]) -> None:
    parts = [around(Zone(start, start, first, first)) for start, first in corners]
    whole = united(parts)
    assert all(not zone.meets(other) for number, zone in enumerate(whole) for other in whole[:number])
    assert all(any(zone.joined(part) == zone for zone in whole) for part in parts)
    assert not parts or whole[0].joined(parts[0]) == whole[0]


@given(LEADS)
def test_zones_are_apart_and_hold_the_best_lead(found: list[tuple[float, float, float]]) -> None:
    where = zones(leads(*found))
    for number, zone in enumerate(where):
        assert not any(zone.meets(other) for other in where[:number])
    if len({moment // 0.5 for moment, _, _ in found}) == 1:
        moment, place, _ = max(found, key=lambda lead: lead[2])
        assert any(holds(zone, moment, place) for zone in where)


@given(LEADS)
def test_no_cell_is_worth_more_than_its_moments_and_the_best_one_no_less_than_a_lead(
    found: list[tuple[float, float, float]],
) -> None:
    if not found:
        return
    cells = crowds(leads(*found), np.zeros(len(found), np.int64))
    assert cells.worth.max() >= max(worth for _, _, worth in found)
    assert cells.worth.max() <= sum(worth for _, _, worth in found) + 1e-9


def test_views_of_one_moment_count_once_and_references_apart() -> None:
    found = leads((10.0, 20.0, 0.5), (10.2, 21.0, 0.4), (11.0, 22.0, 0.3), (10.0, 20.0, 0.9))
    cells = crowds(found, np.array([0, 0, 0, 1]))
    best = [cells.worth[cells.references == reference].max() for reference in (0, 1)]
    np.testing.assert_allclose(best, [0.8, 0.9])
