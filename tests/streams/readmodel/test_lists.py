"""Lists of matches, outcomes, decisions and libraries: page by page, and under their filters."""

from __future__ import annotations

import msgspec
import pytest
from support.cases import decided, item
from support.examples import MATCH, job
from support.read_model import GoneItem, ReadModel

from schemas.cases import Decision, DecisionKind
from schemas.deliveries import Delivery, DeliveryStatus
from schemas.libraries import Library
from schemas.policies import Action, Outcome
from streams.readmodel.decisions import DecisionFilter
from streams.readmodel.libraries import CountedLibrary, ItemCounts
from streams.readmodel.matches import MatchedBy
from streams.readmodel.pagination import BadCursor


def time(hour: int) -> str:
    return f"2026-11-23T{hour:02}:00:00.000Z"


def matched(model: ReadModel, **asked: object) -> list[MatchedBy]:
    """Return all matches of a list, read one by one."""
    found: list[MatchedBy] = []
    cursor = None
    while True:
        page = model.matches.page(**asked, cursor=cursor, limit=1)
        found += page.matches
        cursor = page.next
        if cursor is None:
            return found


@pytest.fixture
def copied(model: ReadModel) -> ReadModel:
    """A read model in which five videos copy a reference that two libraries hold, some at the same time."""
    both = (MATCH, msgspec.structs.replace(MATCH, library="films"))
    model.apply(
        jobs=[
            job(f"j{number}", media_id=f"video-{number}", time=time(number // 2), matches=both) for number in range(5)
        ]
    )
    return model


def test_who_copies_a_reference_is_told_newest_first_each_library_for_itself(copied: ReadModel) -> None:
    found = matched(copied, reference="original")
    places = [(one.created, one.job_id, one.library) for one in found]
    assert places == sorted(places, reverse=True)
    assert len(set(places)) == 10


def test_what_an_input_copies_is_told_also_of_one_reference_alone(copied: ReadModel) -> None:
    assert {one.library for one in matched(copied, media_id="video-3")} == {"default", "films"}
    assert matched(copied, media_id="video-3", reference="original") == matched(copied, media_id="video-3")
    assert matched(copied, media_id="video-3", reference="another") == []


def test_a_pair_that_was_dismissed_shows_where_it_is_asked_for_and_again_when_that_is_taken_back(
    copied: ReadModel,
) -> None:
    both_ways = [("video-1", "original"), ("original", "video-2")]
    for media_id, reference in both_ways:
        copied.apply(decisions=decided([DecisionKind.NOT_A_MATCH], reference, media_id=media_id))
    assert {one.media_id for one in matched(copied, reference="original")} == {"video-0", "video-3", "video-4"}
    assert len(matched(copied, reference="original", suppressed=True)) == 10
    copied.apply(jobs=[job("j9", media_id="video-2", matches=(MATCH,))])  # one that comes later is dismissed as well
    assert matched(copied, media_id="video-2") == []
    for media_id, reference in both_ways:
        copied.apply(decisions=decided([DecisionKind.NOT_A_MATCH, DecisionKind.REOPEN], reference, media_id=media_id))
    assert len(matched(copied, reference="original")) == 11


def test_a_list_of_matches_is_of_something(model: ReadModel) -> None:
    with pytest.raises(ValueError, match="name one"):
        model.matches.page()


@pytest.mark.parametrize("kind", ["another list", "none"])
def test_a_place_that_is_none_in_a_list_of_matches_is_refused(copied: ReadModel, kind: str) -> None:
    cursor = copied.jobs.page(limit=1).next if kind == "another list" else "WyJtYXRjaGVzIiwiYSIsImIiXQ"
    with pytest.raises(BadCursor, match="leave it out"):
        copied.matches.page(reference="original", cursor=cursor)


def test_the_newest_outcomes_of_an_action_are_told_page_by_page(model: ReadModel) -> None:
    actions = [Action.BLOCK, Action.REVIEW, Action.BLOCK, Action.BLOCK]
    told = [
        Outcome(media_id=f"video-{number}", action=action, job_id="j", event_time=time(number))
        for number, action in enumerate(actions)
    ]
    model.apply(outcomes=told)
    first = model.outcomes.newest(Action.BLOCK, limit=2)
    assert first.outcomes == [told[3], told[2]]
    assert model.outcomes.newest(Action.BLOCK, limit=2, cursor=first.next).outcomes == [told[0]]
    with pytest.raises(BadCursor):
        model.outcomes.newest(Action.REVIEW, cursor=first.next)


def test_the_audit_log_is_read_by_who_by_case_and_by_time(model: ReadModel) -> None:
    made = decided([DecisionKind.COPY, DecisionKind.REOPEN, DecisionKind.ALLOW], "film")
    made += decided([DecisionKind.COPY], "series")
    log = [
        msgspec.structs.replace(one, when=time(number), who=("anna", "bert")[number % 2])
        for number, one in enumerate(made)
    ]
    model.apply(decisions=log)

    def audit(**asked: str) -> list[Decision]:
        first = model.decisions.page(DecisionFilter(**asked), limit=1)
        rest = [] if first.next is None else model.decisions.page(DecisionFilter(**asked), cursor=first.next).decisions
        return [*first.decisions, *rest]

    newest_first = log[::-1]
    assert audit() == newest_first
    assert audit(who="bert") == [log[3], log[1]]
    assert audit(case_id=log[0].case_id) == newest_first[1:]
    assert audit(case_id=log[0].case_id, who="anna") == [log[2], log[0]]
    assert audit(since=time(1), until=time(3)) == [log[2], log[1]]
    assert audit(who="nobody") == []


def test_libraries_are_told_with_what_they_hold(model: ReadModel) -> None:
    films, none = Library(name="films"), Library(name="none")
    stored = item("film", disabled=True), item("series", quarantined="too many"), item("clip"), item("film", "lost")
    model.apply(libraries=[none, films], items=stored)
    assert model.libraries.counted() == [
        CountedLibrary(films, ItemCounts(items=3, disabled=1, quarantined=1)),
        CountedLibrary(none, ItemCounts()),
    ]
    model.apply(items=[item("film"), GoneItem("films", "clip"), item("series", quarantined="")])
    assert model.libraries.counts("films") == ItemCounts(items=2)
    assert (model.libraries.count("films"), model.libraries.count("nowhere")) == (2, 0)


def test_deliveries_are_read_by_media_and_by_status(model: ReadModel) -> None:
    known = [
        Delivery(
            job_id=f"j{number}",
            media_id=f"video-{number % 2}",
            url="https://receiver.example",
            creation_time=time(number),
            update_time=time(number),
            status=(DeliveryStatus.FAILED, DeliveryStatus.DELIVERED)[number // 2],
        )
        for number in range(4)
    ]
    model.apply(deliveries=known)
    assert model.deliveries.page(media_id="video-1").deliveries == [known[3], known[1]]
    assert model.deliveries.page(media_id="video-1", status=DeliveryStatus.FAILED).deliveries == [known[1]]
    assert model.deliveries.counts() == {
        DeliveryStatus.PENDING: 0,
        DeliveryStatus.DELIVERED: 2,
        DeliveryStatus.FAILED: 2,
    }
