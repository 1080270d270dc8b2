"""Who may use what."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from litestar.testing import AsyncTestClient

from streams.access.roles import Role
from streams.settings import Settings
from streams.web.app import create_app
from streams.web.gate import COOKIE, Gate
from streams.web.services import Services

TOKENS = {role: f"{role}-token-of-a-test" for role in Role}
PLACE = "http://service.example:6066"
#: What a browser says of our own form.
OWN_PAGE = {"Origin": PLACE}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "tokens").write_text("".join(f"{token} {role}\n" for role, token in TOKENS.items()))
    return Settings(state=tmp_path, tokens=tmp_path / "tokens", web="0.0.0.0:0", rate_limit="40/hour")


@pytest.fixture
async def client(services: Services) -> AsyncIterator[AsyncTestClient]:
    async with AsyncTestClient(create_app(services), base_url=PLACE) as client:
        yield client


def bearer(role: Role) -> dict[str, str]:
    return {"Authorization": f"Bearer {TOKENS[role]}"}


async def test_without_a_token_nothing_is_told(client: AsyncTestClient) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic eA=="}, {"Cookie": f"{COOKIE}=x"}):
        answer = await client.get("/api/v1/jobs", headers=headers)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
        assert answer.headers["content-type"].startswith("application/problem+json")
    assert (await client.get("/healthz")).status_code == 200
    assert (await client.get("/metrics")).status_code == 401


async def test_a_role_may_do_what_those_before_it_may_and_no_more(client: AsyncTestClient) -> None:
    body = {"media_id": "clip", "url": "file:///clip.mp4"}
    assert (await client.get("/api/v1/jobs", headers=bearer(Role.READER))).status_code == 200
    refused = await client.post("/api/v1/jobs", json=body, headers=bearer(Role.READER))
    assert (refused.status_code, "submitter" in refused.json()["detail"]) == (403, True)
    for role in (Role.SUBMITTER, Role.MODERATOR, Role.ADMIN):
        assert (await client.post("/api/v1/jobs", json=body, headers=bearer(role))).status_code == 202


async def test_only_an_admin_has_stores_and_libraries_compared(client: AsyncTestClient) -> None:
    assert (await client.get("/api/v1/doctor", headers=bearer(Role.READER))).status_code == 200
    for role in Role:
        answer = await client.post("/api/v1/doctor", json={}, headers=bearer(role))
        assert answer.status_code == (202 if role is Role.ADMIN else 403)


async def test_a_person_logs_in_with_a_token_and_comes_to_where_they_wanted(client: AsyncTestClient) -> None:
    page = {"Accept": "text/html"}
    away = await client.get("/jobs/j1", headers=page, follow_redirects=False)
    assert (away.status_code, away.headers["location"]) == (303, "/login?onward=/jobs/j1")
    refused = await client.post("/login", data={"token": "wrong"}, headers=OWN_PAGE)
    assert (refused.status_code, "set-cookie" in refused.headers) == (401, False)
    form = {"token": TOKENS[Role.READER], "onward": "/"}
    entered = await client.post("/login", data=form, headers=OWN_PAGE, follow_redirects=False)
    assert (entered.status_code, entered.headers["location"]) == (303, "/")
    cookie = entered.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    assert (await client.get("/", headers=page, follow_redirects=False)).status_code == 200
    await client.post("/logout", headers=OWN_PAGE, follow_redirects=False)
    assert (await client.get("/", headers=page, follow_redirects=False)).status_code == 303


@pytest.mark.parametrize("onward", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:x"])
async def test_nobody_is_sent_to_another_site_after_logging_in(client: AsyncTestClient, onward: str) -> None:
    form = {"token": TOKENS[Role.READER], "onward": onward}
    entered = await client.post("/login", data=form, headers=OWN_PAGE, follow_redirects=False)
    assert entered.headers["location"] == "/"


async def test_another_sites_page_cannot_use_a_persons_cookie(client: AsyncTestClient) -> None:
    headers = {"Cookie": f"{COOKIE}={TOKENS[Role.ADMIN]}", "Origin": "https://evil.example"}
    answer = await client.post("/api/v1/jobs", json={"media_id": "x", "url": "file:///x"}, headers=headers)
    assert answer.status_code == 403


async def test_a_caller_that_asks_too_often_is_told_when_to_come_back(client: AsyncTestClient) -> None:
    answers = [await client.get("/api/v1/jobs", headers=bearer(Role.READER)) for _ in range(41)]
    assert [answer.status_code for answer in answers] == [200] * 40 + [429]
    assert int(answers[-1].headers["retry-after"]) > 0
    assert (await client.get("/api/v1/jobs", headers=bearer(Role.ADMIN))).status_code == 200


@pytest.mark.parametrize("web", ["0.0.0.0:6066", "192.0.2.1:6066", "[::]:6066", "service.example:6066"])
def test_an_address_that_others_can_reach_needs_tokens(tmp_path: Path, web: str) -> None:
    with pytest.raises(ValueError, match="MEDIADNA_TOKENS"):
        Gate(Settings(state=tmp_path, web=web))


@pytest.mark.parametrize("web", ["127.0.0.1:0", "[::1]:0", "localhost:0"])
def test_an_address_of_this_machine_is_open_without_tokens(tmp_path: Path, web: str) -> None:
    assert Gate(Settings(state=tmp_path, web=web)).open
