"""Every problem that is answered is one of the table, with its status and its place on the page."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar.testing import AsyncTestClient

from streams.domain.case_errors import CaseError
from streams.domain.library_errors import LibraryError
from streams.domain.policy_errors import PolicyError
from streams.ports.errors import Neighbour, NeighbourAwayError
from streams.settings import Settings
from streams.web.api.problems import problem_of
from streams.web.problem_table import PROBLEM_TYPES, general_type
from streams.web.services import Services

ENDLESS = "/api/v1/events"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state=tmp_path, rate_limit="1000000/second")


def assert_of_the_table(answer: httpx.Response) -> str:
    """Look at a problem document; return its code."""
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    kind = PROBLEM_TYPES[problem["code"]]
    assert (problem["status"], problem["type"], problem["title"]) == (answer.status_code, kind.address, kind.title)
    assert answer.status_code == kind.status
    assert problem["detail"]
    return kind.code


def test_codes_are_plain_and_every_type_says_what_to_do() -> None:
    assert len(PROBLEM_TYPES) > 50
    for code, kind in PROBLEM_TYPES.items():
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", code)
        assert kind.code == code
        assert kind.address == f"/problems#{code}"
        assert all((kind.title, kind.meaning, kind.advice))
        assert kind.meaning.endswith(".")
        assert kind.advice.endswith(".")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 412, 413, 422, 429, 500, 503])
def test_there_is_a_type_for_whatever_a_status_is_for(status: int) -> None:
    assert general_type(status).status == status


def every_kind(error: type[Exception]) -> list[type[Exception]]:
    return [error, *(one for child in error.__subclasses__() for one in every_kind(child))]


@pytest.mark.parametrize("family", [LibraryError, PolicyError, CaseError], ids=lambda one: one.__name__)
def test_every_error_of_the_service_is_answered_with_a_type(family: type[Exception]) -> None:
    for kind in every_kind(family):
        assert problem_of(kind.__new__(kind)).status < 500


async def test_whatever_is_sent_the_problem_is_of_the_table_and_documented_for_the_route(
    client: AsyncTestClient[Any],
) -> None:
    document = (await client.get("/api/openapi.json")).json()
    seen: set[str] = set()
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method == "head":  # what GET answers, without its body
                continue
            place = re.sub(r"\{\w+\}", "none", path)
            bodies: list[dict[str, Any]] = (
                [{}] if method == "get" else [{"json": {"unknown": 1}}, {"content": b"\xff["}]
            )
            for given in ({"params": {"unknown": "1"}}, *([{}] if path == ENDLESS else bodies)):
                if path == ENDLESS and "params" not in given:
                    continue
                answer = await client.request(method.upper(), place, headers={"X-Requested-With": "x"}, **given)
                if answer.status_code < 400:
                    continue
                code = assert_of_the_table(answer)
                told = operation["responses"][str(answer.status_code)]
                if "$ref" in told:
                    told = document["components"]["responses"][told["$ref"].rpartition("/")[2]]
                assert code in told["content"]["application/problem+json"]["examples"], (method, path, code)
                seen.add(code)
    assert seen >= {"unknown-parameter", "unknown-field", "unknown-job", "unknown-library", "unknown-case"}


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", "/nowhere", "not-found"),
        ("PUT", "/healthz", "method-not-allowed"),
        ("GET", "/api/v1/jobs?cursor=x", "invalid-cursor"),
        ("GET", "/api/v1/jobs?limit=0", "invalid-request"),
        ("GET", "/api/v1/jobs?since=x", "invalid-request"),
        ("GET", "/api/v1/jobs?limt=1", "unknown-parameter"),
    ],
)
async def test_what_is_wrong_with_an_address_has_its_code(
    client: AsyncTestClient[Any], method: str, path: str, code: str
) -> None:
    assert assert_of_the_table(await client.request(method, path)) == code


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (NeighbourAwayError(Neighbour.MILVUS, "x"), "index-away"),
        (NeighbourAwayError(Neighbour.STORE, "x"), "store-away"),
        (NeighbourAwayError(Neighbour.DISK, "x"), "disk-full"),
        (OSError("x"), "broker-away"),
        (RuntimeError("x"), "internal-error"),
        (UnicodeDecodeError("utf-8", b"", 0, 1, "x"), "unreadable-body"),
    ],
)
async def test_a_fault_has_its_code(
    client: AsyncTestClient[Any], services: Services, monkeypatch: pytest.MonkeyPatch, *, fault: Exception, code: str
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise fault

    monkeypatch.setattr(services.model.jobs, "page", fails)
    assert assert_of_the_table(await client.get("/api/v1/jobs")) == code


async def test_a_field_that_there_is_not_is_told_with_the_nearest(client: AsyncTestClient[Any]) -> None:
    for path, body, said in (
        ("jobs", {"media_id": "x", "url": "file:///x", "libary": "films"}, "did you mean 'library'?"),
        ("policies", {"name": "x", "action": "review", "when": {"similarty": 1}}, "did you mean 'similarity'?"),
        ("decisions", {"decisions": [{"case_id": "x", "decision": "copy", "nte": ""}]}, "did you mean 'note'?"),
    ):
        answer = await client.post(f"/api/v1/{path}", json=body)
        assert assert_of_the_table(answer) == "unknown-field"
        assert said in answer.json()["detail"]


async def test_a_form_with_a_field_that_there_is_not_is_refused(client: AsyncTestClient[Any]) -> None:
    answer = await client.post("/api/v1/uploads", data={"media_id": "x", "libary": "x"}, files={"file": b"x"})
    assert assert_of_the_table(answer) == "unknown-field"
    assert "did you mean 'library'?" in answer.json()["detail"]


async def test_a_body_for_a_route_that_takes_none_is_refused(client: AsyncTestClient[Any]) -> None:
    answer = await client.post("/api/v1/deliveries/replay", json={"media_id": "clip"})
    assert assert_of_the_table(answer) == "unknown-field"
    assert (await client.post("/api/v1/deliveries/replay", json={})).status_code == 202
    assert (await client.post("/api/v1/deliveries/replay")).status_code == 202


async def test_what_is_missing_or_wrong_is_said_in_a_sentence(client: AsyncTestClient[Any]) -> None:
    for body, said in (
        ({"media_id": "x"}, "missing required field `url`"),
        ({"media_id": "x", "url": 3}, "'url' in the body"),
    ):
        answer = await client.post("/api/v1/jobs", json=body)
        assert said in answer.json()["detail"]
    assert "'limit' in the address" in (await client.get("/api/v1/jobs?limit=x")).json()["detail"]
    assert "has none" in (await client.post("/api/v1/jobs", headers={"Content-Type": "application/json"})).text


async def test_every_problem_is_on_the_page_that_its_type_leads_to(client: AsyncTestClient[Any]) -> None:
    page = (await client.get("/problems")).text
    for code in PROBLEM_TYPES:
        assert f'id="{code}"' in page
