"""Media on web servers that serve well or badly."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from fingerprint.media.errors import MediaError
from schemas.errors import ErrorCode
from streams.adapters.sources.opener import open_media
from streams.adapters.sources.range_reader import BLOCK_BYTES, BLOCKS_KEPT
from streams.egress.policy import SourcePolicy, Timeouts

if TYPE_CHECKING:
    from support.media_server import MediaServer

QUICK = Timeouts(tries=2, pause_s=0.01)
IMPATIENT = Timeouts(connect_s=5.0, read_s=0.2, request_s=0.2, tries=2, pause_s=0.01)
DATA = random.Random(1).randbytes(3 * BLOCK_BYTES + 12_345)


def allowed(server: MediaServer, path: str = "/", max_bytes: int = 2**40, timeouts: Timeouts = QUICK) -> SourcePolicy:
    return SourcePolicy.parse(server.url + path, max_bytes=max_bytes, timeouts=timeouts)


def code_of(server: MediaServer, path: str, policy: SourcePolicy | None = None) -> ErrorCode:
    with pytest.raises(MediaError) as caught:
        open_media(server.url + path, policy or allowed(server)).close()
    return caught.value.code


@pytest.mark.parametrize("ranges", [True, False])
def test_a_file_reads_the_same_over_http_as_from_memory(server: MediaServer, ranges: bool) -> None:  # noqa: FBT001
    server.files["/a.mp4"], server.ranges = DATA, ranges
    with open_media(server.url + "/a.mp4", allowed(server)) as file:
        assert file.read(64) == DATA[:64]
        assert file.seek(0, 2) == len(DATA)
        assert not file.read(10)
        for at in (0, BLOCK_BYTES - 3, 2 * BLOCK_BYTES + 1, len(DATA) - 7, 5):
            file.seek(at)
            assert file.read(100_000) == DATA[at : at + 100_000]
        file.seek(0)
        assert file.read() == DATA


def test_only_the_blocks_that_are_read_are_fetched_and_each_once(server: MediaServer) -> None:
    server.files["/a.mp4"] = DATA
    with open_media(server.url + "/a.mp4", allowed(server)) as file:
        for at in (3 * BLOCK_BYTES, 0, 3 * BLOCK_BYTES + 5, 10):
            file.seek(at)
            file.read(1000)
    assert [span for _, span in server.seen] == [
        f"bytes=0-{BLOCK_BYTES - 1}",
        f"bytes={3 * BLOCK_BYTES}-{4 * BLOCK_BYTES - 1}",
    ]


def test_memory_holds_the_newest_blocks_only(server: MediaServer) -> None:
    server.files["/a.mp4"] = bytes((BLOCKS_KEPT + 2) * BLOCK_BYTES)
    with open_media(server.url + "/a.mp4", allowed(server)) as file:
        while file.read(BLOCK_BYTES):
            pass
        file.seek(0)
        file.read(1)
    assert [span for _, span in server.seen].count(f"bytes=0-{BLOCK_BYTES - 1}") == 2


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (404, ErrorCode.RESOURCE_NOT_FOUND),
        (410, ErrorCode.RESOURCE_NOT_FOUND),
        (401, ErrorCode.RESOURCE_ACCESS),
        (403, ErrorCode.RESOURCE_ACCESS),
        (451, ErrorCode.RESOURCE_ACCESS),
        (503, ErrorCode.TIMEOUT),
    ],
)
def test_a_refusal_has_the_code_of_its_kind(server: MediaServer, status: int, code: ErrorCode) -> None:
    server.files["/a.mp4"] = DATA
    server.answers["/a.mp4"] = [status] * 9
    assert code_of(server, "/a.mp4") is code


def test_a_passing_failure_is_tried_again(server: MediaServer) -> None:
    server.files["/a.mp4"] = DATA
    server.answers["/a.mp4"] = [503]
    with open_media(server.url + "/a.mp4", allowed(server)) as file:
        assert file.read(5) == DATA[:5]


def test_a_server_that_is_not_there_is_reported_as_not_found() -> None:
    policy = SourcePolicy.parse("http://127.0.0.1:9", timeouts=QUICK)
    with pytest.raises(MediaError, match="cannot be reached") as caught:
        open_media("http://127.0.0.1:9/a.mp4", policy)
    assert caught.value.code is ErrorCode.RESOURCE_NOT_FOUND


def test_a_server_that_does_not_answer_times_out(server: MediaServer) -> None:
    server.files["/a.mp4"], server.delay_s = DATA, 0.6
    assert code_of(server, "/a.mp4", allowed(server, timeouts=IMPATIENT)) is ErrorCode.TIMEOUT


def test_a_server_that_drips_times_out(server: MediaServer) -> None:
    server.files["/a.mp4"], server.drip_s = DATA, 0.05
    assert code_of(server, "/a.mp4", allowed(server, timeouts=IMPATIENT)) is ErrorCode.TIMEOUT


def test_a_server_that_drips_its_headers_gets_no_more_time_than_one_exchange_has(server: MediaServer) -> None:
    server.files["/a.mp4"], server.header_drip_s = DATA, 0.02
    patient = Timeouts(connect_s=5.0, read_s=5.0, request_s=0.5, tries=3, pause_s=0.01)
    assert code_of(server, "/a.mp4", allowed(server, timeouts=patient)) is ErrorCode.TIMEOUT
    assert len(server.seen) == 1


def test_redirects_take_of_the_time_of_one_exchange(server: MediaServer) -> None:
    server.redirects |= {f"/{hop}": f"/{hop + 1}" for hop in range(5)}
    server.files["/5"], server.delay_s = DATA, 0.2
    patient = Timeouts(connect_s=5.0, read_s=5.0, request_s=0.5, tries=1, pause_s=0.01)
    assert code_of(server, "/0", allowed(server, timeouts=patient)) is ErrorCode.TIMEOUT


@pytest.mark.parametrize("ranges", [True, False])
def test_a_file_over_the_limit_is_refused_unread(server: MediaServer, ranges: bool) -> None:  # noqa: FBT001
    server.files["/a.mp4"], server.ranges = DATA, ranges
    assert code_of(server, "/a.mp4", allowed(server, max_bytes=len(DATA) - 1)) is ErrorCode.RESOURCE_TOO_LARGE


def test_a_server_that_understates_the_length_gets_no_more_than_it_stated(server: MediaServer) -> None:
    server.files["/a.mp4"], server.ranges, server.stated_length = DATA, False, 100
    with open_media(server.url + "/a.mp4", allowed(server, max_bytes=1000)) as file:
        assert len(file.read()) == 100


def test_a_file_that_is_served_whole_only_is_fetched_once_for_all_chunks(server: MediaServer) -> None:
    server.files["/a.mp4"], server.ranges = DATA, False
    with open_media(server.url + "/a.mp4", allowed(server)) as first:
        first.seek(1000)
        with open_media(server.url + "/a.mp4", allowed(server)) as second:
            assert second.read() == DATA
        assert first.read() == DATA[1000:]
    assert [span for _, span in server.seen].count("") == 1
    server.files["/a.mp4"], server.version = DATA[::-1], "2"
    with open_media(server.url + "/a.mp4", allowed(server)) as changed:
        assert changed.read() == DATA[::-1]


def test_a_file_without_a_version_is_fetched_each_time(server: MediaServer) -> None:
    server.files["/a.mp4"], server.ranges, server.version = DATA, False, ""
    for data in (DATA, DATA[::-1]):
        server.files["/a.mp4"] = data
        with open_media(server.url + "/a.mp4", allowed(server)) as file:
            assert file.read() == data


def test_an_empty_file_is_empty(server: MediaServer) -> None:
    server.files["/a.mp4"] = b""
    with open_media(server.url + "/a.mp4", allowed(server)) as file:
        assert not file.read()


def test_a_file_that_changes_while_it_is_read_is_not_mixed(server: MediaServer) -> None:
    server.files["/a.mp4"] = DATA
    with open_media(server.url + "/a.mp4", allowed(server)) as file:
        server.version = "2"
        file.seek(2 * BLOCK_BYTES)
        with pytest.raises(MediaError, match="changed"):
            file.read(1)


def test_a_redirect_to_an_allowed_place_is_followed_and_remembered(server: MediaServer) -> None:
    server.files["/media/a.mp4"] = DATA
    server.redirects["/media/b.mp4"] = "a.mp4"
    with open_media(server.url + "/media/b.mp4", allowed(server, "/media/")) as file:
        assert file.read() == DATA
    assert [path for path, _ in server.seen].count("/media/b.mp4") == 1


def test_a_redirect_that_runs_out_is_asked_for_again(server: MediaServer) -> None:
    server.files["/a.mp4"] = server.files["/c.mp4"] = DATA
    server.redirects["/b.mp4"] = "/a.mp4"
    with open_media(server.url + "/b.mp4", allowed(server)) as file:
        file.read(5)
        server.answers["/a.mp4"] = [403]
        server.redirects["/b.mp4"] = "/c.mp4"
        file.seek(BLOCK_BYTES)
        assert file.read(5) == DATA[BLOCK_BYTES : BLOCK_BYTES + 5]


@pytest.mark.parametrize(
    "target", ["/private/a.mp4", "http://localhost:1/a.mp4", "ftp://127.0.0.1/a", "file:///etc/passwd"]
)
def test_a_redirect_to_a_place_that_is_not_allowed_is_refused(server: MediaServer, target: str) -> None:
    server.files["/private/a.mp4"] = DATA
    server.redirects["/media/b.mp4"] = target
    assert code_of(server, "/media/b.mp4", allowed(server, "/media/")) is ErrorCode.RESOURCE_ACCESS
    assert [path for path, _ in server.seen] == ["/media/b.mp4"]


def test_redirects_in_a_circle_end(server: MediaServer) -> None:
    server.redirects["/a"], server.redirects["/b"] = "/b", "/a"
    assert code_of(server, "/a") is ErrorCode.RESOURCE_ACCESS


def test_without_a_listed_prefix_this_machine_is_not_reached(server: MediaServer) -> None:
    server.files["/a.mp4"] = DATA
    assert code_of(server, "/a.mp4", SourcePolicy.parse("", timeouts=QUICK)) is ErrorCode.RESOURCE_ACCESS
    assert not server.seen


def test_messages_hold_no_secrets_of_the_address(server: MediaServer) -> None:
    url = server.url.replace("//", "//user:pass@") + "/none.mp4?signature=secret"
    with pytest.raises(MediaError) as caught:
        open_media(url, allowed(server))
    assert "secret" not in str(caught.value)
    assert "pass" not in str(caught.value)
