"""What a search reports of what it finds, and what it says that it has not searched."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
from support.examples import MATCH
from support.examples import task as task_of
from support.whole_job import make_context

from fingerprint.model import Fingerprint
from fingerprint.query import Query
from fingerprint.types import ReferenceKey, Windows
from schemas.coverage import MOST_UNSEARCHED, Unsearched
from schemas.matches import Match, Track
from schemas.tasks import FinishJob
from streams.domain.search_scope import Scope, SearchedLibrary
from streams.pipeline.tasks import search
from streams.pipeline.tasks.context import NotedFingerprints, TaskContext
from streams.pipeline.tasks.search import NOT_INDEXED, find_matches, unsearched

QUERY = Query.of_fingerprint(Fingerprint(10.0))


@pytest.fixture
def context(tmp_path: Path) -> TaskContext:
    return make_context(tmp_path)


def searching(context: TaskContext, *libraries: SearchedLibrary, left_out: tuple[Unsearched, ...] = ()) -> TaskContext:
    return replace(context, scope=Scope(search=libraries, unsearched=left_out))


def finding(monkeypatch: pytest.MonkeyPatch, *found: Match) -> None:
    monkeypatch.setattr(search, "match", lambda *_, **__: list(found))


def of(library: str, media_id: str = "original", **fields: object) -> Match:
    return msgspec.structs.replace(MATCH, library=library, media_id=media_id, **fields)


def test_each_library_reports_what_is_alike_enough_and_long_enough_for_it(
    context: TaskContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    finding(monkeypatch, *(of(name) for name in ("any", "alike", "long")))  # 0.9 alike, 5 s
    libraries = (
        SearchedLibrary(name="any", match_threshold=0.9, minimum_match_length=5.0),
        SearchedLibrary(name="alike", match_threshold=0.91),
        SearchedLibrary(name="long", minimum_match_length=5.1),
    )
    found = find_matches(task_of(FinishJob), QUERY, searching(context, *libraries))
    assert [match.library for match in found] == ["any"]


def test_what_several_intervals_cover_counts_once(context: TaskContext, monkeypatch: pytest.MonkeyPatch) -> None:
    finding(monkeypatch, of("films", intervals=MATCH.intervals * 2))
    library = SearchedLibrary(name="films", minimum_match_length=5.1)
    assert find_matches(task_of(FinishJob), QUERY, searching(context, library)) == ()


def test_of_two_versions_of_one_reference_the_surest_match_is_reported(
    context: TaskContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    finding(monkeypatch, of("films", similarity=0.95), of("films", similarity=0.9), of("films", "other"))
    found = find_matches(task_of(FinishJob), QUERY, searching(context, SearchedLibrary(name="films")))
    assert [(match.media_id, match.similarity) for match in found] == [("original", 0.95), ("other", 0.9)]


def test_a_search_goes_through_the_scopes_libraries_alone_and_past_the_media_itself(
    context: TaskContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[object, object, object]] = []

    def match(_: Query, index: object, references: object, *, exclude_media: str, thorough: bool) -> list[Match]:
        asked.append((references, exclude_media, thorough))
        assert vars(index)["_libraries"] == {"films": ("marked",), "ads": ()}
        return []

    monkeypatch.setattr(search, "match", match)
    scope = searching(context, SearchedLibrary(name="films", disabled=("marked",)), SearchedLibrary(name="ads"))
    noted = NotedFingerprints(context.references)
    find_matches(task_of(FinishJob), QUERY, scope)
    find_matches(task_of(FinishJob), QUERY, scope, thorough=False, references=noted)
    assert asked == [(context.references, "video", True), (noted, "video", False)]


def test_a_library_that_holds_items_of_which_the_index_has_nothing_was_not_searched(context: TaskContext) -> None:
    zero = np.zeros(1, np.int32)
    rows = Windows(zero, zero, zero, np.ones((1, 4), np.float32))
    context.vectors.upsert(ReferenceKey("films", "original", 1), Track.PICTURE, rows)
    libraries = [SearchedLibrary(name=name, holds_items=name != "new") for name in ("films", "lost", "new")]
    left_out = (Unsearched(library="paused", reason="it was paused"),)
    told = unsearched(searching(context, *libraries, left_out=left_out), NotedFingerprints(context.references))
    assert told == (*left_out, Unsearched(library="lost", reason=NOT_INDEXED))


def test_a_reference_that_cannot_be_read_was_not_searched_and_a_long_list_of_them_is_cut(context: TaskContext) -> None:
    noted = NotedFingerprints(context.references)
    for number in range(MOST_UNSEARCHED + 1):
        key = ReferenceKey("films", f"damaged-{number}", 1)
        context.store.put(key, b"damaged")
        assert noted.load(key) is None
    assert noted.load(ReferenceKey("films", "gone", 1)) is None
    told = unsearched(searching(context), noted)
    assert len(told) == MOST_UNSEARCHED
    assert {one.library for one in told} == {"films"}
    assert all(one.media_id.startswith("damaged-") and "add it anew" in one.reason for one in told)
