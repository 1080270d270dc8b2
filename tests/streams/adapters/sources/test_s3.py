"""Objects in S3."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from fingerprint.media.errors import MediaError
from schemas.errors import ErrorCode
from streams.adapters.sources.opener import open_media
from streams.egress.policy import SourcePolicy

if TYPE_CHECKING:
    from collections.abc import Iterator

POLICY = SourcePolicy.parse("s3://bucket/media", max_bytes=100)


class Buckets(MemoryFileSystem):
    """Objects in memory in the place of s3fs."""

    protocol = "s3"
    store: dict[str, Any] = {}  # noqa: RUF012 (as in the base class)

    def info(self, path: str, **kwargs: Any) -> Any:
        if path.endswith("refused.mp4"):
            raise PermissionError(path)
        return super().info(path, **kwargs)


@pytest.fixture
def buckets(monkeypatch: pytest.MonkeyPatch) -> Iterator[Buckets]:
    """Serve `s3://` from memory."""
    monkeypatch.setattr(fsspec.core, "url_to_fs", lambda url: (Buckets(), url.removeprefix("s3://")))
    Buckets.store.clear()
    files = Buckets()
    files.pipe_file("/bucket/media/a.mp4", b"media")
    files.pipe_file("/bucket/media/large.mp4", bytes(101))
    files.pipe_file("/bucket/other/a.mp4", b"other")
    yield files
    Buckets.store.clear()


def code_of(url: str) -> ErrorCode:
    with pytest.raises(MediaError) as caught:
        open_media(url, POLICY).close()
    return caught.value.code


@pytest.mark.usefixtures("buckets")
def test_an_object_below_the_prefix_opens() -> None:
    with open_media("s3://bucket/media/a.mp4", POLICY) as file:
        assert file.seek(1) == 1
        assert file.read() == b"edia"


@pytest.mark.usefixtures("buckets")
@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("s3://bucket/media/none.mp4", ErrorCode.RESOURCE_NOT_FOUND),
        ("s3://bucket/media/refused.mp4", ErrorCode.RESOURCE_ACCESS),
        ("s3://bucket/media/large.mp4", ErrorCode.RESOURCE_TOO_LARGE),
        ("s3://bucket/other/a.mp4", ErrorCode.RESOURCE_ACCESS),
    ],
)
def test_an_object_that_cannot_be_had_has_the_code_of_its_reason(url: str, code: ErrorCode) -> None:
    assert code_of(url) is code


def test_without_s3fs_the_error_names_the_extra_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "s3fs", None)
    with pytest.raises(MediaError, match=r"mediadna\[s3\]") as caught:
        open_media("s3://bucket/media/a.mp4", POLICY)
    assert caught.value.code is ErrorCode.RESOURCE_ACCESS
