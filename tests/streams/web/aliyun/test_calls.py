"""What every call has in common: which operation it names, how its parameters come, and what failing looks like."""

from __future__ import annotations

import gc
import logging
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar.testing import AsyncTestClient
from support.read_model import ReadModel
from support.web_app import shared_app

from streams.web.aliyun.app import LARGEST_BODY, create_call_app
from streams.web.dispatch import FrontDoor
from streams.web.services import Services


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["Code"]


@pytest.mark.parametrize(
    ("action", "version", "expected"),
    [
        ("NoSuchAction", "2017-03-21", (404, "InvalidAction.NotFound")),
        ("submitaijob", "2017-03-21", (404, "InvalidAction.NotFound")),
        ("ListAIJob", "2014-06-18", (400, "InvalidVersion")),
        ("ListAIJob", "", (400, "MissingParameter")),
        ("", "2017-03-21", (400, "MissingParameter")),
    ],
)
async def test_an_operation_that_there_is_not_is_refused(
    caller: Any, action: str, version: str, expected: tuple[int, str]
) -> None:
    assert refusal(await caller.v3(action, version=version)) == expected


async def test_a_parameter_that_comes_twice_is_refused(caller: Any) -> None:
    answer = await caller.v3("ListAIJob", JobIds="a", form={"JobIds": "b"})
    assert refusal(answer) == (400, "InvalidParameter")


@pytest.mark.parametrize("query", ["Action=ListAIJob&Version=%FF", "&".join(f"p{number}=1" for number in range(200))])
async def test_parameters_that_are_no_text_or_far_too_many_are_refused(caller: Any, query: str) -> None:
    assert refusal(await caller.client.post(f"/?{query}")) == (400, "InvalidParameter")


async def test_a_body_that_is_too_large_is_refused_in_the_vendors_form(caller: Any) -> None:
    answer = await caller.v3("ListAIJob", form={"JobIds": "x" * LARGEST_BODY})
    assert refusal(answer) == (413, "InvalidParameter")


async def test_a_fault_of_ours_says_no_more_than_that(caller: Any, services: Services) -> None:
    services.model = None  # type: ignore[assignment]
    answer = await caller.v3("ListAIJob", JobIds="a")
    assert refusal(answer) == (500, "InternalError")
    assert "NoneType" not in answer.text


def open_handles() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.fixture
def no_log() -> Iterator[None]:
    """Have nothing logged: pytest keeps all of it until the test has ended."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def held_bytes() -> int:
    """Return the bytes that are held of what was asked for since tracing began.

    Without those of what measures: its own notes, and coverage's, which keeps some for each thread that has run.
    """
    measuring = [tracemalloc.Filter(False, tracemalloc.__file__), tracemalloc.Filter(False, "*/coverage/*")]
    found = tracemalloc.take_snapshot().filter_traces(measuring)
    return sum(one.size for one in found.statistics("filename"))


@pytest.mark.unmeasured
@pytest.mark.usefixtures("no_log")
async def test_a_thousand_refused_calls_leave_handles_and_memory_where_they_were(caller: Any, model: ReadModel) -> None:
    async def refuse(times: int) -> None:
        for number in range(times):
            for answer in (
                await caller.v3(f"NoSuchAction{number}"),
                await caller.v3("ListAIJob", JobIds="a", signed_with="other", nonce=str(number)),
                await caller.v1("ListAIJob", key=f"nobody{number}", JobIds="a"),
                await caller.unsigned("GetMediaDNAResult", MediaId=f"unknown{number}"),
            ):
                assert answer.status_code in {400, 404}

    await refuse(25)
    gc.collect()  # what another test has left is let go before it is counted
    handles = open_handles()
    grown: list[int] = []
    for _ in range(4):  # what leaks does so each time; a cache that grows, or another thread's work, does not
        tracemalloc.start()
        try:
            gc.collect()
            before = held_bytes()
            await refuse(250)
            gc.collect()
            after = held_bytes()
        finally:
            tracemalloc.stop()
        grown.append(after - before)
    assert open_handles() == handles
    assert min(grown) < 256 * 1024
    assert model.jobs.page().jobs == []


async def test_calls_and_the_web_view_share_one_address(services: Services) -> None:
    app = FrontDoor(calls=create_call_app(services), other=shared_app(services))
    async with AsyncTestClient(app, base_url="http://127.0.0.1:6066") as client:
        assert "text/html" in (await client.get("/")).headers["content-type"]
        assert "text/html" in (await client.get("/?status=fail")).headers["content-type"]
        for answer in (
            await client.get("/?Action=ListAIJob"),
            await client.get("/", headers={"x-acs-action": "ListAIJob"}),
            await client.post("/"),
        ):
            assert "RequestId" in answer.json()
        elsewhere = await client.get("/api/v1/jobs?Action=ListAIJob")
        assert elsewhere.headers["content-type"] == "application/problem+json"
        assert "no parameter 'Action'" in elsewhere.json()["detail"]


async def test_an_error_repeats_no_more_than_a_part_of_what_came(caller: Any) -> None:
    for answer in (
        await caller.v3("x" * 20_000),
        await caller.v3("ListAIJob", version="x" * 20_000),
        await caller.v1("ListAIJob", JobIds="x" * 20_000, signed_with="other"),
    ):
        assert answer.status_code in {400, 404}
        assert len(answer.content) < 3000
