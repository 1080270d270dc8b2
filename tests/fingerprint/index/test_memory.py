from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fingerprint.index.memory import MemoryIndex
from fingerprint.model import Fingerprint
from fingerprint.sound.track import SoundTrack
from fingerprint.types import Hits, ReferenceKey
from schemas.matches import Track


def heard(*seeds: int) -> Fingerprint:
    """Return a fingerprint with one window of sound for each seed."""
    numbers = np.arange(len(seeds), dtype=np.int32)
    codes = [np.random.default_rng(seed).integers(-120, 121, 100) for seed in seeds]
    track = SoundTrack(
        frames=np.zeros(0, np.int32),
        bins=np.zeros(0, np.uint8),
        numbers=numbers + 3,
        starts_ms=numbers * 540,
        codes=np.array(codes, np.int8).reshape(-1, 100),
    )
    return Fingerprint(float(len(seeds)), None, track)


def vectors(*seeds: int) -> np.ndarray:
    return heard(*seeds).windows()[Track.SOUND].vectors


def named(hits: Hits) -> list[tuple[int, str, int, int]]:
    """Return hits as (query vector, media id, window number, start)."""
    parts = zip(hits.rows, hits.references, hits.numbers, hits.starts_ms, strict=True)
    return [(int(row), hits.keys[ref].media_id, int(number), int(start)) for row, ref, number, start in parts]


def test_each_vector_is_given_its_own_window_first() -> None:
    index = MemoryIndex()
    index.add("one", heard(1, 2))
    index.add("two", heard(3, 4))
    hits = index.search(Track.SOUND, vectors(4, 1), limit=1)
    assert named(hits) == [(0, "two", 4, 540), (1, "one", 3, 0)]
    np.testing.assert_allclose(hits.scores, 1.0, atol=1e-5)


@given(st.integers(1, 30), st.lists(st.integers(0, 500), min_size=1, max_size=20), st.integers(1, 600))
def test_search_gives_the_best_of_all_best_first(limit: int, stored: list[int], asked: int) -> None:
    index = MemoryIndex()
    for number, seed in enumerate(stored):
        index.add(f"media-{number}", heard(seed, seed + 1000))
    query = vectors(asked)
    scores = index.search(Track.SOUND, query, limit=limit).scores
    everything = np.sort(np.concatenate([query @ vectors(seed, seed + 1000).T for seed in stored], axis=1)[0])[::-1]
    np.testing.assert_allclose(scores, everything[:limit], atol=1e-5)


def test_more_vectors_than_are_compared_at_once_are_answered_in_order() -> None:
    index = MemoryIndex()
    index.add("one", heard(*range(40)))
    asked = vectors(*range(40)).repeat(20, axis=0)
    hits = index.search(Track.SOUND, asked, limit=2)
    assert hits.rows.tolist() == np.arange(800).repeat(2).tolist()
    assert (hits.numbers[::2] - 3).tolist() == np.arange(40).repeat(20).tolist()


def test_what_is_excluded_leaves_its_place_to_others() -> None:
    index = MemoryIndex()
    index.add("mine", heard(1), version=1)
    index.add("mine", heard(1), version=2)
    index.add("theirs", heard(2))
    assert named(index.search(Track.SOUND, vectors(1), limit=1, exclude_media="mine")) == [(0, "theirs", 3, 0)]


def test_an_index_of_nothing_else_than_the_excluded_finds_nothing() -> None:
    index = MemoryIndex()
    index.add("mine", heard(1))
    assert named(index.search(Track.SOUND, vectors(1), limit=5, exclude_media="mine")) == []


def test_an_empty_index_an_empty_query_and_another_track_find_nothing() -> None:
    index = MemoryIndex()
    assert named(index.search(Track.SOUND, vectors(1), limit=5)) == []
    index.add("one", heard(1))
    assert named(index.search(Track.SOUND, vectors(1)[:0], limit=5)) == []
    assert named(index.search(Track.PICTURE, vectors(1), limit=5)) == []


def test_what_is_added_later_is_found_too() -> None:
    index = MemoryIndex()
    index.add("one", heard(1))
    index.search(Track.SOUND, vectors(1), limit=1)
    index.add("two", heard(2))
    assert named(index.search(Track.SOUND, vectors(2), limit=1)) == [(0, "two", 3, 0)]


def test_fingerprints_are_kept_by_library_media_and_version() -> None:
    index = MemoryIndex()
    old, new, other = heard(1), heard(2), heard(3)
    index.add("one", old)
    index.add("one", new, version=2)
    index.add("one", other, library="films")
    assert index.load(ReferenceKey("default", "one", 1)) is old
    assert index.load(ReferenceKey("default", "one", 2)) is new
    assert index.load(ReferenceKey("films", "one", 1)) is other
    assert index.load(ReferenceKey("films", "two", 1)) is None
