"""Media from a web server goes through the decoder as a local file does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fingerprint.media.decode import Picture, decode
from fingerprint.media.errors import MediaError
from fingerprint.media.probe import probe
from schemas.errors import ErrorCode
from streams.adapters.sources.opener import open_media
from streams.egress.policy import SourcePolicy, Timeouts

if TYPE_CHECKING:
    from pathlib import Path

    from support.media_server import MediaServer

POLICY_TIMES = Timeouts(tries=2, pause_s=0.01)


@pytest.mark.parametrize("ranges", [True, False])
def test_a_chunk_decodes_the_same_over_http(server: MediaServer, footage: dict[str, Path], ranges: bool) -> None:  # noqa: FBT001
    server.files["/trailer.mp4"], server.ranges = footage["trailer"].read_bytes(), ranges
    with open_media(server.url + "/trailer.mp4", SourcePolicy.parse(server.url)) as file:
        assert probe(file) == probe(footage["trailer"])
        remote = [item for item in decode(file, 20.0, 24.0, sound=None) if isinstance(item, Picture)]
    local = [item for item in decode(footage["trailer"], 20.0, 24.0, sound=None) if isinstance(item, Picture)]
    assert [item.time for item in remote] == [item.time for item in local]
    assert all((one.rgb == other.rgb).all() for one, other in zip(remote, local, strict=True))


def test_a_server_that_fails_in_mid_file_fails_the_chunk_with_its_code(
    server: MediaServer, footage: dict[str, Path]
) -> None:
    server.files["/trailer.mp4"] = footage["trailer"].read_bytes()
    policy = SourcePolicy.parse(server.url, timeouts=POLICY_TIMES)
    with open_media(server.url + "/trailer.mp4", policy) as file:
        assert probe(file).has_picture
        server.answers["/trailer.mp4"] = [403] * 99
        with pytest.raises(MediaError) as caught:
            list(decode(file, 20.0, 40.0))
    assert caught.value.code is ErrorCode.RESOURCE_ACCESS
