"""A thousand requests that cannot be served leave the process as it was."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest
from litestar.testing import AsyncTestClient
from support.read_model import ReadModel

from streams.settings import Settings

ROUNDS = 100
BAD = (
    ("GET", "/api/v1/jobs/unknown", None),
    ("GET", "/api/v1/jobs?cursor=nonsense", None),
    ("GET", "/api/v1/jobs?limit=0", None),
    ("GET", "/api/v1/media/unknown/result", None),
    ("DELETE", "/api/v1/media/unknown", None),
    ("GET", "/api/v1/libraries/unknown", None),
    ("POST", "/api/v1/jobs", b"{"),
    ("POST", "/api/v1/jobs", b'{"media_id": "x", "url": "file:///x", "library": "unknown"}'),
    ("POST", "/api/v1/jobs", b"x" * (2 << 20)),
    ("PUT", "/api/v1/jobs", b"{}"),
    ("POST", "/api/v1/libraries", b'{"name": "a\x85b"}'),  # no UTF-8
    ("POST", "/api/v1/jobs", b'{"metadata": ' + b"[" * 5000),  # nested too deep for any reader
)
#: MiB that the process may have grown by: an answer that were kept would be more than that.
GROWTH_MB = 30


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state=tmp_path, rate_limit="1000000/second")


def handles() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def resident_mb() -> float:
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20


async def rounds(client: AsyncTestClient, count: int) -> None:
    for _ in range(count):
        for method, path, body in BAD:
            answer = await client.request(method, path, content=body, headers={"Content-Type": "application/json"})
            assert 400 <= answer.status_code < 500


async def test_a_thousand_bad_requests_leave_memory_and_handles_as_they_were(
    client: AsyncTestClient, model: ReadModel
) -> None:
    await rounds(client, 10)
    opened, resident = handles(), resident_mb()
    await rounds(client, ROUNDS)
    assert handles() <= opened + 5
    assert resident_mb() - resident < GROWTH_MB
    assert model.jobs.page().jobs == []


@pytest.mark.parametrize("path", ["a" * 300, "a/" * 3000, "%00", "a%00b", "%2e%2e/app.py", "%ff", "live.js/a", "."])
async def test_a_static_file_that_cannot_be_there_is_not_found(client: AsyncTestClient, path: str) -> None:
    answer = await client.get(f"/static/{path}")
    assert answer.status_code == 404
