"""Spans that recur: what follows from searches, libraries and decisions, whenever they come."""

from __future__ import annotations

import itertools
import random
from pathlib import Path
from typing import Any

import pytest
from support.cases import decided
from support.examples import job
from support.read_model import GoneItem, GoneLibrary, JobTombstone, ReadModel
from support.recurring import SHOWS, Planted, broadcast, common, shows, stored

from schemas.cases import DecisionKind
from schemas.jobs import JobStatus, SaveType
from schemas.libraries import Library, Purpose
from schemas.matches import Interval
from schemas.recurring import RecurringDecision, RecurringPlace, RecurringState
from streams.readmodel.pagination import BadCursor
from streams.readmodel.recurring_lists import RecurringFilter

ADS = Library(name="ads", purpose=Purpose.ADS)
#: A sting that three shows have, and a promo that two have.
MEDIA: dict[str, Planted] = {
    "one": {"sting": (10.0, 20.0), "promo": (100.0, 30.0)},
    "two": {"sting": (50.0, 20.0)},
    "three": {"sting": (90.0, 20.0), "promo": (200.0, 30.0)},
}
STING = [("one", 10.0, 30.0), ("three", 90.0, 110.0), ("two", 50.0, 70.0)]


def found(model: ReadModel, **wanted: Any) -> list[list[tuple[str, float, float]]]:
    page = model.recurring.page(RecurringFilter(**wanted))
    return [[tuple(place) for place in one.occurrences] for one in page.items]


def ids(model: ReadModel, **wanted: Any) -> list[str]:
    return [one.id for one in model.recurring.page(RecurringFilter(**wanted)).items]


def decision(model: ReadModel, name: str, state: RecurringState, when: str = "2026-12-01") -> RecurringDecision:
    one = model.recurring.get(name)
    assert one is not None
    places = tuple(RecurringPlace(media_id=p.media_id, start=p.start, end=p.end) for p in one.occurrences)
    return RecurringDecision(
        recurring_id=one.id, founded=one.founded, state=state, places=places, who="anna", when=when
    )


@pytest.fixture
def known(model: ReadModel) -> ReadModel:
    shows(model, MEDIA)
    return model


def test_what_three_media_have_is_proposed_with_all_occurrences(known: ReadModel) -> None:
    (one,) = known.recurring.page().items
    assert (one.duration, one.media, one.state) == (20.0, 3, RecurringState.PROPOSED)
    assert found(known) == [STING]
    assert known.recurring.get(one.id) == one
    assert known.recurring.get("unknown") is None


def alone(name: str, *places: float, seconds: float = 20.0) -> tuple[Interval, ...]:
    """Return what a medium holds at some places alike, as its own job tells it: each two of them."""
    return common(name, *((one, other, seconds) for one, other in itertools.combinations(places, 2))).intervals


def test_what_one_medium_alone_has_three_times_is_proposed(model: ReadModel) -> None:
    model.apply(libraries=[SHOWS])
    for name, repeats in (("thrice", alone("thrice", 10.0, 200.0, 400.0)), ("twice", alone("twice", 30.0, 300.0))):
        done = job(f"job-{name}", JobStatus.SUCCESS, media_id=name, library="shows", repeats=repeats)
        model.apply(jobs=[done], items=[stored(name)])
    assert found(model) == [[("thrice", 10.0, 30.0), ("thrice", 200.0, 220.0), ("thrice", 400.0, 420.0)]]
    model.apply(items=[GoneItem("shows", "thrice")])
    assert found(model) == []


def test_what_a_medium_has_twice_and_another_one_once_is_proposed(model: ReadModel) -> None:
    model.apply(libraries=[SHOWS])
    model.apply(jobs=[job("job-a", JobStatus.SUCCESS, media_id="a", library="shows")], items=[stored("a")])
    repeats, other = alone("b", 30.0, 300.0), common("a", (30.0, 5.0, 20.0))
    done = job("job-b", JobStatus.SUCCESS, media_id="b", library="shows", repeats=repeats, matches=(other,))
    model.apply(jobs=[done], items=[stored("b")])
    assert found(model) == []  # twice in one, and in two media: neither is three


def test_spans_planted_in_thirty_items_are_proposed_and_nothing_else_is(model: ReadModel) -> None:
    draw = random.Random(3)
    lengths = {"sting": (6.0, 12), "spot": (30.0, 9), "promo": (20.0, 3), "bumper": (10.0, 30), "pair": (40.0, 2)}
    media: dict[str, Planted] = {f"item-{number:02}": {} for number in range(30)}
    for number, (name, (seconds, times)) in enumerate(lengths.items()):
        for media_id in draw.sample(sorted(media), times):
            media[media_id][name] = (number * 100 + draw.uniform(0, 50), seconds)

    shows(model, media)

    wanted = [
        sorted((media_id, *planted[name]) for media_id, planted in media.items() if name in planted)
        for name in ("bumper", "sting", "spot", "promo")
    ]
    there = [[(media_id, start, pytest.approx(end - start)) for media_id, start, end in one] for one in found(model)]
    assert there == [[(media_id, pytest.approx(start), seconds) for media_id, start, seconds in one] for one in wanted]


def test_a_later_occurrence_is_added_and_the_id_stays(known: ReadModel) -> None:
    before = ids(known)
    changes = known.apply(jobs=[broadcast("four", 9, {"sting": (7.0, 20.0)}, MEDIA)])
    assert ids(known) == before
    assert found(known) == [sorted([*STING, ("four", 7.0, 27.0)])]
    assert ("recurring", before[0]) in [(one.kind, one.subject) for one in changes]


def test_an_occurrence_that_is_deleted_goes_and_the_id_stays(known: ReadModel) -> None:
    before = ids(known)
    known.apply(jobs=[broadcast("four", 9, {"sting": (7.0, 20.0)}, MEDIA)], items=[stored("four")])
    known.apply(jobs=[JobTombstone("job-one")], items=[GoneItem("shows", "one")])
    assert ids(known) == before
    assert found(known) == [sorted([*STING[1:], ("four", 7.0, 27.0)])]


def test_what_falls_below_three_is_not_proposed_and_has_its_id_back_when_it_recurs_again(known: ReadModel) -> None:
    before = ids(known)
    known.apply(jobs=[JobTombstone("job-one")], items=[GoneItem("shows", "one")])
    assert ids(known) == []
    left = {media_id: MEDIA[media_id] for media_id in ("two", "three")}
    known.apply(jobs=[broadcast("four", 9, {"sting": (7.0, 20.0)}, left)])
    assert ids(known) == before


def test_the_same_message_again_is_no_news(known: ReadModel) -> None:
    last = broadcast("three", 2, MEDIA["three"], {name: MEDIA[name] for name in ("one", "two")})
    assert [one for one in known.apply(jobs=[last]) if one.kind == "recurring"] == []


def test_a_search_that_is_done_anew_takes_the_place_of_the_one_before(known: ReadModel) -> None:
    known.apply(jobs=[job("again", media_id="three", time="2026-11-29T08:00:00.000Z")])
    assert found(known) == []


def test_a_job_that_searches_nothing_changes_nothing(known: ReadModel) -> None:
    stores = job("again", media_id="three", time="2026-11-29T08:00:00.000Z", save_type=SaveType.ONLYSAVE)
    known.apply(jobs=[stores])
    assert found(known) == [STING]


def test_what_matches_an_ad_is_not_proposed_while_the_ad_is_there(known: ReadModel) -> None:
    again = broadcast("four", 9, {"sting": (7.0, 20.0)}, MEDIA)
    known.apply(libraries=[ADS], items=[stored("four"), stored("spot", "ads")])
    known.apply(
        jobs=[job("job-four", media_id="four", matches=(*again.matches, common("spot", (7, 0, 20), library="ads")))]
    )
    assert found(known) == []
    known.apply(items=[GoneItem("ads", "spot")])
    assert len(found(known)) == 1


def test_an_ad_that_is_added_later_and_finds_its_runs_is_known_from_then_on(known: ReadModel) -> None:
    known.apply(libraries=[ADS], items=[stored("spot", "ads")])
    known.apply(jobs=[job("job-spot", media_id="spot", matches=(common("one", (0, 10, 20)),), library="ads")])
    assert found(known) == []
    known.apply(libraries=[GoneLibrary("ads")])
    assert len(found(known)) == 1


def test_a_pair_that_people_have_said_to_be_no_match_links_nothing(known: ReadModel) -> None:
    known.apply(decisions=decided([DecisionKind.NOT_A_MATCH], "one", media_id="three"))
    assert len(found(known)) == 1  # through the second one still
    known.apply(decisions=decided([DecisionKind.NOT_A_MATCH], "two", media_id="three"))
    assert found(known) == []


def test_what_is_dismissed_is_hidden_and_found_again_when_that_is_taken_back(known: ReadModel) -> None:
    (name,) = ids(known)
    dismissed = decision(known, name, RecurringState.DISMISSED)
    known.apply(recurring=[dismissed])
    assert ids(known) == []
    assert ids(known, state=RecurringState.DISMISSED) == [name]
    one = known.recurring.get(name)
    assert one is not None
    assert one.decision == dismissed
    known.apply(recurring=[decision(known, name, RecurringState.PROPOSED, "2026-12-02")])
    assert ids(known) == [name]
    known.apply(recurring=[dismissed])
    assert ids(known) == [name]


def test_a_decision_holds_in_a_read_model_that_is_made_anew_after_what_came_first_was_deleted(
    known: ReadModel, tmp_path: Path
) -> None:
    (name,) = ids(known)
    dismissed = decision(known, name, RecurringState.DISMISSED)
    left = {media_id: MEDIA[media_id] for media_id in ("two", "three")}
    last = broadcast("four", 9, {"sting": (7.0, 20.0)}, left)
    for order in (False, True):
        anew = ReadModel(tmp_path / f"{order}.sqlite3")
        if order:
            anew.apply(recurring=[dismissed])
        shows(anew, left)
        anew.apply(jobs=[last])
        if not order:
            anew.apply(recurring=[dismissed])
        assert ids(anew) == []
        assert ids(anew, state=RecurringState.DISMISSED) == [name]
        anew.close()


def test_lists_are_paged_and_filtered(known: ReadModel) -> None:
    known.apply(jobs=[broadcast("four", 9, {"promo": (7.0, 30.0)}, MEDIA)], items=[stored("four", "films")])
    everything = ids(known)
    assert len(everything) == 2
    first = known.recurring.page(limit=1)
    second = known.recurring.page(limit=1, cursor=first.next)
    assert [first.items[0].id, second.items[0].id] == everything
    assert second.next is None
    assert len(found(known, media_id="two")) == 1
    assert len(found(known, media_id="one")) == 2
    assert len(found(known, library="films")) == 1
    assert found(known, library="nowhere") == []
    with pytest.raises(BadCursor):
        known.recurring.page(cursor="none")


def test_every_order_in_which_workers_hear_of_searches_gives_the_same(tmp_path: Path) -> None:
    answers = []
    for seed in range(4):
        model = ReadModel(tmp_path / f"{seed}.sqlite3")
        media = {**MEDIA, "four": {"promo": (7.0, 30.0), "sting": (300.0, 20.0)}}
        items = [stored(name, creation_time=f"2026-11-{n + 1:02}T08:00:00.000Z") for n, name in enumerate(media)]
        model.apply(libraries=[SHOWS], items=items)
        names = list(media)
        jobs = [broadcast(name, n, media[name], {o: media[o] for o in names[:n]}) for n, name in enumerate(names)]
        random.Random(seed).shuffle(jobs)
        for one in jobs:
            model.apply(jobs=[one])
        answers.append(model.recurring.page().items)
        model.close()
    assert all(answer == answers[0] for answer in answers)
    assert len(answers[0]) == 2
