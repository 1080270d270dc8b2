"""What one exchange with a web server comes to, answer by answer; `test_http.py` reads whole files of real servers."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator

import httpx
import pytest

from fingerprint.media.errors import MediaError
from schemas.errors import ErrorCode
from streams.adapters.sources.http_fetcher import MAX_REDIRECTS, PASSING, Fetcher, Part, Whole
from streams.egress.policy import SourcePolicy, Timeouts

URL = "https://media.example/a.mp4?signature=secret"
TRIES = 3
POLICY = SourcePolicy.parse(
    "https://media.example/ https://cdn.example/", max_bytes=1000, timeouts=Timeouts(tries=TRIES, pause_s=0.0)
)

Answer = httpx.Response | Exception


class Server:
    """Gives one answer after the other, the last one again and again, and notes what it was asked."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def fetcher(server: Server) -> Iterator[Fetcher]:
    with Fetcher(URL, POLICY) as fetcher:
        fetcher._client.close()
        fetcher._client = httpx.Client(transport=httpx.MockTransport(server))
        yield fetcher


def part(data: bytes, start: int, total: int, **headers: str) -> httpx.Response:
    span = {"content-range": f"bytes {start}-{start + len(data) - 1}/{total}"}
    return httpx.Response(206, stream=httpx.ByteStream(data), headers=span | headers)


def whole(data: bytes, **headers: str) -> httpx.Response:
    return httpx.Response(200, stream=httpx.ByteStream(data), headers=headers)


def refusal(act: Callable[[], object]) -> MediaError:
    with pytest.raises(MediaError) as caught:
        act()
    assert "secret" not in str(caught.value)
    return caught.value


def test_a_part_has_its_bytes_the_size_of_all_and_the_version(server: Server, fetcher: Fetcher) -> None:
    server.answers = [part(b"cd", 2, 10, etag='"v1"')]
    assert fetcher.part(2, 2) == Part(b"cd", 10, '"v1"')
    assert server.asked[0].headers["range"] == "bytes=2-3"


def test_where_no_tag_tells_versions_apart_the_time_of_the_last_change_does(server: Server, fetcher: Fetcher) -> None:
    server.answers = [part(b"a", 0, 1, **{"last-modified": "Mon, 23 Nov 2026 08:00:00 GMT"})]
    assert fetcher.part(0, 5) == Part(b"a", 1, "Mon, 23 Nov 2026 08:00:00 GMT")


def test_more_than_was_asked_for_is_cut(server: Server, fetcher: Fetcher) -> None:
    server.answers = [part(b"abcdef", 0, 6)]
    assert fetcher.part(0, 3) == Part(b"abc", 6, "")


@pytest.mark.parametrize(
    "answer",
    [
        whole(b"abc", etag="v"),
        httpx.Response(206, content=b"abc", headers={"etag": "v"}),
        part(b"abc", 1, 4, etag="v", **{"content-length": "3"}),
    ],
    ids=["a plain answer", "a part that does not say which", "another part"],
)
def test_a_server_that_does_not_serve_the_part_serves_whole_files_only(
    server: Server, fetcher: Fetcher, answer: httpx.Response
) -> None:
    server.answers = [answer]
    assert fetcher.part(0, 3) == Whole(int(answer.headers.get("content-length", 0)), "v")


def test_an_empty_file_has_no_first_byte_and_is_no_failure(server: Server, fetcher: Fetcher) -> None:
    server.answers = [httpx.Response(416, headers={"etag": "v"})]
    assert fetcher.part(0, 3) == Part(b"", 0, "v")
    assert refusal(lambda: fetcher.part(3, 3)).code is ErrorCode.RESOURCE_ACCESS


@pytest.mark.parametrize("status", sorted(PASSING))
def test_a_server_that_cannot_now_is_asked_again(server: Server, fetcher: Fetcher, status: int) -> None:
    server.answers = [httpx.Response(status), part(b"a", 0, 1)]
    assert fetcher.part(0, 1) == Part(b"a", 1, "")
    server.answers = [httpx.Response(status)]
    error = refusal(lambda: fetcher.part(0, 1))
    assert error.code is ErrorCode.TIMEOUT
    assert f"its server answered {status}, {TRIES} times; try again later" in str(error)


@pytest.mark.parametrize(
    ("error", "code", "reason"),
    [
        (httpx.ConnectError("refused"), ErrorCode.RESOURCE_NOT_FOUND, "its server cannot be reached (refused)"),
        (httpx.ReadTimeout("slow"), ErrorCode.TIMEOUT, "its server does not answer in time"),
        (httpx.RemoteProtocolError("half an answer"), ErrorCode.TIMEOUT, "half an answer"),
        (httpx.ReadError(""), ErrorCode.TIMEOUT, "ReadError"),
    ],
)
def test_a_connection_that_fails_is_tried_again_and_has_the_code_of_its_kind(
    server: Server, fetcher: Fetcher, error: httpx.TransportError, code: ErrorCode, reason: str
) -> None:
    server.answers = [error]
    said = refusal(lambda: fetcher.part(0, 1))
    assert said.code is code
    assert f"{reason}, {TRIES} times; try again later" in str(said)
    assert len(server.asked) == TRIES


def test_an_answer_that_is_cut_short_is_asked_for_again(server: Server, fetcher: Fetcher) -> None:
    server.answers = [part(b"ab", 0, 10), part(b"abcd", 0, 10)]
    assert fetcher.part(0, 4) == Part(b"abcd", 10, "")
    assert len(server.asked) == 2


@pytest.mark.parametrize(("status", "code"), [(404, ErrorCode.RESOURCE_NOT_FOUND), (403, ErrorCode.RESOURCE_ACCESS)])
def test_what_will_not_pass_is_asked_for_once(server: Server, fetcher: Fetcher, status: int, code: ErrorCode) -> None:
    server.answers = [httpx.Response(status)]
    assert refusal(lambda: fetcher.part(0, 1)).code is code
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "answer", [part(b"a", 0, 1001), whole(b"a", **{"content-length": "1001"})], ids=["part", "all"]
)
def test_a_file_over_the_limit_is_refused_by_what_its_server_announces(
    server: Server, fetcher: Fetcher, answer: httpx.Response
) -> None:
    server.answers = [answer]
    assert refusal(lambda: fetcher.part(0, 1)).code is ErrorCode.RESOURCE_TOO_LARGE


def test_a_whole_file_over_the_limit_is_refused_though_its_server_announces_nothing(
    server: Server, fetcher: Fetcher
) -> None:
    server.answers = [whole(b"a" * 1001)]
    assert refusal(lambda: fetcher.whole(io.BytesIO())).code is ErrorCode.RESOURCE_TOO_LARGE


def test_a_whole_file_that_is_asked_for_again_takes_the_place_of_its_first_half(
    server: Server, fetcher: Fetcher
) -> None:
    def breaks() -> Iterator[bytes]:
        yield b"half of it"
        raise httpx.ReadError("gone")

    class Broken(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            return breaks()

    server.answers = [httpx.Response(200, stream=Broken()), whole(b"all")]
    file = io.BytesIO()
    fetcher.whole(file)
    assert file.getvalue() == b"all"


def test_where_a_file_was_moved_to_is_remembered_and_forgotten_once_it_has_run_out(
    server: Server, fetcher: Fetcher
) -> None:
    there = httpx.Response(302, headers={"location": "https://cdn.example/1.mp4"})
    server.answers = [there, part(b"a", 0, 2), part(b"b", 1, 2), httpx.Response(403), there, part(b"a", 0, 2)]
    assert fetcher.part(0, 1) == Part(b"a", 2, "")
    assert fetcher.part(1, 1) == Part(b"b", 2, "")
    assert fetcher.part(0, 1) == Part(b"a", 2, "")
    assert [request.url.host for request in server.asked] == [
        "media.example",
        "cdn.example",
        "cdn.example",
        "cdn.example",
        "media.example",
        "cdn.example",
    ]


def test_a_file_that_is_moved_to_where_nothing_may_be_read_is_refused_unasked(server: Server, fetcher: Fetcher) -> None:
    server.answers = [httpx.Response(302, headers={"location": "http://169.254.169.254/latest/meta-data"})]
    assert refusal(lambda: fetcher.part(0, 1)).code is ErrorCode.RESOURCE_ACCESS
    assert [request.url.host for request in server.asked] == ["media.example"]


def test_a_file_that_is_moved_on_and_on_is_given_up(server: Server, fetcher: Fetcher) -> None:
    server.answers = [httpx.Response(302, headers={"location": "/again?signature=secret"})]
    error = refusal(lambda: fetcher.part(0, 1))
    assert error.code is ErrorCode.RESOURCE_ACCESS
    assert f"redirected more than {MAX_REDIRECTS} times" in str(error)


def test_a_server_that_sends_on_and_on_too_slowly_is_given_up_without_a_further_try(
    server: Server, fetcher: Fetcher
) -> None:
    fetcher._deadline._clock = iter(float(100 * tick) for tick in range(10**6)).__next__
    server.answers = [part(b"abcd", 0, 10)]
    error = refusal(lambda: fetcher.part(0, 4))
    assert (error.code, "sends too slowly" in str(error)) == (ErrorCode.TIMEOUT, True)
    assert len(server.asked) == 1
