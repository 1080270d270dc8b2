"""What is said of an item: the flood guard sets it aside once, a person lifts that, and each tells it once."""

from __future__ import annotations

from typing import Any

from schemas.commands import ItemMarks, MarkItem
from schemas.libraries import LibraryItem
from streams.domain.jobs.marks import on_mark
from streams.domain.jobs.record import MediaRecord
from streams.domain.jobs.step import Step

ITEM = LibraryItem(library="films", media_id="original", version=1, job_id="j1")
RECORD = MediaRecord(version=1, items={"films": ITEM})
EIGHT, NINE, TEN = (f"2026-11-23T{hour}:00:00.000Z" for hour in ("08", "09", "10"))


def marked(record: MediaRecord, when: str, **marks: Any) -> Step:
    command = MarkItem(job_id="m", media_id="original", library="films", requested_time=when, marks=ItemMarks(**marks))
    return on_mark(record, command, now=TEN)


def test_a_reference_that_is_set_aside_carries_the_reason_and_one_event_says_so() -> None:
    step = marked(RECORD, EIGHT, quarantined="too many")
    (item,), (event,) = step.items, step.quarantines
    assert (item.quarantined, item.released_time) == ("too many", "")
    assert (event.library, event.media_id, event.active, event.reason) == ("films", "original", True, "too many")


def test_the_event_has_the_same_time_when_the_command_comes_once_more() -> None:
    first, second = (marked(RECORD, EIGHT, quarantined="too many").quarantines for _ in range(2))
    assert first == second
    assert first[0].event_time == EIGHT


def test_further_matches_of_a_reference_that_is_set_aside_change_nothing() -> None:
    aside = marked(RECORD, EIGHT, quarantined="too many").record
    assert marked(aside, NINE, quarantined="even more") == Step(aside)


def test_a_person_lifts_it_and_one_event_says_so() -> None:
    aside = marked(RECORD, EIGHT, quarantined="too many").record
    step = marked(aside, NINE, quarantined="")
    (item,), (event,) = step.items, step.quarantines
    assert (item.quarantined, item.released_time) == ("", NINE)
    assert (event.active, event.reason, event.event_time) == (False, "", NINE)
    assert marked(step.record, TEN, quarantined="") == Step(step.record)


def test_what_was_asked_for_before_it_was_lifted_does_not_set_it_aside_again() -> None:
    aside = marked(RECORD, EIGHT, quarantined="too many").record
    lifted = marked(aside, NINE, quarantined="").record
    assert marked(lifted, EIGHT, quarantined="too many") == Step(lifted)
    assert marked(lifted, TEN, quarantined="a new flood").quarantines[0].active


def test_other_marks_leave_it_as_it_is() -> None:
    aside = marked(RECORD, EIGHT, quarantined="too many").record
    step = marked(aside, NINE, metadata={"title": "x"})
    assert step.quarantines == ()
    assert step.items[0].quarantined == "too many"
