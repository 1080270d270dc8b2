"""Texts are compressed for those who take it; streams of events, ranges, pictures and what is small never are."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator, Iterable
from typing import Any

import httpx
import pytest
from litestar.testing import AsyncTestClient
from litestar.types import ASGIApp, Receive, Scope, Send
from support.examples import job
from support.inline import InlineService
from support.web_app import shared_app

from streams.web.api.etag import is_expected, tag_of
from streams.web.compression import Compression
from streams.web.services import Services

PLACE = "http://127.0.0.1:6066"
LONG = b'{"text": "' + b"again and " * 500 + b'"}'
TAKES = {"Accept-Encoding": "gzip, deflate, br"}


def application(parts: Iterable[bytes], *, status: int = 200, **headers: str) -> ASGIApp:
    """An application that answers with given parts."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        _ = scope, receive
        given = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": given})
        for part in parts:
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    return answer


def whole(body: bytes, *, status: int = 200, **headers: str) -> ASGIApp:
    """An application that answers with one part, and its length."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        _ = scope, receive
        given = {"content_type": "application/json", "content_length": str(len(body)), **headers}
        pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in given.items()]
        await send({"type": "http.response.start", "status": status, "headers": pairs})
        await send({"type": "http.response.body", "body": body, "more_body": False})

    return answer


async def sent(app: ASGIApp, *, method: str = "GET", accepted: str = "gzip") -> tuple[httpx.Response, bytes]:
    """Return an answer, and the bytes that it came in."""
    transport = httpx.ASGITransport(app=Compression(app))  # type: ignore[arg-type] # the same protocol
    async with (
        httpx.AsyncClient(transport=transport, base_url=PLACE) as client,
        client.stream(method, "/", headers={"Accept-Encoding": accepted}) as answer,
    ):
        raw = b"".join([part async for part in answer.aiter_raw()])
    return answer, raw


@pytest.mark.parametrize(
    "kind",
    [
        "application/json",
        "application/problem+json",
        "application/vnd.oai.openapi+json",
        "text/html; charset=utf-8",
        "text/css",
        "text/javascript",
        "image/svg+xml",
    ],
)
async def test_long_texts_are_compressed_and_say_so(kind: str) -> None:
    answer, raw = await sent(whole(LONG, content_type=kind))
    assert gzip.decompress(raw) == LONG
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["vary"] == "Accept-Encoding"
    assert int(answer.headers["content-length"]) == len(raw) < len(LONG) / 5


@pytest.mark.parametrize("size", [64_001, 3_000_000])
async def test_large_texts_are_whole(size: int) -> None:
    body = bytes(number % 251 for number in range(size))
    assert gzip.decompress((await sent(whole(body)))[1]) == body


@pytest.mark.parametrize(
    "kind", ["text/event-stream", "video/mp4", "image/jpeg", "application/octet-stream", "application/gzip", ""]
)
async def test_what_is_no_text_is_sent_as_it_is(kind: str) -> None:
    answer, raw = await sent(whole(LONG, content_type=kind))
    assert (raw, "content-encoding" in answer.headers, "vary" in answer.headers) == (LONG, False, False)


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (206, {"content_range": "bytes 0-4/9"}),
        (200, {"content_range": "bytes 0-4/9"}),
        (200, {"content_encoding": "br"}),
    ],
)
async def test_parts_of_files_and_what_is_compressed_are_sent_as_they_are(status: int, headers: dict[str, str]) -> None:
    answer, raw = await sent(whole(LONG, status=status, **headers))
    assert raw == LONG
    assert answer.headers.get("content-encoding") in {None, "br"}


async def test_what_is_small_is_sent_as_it_is() -> None:
    answer, raw = await sent(whole(b'{"a": 1}'))
    assert (raw, answer.headers["content-length"], "content-encoding" in answer.headers) == (b'{"a": 1}', "8", False)
    answer, raw = await sent(whole(b""))
    assert raw == b""


@pytest.mark.parametrize("accepted", ["", "identity", "br", "gzip;q=0", "gzip;q=0, *", "*;q=0", "gzip;q=nonsense"])
async def test_who_takes_no_gzip_gets_none_and_a_cache_is_told(accepted: str) -> None:
    answer, raw = await sent(whole(LONG), accepted=accepted)
    assert (raw, answer.headers["vary"]) == (LONG, "Accept-Encoding")


@pytest.mark.parametrize("accepted", ["gzip", "GZIP", "br, gzip;q=0.5", "*", "identity;q=0, *;q=1"])
async def test_who_takes_gzip_gets_it(accepted: str) -> None:
    assert (await sent(whole(LONG), accepted=accepted))[0].headers["content-encoding"] == "gzip"


async def test_what_comes_in_parts_is_compressed_part_by_part() -> None:
    answer, raw = await sent(application([LONG, LONG], content_type="application/json"))
    assert gzip.decompress(raw) == LONG * 2
    assert "content-length" not in answer.headers
    _, raw = await sent(application([b"a", LONG], content_type="application/json", content_length="1"))
    assert raw == b"a" + LONG  # small, by what it says of itself


async def test_a_head_and_other_headers_stay_as_they_are() -> None:
    answer, _ = await sent(whole(LONG), method="HEAD")
    assert "content-encoding" not in answer.headers
    answer, _ = await sent(whole(LONG, vary="Accept"))
    assert answer.headers["vary"] == "Accept, Accept-Encoding"


async def test_a_tag_of_a_compressed_answer_is_weak() -> None:
    for tag, told in (('"a"', 'W/"a"'), ('W/"a"', 'W/"a"')):
        assert (await sent(whole(LONG, etag=tag)))[0].headers["etag"] == told
        assert (await sent(whole(LONG, etag=tag), accepted=""))[0].headers["etag"] == tag


def test_a_weak_tag_stands_for_the_same_content() -> None:
    content = {"name": "policy"}
    assert is_expected(f"W/{tag_of(content)}", content)
    assert not is_expected(f"W/{tag_of({'name': 'other'})}", content)


@pytest.fixture
async def front(services: Services) -> AsyncIterator[AsyncTestClient[Any]]:
    async with AsyncTestClient(Compression(shared_app(services)), base_url=PLACE) as client:  # type: ignore[arg-type]
        client.headers["X-Requested-With"] = "tests"
        yield client


@pytest.mark.parametrize(
    "path", ["/", "/api/v1/jobs", "/api/openapi.json", "/static/style.css", "/static/desk/live.js", "/api-reference"]
)
async def test_answers_of_the_service_are_compressed(
    front: AsyncTestClient[Any], inline: InlineService, path: str
) -> None:
    inline.apply(jobs=[job(f"j{number}") for number in range(5)])
    packed = await front.get(path, headers=TAKES)
    plain = await front.get(path, headers={"Accept-Encoding": ""})
    assert (packed.headers["content-encoding"], "content-encoding" in plain.headers) == ("gzip", False)
    assert packed.content == plain.content


async def test_changes_as_they_come_are_not_compressed(services: Services, front: AsyncTestClient[Any]) -> None:
    services.live.close()
    answer = await front.get("/api/v1/events", headers=TAKES)
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert "content-encoding" not in answer.headers


async def test_an_unchanged_answer_is_not_sent_again_whatever_it_came_in(
    front: AsyncTestClient[Any], inline: InlineService
) -> None:
    inline.apply(jobs=[job("j1", message="again " * 400)])
    answer = await front.get("/api/v1/jobs/j1", headers=TAKES)
    assert answer.headers["content-encoding"] == "gzip"
    tag = answer.headers["etag"]
    assert tag.startswith("W/")
    for headers in (TAKES, {"Accept-Encoding": ""}):
        again = await front.get("/api/v1/jobs/j1", headers={**headers, "If-None-Match": tag})
        assert (again.status_code, again.content, again.headers["vary"]) == (304, b"", "Accept-Encoding")


async def test_what_was_seen_compressed_is_changed_under_its_tag(front: AsyncTestClient[Any]) -> None:
    policy = {"library": "default", "action": "review"}
    tag = (await front.post("/api/v1/policies", json={"name": "one", **policy})).headers["etag"]
    changed = {**policy, "action": "block"}
    for given, status in ((f"W/{tag}", 200), (f"W/{tag}", 412)):
        answer = await front.put("/api/v1/policies/one", json=changed, headers={"If-Match": given})
        assert answer.status_code == status
