from __future__ import annotations

import numpy as np

from fingerprint.candidates import rank_references
from fingerprint.ports import Hits, ReferenceKey

KEYS = tuple(ReferenceKey("default", name, 1) for name in ("a", "b", "c"))


def hits(*found: tuple[int, int, float]) -> Hits:
    """Return hits of (query vector, reference, score)."""
    rows, references, scores = zip(*found, strict=True) if found else ((), (), ())
    nothing = np.zeros(len(found), np.int32)
    return Hits(
        np.array(rows, np.int32), np.array(references, np.int32), nothing, nothing, np.array(scores, np.float32), KEYS
    )


def ranked(
    found: Hits, *, moments: tuple[int, ...] = (0, 1, 2), chance: float = 0.0, floor: float = 0.2, most: int = 10
) -> list[str]:
    scores = np.full(len(moments), chance, np.float32)
    return [key.media_id for key in rank_references(found, np.array(moments, np.int64), scores, floor, most)]


def test_the_reference_that_more_moments_are_like_comes_first() -> None:
    assert ranked(hits((0, 0, 0.9), (1, 1, 0.7), (2, 1, 0.7))) == ["b", "a"]


def test_several_views_of_a_moment_and_several_hits_of_a_view_count_once() -> None:
    found = hits((0, 0, 0.5), (1, 0, 0.5), (1, 0, 0.5), (2, 0, 0.5), (3, 1, 0.6), (4, 2, 0.5), (5, 2, 0.5))
    assert ranked(found, moments=(0, 0, 0, 1, 2, 3)) == ["c", "b", "a"]


def test_likeness_that_chance_gives_proposes_nothing() -> None:
    assert ranked(hits((0, 0, 0.65), (1, 1, 0.75)), chance=0.5) == ["b"]
    assert ranked(hits((0, 0, 0.15))) == []


def test_no_more_are_proposed_than_asked_for() -> None:
    assert ranked(hits((0, 0, 0.5), (0, 1, 0.7), (0, 2, 0.6)), most=2) == ["b", "c"]


def test_equals_keep_their_order() -> None:
    assert ranked(hits((0, 2, 0.5), (0, 0, 0.5), (0, 1, 0.5))) == ["a", "b", "c"]


def test_no_hits_propose_nothing() -> None:
    assert ranked(hits()) == []
