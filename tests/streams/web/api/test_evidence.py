"""Why a match matches, over REST: real fingerprints, told to whom may read, and to nobody else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
import pytest
from litestar.testing import AsyncTestClient
from support import sounds
from support.cases import found, id_of, item
from support.examples import MATCH
from support.inline import InlineService
from support.web_app import shared_app

from fingerprint.model import Fingerprint
from fingerprint.types import ReferenceKey
from schemas.matches import Interval, Track
from schemas.policies import Action
from streams.domain.evidence_errors import BusyError
from streams.settings import Settings
from streams.web.services import Services

#: A name that has to be written in an address with care.
FILM = "a/film & <more> ü"
SPAN = Interval(
    input_start=0.0, input_end=20.0, reference_start=30.0, reference_end=50.0, similarity=0.9, track=Track.SOUND
)
CASE = f"/api/v1/cases/{id_of(FILM)}/evidence"
OF_JOB = f"/api/v1/jobs/j1/matches/films/{quote(FILM, safe='')}/evidence"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "tokens").write_text("the-token-of-carl-the-reader reader carl\n")
    return Settings(state=tmp_path, tokens=tmp_path / "tokens", rate_limit="1000000/second")


@pytest.fixture
async def client(services: Services, inline: InlineService) -> AsyncIterator[AsyncTestClient[Any]]:
    """A reader's client; a film is found in a video, and both are stored."""
    match = msgspec.structs.replace(MATCH, media_id=FILM, library="films", intervals=(SPAN,), track=Track.SOUND)
    ended = found("j1", {FILM: Action.BLOCK}, matches=(match,), stored=True, digest="d")
    inline.apply(items=[item(FILM), item("video", "default", job_id="j1", digest="d")], jobs=[ended])
    original = sounds.sound(60.0, seed=1)
    copy = sounds.worn(sounds.piece(original, 30.0, 50.0), 0.7, seed=2)
    services.store.put(ReferenceKey("films", FILM, 1), Fingerprint(60.0, None, original).to_bytes())
    services.store.put(ReferenceKey("default", "video", 1), Fingerprint(20.0, None, copy).to_bytes())
    async with AsyncTestClient(shared_app(services), base_url="http://127.0.0.1:6066") as client:
        client.headers["Authorization"] = "Bearer the-token-of-carl-the-reader"
        yield client


async def test_a_case_and_its_jobs_match_tell_the_same(client: AsyncTestClient[Any]) -> None:
    answer, other = await client.get(CASE), await client.get(OF_JOB)
    assert (answer.status_code, other.status_code) == (200, 200), answer.text + other.text
    told = answer.json()
    assert told == other.json()
    assert (told["media_id"], told["reference"], told["library"], told["job_id"]) == ("video", FILM, "films", "j1")
    assert told["looked_again"]
    (one,) = told["intervals"]
    assert one["sound"]["common"] > 10 * one["sound"]["by_chance"]
    assert one["picture"] is None
    points = told["sound"]["inside"]
    assert len(points["input"]) == len(points["reference"]) == points["total"]
    assert {threshold["name"] for threshold in told["thresholds"]} > {"even_log_odds", "min_inliers"}


async def test_who_has_it_already_is_told_so(client: AsyncTestClient[Any]) -> None:
    tag = (await client.get(CASE)).headers["etag"]
    again = await client.get(CASE, headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "path",
    ["/api/v1/cases/none/evidence", "/api/v1/jobs/j9/matches/films/x/evidence", "/api/v1/jobs/j1/matches/f/x/evidence"],
)
async def test_what_is_not_there_is_a_problem_that_says_what_to_do(client: AsyncTestClient[Any], path: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert "list" in answer.json()["detail"]


async def test_too_many_at_once_are_asked_to_come_again(client: AsyncTestClient[Any], services: Services) -> None:
    class Busy:
        async def run(self, order: bytes) -> bytes:
            assert order
            raise BusyError

    services.evidence._short = Busy()
    answer = await client.get(CASE)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "ask again in a moment" in answer.json()["detail"]


async def test_nobody_without_a_token_is_told(client: AsyncTestClient[Any]) -> None:
    for path in (CASE, OF_JOB, CASE.removeprefix("/api/v1")):
        assert (await client.get(path, headers={"Authorization": "Bearer wrong"})).status_code == 401
