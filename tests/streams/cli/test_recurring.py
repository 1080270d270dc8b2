"""The commands about content that recurs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.airings import AD_LIBRARY
from support.inline import InlineService
from support.recurring import shows
from support.tracks import SECONDS, picture, sound

from fingerprint.model import Fingerprint
from fingerprint.types import ReferenceKey
from streams.adapters.storage.fsspec_store import open_store
from streams.cli.output import ExitCode
from streams.settings import Settings


@pytest.fixture(autouse=True)
def known(service: InlineService) -> None:
    """Three shows have a sting in common, and three others a promo."""
    service.apply(libraries=[AD_LIBRARY])
    shows(
        service.model,
        {name: {"sting": (place * 10.0, 5.0)} for place, name in enumerate(("one", "two", "three", "four"))},
    )
    shows(service.model, {name: {"promo": (50.0, 30.0)} for name in ("five", "six", "seven")})


async def ids(run: Any, *options: str) -> list[str]:
    return [one["id"] for one in json.loads((await run("recurring", "list", "--json", *options)).stdout)["recurring"]]


async def test_what_recurs_is_listed_for_people_and_for_machines(run: Any) -> None:
    sting, promo = await ids(run)
    listed = await run("recurring", "list")
    assert listed.exit_code == ExitCode.OK
    for text in (sting, promo, "5.0", "30.0", "four", "30.0-35.0 s"):
        assert text in listed.stdout
    assert await ids(run, "--media-id", "six", "--library", "shows") == [promo]
    assert "--cursor" in (await run("recurring", "list", "--limit", "1")).stdout


async def test_one_is_shown_with_all_its_occurrences(run: Any) -> None:
    sting, _ = await ids(run)
    shown = await run("recurring", "show", sting)
    assert f"{sting}: 5.0 s, 4 times in 4 media; proposed" in shown.stdout
    for text in ("one", "0.0-5.0 s", "three", "20.0-25.0 s"):
        assert text in shown.stdout
    assert json.loads((await run("recurring", "show", sting, "--json")).stdout)["media"] == 4


async def test_one_is_put_aside_and_proposed_again(run: Any) -> None:
    sting, promo = await ids(run)
    assert "dismissed by" in (await run("recurring", "dismiss", promo)).stdout
    assert await ids(run) == [sting]
    assert await ids(run, "--state", "dismissed") == [promo]
    assert json.loads((await run("recurring", "reopen", promo, "--json")).stdout)["state"] == "proposed"
    assert await ids(run) == [sting, promo]


async def test_one_is_promoted_to_a_library(run: Any, state: Path) -> None:
    sting, promo = await ids(run)
    whole = Fingerprint(SECONDS, picture(), sound())
    open_store(Settings(state=state).store_url).put(ReferenceKey("shows", "one", 1), whole.to_bytes())
    promoted = await run("recurring", "promote", sting, "--library", "ads", "--media-id", "autumn")
    assert promoted.exit_code == ExitCode.OK
    assert "promoted to ads/autumn, by job" in promoted.stdout
    assert await ids(run) == [promo]


async def test_what_is_refused_is_said(run: Any) -> None:
    refused = await run("recurring", "promote", "none", "--library", "ads")
    assert refused.exit_code != ExitCode.OK
    assert "nothing that recurs has the id" in refused.stderr
