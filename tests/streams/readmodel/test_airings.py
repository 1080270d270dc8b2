"""Airings: what follows from searches, libraries and decisions, in whatever order and however often they come."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.airings import AD_LIBRARY as ADS
from support.airings import ON_AIR, runs
from support.cases import decided, forget_everything, item
from support.examples import job
from support.read_model import GoneItem, GoneLibrary, JobTombstone, ReadModel

from schemas.cases import DecisionKind
from schemas.jobs import Job, JobStatus, SaveType
from schemas.libraries import Library, Purpose
from schemas.matches import Match, Track
from streams.readmodel.airing_lists import AiringFilter, AiringRow, SumBy
from streams.readmodel.pagination import BadCursor

FILMS = Library(name="films")
SPOT, TRAILER = item("spot", "ads", duration=30.0), item("trailer", "ads", duration=60.0)


def searched(job_id: str, *matches: Match, media_id: str = "evening", **fields: Any) -> Job:
    return job(job_id, JobStatus.SUCCESS, media_id=media_id, matches=matches, **fields)


def shown(model: ReadModel, **wanted: Any) -> list[tuple[str, str, float, float]]:
    page = model.airings.page(AiringFilter(**wanted))
    return [(one.media_id, one.ad, one.start, one.end) for one in page.airings]


@pytest.fixture
def aired(model: ReadModel) -> ReadModel:
    """A read model that knows of an evening in which a spot ran twice, and a trailer not to its end."""
    found = searched("j1", runs("spot", 100.0, 900.0), runs("trailer", 200.0, seconds=20.0), start_time=ON_AIR)
    model.apply(libraries=[ADS, FILMS], items=[SPOT, TRAILER], jobs=[found])
    return model


ALL = [("evening", "spot", 900.0, 930.0), ("evening", "trailer", 200.0, 220.0), ("evening", "spot", 100.0, 130.0)]


def test_airings_are_listed_with_the_clock_the_newest_first(aired: ReadModel) -> None:
    assert shown(aired) == ALL
    airing = aired.airings.page().airings[1]
    assert airing == AiringRow(
        media_id="evening",
        library="ads",
        ad="trailer",
        start=200.0,
        end=220.0,
        clock_start="2026-11-23T20:18:20.000Z",
        share=pytest.approx(1 / 3),
        complete=False,
        track=Track.BOTH,
        speed=1.0,
        job_id="j1",
    )
    assert airing.clock_end == "2026-11-23T20:18:40.000Z"


@pytest.mark.parametrize("start_time", ["", "tonight", "9999-12-31T23:59:59.000Z"])
def test_what_has_no_clock_goes_by_when_its_medium_was_asked_for(model: ReadModel, start_time: str) -> None:
    model.apply(libraries=[ADS], items=[SPOT], jobs=[searched("j1", runs("spot", 100.0), start_time=start_time)])
    (airing,) = model.airings.page(AiringFilter(since="2026-11-23T08:00:00.000Z")).airings
    assert (airing.clock_start, airing.clock_end) == ("", "")


def test_the_end_of_time_is_no_end(model: ReadModel) -> None:
    last = searched("j1", runs("spot", 0.0), start_time="9999-12-31T23:59:59.000Z")
    model.apply(libraries=[ADS], items=[SPOT], jobs=[last])
    (airing,) = model.airings.page().airings
    assert (airing.clock_start, airing.clock_end) == ("9999-12-31T23:59:59.000Z", "")


def test_only_libraries_of_ads_have_airings(model: ReadModel) -> None:
    found = searched("j1", runs("spot", 100.0), runs("film", 0.0, seconds=900.0, library="films"))
    model.apply(libraries=[ADS, FILMS], items=[SPOT, item("film", "films", duration=900.0)], jobs=[found])
    assert shown(model) == [("evening", "spot", 100.0, 130.0)]


def test_a_search_that_is_done_anew_takes_the_place_of_the_one_before(aired: ReadModel) -> None:
    aired.apply(jobs=[searched("j2", runs("spot", 50.0), time="2026-11-24T08:00:00.000Z")])
    assert shown(aired) == [("evening", "spot", 50.0, 80.0)]
    aired.apply(jobs=[searched("j1", runs("spot", 300.0), time="2026-11-23T09:00:00.000Z")])  # the older one, late
    assert shown(aired) == [("evening", "spot", 50.0, 80.0)]
    aired.apply(jobs=[searched("j3", time="2026-11-25T08:00:00.000Z")])
    assert shown(aired) == []
    aired.apply(jobs=[JobTombstone("j3")])
    assert shown(aired) == [("evening", "spot", 50.0, 80.0)]


@pytest.mark.parametrize(
    "later",
    [
        job("j2", JobStatus.FAIL, media_id="evening", time="2026-11-24T08:00:00.000Z"),
        job("j2", JobStatus.PROCESSING, media_id="evening", time="2026-11-24T08:00:00.000Z"),
        searched("j2", save_type=SaveType.ONLYSAVE, time="2026-11-24T08:00:00.000Z"),
    ],
    ids=["failed", "under way", "stored only"],
)
def test_a_job_that_has_not_searched_changes_nothing(aired: ReadModel, later: Job) -> None:
    aired.apply(jobs=[later])
    assert shown(aired) == ALL


def test_airings_go_with_their_medium_their_ad_and_their_library(aired: ReadModel) -> None:
    aired.apply(jobs=[searched("j2", runs("spot", 5.0), media_id="morning")])
    aired.apply(jobs=[JobTombstone("j1")])
    assert shown(aired) == [("morning", "spot", 5.0, 35.0)]
    aired.apply(items=[GoneItem("ads", "spot")])
    assert shown(aired) == []
    aired.apply(items=[SPOT])
    assert shown(aired) == [("morning", "spot", 5.0, 35.0)]
    aired.apply(libraries=[GoneLibrary("ads")])
    assert shown(aired) == []


def test_a_library_that_becomes_one_of_ads_has_airings_and_one_that_is_none_any_more_has_none(
    aired: ReadModel,
) -> None:
    aired.apply(libraries=[Library(name="ads", update_time="2026-11-24")])
    assert shown(aired) == []
    aired.apply(items=[item("spot", "ads", duration=45.0)])
    aired.apply(libraries=[ADS])
    assert shown(aired) == ALL
    assert aired.airings.page().airings[0].share == pytest.approx(30 / 45)


def test_an_ad_of_which_another_one_was_cut_shows_when_that_one_is_removed(model: ReadModel) -> None:
    cut_down = item("cut-down", "ads", duration=15.0)
    found = searched("j1", runs("spot", 100.0), runs("cut-down", 100.0, seconds=15.0))
    model.apply(libraries=[ADS], items=[SPOT, cut_down], jobs=[found])
    assert shown(model) == [("evening", "spot", 100.0, 130.0)]
    model.apply(items=[GoneItem("ads", "spot")])
    assert shown(model) == [("evening", "cut-down", 100.0, 115.0)]


@pytest.mark.parametrize(("media_id", "reference"), [("evening", "spot"), ("spot", "evening")])
def test_a_pair_that_is_no_match_has_no_airing_until_that_is_taken_back(
    aired: ReadModel, media_id: str, reference: str
) -> None:
    said = decided([DecisionKind.NOT_A_MATCH, DecisionKind.REOPEN], reference, media_id=media_id)
    aired.apply(decisions=said[:1])
    assert shown(aired) == ALL[1:2]
    aired.apply(decisions=said[1:])
    assert shown(aired) == ALL


def test_what_is_read_again_changes_nothing(aired: ReadModel) -> None:
    before = aired.airings.page()
    with aired._database.write() as writer:
        writes = writer.total_changes
    found = searched("j1", runs("spot", 100.0, 900.0), runs("trailer", 200.0, seconds=20.0), start_time=ON_AIR)
    assert aired.apply(libraries=[ADS, FILMS], items=[SPOT, TRAILER], jobs=[found]) == []
    with aired._database.write() as writer:
        assert writer.total_changes == writes
    assert aired.airings.page() == before


FACTS: list[dict[str, Any]] = [
    {"jobs": [searched("j1", runs("spot", 100.0), runs("trailer", 90.0, seconds=50.0), start_time=ON_AIR)]},
    {"jobs": [searched("j2", runs("spot", 10.0), time="2026-11-24T08:00:00.000Z")]},
    {"jobs": [searched("j3", runs("spot", 20.0, library="promos"), media_id="morning")]},
    {"jobs": [JobTombstone("j4")]},
    {"libraries": [ADS]},
    {"libraries": [Library(name="promos", purpose=Purpose.ADS)]},
    {"items": [SPOT]},
    {"items": [item("spot", "promos", duration=30.0)]},
    {"items": [TRAILER]},
    {"decisions": decided([DecisionKind.NOT_A_MATCH], "trailer", media_id="evening")},
]


@pytest.fixture(scope="module")
def reused(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with closing(ReadModel(tmp_path_factory.mktemp("airings") / "jobs.sqlite")) as model:
        yield model


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_in_which_facts_are_heard_of_does_not_matter(reused: ReadModel, random: Random) -> None:
    forget_everything(reused)
    facts = random.sample(FACTS * 2, len(FACTS) * 2)
    for fact in facts:
        reused.apply(**fact)
    assert shown(reused) == [("evening", "spot", 10.0, 40.0), ("morning", "spot", 20.0, 50.0)]


@pytest.fixture
def listed(aired: ReadModel) -> ReadModel:
    morning = searched("j2", runs("spot", 5.0), media_id="morning", start_time="2026-11-23T06:00:00.000Z")
    aired.apply(jobs=[morning])
    return aired


@pytest.mark.parametrize(
    ("wanted", "starts"),
    [
        ({}, [900.0, 200.0, 100.0, 5.0]),
        ({"media_id": "evening"}, [900.0, 200.0, 100.0]),
        ({"ad": "spot"}, [900.0, 100.0, 5.0]),
        ({"ad": "spot", "media_id": "morning"}, [5.0]),
        ({"library": "ads", "complete": True}, [900.0, 100.0, 5.0]),
        ({"complete": False}, [200.0]),
        ({"library": "films"}, []),
        ({"since": "2026-11-23T20:18:20.000Z"}, [900.0, 200.0]),
        ({"until": "2026-11-23T20:18:20.000Z"}, [100.0, 5.0]),
        ({"ad": "spot", "since": "2026-11-23T12:00:00.000Z", "until": "2026-11-23T20:20:00.000Z"}, [100.0]),
    ],
)
def test_a_list_holds_what_passes_and_goes_on_where_a_page_ends(
    listed: ReadModel, wanted: dict[str, Any], starts: list[float]
) -> None:
    assert [one[2] for one in shown(listed, **wanted)] == starts
    found, cursor = [], None
    while True:
        page = listed.airings.page(AiringFilter(**wanted), cursor=cursor, limit=1)
        found += [one.start for one in page.airings]
        cursor = page.next
        if cursor is None:
            break
    assert found == starts


def test_a_cursor_of_another_list_is_refused(listed: ReadModel) -> None:
    cursor = listed.jobs.page(limit=1).next
    assert cursor
    with pytest.raises(BadCursor):
        listed.airings.page(cursor=cursor)


def sums(model: ReadModel, by: SumBy, **wanted: Any) -> list[tuple[str, int, float, int, int]]:
    found = model.airings.sums(by, AiringFilter(**wanted)).sums
    return [(one.name, one.airings, one.seconds, one.complete, one.cut) for one in found]


def test_airings_are_summed_by_ad_medium_hour_and_day(listed: ReadModel) -> None:
    assert sums(listed, SumBy.AD) == [("spot", 3, 90.0, 3, 0), ("trailer", 1, 20.0, 0, 1)]
    assert sums(listed, SumBy.MEDIUM) == [("evening", 3, 80.0, 2, 1), ("morning", 1, 30.0, 1, 0)]
    assert sums(listed, SumBy.HOUR) == [("2026-11-23T20", 3, 80.0, 2, 1), ("2026-11-23T06", 1, 30.0, 1, 0)]
    assert sums(listed, SumBy.DAY) == [("2026-11-23", 4, 110.0, 3, 1)]
    assert sums(listed, SumBy.MEDIUM, ad="trailer") == [("evening", 1, 20.0, 0, 1)]
    assert [one.library for one in listed.airings.sums(SumBy.AD).sums] == ["ads", "ads"]


def test_the_total_is_that_of_all_groups_also_of_those_that_are_not_shown(listed: ReadModel) -> None:
    found = listed.airings.sums(SumBy.AD, limit=1)
    assert (len(found.sums), found.is_cut) == (1, True)
    assert (found.total.airings, found.total.seconds, found.total.complete, found.total.cut) == (4, 110.0, 3, 1)
    nothing = listed.airings.sums(SumBy.DAY, AiringFilter(ad="none"))
    assert (nothing.sums, nothing.total.airings, nothing.total.seconds, nothing.is_cut) == ([], 0, 0.0, False)


def test_media_that_was_searched_before_there_were_airings_has_them(tmp_path: Path) -> None:
    path = tmp_path / "jobs.sqlite"
    with closing(ReadModel(path)) as model:
        model.apply(
            libraries=[ADS, FILMS],
            items=[SPOT, item("film", "films", duration=90.0)],
            jobs=[
                searched("j1", runs("spot", 100.0), runs("film", 300.0, library="films"), start_time=ON_AIR),
                searched("j2", save_type=SaveType.ONLYSAVE, time="2026-11-24T08:00:00.000Z"),
                job("j3", JobStatus.FAIL, media_id="morning"),
            ],
        )
        before = model.airings.page()
    tables = ("airing_libraries", "airing_jobs", "airing_pairs", "airing_due", "airings")
    with closing(sqlite3.connect(path)) as file:
        kept = {name: file.execute(f"SELECT * FROM {name}").fetchall() for name in tables}  # noqa: S608 (our own names)
        file.executescript(" ".join(f"DROP TABLE {name};" for name in tables))
        file.execute("DELETE FROM schema_versions WHERE feature = 'airings'")
        file.commit()
    with closing(ReadModel(path)) as model:
        assert model.airings.page() == before
        assert len(before.airings) == 1
    with closing(sqlite3.connect(path)) as file:
        assert {name: file.execute(f"SELECT * FROM {name}").fetchall() for name in tables} == kept  # noqa: S608 (our own names)


def test_a_case_about_an_ad_leaves_its_airing(aired: ReadModel) -> None:
    aired.apply(decisions=decided([DecisionKind.COPY], "spot", media_id="evening"))
    assert shown(aired) == ALL
