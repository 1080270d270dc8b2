"""Which places media may be read from."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from fingerprint.media.errors import MediaError
from streams.egress.policy import SourcePolicy


def test_the_setting_is_read_into_folders_and_prefixes(tmp_path: Path) -> None:
    policy = SourcePolicy.parse(f"{tmp_path} file:///srv/a%20b  https://a.example/v s3://bucket/v", max_bytes=7)
    assert policy.folders == (tmp_path, Path("/srv/a b"))
    assert policy.web == ("https://a.example/v",)
    assert policy.buckets == ("s3://bucket/v",)
    assert policy.max_bytes == 7


def test_a_scheme_that_media_cannot_be_read_from_is_a_mistake_in_the_setting() -> None:
    with pytest.raises(ValueError, match="ftp://a"):
        SourcePolicy.parse("ftp://a.example")


def test_a_policy_travels_to_other_processes() -> None:
    policy = SourcePolicy.parse("/srv https://a.example")
    assert pickle.loads(pickle.dumps(policy)) == policy  # noqa: S301 (written here)


@pytest.mark.parametrize(
    "url",
    [
        "https://a.example/v",
        "https://A.example:443/v/b.mp4",
        "https://a.example/v/b%20c.mp4?x=../..",
        "https://u:p@a.example/v/b",
    ],
)
def test_an_address_below_the_prefix_is_let_in(url: str) -> None:
    SourcePolicy.parse("https://a.example/v/").check_web(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://a.example.evil/v/b", "https://evil/a.example/v/", "http://a.example/v/b", "https://a.example:444/v/b",
        "https://a.example/v2/b", "https://a.example/", "https://a.example/v/../w", "https://a.example/v/%2e%2e/w",
        "https://a.example/v/..%5cw", "https://a.example@evil/v/b", "https://a.example:x/v/b", "https:///v/b", "https://[::1/v",
    ],
)  # fmt: skip
def test_an_address_that_only_looks_like_the_prefix_is_refused(url: str) -> None:
    with pytest.raises(MediaError):
        SourcePolicy.parse("https://a.example/v/").check_web(url)


def test_buckets_are_open_only_where_listed() -> None:
    SourcePolicy.parse("s3://bucket/v").check_bucket("s3://bucket/v/b.mp4")
    for url in ("s3://bucket/w/b.mp4", "s3://other/v/b.mp4"):
        with pytest.raises(MediaError):
            SourcePolicy.parse("s3://bucket/v").check_bucket(url)
    with pytest.raises(MediaError):
        SourcePolicy.parse("/srv https://a.example").check_bucket("s3://bucket/v/b.mp4")


@pytest.mark.parametrize("url", ["s3://bucket:x/v/b", "s3://[::1/v/b", "s3://[a]/v/b", "https://a.example:99999/v/b"])
def test_an_address_that_is_none_is_refused_as_any_that_is_not_listed(url: str) -> None:
    policy = SourcePolicy.parse("s3://bucket/v https://a.example/v")
    for check in (policy.check_bucket, policy.check_web):
        with pytest.raises(MediaError):
            check(url)
