"""Every fingerprint store behaves the same."""

from __future__ import annotations

import os
import time
import uuid
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fingerprint.types import ReferenceKey
from streams.adapters.storage.fsspec_store import FileStore, open_store

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
    store.put_upload("j", BytesIO(b"content"))
    with store.open_upload("j") as first:  # type: ignore[union-attr] # it is there
        assert first.read(3) == b"con"
        store.put_upload("j", BytesIO(b"CONTENT"))
        assert first.read() == b"tent"
    with store.open_upload("j") as second:  # type: ignore[union-attr] # it is there
        assert second.read() == b"CONTENT"


def test_an_upload_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    class Broken(BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell():
                raise OSError("the connection broke")
            return super().read(size)

    store = open_store(str(tmp_path / "store"))
    with pytest.raises(OSError, match="broke"):
        store.put_upload("j", Broken(b"content" * (1 << 20)))
    assert store.open_upload("j") is None
    assert [path for path in (tmp_path / "store").rglob("*") if path.is_file()] == []


def test_what_a_library_holds_is_listed_from_any_media_item_on(store: FileStore) -> None:
    for media_id in IDS:
        store.put(ReferenceKey("default", media_id, 1), b"x")
    whole = list(store.keys("default"))
    for number, key in enumerate(whole):
        assert list(store.keys("default", after=key.media_id)) == whole[number + 1 :]


def test_jobs_with_parts_are_listed_with_when_the_newest_was_written(store: FileStore) -> None:
    assert (list(store.jobs_with_parts()), store.parts_written("job")) == ([], None)
    store.put_part("job", 0, b"x")
    store.put_part("a/b", 0, b"x")
    store.put_upload("upload", BytesIO(b"media"))
    assert sorted(store.jobs_with_parts()) == ["a/b", "job", "upload"]
    for job_id in store.jobs_with_parts():
        written = store.parts_written(job_id)
        assert written is not None
        assert abs(time.time() - written) < 60


def test_only_the_newest_part_says_how_old_a_jobs_parts_are(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    for chunk, written in ((0, 100.0), (1, 300.0), (2, 200.0)):
        store.put_part("job", chunk, b"x")
        os.utime(tmp_path / "parts" / "job" / f"{chunk:06d}", (written, written))
    assert store.parts_written("job") == 300.0


def test_writes_that_were_cut_off_are_found_and_removed_and_nothing_else(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    key = ReferenceKey("default", "a." + "0" * 32, 1)
    store.put(key, b"whole")
    store.put_part("job", 0, b"whole")
    cut = tmp_path / "libraries" / "default" / "video" / f"0000000002.mdna.{uuid.uuid4().hex}"
    under_way = tmp_path / "parts" / "job" / f"000001.{uuid.uuid4().hex}"
    for path, written in ((cut, 100.0), (under_way, 300.0)):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"ha")
        os.utime(path, (written, written))
    for path in (p for p in tmp_path.rglob("*") if p.is_file() and p not in {cut, under_way}):
        os.utime(path, (100.0, 100.0))
    assert store.abandoned_writes(200.0) == [str(cut)]
    store.delete_abandoned_writes(200.0)
    assert (cut.exists(), under_way.exists()) == (False, True)
    assert (store.get(key), store.get_part("job", 0)) == (b"whole", b"whole")


def test_an_object_store_has_no_writes_that_were_cut_off() -> None:
    store = open_store(f"memory://{uuid.uuid4().hex}")
    store.put(ReferenceKey("default", "video", 1), b"x")
    assert store.abandoned_writes(time.time() + 60) == []


@pytest.mark.parametrize("media_id", ["plain", "视" * 256])
def test_removing_the_last_version_takes_nothing_that_another_job_stores_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, media_id: str
) -> None:
    store, other = open_store(str(tmp_path)), open_store(str(tmp_path))
    old, new = ReferenceKey("default", media_id, 1), ReferenceKey("default", media_id, 2)
    store.put(old, b"old")
    look = FileStore.versions

    def stored_after_the_look(self: FileStore, library: str, media: str) -> list[ReferenceKey]:
        found = look(self, library, media)
        monkeypatch.setattr(FileStore, "versions", look)
        other.put(new, b"new")
        return found

    monkeypatch.setattr(FileStore, "versions", stored_after_the_look)
    store.delete(old)
    assert (store.get(new), list(store.keys("default"))) == (b"new", [new])


def test_a_folder_of_which_nobody_can_tell_whose_it_is_is_not_listed(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    store.put(ReferenceKey("default", "视" * 256, 1), b"x")
    next(tmp_path.rglob("media-id")).unlink()
    assert list(store.keys("default")) == []
