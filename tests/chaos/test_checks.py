"""The checks see what they are for: a run that looks at nothing would find nothing lost."""

from __future__ import annotations

from random import Random

import msgspec
import pytest

from chaos.checks import (
    ONE_EVENT,
    READ_MODELS,
    RESULTS,
    UNFINISHED,
    Expected,
    check_events,
    check_read_models,
)
from chaos.faults import FAULTS, Deck
from chaos.traffic import Item
from schemas.events import AIMediaDNAComplete

ITEM = Item("video", "bikes")
EXPECTED = {"bikes": Expected("found", frozenset())}


def complete(**changes: str) -> AIMediaDNAComplete:
    usual = AIMediaDNAComplete(
        event_time="2026-11-23T08:00:00Z",
        job_id="1",
        media_id="video",
        status="success",
        code="0",
        message="OK",
        complete_time="2026-11-23T08:00:00Z",
        data="found",
    )
    return msgspec.structs.replace(usual, **changes)


def job(**changes: object) -> dict[str, object]:
    return {"job_id": "1", "media_id": "video", "status": "success", **changes}


def test_one_event_with_the_expected_result_is_right() -> None:
    assert check_events([ITEM], EXPECTED, [complete(), complete(media_id="other")]) == []


@pytest.mark.parametrize(
    ("events", "check"),
    [
        ([], ONE_EVENT),
        ([complete(), complete()], ONE_EVENT),
        ([complete(), complete(job_id="2")], ONE_EVENT),
        ([complete(status="fail", code="Timeout")], RESULTS),
        ([complete(data="something else")], RESULTS),
    ],
    ids=["no event", "the same one twice", "of two jobs", "failed", "another result"],
)
def test_an_event_too_few_or_too_many_or_another_result_is_seen(events: list[AIMediaDNAComplete], check: str) -> None:
    assert [violation.check for violation in check_events([ITEM], EXPECTED, events)] == [check]


@pytest.mark.parametrize(
    ("jobs", "check"),
    [
        ([[job(version=1)], [job(version=2)]], READ_MODELS),
        ([[job()], []], READ_MODELS),
        ([[job(status="processing")], [job(status="processing")]], UNFINISHED),
        ([[], []], ONE_EVENT),
    ],
    ids=["a field differs", "a job is missing", "unfinished", "no job at all"],
)
def test_read_models_that_differ_or_hold_unfinished_jobs_are_seen(
    jobs: list[list[dict[str, object]]], check: str
) -> None:
    assert [violation.check for violation in check_read_models([ITEM], jobs)] == [check]


def test_a_seed_deals_the_same_faults_again_and_each_kind_before_any_comes_twice() -> None:
    def dealt(seed: int) -> list[str]:
        deck = Deck(FAULTS, Random(seed))
        return [deck.deal().name for _ in range(2 * len(FAULTS))]

    assert dealt(7) == dealt(7) != dealt(8)
    assert len(set(dealt(7)[: len(FAULTS)])) == len(FAULTS)


def test_every_fault_has_a_name_of_its_own() -> None:
    assert len({kind.name for kind in FAULTS}) == len(FAULTS)
