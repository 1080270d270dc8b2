"""Every fingerprint store behaves the same."""

from __future__ import annotations

import io
import uuid
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fingerprint.ports import ReferenceKey
from streams.store.files import FileStore, open_store

IDS = ["plain", "with/slash", "..", ".", "ünïcode 视频", "a" * 256, "视" * 256, "%41", "A", "a b?c#d"]


@pytest.fixture(params=["folder", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> FileStore:
    return open_store(str(tmp_path / "store") if request.param == "folder" else f"memory://{uuid.uuid4().hex}")


@pytest.mark.parametrize("media_id", IDS)
def test_what_was_put_is_got_back_whatever_the_id(store: FileStore, media_id: str) -> None:
    key = ReferenceKey("default", media_id, 1)
    assert store.get(key) is None
    store.put(key, b"one")
    store.put(key, b"two")
    assert store.get(key) == b"two"
    assert list(store.keys("default")) == [key]


def test_versions_are_listed_oldest_first_and_deleted_one_by_one(store: FileStore) -> None:
    keys = [ReferenceKey("default", "video", version) for version in (2, 10, 1)]
    for key in keys:
        store.put(key, b"x")
    assert [key.version for key in store.versions("default", "video")] == [1, 2, 10]
    for key in keys:
        store.delete(key)
        store.delete(key)
    assert list(store.keys("default")) == []


def test_ids_do_not_meet_in_one_file(store: FileStore) -> None:
    for number, media_id in enumerate(IDS):
        store.put(ReferenceKey("default", media_id, 1), str(number).encode())
    assert [store.get(ReferenceKey("default", media_id, 1)) for media_id in IDS] == [
        str(number).encode() for number in range(len(IDS))
    ]
    assert {key.media_id for key in store.keys("default")} == set(IDS)


def test_deleting_a_library_leaves_the_others(store: FileStore) -> None:
    store.put(ReferenceKey("ads", "video", 1), b"x")
    store.put(ReferenceKey("default", "video", 1), b"x")
    store.delete_library("ads")
    store.delete_library("ads")
    assert (list(store.keys("ads")), len(list(store.keys("default")))) == ([], 1)


def test_parts_are_kept_until_their_job_is_cleaned_up(store: FileStore) -> None:
    store.put_part("job", 0, b"zero")
    store.put_part("job", 11, b"eleven")
    store.put_part("other", 0, b"other")
    assert (store.get_part("job", 11), store.get_part("job", 5)) == (b"eleven", None)
    store.delete_parts("job")
    store.delete_parts("job")
    assert (store.get_part("job", 0), store.get_part("other", 0)) == (None, b"other")


def test_nothing_is_written_outside_the_folder(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "store"))
    for media_id in ("../../evil", "..", "/etc/evil"):
        store.put(ReferenceKey("../lib", media_id, 1), b"x")
    assert [p.name for p in tmp_path.iterdir()] == ["store"]
    assert not [p for p in tmp_path.rglob("evil*") if p.parent == tmp_path]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(media_id=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=256))
def test_any_id_is_listed_as_it_was_put(tmp_path: Path, media_id: str) -> None:
    store = open_store(str(tmp_path / uuid.uuid4().hex))
    key = ReferenceKey("library", media_id, 7)
    store.put(key, b"x")
    assert (list(store.keys("library")), store.get(key)) == ([key], b"x")


def test_an_upload_that_is_sent_again_leaves_who_reads_the_first_undisturbed(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "store"))
    store.put_upload("j", io.BytesIO(b"content"))
    with store.open_upload("j") as first:  # type: ignore[union-attr] # it is there
        assert first.read(3) == b"con"
        store.put_upload("j", io.BytesIO(b"CONTENT"))
        assert first.read() == b"tent"
    with store.open_upload("j") as second:  # type: ignore[union-attr] # it is there
        assert second.read() == b"CONTENT"


def test_an_upload_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell():
                raise OSError("the connection broke")
            return super().read(size)

    store = open_store(str(tmp_path / "store"))
    with pytest.raises(OSError, match="broke"):
        store.put_upload("j", Broken(b"content" * (1 << 20)))
    assert store.open_upload("j") is None
    assert [path for path in (tmp_path / "store").rglob("*") if path.is_file()] == []
