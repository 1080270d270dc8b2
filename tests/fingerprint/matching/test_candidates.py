from __future__ import annotations

import numpy as np
import pytest

from fingerprint.matching.candidates import rank_references
from fingerprint.types import Hits, ReferenceKey

KEYS = tuple(ReferenceKey("default", name, 1) for name in ("a", "b", "c"))


def hits(*found: tuple[int, int, float], places: tuple[float, ...] = ()) -> Hits:
    """Return hits of (query vector, reference, score), and where they are in the reference, seconds."""
    rows, references, scores = zip(*found, strict=True) if found else ((), (), ())
    starts = np.array(places or [0.0] * len(found)) * 1000
    return Hits(
        np.array(rows, np.int32),
        np.array(references, np.int32),
        np.zeros(len(found), np.int32),
        starts.astype(np.int32),
        np.array(scores, np.float32),
        KEYS,
    )


def ranked(
    found: Hits,
    *,
    moments: tuple[int, ...] = (0, 1, 2),
    background_score: float = 0.0,
    floor: float = 0.2,
    most: int = 10,
    faint: float = 0.2,
) -> list[str]:
    scores = np.full(len(moments), background_score, np.float32)
    ranking = rank_references(found, np.array(moments, np.float64), scores, floor, most, faint=faint)
    return [candidate.key.media_id for candidate in ranking]


def test_the_reference_that_more_moments_are_like_comes_first() -> None:
    assert ranked(hits((0, 0, 0.9), (1, 1, 0.7), (2, 1, 0.7))) == ["b", "a"]


def test_several_views_of_a_moment_and_several_hits_of_a_view_count_once() -> None:
    found = hits((0, 0, 0.5), (1, 0, 0.5), (1, 0, 0.5), (2, 0, 0.5), (3, 1, 0.6), (4, 2, 0.5), (5, 2, 0.5))
    assert ranked(found, moments=(0, 0, 0, 1, 2, 3)) == ["c", "b", "a"]


def test_likeness_that_chance_gives_proposes_nothing() -> None:
    assert ranked(hits((0, 0, 0.65), (1, 1, 0.75)), background_score=0.5) == ["b"]
    assert ranked(hits((0, 0, 0.15))) == []


def test_what_is_faintly_alike_comes_after_all_that_is_more_the_likest_first() -> None:
    faintly = [(0, 0, 0.14), (1, 0, 0.14), (2, 0, 0.14), (0, 1, 0.17)]
    assert ranked(hits(*faintly, (1, 2, 0.25)), faint=0.1) == ["c", "b", "a"]
    assert ranked(hits(*faintly, (1, 2, 0.25)), faint=0.1, most=2) == ["c", "b"]
    assert ranked(hits(*faintly, (1, 2, 0.25)), faint=0.15) == ["c", "b"]


def test_a_faint_candidate_tells_where_it_is_alike() -> None:
    found = hits((0, 0, 0.5), (0, 1, 0.14), (1, 1, 0.09), places=(12, 13, 14))
    (_, faint) = rank_references(found, np.array([3.0, 4.0]), np.zeros(2, np.float32), 0.2, 10, faint=0.1)
    assert (faint.seed_hits.moments.tolist(), faint.seed_hits.places.tolist()) == ([3.0], [13.0])


def test_no_more_are_proposed_than_asked_for() -> None:
    assert ranked(hits((0, 0, 0.5), (0, 1, 0.7), (0, 2, 0.6)), most=2) == ["b", "c"]


def test_likeness_in_one_place_comes_before_more_of_it_all_over_a_film() -> None:
    scattered = [(moment, 0, 0.5) for moment in range(5)]
    together = [(moment, 1, 0.5) for moment in range(3)]
    found = hits(*scattered, *together, places=(10, 500, 1000, 1500, 2000, 700, 701, 702))
    assert ranked(found, moments=tuple(range(5))) == ["b", "a"]


def test_a_candidate_tells_where_it_is_alike() -> None:
    found = hits((0, 0, 0.5), (1, 0, 0.1), (1, 1, 0.6), (1, 0, 0.7), places=(12, 13, 14, 15))
    (one, other) = rank_references(found, np.array([3.0, 4.0]), np.zeros(2, np.float32), 0.2, 10, faint=0.05)
    assert (one.key, other.key) == KEYS[:2]
    assert (one.seed_hits.moments.tolist(), one.seed_hits.places.tolist()) == ([3.0, 4.0], [12.0, 15.0])
    assert one.seed_hits.weight.tolist() == pytest.approx([0.3, 0.5])
    assert other.seed_hits.places.tolist() == [14.0]


def test_equals_keep_their_order() -> None:
    assert ranked(hits((0, 2, 0.5), (0, 0, 0.5), (0, 1, 0.5))) == ["a", "b", "c"]


def test_no_hits_propose_nothing() -> None:
    assert ranked(hits()) == []
