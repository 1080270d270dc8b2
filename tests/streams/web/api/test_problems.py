"""What went wrong, as a person reads it in a browser and as a program reads it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from litestar.testing import AsyncTestClient
from support.inline import InlineService
from support.web_app import shared_app

from streams.ports.errors import Neighbour, NeighbourAwayError
from streams.settings import Settings
from streams.web.auth.authenticator import COOKIE
from streams.web.services import Services

PLACE = "http://127.0.0.1:6066"
TOKEN = "token-of-a-reader"  # noqa: S105
#: What browsers send with what a person opens.
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
PROGRAM = {"Accept": "*/*"}


def assert_page(answer: httpx.Response, status: int, *texts: str) -> None:
    """Look at a page that says what went wrong and leads back."""
    assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    for text in ('<a class="brand" href="/">', '<a href="/">← Overview</a>', 'role="alert"', *texts):
        assert text in answer.text


def assert_document(answer: httpx.Response, status: int) -> None:
    """Look at a document that says so to a program."""
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.json()["detail"]


@pytest.fixture
async def shut(inline: InlineService, tmp_path: Path) -> AsyncIterator[AsyncTestClient]:
    """A service that asks for tokens, and lets nobody ask often."""
    (tmp_path / "tokens").write_text(f"{TOKEN} reader\n")
    settings = Settings(state=tmp_path, tokens=tmp_path / "tokens", rate_limit="3/hour")
    async with AsyncTestClient(shared_app(inline.services(settings)), base_url=PLACE) as client:
        yield client


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/nowhere", "There is no page at this address."),
        ("/jobs/none", "There is no job &#39;none&#39;."),
        ("/libraries/none", "There is no library &#39;none&#39;"),
        ("/static/none.css", "none.css"),
        ("/jobs/%3Cscript%3E", "&lt;script&gt;"),
    ],
)
async def test_a_page_that_is_not_there_is_said_on_a_page(client: AsyncTestClient, path: str, text: str) -> None:
    page = await client.get(path, headers=BROWSER)
    assert_page(page, 404, "<h1>Not Found</h1>", text)
    assert "<script>" not in page.text
    assert_document(await client.get(path, headers=PROGRAM), 404)


async def test_what_a_page_takes_no_more_of_is_said_on_a_page(client: AsyncTestClient) -> None:
    assert_page(await client.get("/libraries/default?cursor=x", headers=BROWSER), 400, "<h1>Bad Request</h1>")
    refused = await client.put("/", headers=BROWSER)
    assert_page(refused, 405, "<h1>Method Not Allowed</h1>")
    assert "GET" in refused.headers["allow"]


@pytest.mark.parametrize("path", ["/api/nowhere", "/api/swagger", "/api/%00", "/api/openapi.yaml", "/api/v2/jobs"])
async def test_below_the_api_too_people_read_a_page_and_programs_a_document(client: AsyncTestClient, path: str) -> None:
    assert_page(await client.get(path, headers=BROWSER), 404, "There is no page at this address.")
    assert_document(await client.get(path, headers=PROGRAM), 404)
    for method in ("POST", "DELETE", "BREW"):
        refused = await client.request(method, path, headers=PROGRAM)
        assert_document(refused, 405 if "allow" in refused.headers else 404)


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/api/openapi.json"), ("DELETE", "/api/v1/jobs"), ("PUT", "/healthz"), ("BREW", "/")]
)
async def test_a_method_that_an_address_does_not_take_is_said_with_those_that_it_takes(
    client: AsyncTestClient, method: str, path: str
) -> None:
    answer = await client.request(method, path, headers=PROGRAM)
    assert_document(answer, 405)
    assert "GET" in answer.headers["allow"]
    assert "Allow" in answer.json()["detail"]


async def test_a_program_is_told_where_to_look_for_what_there_is(client: AsyncTestClient) -> None:
    for path in ("/nowhere", "/api/nowhere", "/api/v1/nowhere"):
        assert "/api/openapi.json" in (await client.get(path, headers=PROGRAM)).json()["detail"]


@pytest.mark.parametrize("path", ["/api/v1/jobs/none", "/api/v1/nowhere"])
async def test_the_api_answers_browsers_as_it_answers_programs(client: AsyncTestClient, path: str) -> None:
    assert_document(await client.get(path, headers=BROWSER), 404)


async def test_who_may_not_look_is_told_so_on_a_page(client: AsyncTestClient) -> None:
    elsewhere = {"Host": "evil.example"}
    assert_page(await client.get("/", headers={**BROWSER, **elsewhere}), 403, "<h1>Forbidden</h1>", "loopback")
    assert_document(await client.get("/", headers=elsewhere), 403)


async def test_who_asks_too_often_is_told_so_on_a_page(shut: AsyncTestClient) -> None:
    headers = {**BROWSER, "Cookie": f"{COOKIE}={TOKEN}"}
    answers = [await shut.get("/", headers=headers) for _ in range(4)]
    assert [one.status_code for one in answers] == [200, 200, 200, 429]
    assert_page(answers[-1], 429, "Too many requests: slow down.")
    assert int(answers[-1].headers["retry-after"]) > 0


@pytest.mark.parametrize(
    ("fault", "status", "text"),
    [
        (NeighbourAwayError(Neighbour.MILVUS, "x"), 503, "does not get through to its window index"),
        (RuntimeError("a secret"), 500, "See the worker&#39;s log."),
    ],
)
async def test_a_fault_of_the_service_is_said_on_a_page(
    client: AsyncTestClient,
    services: Services,
    *,
    monkeypatch: pytest.MonkeyPatch,
    fault: Exception,
    status: int,
    text: str,
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise fault

    monkeypatch.setattr(services.model.jobs, "page", fails)
    page = await client.get("/jobs", headers=BROWSER)
    assert_page(page, status, text)
    assert "a secret" not in page.text
    assert ("retry-after" in page.headers) is (status == 503)
    assert_document(await client.get("/jobs", headers=PROGRAM), status)


async def test_who_is_not_known_is_sent_to_log_in(shut: AsyncTestClient) -> None:
    answer = await shut.get("/nowhere", headers=BROWSER)
    assert_page(answer, 404)
    answer = await shut.get("/libraries", headers=BROWSER, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?onward=/libraries")
