"""Every implementation of the window index behaves the same."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pytest

from fingerprint.types import ReferenceKey, Windows
from schemas.matches import Track
from streams.adapters.milvus.connect import connect
from streams.adapters.milvus.lite_server import LiteKeeper
from streams.adapters.milvus.memory import MemoryVectors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from fingerprint.types import Hits
    from streams.ports.window_store import VectorStore

DIMENSION = 16
IMPLEMENTATIONS = ["memory", "lite", "server"]


@pytest.fixture(scope="module")
def lite_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("lite")
    keeper = LiteKeeper(folder)
    keeper.start()
    yield folder
    keeper.stop()


@pytest.fixture(params=IMPLEMENTATIONS)
def another(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], VectorStore]]:
    """Yield a function that returns one more worker's view of an index that is empty at first."""
    if request.param == "memory":
        shared = MemoryVectors()
        yield lambda: shared
        return
    on_server = request.param == "server"
    uri = request.getfixturevalue("milvus") if on_server else ""
    folder = tmp_path if on_server else request.getfixturevalue("lite_folder")
    opened: list[VectorStore] = []

    def connect_again() -> VectorStore:
        opened.append(connect(uri, folder, algorithm="test-1"))
        return opened[-1]

    first = connect_again()
    for library in first.libraries():
        first.delete_library(library)
    yield connect_again
    for view in opened:
        view.close()


@pytest.fixture
def store(another: Callable[[], VectorStore]) -> VectorStore:
    return another()


def unit(*seeds: int) -> np.ndarray:
    rows = np.stack([np.random.default_rng(seed).normal(size=DIMENSION) for seed in seeds]).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def windows(*seeds: int) -> Windows:
    numbers = np.arange(len(seeds), dtype=np.int32)
    return Windows(numbers, numbers * 1000, numbers * 1000 + 1000, unit(*seeds))


def key(media_id: str = "video", version: int = 1, library: str = "default") -> ReferenceKey:
    return ReferenceKey(library, media_id, version)


def search(
    store: VectorStore,
    *seeds: int,
    limit: int = 1,
    libraries: tuple[str, ...] = ("default",),
    exclude_media: str | None = None,
) -> Hits:
    left_out = () if exclude_media is None else (exclude_media,)
    return store.search(Track.PICTURE, unit(*seeds), libraries=dict.fromkeys(libraries, left_out), limit=limit)


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


@pytest.mark.parametrize(
    "other",
    ["other", "Default", "default_", "défault", "de fault/%\\\"'", "视" * 100],
    ids=lambda name: ascii(name)[:20],
)
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


@pytest.mark.parametrize(
    "media_id",
    ["plain", 'quo"te', "back\\slash", "new\nline", "tab\t\0", "ünïcode 视频", "视" * 256, "id == 'x'"],
    ids=lambda media_id: ascii(media_id)[:20],
)
def test_deleting_a_media_item_removes_it_and_nothing_else_whatever_its_id(store: VectorStore, media_id: str) -> None:
    store.upsert(key(media_id), Track.PICTURE, windows(1, 2))
    store.upsert(key(media_id), Track.SOUND, windows(1))
    store.upsert(key("bystander"), Track.PICTURE, windows(3))
    assert store.count("default", media_id) == 3
    assert len(search(store, 1, limit=9, exclude_media=media_id).rows) == 1
    store.delete_older(key(media_id, version=2))
    assert (store.count("default", media_id), store.count("default")) == (0, 1)


def test_emptying_a_library_takes_what_is_older_and_leaves_what_came_since(store: VectorStore) -> None:
    store.upsert(key("old", 7), Track.PICTURE, windows(1, 2))
    store.upsert(key("old", 7), Track.SOUND, windows(1))
    store.upsert(key("new", 8), Track.PICTURE, windows(3))
    store.upsert(key("old", 7, library="other"), Track.PICTURE, windows(1))
    store.empty("default", before=8)
    store.empty("nowhere", before=8)
    assert (store.count("default"), store.count("default", "new"), store.count("other")) == (1, 1, 1)


def test_each_library_leaves_out_media_items_of_its_own(store: VectorStore) -> None:
    for library in ("default", "ads"):
        store.upsert(key("a", library=library), Track.PICTURE, windows(1))
        store.upsert(key("b", library=library), Track.PICTURE, windows(1))
    hits = store.search(Track.PICTURE, unit(1), libraries={"default": ("a",), "ads": ("a", "b")}, limit=9)
    assert [hits.keys[i] for i in hits.references] == [key("b")]


def test_deleting_a_library_leaves_nothing_of_it(store: VectorStore) -> None:
    store.upsert(key(library="ads"), Track.PICTURE, windows(1, 2))
    store.delete_library("ads")
    assert (store.count("ads"), store.libraries()) == (0, [])
    store.upsert(key(library="ads"), Track.PICTURE, windows(4))
    assert store.count("ads") == 1


def test_more_queries_than_fit_in_one_call_are_all_answered(store: VectorStore) -> None:
    store.upsert(key(), Track.PICTURE, windows(1, 2))
    queries = np.repeat(unit(1, 2), 1500, axis=0)
    hits = store.search(Track.PICTURE, queries, libraries={"default": ()}, limit=1)
    assert hits.rows.tolist() == list(range(3000))
    assert hits.numbers.tolist() == [0] * 1500 + [1] * 1500


def test_deleting_one_version_leaves_the_others(store: VectorStore) -> None:
    for version in (1, 2):
        store.upsert(key(version=version), Track.PICTURE, windows(1, 2))
    store.delete_version(key(version=2))
    assert [k.version for k in search(store, 1, 2).keys] == [1]
    assert store.count("default") == 2


def test_a_window_that_is_stored_again_with_another_vector_has_the_new_one_only(store: VectorStore) -> None:
    store.upsert(key(), Track.PICTURE, windows(1))
    store.upsert(key(), Track.PICTURE, windows(2))
    assert search(store, 1).scores[0] < 0.9
    assert search(store, 2).scores[0] > 0.99


def test_a_vector_that_is_no_number_is_refused(store: VectorStore) -> None:
    broken = windows(1)
    broken.vectors[0, 3] = np.nan
    with pytest.raises(ValueError, match="finite"):
        store.upsert(key(), Track.PICTURE, broken)


def test_what_one_worker_writes_another_sees_at_once(another: Callable[[], VectorStore]) -> None:
    one, other = another(), another()
    assert len(search(other, 1).rows) == 0
    one.upsert(key(), Track.PICTURE, windows(1))
    assert len(search(other, 1).rows) == 1


def test_a_worker_goes_on_when_another_one_deletes_the_library(another: Callable[[], VectorStore]) -> None:
    one, other = another(), another()
    one.upsert(key(), Track.PICTURE, windows(1, 2))
    assert other.count("default") == 2
    other.delete_library("default")
    assert len(search(one, 1).rows) == 0
    one.upsert(key("new"), Track.PICTURE, windows(3))
    other.upsert(key("newer"), Track.PICTURE, windows(4))
    assert (one.count("default"), other.count("default")) == (2, 2)


def test_workers_that_create_one_library_at_once_lose_nothing(another: Callable[[], VectorStore]) -> None:
    views = [another() for _ in range(4)]

    def write(number: int) -> None:
        for media in range(3):
            views[number].upsert(key(f"{number}-{media}"), Track.PICTURE, windows(number))

    with ThreadPoolExecutor(len(views)) as pool:
        list(pool.map(write, range(len(views))))
    assert views[0].count("default") == 12
    assert {k.media_id[0] for k in search(views[0], *range(4), limit=3).keys} == set("0123")


def counted(store: VectorStore, library: str, limit: int | None = None) -> tuple[Counter[tuple[str, int]], int]:
    """Return the windows of each version, and how many pages they came on."""
    found: Counter[tuple[str, int]] = Counter()
    pages, cursor = 0, ""
    while pages == 0 or cursor:
        windows, cursor = store.count_versions(library, cursor=cursor, limit=limit)
        assert limit is None or sum(windows.values()) <= limit
        found.update(windows)
        pages += 1
    return found, pages


@pytest.mark.parametrize("limit", [1, 2, 3, 7, None])
def test_the_windows_of_each_version_are_counted_page_by_page(store: VectorStore, limit: int | None) -> None:
    odd = 'quo"te\\:1'
    store.upsert(key("a", 1), Track.PICTURE, windows(1, 2, 3))
    store.upsert(key("a", 1), Track.SOUND, windows(1))
    store.upsert(key("a", 12), Track.PICTURE, windows(4, 5))
    store.upsert(key(odd, 1), Track.PICTURE, windows(6))
    store.upsert(key("视", 3), Track.SOUND, windows(7, 8))
    store.upsert(key("a", 1, library="other"), Track.PICTURE, windows(9))
    found, pages = counted(store, "default", limit)
    assert found == {("a", 1): 4, ("a", 12): 2, (odd, 1): 1, ("视", 3): 2}
    assert pages >= 9 / (limit or 9)


def test_rows_that_were_stored_twice_or_removed_are_counted_as_they_are(store: VectorStore) -> None:
    for _ in range(2):
        store.upsert(key("a", 1), Track.PICTURE, windows(1, 2))
    store.upsert(key("b", 1), Track.PICTURE, windows(3))
    store.delete_version(key("b", 1))
    assert counted(store, "default", 2)[0] == {("a", 1): 2}


def test_a_library_that_is_not_there_has_no_versions(store: VectorStore) -> None:
    assert counted(store, "nowhere")[0] == {}


def test_more_rows_than_a_query_may_return_are_counted_all_the_same(store: VectorStore) -> None:
    for version in range(9):
        store.upsert(key("long", version), Track.PICTURE, windows(*range(2000)))
    assert counted(store, "default", 16_384)[0] == {("long", version): 2000 for version in range(9)}
