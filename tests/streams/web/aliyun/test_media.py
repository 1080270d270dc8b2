"""Where a media item is that only its id is known of."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.examples import job
from support.read_model import ReadModel

from schemas.jobs import JobStatus
from streams.settings import Settings
from streams.web.aliyun.errors import VendorError
from streams.web.aliyun.media import find_media


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "media"
    folder.mkdir()
    (folder / "clip.mp4").write_bytes(b"video" * 10)
    (folder / "clip.jpg").write_bytes(b"cover")
    (tmp_path / "secret.mp4").write_bytes(b"secret")
    return folder


def settings(folder: Path, template: str = "") -> Settings:
    return Settings(state=folder.parent, media=str(folder), media_template=template)


@pytest.mark.parametrize("name", ["clip.mp4", "clip"])
def test_a_file_below_the_media_folder_is_found_by_its_name(folder: Path, model: ReadModel, name: str) -> None:
    assert find_media(name, model, settings(folder)) == (folder / "clip.mp4").as_uri()


@pytest.mark.parametrize(
    "name", ["../secret.mp4", "../secret", "/etc/passwd", ".", "..", "cli", "*", "a\0b", "x" * 256]
)
def test_what_is_no_file_below_the_media_folder_is_not_known(folder: Path, model: ReadModel, name: str) -> None:
    with pytest.raises(VendorError) as refused:
        find_media(name, model, settings(folder))
    assert (refused.value.code, refused.value.status) == ("InvalidVideo.NotFound", 404)


def test_the_template_says_where_media_is_whatever_its_id_holds(folder: Path, model: ReadModel) -> None:
    template = "https://cdn.example.com/{MediaId}/hd.mp4"
    assert find_media("a/../b?c", model, settings(folder, template)) == "https://cdn.example.com/a%2F..%2Fb%3Fc/hd.mp4"


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("https://cdn.example.com/a.mp4", "https://cdn.example.com/a.mp4"),
        ("file:///media/a.mp4", "file:///media/a.mp4"),
        ("oss://bucket/a.mp4", "s3://bucket/a.mp4"),
    ],
)
def test_an_address_in_place_of_an_id_is_taken_as_it_is(
    folder: Path, model: ReadModel, given: str, address: str
) -> None:
    assert find_media(given, model, settings(folder, "https://cdn.example.com/{MediaId}")) == address


def test_a_known_media_item_is_where_it_was_read_from_last(folder: Path, model: ReadModel) -> None:
    for number, url in enumerate(["file:///old.mp4", "file:///new.mp4"]):
        time = f"2026-11-2{number}T08:00:00.000Z"
        model.apply(jobs=[job(f"j{number}", JobStatus.FAIL, media_id="clip", file_url=url, time=time)])
    assert find_media("clip", model, settings(folder)) == "file:///new.mp4"


def test_a_template_without_a_place_for_the_id_is_refused(folder: Path) -> None:
    with pytest.raises(ValueError, match="media_template"):
        settings(folder, "https://cdn.example.com/")
