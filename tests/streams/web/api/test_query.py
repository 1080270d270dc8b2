"""Parameters in an address that no route knows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from litestar.testing import AsyncTestClient
from support.examples import job
from support.inline import InlineService
from support.read_model import ReadModel
from support.web_app import shared_app

from schemas.jobs import JobStatus
from streams.settings import Settings

#: Nothing that a route knows is like it.
UNKNOWN = "zzzz"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state=tmp_path, rate_limit="1000000/second")


async def test_every_route_refuses_a_parameter_that_it_does_not_name(client: AsyncTestClient) -> None:
    paths = (await client.get("/api/openapi.json")).json()["paths"]
    asked = 0
    for path, item in paths.items():
        for method, operation in item.items():
            named = {one["name"] for one in operation.get("parameters", []) if one["in"] == "query"}
            place = re.sub(r"\{\w+\}", "none", path)
            answer = await client.request(method.upper(), place, params={UNKNOWN: "1"})
            assert answer.status_code == 400, (method, path)
            assert answer.headers["content-type"] == "application/problem+json"
            asked += 1
            if method == "head":
                continue  # what GET says there, without a body
            detail = answer.json()["detail"]
            for name in (UNKNOWN, *named):
                assert name in detail, (method, path)
    assert asked > 30


async def test_every_route_takes_the_parameters_that_the_document_names(client: AsyncTestClient) -> None:
    paths = (await client.get("/api/openapi.json")).json()["paths"]
    for path, item in paths.items():
        if path == "/api/v1/events":  # an answer without an end
            continue
        for method, operation in item.items():
            named = {one["name"]: "1" for one in operation.get("parameters", []) if one["in"] == "query"}
            answer = await client.request(method.upper(), re.sub(r"\{\w+\}", "none", path), params=named)
            assert "knows no parameter" not in answer.text, (method, path)


async def test_null_is_a_text_and_no_value_of_anything_else(client: AsyncTestClient) -> None:
    paths = (await client.get("/api/openapi.json")).json()["paths"]
    refused = set()
    for path, item in paths.items():
        for method, operation in item.items():
            place = re.sub(r"\{\w+\}", "none", path)
            for one in operation.get("parameters", []):
                schema = one.get("schema", {})
                if one["in"] != "query" or (schema.get("type") == "string" and not {"enum", "format"} & set(schema)):
                    continue
                answer = await client.request(method.upper(), place, params={one["name"]: "Null"})
                assert answer.status_code == 400, (method, path, one["name"], answer.text)
                refused.add(one["name"])
    assert {"limit", "similarity", "status"} <= refused
    answer = await client.get("/api/v1/jobs?similarity=null")
    assert answer.json()["errors"] == [
        {"message": "null is no value: leave the parameter out", "key": "similarity", "source": "query"}
    ]
    assert (await client.get("/api/v1/jobs?name=null")).status_code == 200


async def test_the_nearest_parameter_is_named(client: AsyncTestClient) -> None:
    for sent, meant in (
        ("statuss", "status"),
        ("Library", "library"),
        ("mediaId", "media_id"),
        ("page_limit", "limit"),
    ):
        detail = (await client.get("/api/v1/jobs", params={sent: "x"})).json()["detail"]
        assert f"did you mean '{meant}'?" in detail


async def test_a_parameter_that_is_given_twice_is_refused(client: AsyncTestClient) -> None:
    answer = await client.get("/api/v1/jobs?status=fail&status=success")
    assert (answer.status_code, "2 times" in answer.json()["detail"]) == (400, True)


async def test_pages_and_calls_take_what_links_and_proxies_add(client: AsyncTestClient, model: ReadModel) -> None:
    model.apply(jobs=[job("j1", JobStatus.FAIL)])
    for path in ("/", "/jobs/j1", "/libraries", "/login", "/healthz", "/metrics"):
        assert (await client.get(path, params={"utm_source": "mail"})).status_code == 200


async def test_who_may_not_ask_hears_of_that_first(inline: InlineService, tmp_path: Path) -> None:
    (tmp_path / "tokens").write_text("token-of-a-reader reader\n")
    services = inline.services(Settings(state=tmp_path, tokens=tmp_path / "tokens"))
    async with AsyncTestClient(shared_app(services), base_url="http://127.0.0.1:6066") as client:
        assert (await client.get("/api/v1/jobs", params={UNKNOWN: "1"})).status_code == 401
