"""Cases as files: CSV and JSON lines of all that a filter lets through."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from httpx import Response
from litestar.testing import AsyncTestClient
from support.cases import found, item
from support.inline import InlineService
from support.moderation import FILM, decide, moderated, moderator, problem, shown

from schemas.policies import Action
from streams.readmodel.cases import CaseFilter, CaseOrder
from streams.settings import Settings
from streams.web.services import Services


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return moderated(tmp_path)


@pytest.fixture
async def client(services: Services, inline: InlineService) -> AsyncIterator[AsyncTestClient[Any]]:
    """A client of anna's, a moderator; a film and a series are found in a video."""
    async with moderator(services, inline) as client:
        yield client


def rows_of(answer: Response) -> list[dict[str, str]]:
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="cases.csv"'
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


async def test_cases_are_saved_as_csv_with_their_match_and_their_last_decision(client: AsyncTestClient[Any]) -> None:
    await decide(client, "escalate", note='the music, "alone"\nsays ben')
    answer = await client.get("/api/v1/cases", params={"reference": "film"}, headers={"Accept": "text/csv"})
    (row,) = rows_of(answer)
    assert (row["case_id"], row["state"], row["action"], row["media_id"]) == (FILM, "escalated", "block", "video")
    assert (row["similarity"], row["edits"], row["matched_seconds"]) == ("0.9", "mirrored", "5.0")
    assert (row["decision"], row["who"], row["note"]) == ("escalate", "anna", 'the music, "alone"\nsays ben')


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)"])
async def test_no_spreadsheet_runs_a_name_in_the_file_of_cases(
    client: AsyncTestClient[Any], inline: InlineService, name: str
) -> None:
    inline.apply(jobs=[found("hostile", {"film": Action.BLOCK}, media_id=name)])
    answer = await client.get("/api/v1/cases", params={"media_id": name}, headers={"Accept": "text/csv"})
    (row,) = rows_of(answer)
    assert (row["media_id"], row["reference"]) == (f"'{name}", "film")


@pytest.mark.parametrize("accept", ["text/csv", "application/x-ndjson"])
async def test_the_file_of_cases_holds_all_of_the_filter_in_the_order_of_the_list(
    client: AsyncTestClient[Any], inline: InlineService, accept: str
) -> None:
    names = [f"film-{number:04}" for number in range(1100)]  # more than two parts
    inline.apply(items=[item(name) for name in names])
    inline.apply(jobs=[found("many", dict.fromkeys(names, Action.REVIEW), media_id="upload")])
    params = {"media_id": "upload", "order": "time", "limit": "10"}
    answer = await client.get("/api/v1/cases", params=params, headers={"Accept": accept})
    lines = rows_of(answer) if accept == "text/csv" else [json.loads(line) for line in answer.text.splitlines()]
    listed = [
        case.case_id
        for case in inline.model.cases.page(CaseFilter(media_id="upload"), order=CaseOrder.TIME, limit=2000).cases
    ]
    assert [line["case_id"] for line in lines] == listed
    assert len(listed) == len(names)


async def test_cases_as_json_lines_are_each_what_a_case_is_shown_as(client: AsyncTestClient[Any]) -> None:
    answer = await client.get("/api/v1/cases", params={"reference": "film"}, headers={"Accept": "application/x-ndjson"})
    assert answer.headers["content-type"] == "application/x-ndjson; charset=utf-8"
    assert [json.loads(line) for line in answer.text.splitlines()] == [await shown(client)]


@pytest.mark.parametrize("accept", ["application/json", "*/*", "text/html, */*"])
async def test_cases_are_no_file_unless_one_is_asked_for(client: AsyncTestClient[Any], accept: str) -> None:
    answer = await client.get("/api/v1/cases", headers={"Accept": accept})
    assert [one["reference"] for one in answer.json()["cases"]] == ["film", "series"]


@pytest.mark.parametrize("accept", ["text/csv", "application/x-ndjson"])
async def test_a_file_of_cases_from_nowhere_is_refused(client: AsyncTestClient[Any], accept: str) -> None:
    problem(await client.get("/api/v1/cases", params={"cursor": "x"}, headers={"Accept": accept}), 400)


async def test_a_file_of_no_cases_is_an_empty_one(client: AsyncTestClient[Any]) -> None:
    params = {"reference": "nothing"}
    assert rows_of(await client.get("/api/v1/cases", params=params, headers={"Accept": "text/csv"})) == []
    answer = await client.get("/api/v1/cases", params=params, headers={"Accept": "application/x-ndjson"})
    assert answer.text == ""
