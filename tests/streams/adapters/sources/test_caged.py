"""Media on a web server is decoded in the cage, which itself reaches no server."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from fingerprint.engine import fingerprint_chunk
from fingerprint.media.limits import MediaLimits
from streams.adapters.decoder.client import CagedDecoder
from streams.adapters.sources.opener import open_media
from streams.egress.policy import SourcePolicy

if TYPE_CHECKING:
    from support.media_server import MediaServer

LIMITS = MediaLimits()


def test_media_that_is_read_by_ranges_or_whole_gives_what_the_file_gives(
    server: MediaServer, footage: dict[str, Path]
) -> None:
    path = footage["carphone"]
    server.files["/a.mp4"] = path.read_bytes()
    wanted = fingerprint_chunk(str(path), 0.0, 4.004, LIMITS).to_bytes()
    decoder = CagedDecoder(memory=2**30, required=True)
    try:
        for server.ranges in (True, False):
            with open_media(server.url + "/a.mp4", SourcePolicy.parse(server.url + "/", max_bytes=2**40)) as media:
                assert decoder.fingerprint(media, 0.0, 4.004, LIMITS).to_bytes() == wanted
    finally:
        decoder.close()
