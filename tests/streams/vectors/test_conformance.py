"""Every implementation of the window index behaves the same."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from fingerprint.ports import ReferenceKey, Windows
from schemas.matches import Track
from streams.vectors.connect import connect
from streams.vectors.lite import LiteKeeper
from streams.vectors.memory import MemoryVectors
from streams.vectors.port import VectorStore

DIMENSION = 16
IMPLEMENTATIONS = ["memory", "lite", *(["cluster"] if os.environ.get("MEDIADNA_TEST_MILVUS") else [])]


@pytest.fixture(scope="module")
def lite_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("lite")
    keeper = LiteKeeper(folder)
    keeper.start()
    yield folder
    keeper.stop()


@pytest.fixture(params=IMPLEMENTATIONS)
def store(request: pytest.FixtureRequest) -> Iterator[VectorStore]:
    if request.param == "memory":
        yield MemoryVectors()
        return
    uri = os.environ["MEDIADNA_TEST_MILVUS"] if request.param == "cluster" else ""
    vectors = connect(uri, request.getfixturevalue("lite_folder"))
    for library in vectors.libraries():
        vectors.delete_library(library)
    yield vectors
    vectors.close()


def unit(*seeds: int) -> np.ndarray:
    rows = np.stack([np.random.default_rng(seed).normal(size=DIMENSION) for seed in seeds]).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def windows(*seeds: int) -> Windows:
    numbers = np.arange(len(seeds), dtype=np.int32)
    return Windows(numbers, numbers * 1000, numbers * 1000 + 1000, unit(*seeds))


def key(media_id: str = "video", version: int = 1, library: str = "default") -> ReferenceKey:
    return ReferenceKey(library, media_id, version)


def search(store: VectorStore, *seeds: int, limit: int = 1, libraries: tuple[str, ...] = ("default",), **more: str):
    return store.search(Track.PICTURE, unit(*seeds), libraries=libraries, limit=limit, **more)


def test_a_stored_window_is_found_by_its_own_vector(store: VectorStore) -> None:
    store.upsert(key(), Track.PICTURE, windows(1, 2, 3))
    hits = search(store, 3, 1)
    assert [hits.keys[i] for i in hits.references] == [key(), key()]
    assert (hits.rows.tolist(), hits.numbers.tolist(), hits.starts_ms.tolist()) == ([0, 1], [2, 0], [2000, 0])
    assert np.allclose(hits.scores, 1, atol=1e-4)


def test_hits_come_best_first_and_no_more_than_asked_for(store: VectorStore) -> None:
    store.upsert(key(), Track.PICTURE, windows(*range(20)))
    hits = search(store, 7, limit=5)
    assert len(hits.scores) == 5
    assert hits.scores.tolist() == sorted(hits.scores.tolist(), reverse=True)


def test_a_replayed_upsert_adds_no_rows(store: VectorStore) -> None:
    for _ in range(3):
        store.upsert(key(), Track.PICTURE, windows(1, 2, 3))
    assert store.count("default", "video") == 3


def test_an_index_that_holds_nothing_finds_nothing(store: VectorStore) -> None:
    assert len(search(store, 1).rows) == 0
    assert store.count("nowhere") == 0
    assert store.libraries() == []


def test_tracks_do_not_find_each_other(store: VectorStore) -> None:
    store.upsert(key(), Track.SOUND, windows(1))
    assert len(search(store, 1).rows) == 0


@pytest.mark.parametrize("other", ["other", "Default", "default_", "défault", "de fault/%\\\"'"])
def test_libraries_do_not_see_each_other(store: VectorStore, other: str) -> None:
    store.upsert(key(library=other), Track.PICTURE, windows(1))
    assert len(search(store, 1).rows) == 0
    assert len(search(store, 1, libraries=("default", other)).rows) == 1
    assert store.libraries() == [other]


def test_the_excluded_media_item_takes_no_place_among_the_hits(store: VectorStore) -> None:
    store.upsert(key("mine", 1), Track.PICTURE, windows(*[1] * 30))
    store.upsert(key("mine", 2), Track.PICTURE, windows(*[1] * 30))
    store.upsert(key("other"), Track.PICTURE, windows(2))
    hits = search(store, 1, limit=3, exclude_media="mine")
    assert [hits.keys[i].media_id for i in hits.references] == ["other"]


def test_deleting_older_versions_leaves_the_newest_only(store: VectorStore) -> None:
    for version in (1, 2, 3):
        store.upsert(key(version=version), Track.PICTURE, windows(1, 2))
        store.upsert(key("bystander", version), Track.PICTURE, windows(5))
    store.delete_older(key(version=3))
    assert store.count("default", "video") == 2
    assert store.count("default", "bystander") == 3
    assert {k.version for k in search(store, 1, limit=2).keys if k.media_id == "video"} == {3}


@pytest.mark.parametrize("media_id", ["plain", 'quo"te', "back\\slash", "new\nline", "ünïcode 视频", "a" * 256, "media_id == 'x'"])
def test_deleting_a_media_item_removes_it_and_nothing_else_whatever_its_id(store: VectorStore, media_id: str) -> None:
    store.upsert(key(media_id), Track.PICTURE, windows(1, 2))
    store.upsert(key(media_id), Track.SOUND, windows(1))
    store.upsert(key("bystander"), Track.PICTURE, windows(3))
    assert store.count("default", media_id) == 3
    assert len(search(store, 1, limit=9, exclude_media=media_id).rows) == 1
    store.delete_media("default", media_id)
    assert (store.count("default", media_id), store.count("default")) == (0, 1)


def test_deleting_a_library_leaves_nothing_of_it(store: VectorStore) -> None:
    store.upsert(key(library="ads"), Track.PICTURE, windows(1, 2))
    store.delete_library("ads")
    assert (store.count("ads"), store.libraries()) == (0, [])
    store.upsert(key(library="ads"), Track.PICTURE, windows(4))
    assert store.count("ads") == 1


def test_more_queries_than_fit_in_one_call_are_all_answered(store: VectorStore) -> None:
    store.upsert(key(), Track.PICTURE, windows(1, 2))
    queries = np.repeat(unit(1, 2), 1500, axis=0)
    hits = store.search(Track.PICTURE, queries, libraries=("default",), limit=1)
    assert hits.rows.tolist() == list(range(3000))
    assert hits.numbers.tolist() == [0] * 1500 + [1] * 1500
