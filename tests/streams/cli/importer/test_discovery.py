"""What is found at the places that a person names."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem
from support.clips import FORMS, Clips

from streams.cli.importer.discovery import find
from streams.cli.importer.items import Fault, Item, LeftOut


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a.mp4", "notes.txt", "shows/b.MKV", "shows/old/c d.webm", "shows/old/.hidden"):
        path = tmp_path / "all" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"media")
    return tmp_path / "all"


def found(place: object) -> list[Item]:
    return [one for one in find(str(place), "default") if isinstance(one, Item)]


def left_out(place: object) -> list[tuple[str, str]]:
    return [(Path(one.where).name, one.reason) for one in find(str(place), "default") if isinstance(one, LeftOut)]


@pytest.fixture(scope="module")
def film(clips: Clips) -> bytes:
    return clips.make("found.mkv").read_bytes()


@pytest.mark.parametrize("name", ["film", "film.vob", "film.M2TS", "film.txt", "film.part", "0123", "film.mkv.bak"])
def test_media_is_media_whatever_it_is_called(tmp_path: Path, film: bytes, name: str) -> None:
    (tmp_path / name).write_bytes(film)
    (item,) = found(tmp_path)
    assert item.location == (tmp_path / name).as_uri()
    assert left_out(tmp_path) == []


@pytest.mark.parametrize("suffix", ["nut", "mxf", "caf", "w64", "wtv", "ogg"])
@pytest.mark.parametrize("name", ["film", "film.dat", "film.txt"])
def test_whatever_media_is_in_it_is_looked_into_and_what_lies_beside_is_named(
    clips: Clips, tmp_path: Path, name: str, suffix: str
) -> None:
    made = clips.make(f"found.{suffix}", seconds=0.4, **FORMS[suffix])
    (tmp_path / name).write_bytes(made.read_bytes())
    (tmp_path / "words.dat").write_text("a caption, and no film")
    assert [item.location for item in found(tmp_path)] == [(tmp_path / name).as_uri()]
    assert left_out(tmp_path) == [("words.dat", "it does not begin like media")]


def test_what_is_left_out_is_named_with_the_reason(folder: Path) -> None:
    (folder / "empty.dat").touch()
    (folder / "elsewhere").symlink_to(folder / "shows")
    os.mkfifo(folder / "pipe.mp4")
    (folder / "gone.txt").symlink_to(folder / "none")
    told = dict(left_out(folder))
    assert told.keys() == {"notes.txt", ".hidden", "empty.dat", "elsewhere", "pipe.mp4", "gone.txt"}
    assert told["notes.txt"] == told[".hidden"] == "it does not begin like media"
    assert told["empty.dat"] == "it is empty"
    assert told["elsewhere"].startswith("it is a link to a folder")
    assert told["pipe.mp4"] == "it is no plain file"
    assert told["gone.txt"] == "it cannot be read: No such file or directory"


def test_media_that_is_not_there_is_a_fault_and_ends_nothing(folder: Path) -> None:
    (folder / "b.mp4").symlink_to(folder / "none")
    faults = [one for one in find(str(folder), "default") if isinstance(one, Fault)]
    assert [(Path(fault.where).name, fault.reason) for fault in faults] == [
        ("b.mp4", "it cannot be read: No such file or directory")
    ]
    assert len(found(folder)) == 3


def test_a_glob_names_what_it_leaves_out_and_the_folders_that_it_does_not_search(folder: Path) -> None:
    assert [name for name, _ in left_out(f"{folder}/*")] == ["notes.txt", "shows"]
    assert left_out(f"{folder}/shows/**/*") == []


def test_a_folder_is_searched_with_all_below_and_names_come_from_paths(folder: Path) -> None:
    items = found(folder)
    assert [(item.media_id, item.size) for item in items] == [("a", 5), ("shows_b", 5), ("shows_old_c d", 5)]
    assert items[2].location == (folder / "shows" / "old" / "c d.webm").as_uri()


def test_a_glob_chooses_from_where_its_fixed_part_ends(folder: Path) -> None:
    assert [item.media_id for item in found(f"{folder}/shows/**/*")] == ["b", "old_c d"]
    assert [item.media_id for item in found(f"{folder}/?.mp4")] == ["a"]


def test_one_file_is_one_item(folder: Path) -> None:
    (item,) = found(folder / "a.mp4")
    assert (item.media_id, item.library) == ("a", "default")
    assert found((folder / "a.mp4").as_uri()) == [item]


def test_a_file_whose_name_looks_like_a_glob_is_that_file(folder: Path) -> None:
    (folder / "a[1].mp4").write_bytes(b"media")
    assert [item.media_id for item in found(folder / "a[1].mp4")] == ["a[1]"]


def test_what_is_not_there_is_not_found(folder: Path) -> None:
    with pytest.raises(FileNotFoundError):
        found(folder / "none")


def test_a_web_address_cannot_be_listed() -> None:
    with pytest.raises(ValueError, match="manifest"):
        found("https://cdn.example/videos/")


class Buckets(MemoryFileSystem):
    """Objects in memory in the place of s3fs."""

    protocol = "s3"
    store: dict[str, Any] = {}  # noqa: RUF012 (as in the base class)


@pytest.fixture
def buckets(monkeypatch: pytest.MonkeyPatch) -> Iterator[Buckets]:
    monkeypatch.setattr(fsspec.core, "url_to_fs", lambda url: (Buckets(), "/" + url.removeprefix("s3://")))
    Buckets.store.clear()
    files = Buckets()
    for name in ("/bucket/lib/a.mp4", "/bucket/lib/shows/b.mp4", "/bucket/lib/notes.txt", "/bucket/other/c.mp4"):
        files.pipe_file(name, b"media")
    yield files
    Buckets.store.clear()


@pytest.mark.usefixtures("buckets")
@pytest.mark.parametrize(
    ("place", "names"),
    [
        ("s3://bucket/lib", ["a", "shows_b"]),
        ("s3://bucket/lib/", ["a", "shows_b"]),
        ("s3://bucket/lib/*.mp4", ["a"]),
        ("s3://bucket/other/c.mp4", ["c"]),
        ("s3://bucket/none", []),
    ],
)
def test_a_prefix_on_s3_is_listed(place: str, names: list[str]) -> None:
    items = found(place)
    assert [item.media_id for item in items] == names
    assert all(item.location.startswith("s3://") and item.size == 5 for item in items)


@pytest.mark.usefixtures("buckets")
def test_objects_on_s3_are_looked_into_and_named_when_they_are_left_out(film: bytes) -> None:
    Buckets().pipe_file("/bucket/lib/film", film)
    Buckets().pipe_file("/bucket/lib/nothing", b"")
    assert "film" in [item.media_id for item in found("s3://bucket/lib")]
    assert left_out("s3://bucket/lib") == [("notes.txt", "it does not begin like media"), ("nothing", "it is empty")]
    assert [name for name, _ in left_out("s3://bucket/*")] == ["lib", "other"]


def test_without_s3fs_a_prefix_cannot_be_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(_: str) -> object:
        raise ImportError("Install s3fs to access S3")

    monkeypatch.setattr(fsspec.core, "url_to_fs", absent)
    with pytest.raises(ImportError):
        found("s3://bucket/lib")
