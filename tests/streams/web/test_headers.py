"""Headers that protect answers in a browser: on every route, on errors, and on the vendor's replies."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar.testing import AsyncTestClient
from support.examples import job
from support.inline import InlineService
from support.web_app import shared_app

from streams.settings import Settings
from streams.web.aliyun.app import create_call_app
from streams.web.dispatch import FrontDoor
from streams.web.services import Services

PLACE = "http://127.0.0.1:6066"
TOKEN = "admin-token-of-a-test"  # noqa: S105
#: What everybody may see, and what only people look at.
PAGES = ("/", "/login", "/libraries", "/libraries/default", "/dead-letters", "/jobs/j1", "/jobs/none", "/problems")
OTHERS = (
    "/healthz",
    "/readyz",
    "/metrics",
    "/static/desk.js",
    "/static/style.css",
    "/static/none",
    "/api/openapi.json",
    "/api-reference",
    "/api-reference/events",
    "/api-reference/asyncapi.yaml",
)
NOWHERE = ("/nowhere", "/api/v1/nowhere", "//", "/%2F", "/%2e%2e/etc/passwd", "/static/../app.py", "/api/v1/jobs/%00")
#: Answers without an end.
ENDLESS = "/api/v1/events"
#: Of the vendor's calls: good, refused, unknown.
CALLS = ("/?Action=ListDNADB&Version=2020-11-09", "/?Action=ListAIJob&Version=2017-03-21", "/?Action=None", "/?Action=")


def assert_protected(answer: httpx.Response) -> None:
    """Look at the headers that keep an answer from being framed, sniffed, embedded, told to others, or kept."""
    headers = answer.headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["cache-control"] == ("private, no-cache" if "etag" in headers else "no-store")
    assert "access-control-allow-origin" not in headers
    assert "strict-transport-security" not in headers
    for name in ("content-type", "cache-control", "content-security-policy"):
        assert len(headers.get_list(name)) <= 1


@pytest.fixture
def application(services: Services) -> FrontDoor:
    return FrontDoor(calls=create_call_app(services), other=shared_app(services))


@pytest.fixture
async def front(application: FrontDoor) -> AsyncIterator[AsyncTestClient[Any]]:
    async with AsyncTestClient(application, base_url=PLACE) as client:  # type: ignore[arg-type]
        client.headers["X-Requested-With"] = "tests"
        yield client


async def test_every_route_of_the_document_answers_with_them_whatever_it_is_sent(
    front: AsyncTestClient[Any], inline: InlineService
) -> None:
    inline.apply(jobs=[job("j1")])
    document = (await front.get("/api/openapi.json")).json()
    statuses = set()
    for path, item in document["paths"].items():
        if path == ENDLESS:
            continue
        for method in ("get", "head", "options", "post", "put", "patch", "delete", "trace"):
            for filled in (path.replace("{job_id}", "j1"), path):
                answer = await front.request(method, filled, follow_redirects=False)
                statuses.add(answer.status_code)
                assert_protected(answer)
            assert method in item or answer.status_code in {204, 404, 405}
    assert statuses >= {200, 202, 204, 400, 404, 405, 409}


async def test_changes_as_they_come_answer_with_them(services: Services) -> None:
    services.live.close()
    async with AsyncTestClient(shared_app(services), base_url=PLACE) as client:
        answer = await client.get(ENDLESS)
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert_protected(answer)


@pytest.mark.parametrize("path", [*PAGES, *OTHERS, *NOWHERE])
async def test_pages_and_all_that_is_no_api_answer_with_them(
    front: AsyncTestClient[Any], inline: InlineService, path: str
) -> None:
    inline.apply(jobs=[job("j1")])
    for method in ("GET", "HEAD", "POST", "PUT", "OPTIONS"):
        assert_protected(await front.request(method, f"{PLACE}{path}", follow_redirects=False))


@pytest.mark.parametrize("path", CALLS)
async def test_the_vendors_replies_answer_with_them(front: AsyncTestClient[Any], path: str) -> None:
    for method in ("GET", "POST", "PUT", "HEAD"):
        assert_protected(await front.request(method, path))


async def test_only_pages_may_load_scripts_and_styles_of_ours(front: AsyncTestClient[Any]) -> None:
    assert "script-src 'self'" in (await front.get("/")).headers["content-security-policy"]
    for path in ("/api/v1/jobs", "/nowhere", "/healthz", "/?Action=None"):
        assert "script-src" not in (await front.get(path)).headers["content-security-policy"]


async def test_faults_of_ours_answer_with_them(services: Services) -> None:
    app = FrontDoor(calls=create_call_app(services), other=shared_app(services))
    services.model = None  # type: ignore[assignment]
    async with AsyncTestClient(app, base_url=PLACE) as client:  # type: ignore[arg-type]
        for path in ("/api/v1/jobs", "/", "/metrics"):
            answer = await client.get(path)
            assert answer.status_code == 500
            assert_protected(answer)


async def test_refusals_answer_with_them(inline: InlineService, tmp_path: Path) -> None:
    (tmp_path / "tokens").write_text(f"{TOKEN} admin\n")
    settings = Settings(state=tmp_path, tokens=tmp_path / "tokens", rate_limit="7/hour")
    async with AsyncTestClient(shared_app(inline.services(settings)), base_url=PLACE) as client:
        answers = [
            await client.get("/api/v1/jobs"),
            await client.get("/", headers={"Accept": "text/html"}, follow_redirects=False),
            await client.post("/login", data={"token": "x"}),
            await client.post("/login", data={"token": "x"}, headers={"Origin": PLACE}),
            await client.post("/login", data={"token": TOKEN}, headers={"Origin": PLACE}, follow_redirects=False),
            await client.post("/logout", headers={"Origin": PLACE}, follow_redirects=False),
            await client.get("/api/v1/jobs", headers={"Origin": "null", "Authorization": "Bearer wrong"}),
            await client.get("/api/v1/jobs"),
        ]
    assert [answer.status_code for answer in answers] == [401, 303, 403, 401, 303, 303, 401, 429]
    for answer in answers:
        assert_protected(answer)


async def test_what_is_asked_again_with_its_tag_is_answered_without_content(
    front: AsyncTestClient[Any], inline: InlineService
) -> None:
    inline.apply(jobs=[job("j1")])
    tag = (await front.get("/api/v1/jobs/j1")).headers["etag"]
    answer = await front.get("/api/v1/jobs/j1", headers={"If-None-Match": tag})
    assert (answer.status_code, answer.content) == (304, b"")
    assert_protected(answer)


async def test_behind_tls_browsers_are_told_to_come_back_with_tls(services: Services) -> None:
    app = FrontDoor(calls=create_call_app(services), other=shared_app(services))
    async with AsyncTestClient(app, base_url="https://127.0.0.1:6066") as client:  # type: ignore[arg-type]
        for path in ("/", "/api/v1/jobs", "/nowhere", "/?Action=None"):
            assert "max-age=" in (await client.get(path)).headers["strict-transport-security"]
