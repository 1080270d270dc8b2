"""Files below the allowed folders, and no others."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any

import pytest

from fingerprint.media.errors import MediaError
from schemas.errors import ErrorCode
from streams.adapters.sources import files
from streams.adapters.sources.opener import open_media
from streams.egress.policy import SourcePolicy

if TYPE_CHECKING:
    from pathlib import Path

#: How often a file is opened beside somebody who swaps folders, and seconds between two swaps: a few hundred meetings
#: happen. Without a pause, a journal of millions of renames keeps the disk from everybody else for a minute.
OPENED, PAUSE_S = 1000, 1e-4


@pytest.fixture
def media(tmp_path: Path) -> Path:
    """A folder that is allowed, beside one that is not."""
    for name in ("media", "media2", "secret"):
        (tmp_path / name / "inner").mkdir(parents=True)
        (tmp_path / name / "inner" / "a b.mp4").write_bytes(name.encode())
    return tmp_path / "media"


def code_of(url: str | Path, policy: SourcePolicy) -> ErrorCode:
    with pytest.raises(MediaError) as caught:
        open_media(str(url), policy).close()
    return caught.value.code


@pytest.mark.parametrize(
    "form", ["{}/inner/a b.mp4", "file://{}/inner/a%20b.mp4", "file://localhost{}/inner/a%20b.mp4"]
)
def test_a_file_below_the_folder_opens_by_path_and_by_url(media: Path, form: str) -> None:
    with open_media(form.format(media), SourcePolicy.parse(str(media))) as file:
        assert file.read() == b"media"
        assert file.seekable()


def test_a_relative_path_is_looked_up_below_the_folders_in_their_order(media: Path) -> None:
    (media.parent / "media2" / "only.mp4").write_bytes(b"only here")
    policy = SourcePolicy.parse(f"{media} {media.parent / 'media2'}")
    with open_media("inner/a b.mp4", policy) as file:
        assert file.read() == b"media"
    with open_media("only.mp4", policy) as file:
        assert file.read() == b"only here"


@pytest.mark.parametrize(
    "path",
    [
        "../secret/inner/a b.mp4",
        "inner/../../secret/inner/a b.mp4",
        "file://{}/../secret/inner/a%20b.mp4",
        "file://{}/%2e%2e/secret/inner/a%20b.mp4",
        "{}/../secret/inner/a b.mp4",
        "{}2/inner/a b.mp4",
        "/etc/passwd",
        "file:///etc/passwd",
        "../does-not-exist.mp4",
    ],
)
def test_a_file_outside_the_folders_is_refused(media: Path, path: str) -> None:
    assert code_of(path.format(media), SourcePolicy.parse(str(media))) is ErrorCode.RESOURCE_ACCESS


def test_a_link_that_leads_outside_is_refused_and_one_that_stays_inside_opens(media: Path) -> None:
    (media / "out.mp4").symlink_to(media.parent / "secret" / "inner" / "a b.mp4")
    (media / "outside").symlink_to(media.parent / "secret")
    (media / "in.mp4").symlink_to(media / "inner" / "a b.mp4")
    policy = SourcePolicy.parse(str(media))
    assert code_of("out.mp4", policy) is ErrorCode.RESOURCE_ACCESS
    assert code_of("outside/inner/a b.mp4", policy) is ErrorCode.RESOURCE_ACCESS
    with open_media("in.mp4", policy) as file:
        assert file.read() == b"media"


@pytest.mark.parametrize("part", ["inner", "inner/a b.mp4"])
def test_a_link_that_is_put_in_the_place_of_a_part_after_the_look_at_it_leads_nowhere(
    media: Path, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    genuine = files._find

    def swap_after(*arguments: Any) -> tuple[Path, Path]:
        found = genuine(*arguments)
        (media / part).rename(media / "moved")
        (media / part).symlink_to(media.parent / "secret" / part)
        return found

    monkeypatch.setattr(files, "_find", swap_after)
    assert code_of("inner/a b.mp4", SourcePolicy.parse(str(media))) is ErrorCode.RESOURCE_ACCESS


def test_no_file_outside_is_ever_opened_while_somebody_swaps_folders_for_links(media: Path) -> None:
    policy, stop = SourcePolicy.parse(str(media)), threading.Event()
    (media / "link").symlink_to(media.parent / "secret" / "inner")

    def swap() -> None:
        while not stop.wait(PAUSE_S):
            (media / "inner").rename(media / "kept")
            (media / "link").rename(media / "inner")
            (media / "inner").rename(media / "link")
            (media / "kept").rename(media / "inner")

    swapper = threading.Thread(target=swap)
    swapper.start()
    read: set[bytes] = set()
    try:
        for _ in range(OPENED):
            try:
                with open_media("inner/a b.mp4", policy) as file:
                    read.add(file.read())
            except MediaError:
                continue
    finally:
        stop.set()
        swapper.join()
    assert read == {b"media"}


def test_a_folder_that_is_itself_a_link_is_allowed_as_what_it_leads_to(media: Path) -> None:
    link = media.parent / "link"
    link.symlink_to(media)
    with open_media(str(link / "inner" / "a b.mp4"), SourcePolicy.parse(str(link))) as file:
        assert file.read() == b"media"


def test_a_missing_file_is_not_found(media: Path) -> None:
    assert code_of("none.mp4", SourcePolicy.parse(str(media))) is ErrorCode.RESOURCE_NOT_FOUND


def test_a_folder_is_no_media(media: Path) -> None:
    assert code_of("inner", SourcePolicy.parse(str(media))) is ErrorCode.RESOURCE_NOT_SUPPORTED


def test_a_pipe_is_refused_without_waiting_for_a_writer(media: Path) -> None:
    os.mkfifo(media / "pipe.mp4")
    assert code_of("pipe.mp4", SourcePolicy.parse(str(media))) is ErrorCode.RESOURCE_NOT_SUPPORTED


def test_a_file_over_the_limit_is_too_large(media: Path) -> None:
    policy = SourcePolicy.parse(str(media), max_bytes=3)
    assert code_of("inner/a b.mp4", policy) is ErrorCode.RESOURCE_TOO_LARGE


@pytest.mark.parametrize("url", ["file://other.example/a.mp4", "ftp://a.example/a.mp4", "data://text", "concat://a"])
def test_other_machines_and_protocols_are_refused(media: Path, url: str) -> None:
    assert code_of(url, SourcePolicy.parse(str(media))) is ErrorCode.RESOURCE_ACCESS


@pytest.mark.parametrize("url", ["", "file://", "a\0b.mp4"])
def test_an_address_without_a_path_is_not_found(media: Path, url: str) -> None:
    assert code_of(url, SourcePolicy.parse(str(media))) is ErrorCode.RESOURCE_NOT_FOUND


def test_without_folders_no_file_opens(media: Path) -> None:
    assert code_of(media / "inner" / "a b.mp4", SourcePolicy.parse("")) is ErrorCode.RESOURCE_ACCESS
