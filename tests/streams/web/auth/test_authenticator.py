"""Who may use what."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from litestar.exceptions import NotAuthorizedException
from litestar.testing import AsyncTestClient, RequestFactory
from support.inline import InlineService
from support.web_app import shared_app

from schemas.rights import Right
from streams.settings import Settings
from streams.web.app import create_app
from streams.web.auth.authenticator import COOKIE, Authenticator
from streams.web.auth.rate_limit import RateLimit
from streams.web.auth.roles import Grant, Role
from streams.web.services import Services

TOKENS = {role: f"{role}-token-of-a-test" for role in Role}
PLACE = "http://service.example:6066"
#: What a browser says of our own form.
OWN_PAGE = {"Origin": PLACE}
#: Where programs and pages of this machine find a service without tokens.
HERE = "http://127.0.0.1:6066"
PURGE = "/api/v1/libraries/default/purge"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "tokens").write_text("".join(f"{token} {role}\n" for role, token in TOKENS.items()))
    return Settings(state=tmp_path, tokens=tmp_path / "tokens", web="0.0.0.0:0", rate_limit="40/hour")


@pytest.fixture
async def client(services: Services) -> AsyncIterator[AsyncTestClient]:
    async with AsyncTestClient(shared_app(services), base_url=PLACE) as client:
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
        Authenticator(Settings(state=tmp_path, web=web))


@pytest.mark.parametrize("web", ["127.0.0.1:0", "[::1]:0", "localhost:0"])
def test_an_address_of_this_machine_is_open_without_tokens(tmp_path: Path, web: str) -> None:
    assert Authenticator(Settings(state=tmp_path, web=web)).open


@pytest.fixture
async def open_client(inline: InlineService, tmp_path: Path) -> AsyncIterator[AsyncTestClient]:
    """A client of a service that asks for no tokens."""
    services = inline.services(Settings(state=tmp_path))
    async with AsyncTestClient(create_app(services), base_url=HERE) as client:  # beside one that does ask
        yield client


def fetch(site: str, mode: str = "no-cors", place: str = "empty") -> dict[str, str]:
    return {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": place}


FROM_ELSEWHERE = [
    {"Origin": "null"},
    {"Origin": "null", **fetch("cross-site", "navigate", "iframe")},
    {"Origin": "null", **fetch("same-origin", "cors")},
    {"Origin": "https://evil.example"},
    {"Origin": "http://127.0.0.1:3000", **fetch("same-site")},
    fetch("cross-site"),
    fetch("same-site"),
    fetch("none", "navigate", "document"),
]


@pytest.mark.parametrize("proof", [{}, {"Content-Type": "application/json"}, {"X-Requested-With": "XMLHttpRequest"}])
@pytest.mark.parametrize("headers", FROM_ELSEWHERE)
async def test_no_page_of_another_site_and_no_frame_in_a_sandbox_changes_anything(
    client: AsyncTestClient, open_client: AsyncTestClient, *, headers: dict[str, str], proof: dict[str, str]
) -> None:
    cookie = {"Cookie": f"{COOKIE}={TOKENS[Role.ADMIN]}"}
    for one, sent in ((open_client, {}), (client, cookie)):
        for method, path in (("POST", PURGE), ("POST", "/login"), ("POST", "/logout"), ("DELETE", "/api/v1/media/x")):
            answer = await one.request(method, path, headers={**headers, **proof, **sent}, follow_redirects=False)
            assert answer.status_code == 403, (method, path)
            assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "multipart/form-data; boundary=x"},
        {"Authorization": "Basic eA=="},
    ],
)
async def test_what_a_form_could_have_sent_changes_nothing_though_a_browser_tells_nothing_of_it(
    client: AsyncTestClient, open_client: AsyncTestClient, headers: dict[str, str]
) -> None:
    cookie = {"Cookie": f"{COOKIE}={TOKENS[Role.ADMIN]}"}
    for one, sent in ((open_client, {}), (client, cookie)):
        for path in (PURGE, "/api/v1/jobs", "/api/v1/uploads", "/login", "/logout"):
            answer = await one.post(path, headers={**headers, **sent}, follow_redirects=False)
            assert answer.status_code == 403, path
        assert "X-Requested-With" in (await one.post(PURGE, headers={**headers, **sent})).json()["detail"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "application/json"},
        {"X-Requested-With": "curl"},
        {"Authorization": "Bearer whatever"},
        {"Origin": HERE, **fetch("same-origin", "cors")},
        {"Origin": HERE},
    ],
)
async def test_programs_and_our_own_pages_need_no_token_on_this_machine(
    open_client: AsyncTestClient, headers: dict[str, str]
) -> None:
    assert (await open_client.post(PURGE, headers=headers)).status_code == 200
    assert (await open_client.get("/api/v1/jobs", headers=headers)).status_code == 200


async def test_a_bearer_token_is_proof_enough_for_whatever_is_sent(client: AsyncTestClient) -> None:
    files = {"file": ("clip.mp4", b"content")}
    headers = bearer(Role.SUBMITTER)
    assert (await client.post("/api/v1/uploads", data={"media_id": "x"}, files=files, headers=headers)).is_success
    assert (await client.post(PURGE, headers=bearer(Role.ADMIN))).is_success


async def test_a_bearer_token_counts_and_not_the_cookie_beside_it(client: AsyncTestClient) -> None:
    admin = {"Cookie": f"{COOKIE}={TOKENS[Role.ADMIN]}"}
    assert (await client.post(PURGE, headers={**admin, **bearer(Role.READER)})).status_code == 403
    assert (await client.post(PURGE, headers={**admin, "Authorization": "Bearer wrong"})).status_code == 401
    assert (await client.post(PURGE, headers={**admin, "Authorization": "Bearer "})).status_code == 403


async def test_other_sites_neither_embed_nor_read_what_a_person_may_see(open_client: AsyncTestClient) -> None:
    for path in ("/", "/api/v1/jobs", "/static/desk.js", "/api/openapi.json", "/login"):
        for headers in (fetch("cross-site"), fetch("same-site", "cors"), fetch("cross-site", "navigate", "iframe")):
            assert (await open_client.get(path, headers=headers)).status_code == 403
        link = fetch("cross-site", "navigate", "document")
        assert (await open_client.get(path, headers=link)).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "203.0.113.9"},
        {"X-Forwarded-Host": "dna.example"},
        {"Forwarded": "for=203.0.113.9"},
        {"Via": "1.1 proxy"},
        {"X-Real-IP": "127.0.0.1"},
        {"Host": "dna.example"},
        {"Host": "127.0.0.1.example"},
        {"Host": "dna.example@127.0.0.1"},
        {"Host": "["},
        {"Host": ""},
    ],
)
async def test_without_tokens_nothing_is_answered_that_comes_through_a_proxy_or_under_another_name(
    open_client: AsyncTestClient, headers: dict[str, str]
) -> None:
    for method, path in (("GET", "/"), ("GET", "/api/v1/jobs"), ("DELETE", "/api/v1/media/x"), ("GET", "/metrics")):
        assert (await open_client.request(method, path, headers=headers)).status_code == 403


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "localhost.:6066", "[::1]:6066", "127.0.0.2"])
async def test_without_tokens_every_name_of_this_machine_is_answered(open_client: AsyncTestClient, host: str) -> None:
    assert (await open_client.get("/api/v1/jobs", headers={"Host": host})).status_code == 200


async def test_no_header_makes_another_method_or_another_path_of_a_request(open_client: AsyncTestClient) -> None:
    headers = {"X-HTTP-Method-Override": "DELETE", "X-Original-Method": "DELETE", "X-Rewrite": "/metrics"}
    assert (await open_client.get("/api/v1/jobs", headers=headers)).json() == {"jobs": [], "next": None}
    refused = await open_client.get("/api/v1/jobs?_method=DELETE", headers=headers)
    assert (refused.status_code, "'_method'" in refused.json()["detail"]) == (400, True)
    assert "<h1>Overview</h1>" in (await open_client.get("/?_method=DELETE", headers=headers)).text


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"])
async def test_no_method_and_no_way_to_write_a_path_gets_past_the_gate(client: AsyncTestClient, method: str) -> None:
    for path in ("/", "//", "/api/v1/jobs", "//api/v1/jobs", "/api/v1/%6Aobs", "/api/v1/jobs/", "/api/v1/./jobs"):
        answer = await client.request(method, f"{PLACE}{path}", follow_redirects=False)
        assert answer.status_code in {401, 404, 405}, path
    for path in ("/api/openapi.json", "/api/v1/settings", "/api/v1/events", "/metrics"):
        assert (await client.request(method, path)).status_code in {401, 405}, path


async def test_wrong_tokens_are_no_way_to_find_the_right_one(
    client: AsyncTestClient, monkeypatch: pytest.MonkeyPatch, services: Services
) -> None:
    monkeypatch.setattr(services.authenticator, "_limit", RateLimit("1000/second"))
    wrong = [await client.get("/api/v1/jobs", headers={"Authorization": f"Bearer {n}"}) for n in range(61)]
    assert [answer.status_code for answer in wrong] == [401] * 60 + [429]
    assert int(wrong[-1].headers["retry-after"]) > 0
    for sent in (bearer(Role.ADMIN), {"Cookie": f"{COOKIE}={TOKENS[Role.ADMIN]}"}):
        assert (await client.get("/api/v1/jobs", headers=sent)).status_code == 429
        assert (await client.get("/metrics", headers=sent)).status_code == 401


async def test_whoever_had_a_right_token_before_goes_on_beside_a_guesser(
    client: AsyncTestClient, monkeypatch: pytest.MonkeyPatch, services: Services
) -> None:
    monkeypatch.setattr(services.authenticator, "_limit", RateLimit("1000/second"))
    assert (await client.get("/api/v1/jobs", headers=bearer(Role.READER))).status_code == 200
    for number in range(61):
        await client.get("/api/v1/jobs", headers={"Authorization": f"Bearer {number}"})
    assert (await client.get("/api/v1/jobs", headers=bearer(Role.READER))).status_code == 200
    assert (await client.get("/metrics", headers=bearer(Role.READER))).status_code == 200


async def test_who_mistypes_the_token_too_often_waits_and_is_told_so_on_the_page(client: AsyncTestClient) -> None:
    form = {"token": "wrong", "onward": "/libraries"}
    answers = [await client.post("/login", data=form, headers=OWN_PAGE) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [401] * 10 + [429]
    assert "Wait a minute" in answers[-1].text
    assert 'value="/libraries"' in answers[-1].text
    assert int(answers[-1].headers["retry-after"]) > 0
    right = await client.post("/login", data={"token": TOKENS[Role.ADMIN]}, headers=OWN_PAGE)
    assert (right.status_code, "set-cookie" in right.headers) == (429, False)
    assert (await client.get("/api/v1/jobs", headers=bearer(Role.ADMIN))).status_code == 200


async def test_monitoring_is_never_told_that_it_asks_too_often(client: AsyncTestClient) -> None:
    headers = bearer(Role.READER)
    while (await client.get("/api/v1/jobs", headers=headers)).status_code != 429:
        pass
    for path in ("/healthz", "/readyz", "/metrics"):
        assert [(await client.get(path, headers=headers)).status_code for _ in range(50)] == [200] * 50


async def test_behind_tls_the_cookie_is_never_sent_in_the_clear(services: Services) -> None:
    place = PLACE.replace("http:", "https:")
    async with AsyncTestClient(shared_app(services), base_url=place) as client:
        for path in ("/login", "/logout"):
            answer = await client.post(
                path, data={"token": TOKENS[Role.READER]}, headers={"Origin": place}, follow_redirects=False
            )
            cookie = answer.headers["set-cookie"].lower()
            assert {"secure", "httponly", "samesite=strict"} <= {part.strip() for part in cookie.split(";")}


def test_who_sends_a_long_body_may_do_by_its_end_what_their_line_says_by_then(settings: Settings) -> None:
    authenticator, factory = Authenticator(settings), RequestFactory()
    request = factory.post("/api/v1/uploads", headers=bearer(Role.SUBMITTER))
    assert authenticator.caller_of(request).grant == Grant(Role.SUBMITTER)
    assert settings.tokens is not None
    settings.tokens.write_text(f"{TOKENS[Role.SUBMITTER]} submitter+replace ann\n")
    assert (authenticator.caller_of(request).name, authenticator.caller_of(request).grant.beyond) == (
        "ann",
        (Right.REPLACE,),
    )
    settings.tokens.unlink()
    assert not authenticator.is_let_in(request)
    with pytest.raises(NotAuthorizedException):
        authenticator.caller_of(request)
