from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fingerprint.matching.search_regions import SearchRegion, SeedHits, around, hit_density, search_regions, united

SECONDS = st.floats(0, 5000)
LEADS = st.lists(st.tuples(SECONDS, SECONDS, st.floats(0.01, 1.0)), max_size=60)


def seed_hits(*found: tuple[float, float, float]) -> SeedHits:
    """Return leads of (moment, place, worth)."""
    return SeedHits(*np.array(found, np.float64).reshape(-1, 3).T)


def holds(region: SearchRegion, moment: float, place: float) -> bool:
    return region.start <= moment <= region.end and region.first <= place <= region.last


def area(where: list[SearchRegion]) -> float:
    return sum((region.end - region.start) * (region.last - region.first) for region in where)


def test_where_a_copy_is_is_looked_at_whatever_chance_scatters() -> None:
    rng = np.random.default_rng(1)
    background_score = [(float(q), float(r), 0.3) for q, r in rng.uniform((0, 0), (600, 3600), (200, 2))]
    copy = [(300.0 + second, 2000.0 + second, 0.4) for second in range(6)]
    first, *others = search_regions(seed_hits(*background_score, *copy))
    assert holds(first, 280, 1980)
    assert holds(first, 325, 2025)
    assert others
    assert area([first, *others]) < 0.2 * 600 * 3600


def test_a_copy_of_many_minutes_is_one_zone() -> None:
    copy = [(float(second), 900.0 + second, 0.3) for second in range(0, 600, 4)]
    assert any(holds(region, 0, 900) and holds(region, 599, 1499) for region in search_regions(seed_hits(*copy)))


def test_of_a_film_that_is_a_little_alike_everywhere_a_part_is_looked_at() -> None:
    everywhere = [(float(q), float(r), 0.2) for q in range(5, 600, 60) for r in range(5, 3600, 60)]
    assert 0 < area(search_regions(seed_hits(*everywhere))) < 0.2 * 600 * 3600


def test_without_leads_there_is_nowhere_to_look() -> None:
    assert search_regions(seed_hits()) == []
    assert search_regions(SeedHits.joined([])) == []


@given(st.lists(st.tuples(SECONDS, SECONDS), max_size=20))
def test_united_zones_are_apart_and_hold_what_they_came_of(corners: list[tuple[float, float]]) -> None:
    parts = [around(SearchRegion(start, start, first, first)) for start, first in corners]
    whole = united(parts)
    assert all(not region.meets(other) for number, region in enumerate(whole) for other in whole[:number])
    assert all(any(region.joined(part) == region for region in whole) for part in parts)
    assert not parts or whole[0].joined(parts[0]) == whole[0]


@given(LEADS)
def test_zones_are_apart_and_hold_the_best_lead(found: list[tuple[float, float, float]]) -> None:
    where = search_regions(seed_hits(*found))
    for number, region in enumerate(where):
        assert not any(region.meets(other) for other in where[:number])
    if len({moment // 0.5 for moment, _, _ in found}) == 1:
        moment, place, _ = max(found, key=lambda lead: lead[2])
        assert any(holds(region, moment, place) for region in where)


@given(LEADS)
def test_no_cell_is_worth_more_than_its_moments_and_the_best_one_no_less_than_a_lead(
    found: list[tuple[float, float, float]],
) -> None:
    if not found:
        return
    cells = hit_density(seed_hits(*found), np.zeros(len(found), np.int64))
    assert cells.weight.max() >= max(weight for _, _, weight in found)
    assert cells.weight.max() <= sum(weight for _, _, weight in found) + 1e-9


def test_views_of_one_moment_count_once_and_references_apart() -> None:
    found = seed_hits((10.0, 20.0, 0.5), (10.2, 21.0, 0.4), (11.0, 22.0, 0.3), (10.0, 20.0, 0.9))
    cells = hit_density(found, np.array([0, 0, 0, 1]))
    best = [cells.weight[cells.references == reference].max() for reference in (0, 1)]
    np.testing.assert_allclose(best, [0.8, 0.9])
