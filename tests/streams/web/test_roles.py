"""Every route by every role: what is not in this table is a fault, so that no route comes without somebody deciding."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from httpx import Response
from litestar import Litestar, get
from litestar.routes import HTTPRoute
from litestar.testing import AsyncTestClient
from support.web_app import shared_app

from streams.settings import Settings
from streams.web.auth.authenticator import needs
from streams.web.auth.roles import Role
from streams.web.services import Services

#: Who may use a route at the least; None: everybody, with no token at all.
LEAST: dict[str, Role | None] = {
    # health, logging in, and what pages are made of
    "GET /healthz": None,
    "GET /readyz": None,
    "GET /metrics": Role.READER,
    "GET /login": None,
    "POST /login": None,
    "POST /logout": None,
    "GET /static/{file_path:path}": None,
    "HEAD /static/{file_path:path}": None,
    # pages
    "GET /": Role.READER,
    "GET /cases": Role.READER,
    "GET /cases/export": Role.READER,
    "GET /jobs/{job_id:str}": Role.READER,
    "GET /libraries": Role.READER,
    "GET /libraries/{name:str}": Role.READER,
    "GET /policies": Role.READER,
    "GET /policies/{name:str}": Role.READER,
    "GET /deliveries": Role.READER,
    "GET /dead-letters": Role.READER,
    "GET /dead-letters/{letter_id:str}": Role.READER,
    "GET /airings": Role.READER,
    "GET /recurring": Role.READER,
    "GET /clusters": Role.READER,
    "GET /media/{media_id:str}/trace": Role.READER,
    "GET /usage": Role.READER,
    "GET /audit": Role.READER,
    "GET /settings": Role.ADMIN,
    "GET /cases/{case_id:str}": Role.READER,
    "GET /cases/{case_id:str}/evidence": Role.READER,
    "GET /jobs": Role.READER,
    "GET /media/{media_id:str}": Role.READER,
    # the reference of the API, and the document
    "GET /api-reference": Role.READER,
    "GET /api-reference/events": Role.READER,
    "GET /api-reference/{name:str}": Role.READER,
    "GET /problems": Role.READER,
    "GET /api": Role.READER,
    "GET /api/{path:str}": Role.READER,
    "GET /api/openapi.json": Role.READER,
    # jobs
    "POST /api/v1/jobs": Role.SUBMITTER,
    "POST /api/v1/uploads": Role.SUBMITTER,
    "GET /api/v1/jobs": Role.READER,
    "GET /api/v1/jobs/{job_id:str}": Role.READER,
    "GET /api/v1/jobs/{job_id:str}/dna-result": Role.READER,
    "GET /api/v1/jobs/{job_id:str}/preview": Role.MODERATOR,
    "HEAD /api/v1/jobs/{job_id:str}/preview": Role.MODERATOR,
    "GET /api/v1/jobs/{job_id:str}/frame": Role.MODERATOR,
    "HEAD /api/v1/jobs/{job_id:str}/frame": Role.MODERATOR,
    "POST /api/v1/jobs/{job_id:str}/cancel": Role.SUBMITTER,
    "POST /api/v1/jobs/{job_id:str}/rerun": Role.SUBMITTER,
    # media, matches, usage
    "GET /api/v1/media/{media_id:str}/result": Role.READER,
    "GET /api/v1/media/{media_id:str}/outcome": Role.READER,
    "GET /api/v1/media/{media_id:str}/trace": Role.READER,
    "GET /api/v1/media/{media_id:str}/fingerprint": Role.READER,
    "DELETE /api/v1/media/{media_id:str}": Role.ADMIN,
    "GET /api/v1/matches": Role.READER,
    "GET /api/v1/airings": Role.READER,
    "GET /api/v1/airings/summary": Role.READER,
    "GET /api/v1/recurring": Role.READER,
    "GET /api/v1/recurring/{recurring_id:str}": Role.READER,
    "POST /api/v1/recurring/{recurring_id:str}/promote": Role.MODERATOR,
    "POST /api/v1/recurring/{recurring_id:str}/dismiss": Role.MODERATOR,
    "POST /api/v1/recurring/{recurring_id:str}/reopen": Role.MODERATOR,
    "GET /api/v1/clusters": Role.READER,
    "GET /api/v1/clusters/{cluster_id:str}": Role.READER,
    "GET /api/v1/usage": Role.READER,
    "GET /api/v1/overview": Role.READER,
    # backward searches
    "POST /api/v1/media/{media_id:str}/search-backwards": Role.MODERATOR,
    "GET /api/v1/backward-searches": Role.READER,
    "GET /api/v1/backward-searches/{search_id:str}": Role.READER,
    "POST /api/v1/backward-searches/{search_id:str}/cancel": Role.MODERATOR,
    # libraries
    "GET /api/v1/libraries": Role.READER,
    "POST /api/v1/libraries": Role.ADMIN,
    "GET /api/v1/libraries/{name:str}": Role.READER,
    "PATCH /api/v1/libraries/{name:str}": Role.ADMIN,
    "DELETE /api/v1/libraries/{name:str}": Role.ADMIN,
    "POST /api/v1/libraries/{name:str}/pause": Role.ADMIN,
    "POST /api/v1/libraries/{name:str}/resume": Role.ADMIN,
    "POST /api/v1/libraries/{name:str}/purge": Role.ADMIN,
    "GET /api/v1/libraries/{name:str}/items": Role.READER,
    "POST /api/v1/libraries/{name:str}/items": Role.SUBMITTER,
    "GET /api/v1/libraries/{name:str}/items/{media_id:str}": Role.READER,
    "PATCH /api/v1/libraries/{name:str}/items/{media_id:str}": Role.ADMIN,
    "DELETE /api/v1/libraries/{name:str}/items/{media_id:str}": Role.ADMIN,
    # boilerplate
    "GET /api/v1/boilerplate": Role.READER,
    "PUT /api/v1/boilerplate": Role.MODERATOR,
    "GET /api/v1/boilerplate/log": Role.READER,
    "GET /api/v1/boilerplate/{ruling_id:str}": Role.READER,
    "DELETE /api/v1/boilerplate/{ruling_id:str}": Role.MODERATOR,
    # policies
    "GET /api/v1/policies": Role.READER,
    "POST /api/v1/policies": Role.ADMIN,
    "GET /api/v1/policies/{name:str}": Role.READER,
    "PUT /api/v1/policies/{name:str}": Role.ADMIN,
    "DELETE /api/v1/policies/{name:str}": Role.ADMIN,
    "POST /api/v1/policies/reorder": Role.ADMIN,
    "POST /api/v1/policies/preview": Role.READER,
    "GET /api/v1/policies/{name:str}/shadow": Role.READER,
    # cases
    "GET /api/v1/cases": Role.READER,
    "GET /api/v1/cases/{case_id:str}": Role.READER,
    "POST /api/v1/cases/{case_id:str}/decisions": Role.MODERATOR,
    "PUT /api/v1/cases/{case_id:str}/assignee": Role.MODERATOR,
    "POST /api/v1/decisions": Role.MODERATOR,
    "GET /api/v1/decisions": Role.READER,
    # why it matched
    "GET /api/v1/cases/{case_id:str}/evidence": Role.READER,
    "GET /api/v1/jobs/{job_id:str}/matches/{library:str}/{reference:str}/evidence": Role.READER,
    # running it
    "GET /api/v1/dead-letters": Role.READER,
    "GET /api/v1/dead-letters/{letter_id:str}": Role.READER,
    "POST /api/v1/dead-letters/{letter_id:str}/replay": Role.ADMIN,
    "GET /api/v1/deliveries": Role.READER,
    "GET /api/v1/deliveries/{job_id:str}": Role.READER,
    "POST /api/v1/deliveries/{job_id:str}/replay": Role.SUBMITTER,
    "POST /api/v1/deliveries/replay": Role.SUBMITTER,
    "GET /api/v1/doctor": Role.READER,
    "POST /api/v1/doctor": Role.ADMIN,
    "GET /api/v1/settings": Role.READER,
    "GET /api/v1/events": Role.READER,
}
#: Everybody who may come: nobody, a stranger, and a token of each kind. A right gives no role.
CALLERS: dict[str, Role | None] = {
    "no token": None,
    "wrong token": None,
    "reader": Role.READER,
    "submitter": Role.SUBMITTER,
    "submitter+replace": Role.SUBMITTER,
    "submitter+curate": Role.SUBMITTER,
    "moderator": Role.MODERATOR,
    "admin": Role.ADMIN,
}
TOKENS = {kind: f"token-of-the-{kind}" for kind in CALLERS if kind != "no token"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    lines = [f"{TOKENS[kind]} {kind}\n" for kind, role in CALLERS.items() if role is not None]
    (tmp_path / "tokens").write_text("".join(lines))
    return Settings(state=tmp_path, tokens=tmp_path / "tokens", rate_limit="1000000/second")


@pytest.fixture
async def client(services: Services) -> AsyncIterator[AsyncTestClient[Litestar]]:
    services.live.close()  # what would go on for ever ends at once
    async with AsyncTestClient(shared_app(services), base_url="http://127.0.0.1:6066") as client:
        yield client


def routes(app: Litestar) -> dict[str, dict[str, Any]]:
    """Return what every route says of who may use it. OPTIONS is answered by the framework, see below."""
    return {
        f"{method} {route.path}": handler.opt
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for method, (handler, _) in route.route_handler_map.items()
        if method != "OPTIONS"
    }


async def sent(client: AsyncTestClient[Litestar], row: str, kind: str) -> Response:
    """Use a route with nothing in it: who is let in is told that, or that there is no such thing."""
    method, path = row.split()
    headers = {"Authorization": f"Bearer {TOKENS[kind]}"} if kind in TOKENS else {}
    body = {} if method in {"GET", "HEAD", "DELETE"} else {"json": {}}
    return await client.request(method, re.sub(r"\{\w+:\w+\}", "none", path), headers=headers, **body)


def is_refused(answer: Response) -> bool:
    """Whether the gate has refused a request; of a wrong token in the form of the login page it knows nothing."""
    return answer.status_code == 403 or "www-authenticate" in answer.headers


def test_every_route_has_a_row_and_says_so_itself(services: Services) -> None:
    found = routes(shared_app(services))
    assert set(found) == set(LEAST)
    for row, least in LEAST.items():
        assert (found[row].get("role"), bool(found[row].get("public"))) == (least, least is None), row


async def test_every_operation_of_the_document_has_a_row(client: AsyncTestClient[Litestar]) -> None:
    headers = {"Authorization": f"Bearer {TOKENS['reader']}"}
    document = (await client.get("/api/openapi.json", headers=headers)).json()
    told = {f"{method.upper()} {path}" for path, item in document["paths"].items() for method in item}
    rows = {re.sub(r":\w+\}", "}", row) for row in LEAST}
    assert told == {row for row in rows if " /api/v1/" in row}


@pytest.mark.parametrize("row", LEAST)
async def test_each_caller_may_use_what_the_table_says_and_no_more(client: AsyncTestClient[Litestar], row: str) -> None:
    least = LEAST[row]
    for kind, role in CALLERS.items():
        answer = await sent(client, row, kind)
        allowed = least is None or (role is not None and role.covers(least))
        assert is_refused(answer) is not allowed, (kind, answer.status_code, answer.text)
        if not allowed:
            assert answer.status_code == (401 if role is None else 403), kind
            assert answer.headers["content-type"] == "application/problem+json"
        assert answer.status_code < 500, (kind, answer.text)


async def test_a_route_that_says_nothing_is_for_nobody(services: Services) -> None:
    @get("/forgotten")
    async def forgotten() -> str:
        return "told"

    @get("/thought-of", opt=needs(Role.READER))
    async def thought_of() -> str:
        return "told"

    app = Litestar(
        [forgotten, thought_of], before_request=services.authenticator, openapi_config=None, logging_config=None
    )
    async with AsyncTestClient(app, base_url="http://127.0.0.1:6066") as client:
        headers = {"Authorization": f"Bearer {TOKENS['admin']}"}
        assert (await client.get("/forgotten", headers=headers)).status_code == 403
        assert (await client.get("/thought-of", headers=headers)).status_code == 200


async def test_which_methods_a_route_has_is_told_to_readers(client: AsyncTestClient[Litestar]) -> None:
    assert (await sent(client, "OPTIONS /api/v1/jobs", "no token")).status_code == 401
    assert (await sent(client, "OPTIONS /api/v1/jobs", "reader")).status_code == 204
