"""A task of a backward search: from stored fingerprints alone, as far as there is time, and told in one result."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from support.examples import MATCH
from support.tracks import SECONDS, picture, sound
from support.whole_job import make_context, run_job

from fingerprint.codec import pack
from fingerprint.model import Fingerprint
from fingerprint.query import Query
from fingerprint.types import ReferenceKey
from schemas.backward import BackwardBatch, Cursor
from schemas.commands import AddMatch
from schemas.errors import ErrorCode
from schemas.jobs import JobStatus
from schemas.matches import Match
from schemas.tasks import ChunkResult, SearchBackwards, TaskOutcome
from streams.demo.edit import Edit, Piece, Truth
from streams.domain.jobs.size import check_command
from streams.domain.search_scope import Assignment, HeldAgainst, Scope, SearchedLibrary
from streams.pipeline.tasks import backward as module
from streams.pipeline.tasks.context import TaskContext
from streams.pipeline.tasks.run import run_task

REFERENCE = ReferenceKey("films", "original", 7)
Item = tuple[str, str, int]


def done(
    context: TaskContext,
    *items: Item,
    more: bool = False,
    budget_s: float = 60.0,
    cursor: Cursor = None,
    library: SearchedLibrary | None = None,
) -> ChunkResult:
    task = SearchBackwards(job_id="s1", media_id="original", library="films", version=7, cursor=cursor)
    held = HeldAgainst(items=items, more=more, budget_s=budget_s)
    scope = Scope(search=(library or SearchedLibrary(name="films"),), backward=held)
    data = msgspec.json.encode(Assignment(task=task, scope=scope))  # as on its way to a worker process
    return run_task(msgspec.json.decode(data, type=Assignment), context).result


def batch(result: ChunkResult) -> BackwardBatch:
    assert (result.outcome, result.code) == (TaskOutcome.DONE, ErrorCode.OK), result.message
    assert result.backward is not None
    return result.backward


@pytest.fixture(scope="module")
def stored(
    tmp_path_factory: pytest.TempPathFactory,
    footage: dict[str, Path],
    edited_copy: Callable[..., tuple[Path, tuple[Truth, ...]]],
) -> TaskContext:
    """A store that holds two edits of a clip, something else, and the clip that they are made of."""
    trailer = footage["trailer"]
    logo, _ = edited_copy(Piece(trailer, 10.0, 24.0), edit=Edit(logo=True))
    plain, _ = edited_copy(Piece(trailer, 30.0, 40.0))
    context = make_context(tmp_path_factory.mktemp("state"), trailer.parent, logo.parent, plain.parent)
    for name, path in {"logo": logo, "plain": plain, "bikes": footage["bikes"], "original": trailer}.items():
        assert run_job(context, path, media_id=name).status is JobStatus.SUCCESS
        (key,) = context.store.versions("default", name)
        data = context.store.get(key)
        assert data is not None
        context.store.put(ReferenceKey("films" if name == "original" else "default", name, 7), data)
    return context


@pytest.fixture
def made_up(tmp_path: Path) -> TaskContext:
    """A store that holds a reference, and five items that are found to copy it."""
    context = make_context(tmp_path)
    data = Fingerprint(SECONDS, picture=picture(), sound=sound()).to_bytes()
    context.store.put(REFERENCE, data)
    for number in range(5):
        context.store.put(ReferenceKey("default", f"m{number}", 1), data)
    return context


def five(library: str = "default") -> list[Item]:
    return [(library, f"m{number}", 1) for number in range(5)]


@pytest.fixture
def copies(monkeypatch: pytest.MonkeyPatch) -> list[Query]:
    """Have everything copy the reference; return what is held against it."""
    asked: list[Query] = []

    def found(query: Query, *_: object, exclude_media: str) -> list[Match]:
        assert exclude_media != "original"
        asked.append(query)
        return [msgspec.structs.replace(MATCH, library="films")]

    monkeypatch.setattr(module, "match", found)
    return asked


def test_edits_that_came_first_are_found_by_a_reference_that_comes_last_and_nothing_else_is(
    stored: TaskContext,
) -> None:
    found = batch(done(stored, ("default", "bikes", 7), ("default", "logo", 7), ("default", "plain", 7)))
    assert (found.items, found.unreadable, found.cursor) == (3, 0, None)
    assert {hit.media_id: (hit.match.library, hit.match.media_id) for hit in found.hits} == {
        "logo": ("films", "original"),
        "plain": ("films", "original"),
    }
    (logo, plain) = (hit.match.intervals for hit in found.hits)
    assert logo[0].reference_start == pytest.approx(10.0, abs=0.5)
    assert plain[-1].reference_end == pytest.approx(40.0, abs=0.5)


def test_what_the_references_library_does_not_want_reported_is_not(stored: TaskContext) -> None:
    long = SearchedLibrary(name="films", minimum_match_length=12.0)
    found = batch(done(stored, ("default", "logo", 7), ("default", "plain", 7), library=long))
    assert [hit.media_id for hit in found.hits] == ["logo"]
    sure = SearchedLibrary(name="films", match_threshold=1.0)
    assert batch(done(stored, ("default", "bikes", 7), library=sure)).hits == ()


@pytest.mark.usefixtures("copies")
def test_a_task_ends_when_its_time_is_up_and_says_where_it_came_to(made_up: TaskContext) -> None:
    first = batch(done(made_up, *five(), budget_s=0.0))
    assert (first.items, first.cursor) == (1, ("default", "m0"))
    rest = batch(done(made_up, *five()[1:], cursor=first.cursor))
    assert (rest.items, rest.cursor) == (4, None)


@pytest.mark.usefixtures("copies")
def test_where_more_follows_the_next_task_begins_behind_the_last_item(made_up: TaskContext) -> None:
    assert batch(done(made_up, *five(), more=True)).cursor == ("default", "m4")


def test_a_media_item_that_two_libraries_hold_is_told_once_and_never_parted(
    made_up: TaskContext, copies: list[Query]
) -> None:
    data = made_up.store.get(REFERENCE)
    assert data is not None
    made_up.store.put(ReferenceKey("ads", "m0", 3), data)
    found = batch(done(made_up, ("ads", "m0", 3), *five(), budget_s=0.0))
    assert (found.items, found.cursor, len(copies)) == (2, ("default", "m0"), 2)
    assert [hit.media_id for hit in found.hits] == ["m0"]


def test_what_cannot_be_read_is_counted_and_the_others_are_held_against(
    made_up: TaskContext, copies: list[Query]
) -> None:
    made_up.store.put(ReferenceKey("default", "m1", 1), b"damaged")
    made_up.store.delete(ReferenceKey("default", "m2", 1))
    found = batch(done(made_up, *five()))
    assert (found.items, found.unreadable, len(copies)) == (5, 2, 3)


@pytest.mark.parametrize("data", [None, b"damaged", pack("fingerprint", {})])
def test_a_reference_that_cannot_be_read_ends_the_search_and_says_what_to_do(
    tmp_path: Path, data: bytes | None
) -> None:
    context = make_context(tmp_path)
    if data is not None:
        context.store.put(REFERENCE, data)
    result = done(context, *five())
    assert result.outcome is TaskOutcome.FAILED
    assert result.message.endswith("add the reference anew")


def test_a_result_stays_small_and_each_match_fits_into_its_command(
    made_up: TaskContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    interval = msgspec.structs.replace(MATCH.intervals[0], transforms=("mirrored", "rotated:90", "cropped", "inverted"))
    long = msgspec.structs.replace(MATCH, library="films", intervals=(interval,) * 20_000)
    monkeypatch.setattr(module, "match", lambda *_, **__: [long])
    found = batch(done(made_up, *five()))
    assert (found.items, found.cursor) == (2, ("default", "m1"))
    for hit in found.hits:
        check_command(AddMatch(job_id="j", media_id=hit.media_id, match=hit.match))
