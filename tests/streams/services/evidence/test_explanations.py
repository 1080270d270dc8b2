"""Why matches match, from what is stored: whoever asks, however often, and whatever is not there any more."""

from __future__ import annotations

import asyncio
import itertools
from pathlib import Path
from typing import Any

import msgspec
import pytest
from structlog.testing import capture_logs
from support import sounds
from support.cases import decided, found, id_of, item, seen
from support.examples import MATCH, job, request
from support.inline import InThread
from support.read_model import GoneItem, JobTombstone, ReadModel

from fingerprint.model import Fingerprint
from fingerprint.types import ReferenceKey
from schemas.cases import DecisionKind
from schemas.evidence import Evidence
from schemas.jobs import JobStatus, SaveType
from schemas.matches import Interval, Track
from schemas.policies import Action, Ruling
from streams.adapters.storage.fsspec_store import FileStore, open_store
from streams.domain.case_errors import UnknownCaseError
from streams.domain.evidence_errors import BusyError, NothingToExplainError
from streams.services.evidence.explanations import KEPT_S, LONG_PAIR, Explanations
from streams.services.evidence.orders import Order
from streams.services.evidence.process import TooSlowError

ORIGINAL = Fingerprint(60.0, None, sounds.sound(60.0, seed=1))
COPY = Fingerprint(20.0, None, sounds.worn(sounds.piece(sounds.sound(60.0, seed=1), 30.0, 50.0), 0.7, seed=2))
SPAN = Interval(
    input_start=0.0, input_end=20.0, reference_start=30.0, reference_end=50.0, similarity=0.9, track=Track.SOUND
)
FILM = msgspec.structs.replace(MATCH, media_id="film", library="films", intervals=(SPAN,), track=Track.SOUND)
CASE = id_of("film")
ENDED = "2026-11-23T09:00:00Z"


class Counting(InThread):
    """Counts the orders; fails as a test says."""

    def __init__(self) -> None:
        self.orders: list[Order] = []
        self.error: Exception | None = None
        self.gate: asyncio.Event | None = None

    async def run(self, order: bytes) -> bytes:
        read = msgspec.msgpack.decode(order, type=Order)
        self.orders.append(read)
        if self.gate is not None:
            await self.gate.wait()
        if self.error is not None and read.query is not None:
            raise self.error
        return await super().run(order)


class World:
    """A read model that knows of a video which copies a film, and a store that has both fingerprints."""

    def __init__(self, model: ReadModel, folder: Path) -> None:
        self.model = model
        self.store: FileStore = open_store(str(folder))
        self.short, self.long, self.now = Counting(), Counting(), 0.0
        self.explanations = Explanations(model, self.store, short=self.short, long=self.long, clock=lambda: self.now)

    def know(self, *, matches: tuple[Any, ...] = (FILM,), **fields: Any) -> None:
        """Let the job of the video be known, and both items; and store their fingerprints."""
        ended = found(
            "j1", {"film": Action.BLOCK}, matches=matches, stored=True, digest="d", complete_time=ENDED,
            **fields,
        )  # fmt: skip
        self.model.apply(items=[item("film"), self.own()], jobs=[ended])
        self.put(self.own().library, "video", COPY)
        self.put("films", "film", ORIGINAL)

    def own(self, **fields: Any) -> Any:
        """Return the item that the video is in its library."""
        return item("video", "default", **{"job_id": "j1", "digest": "d", **fields})

    def put(self, library: str, media_id: str, fingerprint: Fingerprint, version: int = 1) -> None:
        self.store.put(ReferenceKey(library, media_id, version), fingerprint.to_bytes())

    async def told(self) -> Evidence:
        return await self.explanations.of_case(CASE)


@pytest.fixture
def world(model: ReadModel, tmp_path: Path) -> World:
    return World(model, tmp_path / "store")


async def test_a_case_is_told_by_both_stored_fingerprints(world: World) -> None:
    world.know()
    told = await world.told()
    assert told.looked_again
    assert (told.media_id, told.library, told.reference, told.job_id) == ("video", "films", "film", "j1")
    assert (told.similarity, told.track) == (FILM.similarity, Track.SOUND)
    (one,) = told.intervals
    assert one.found_again
    assert one.sound is not None
    assert one.sound.by_chance is not None
    assert one.sound.common > 10 * one.sound.by_chance
    assert told.notes == ["The input and the reference have no picture."]


async def test_a_match_of_a_job_is_told_as_its_case_is(world: World) -> None:
    world.know()
    assert await world.explanations.of_match("j1", "films", "film") == await world.told()


async def test_one_line_in_the_log_tells_of_each_that_is_worked_out(world: World) -> None:
    world.know()
    with capture_logs() as lines:
        await world.told()
        await world.told()
    (line,) = [one for one in lines if one["event"] == "evidence_worked_out"]
    assert (line["media_id"], line["reference"], line["outcome"], line["long"]) == ("video", "film", "done", False)


@pytest.mark.parametrize(("job_id", "library", "reference"), [("j9", "films", "film"), ("j1", "films", "other")])
async def test_what_was_not_found_is_not_told_of(world: World, job_id: str, library: str, reference: str) -> None:
    world.know()
    with pytest.raises(NothingToExplainError, match="list"):
        await world.explanations.of_match(job_id, library, reference)
    with pytest.raises(UnknownCaseError):
        await world.explanations.of_case("nothing")


async def test_a_case_whose_job_is_forgotten_is_told_as_long_as_its_input_is_stored(world: World) -> None:
    world.know()
    world.model.apply(jobs=[JobTombstone("j1")])
    assert (await world.told()).looked_again
    world.model.apply(items=[GoneItem("default", "video")])
    told = await world.told()
    assert any("The job that found this match is forgotten" in note for note in told.notes)


async def test_a_case_of_which_no_match_is_known_says_so(world: World) -> None:
    world.model.apply(items=[item("film")], decisions=decided([DecisionKind.ESCALATE], "film"))
    with pytest.raises(NothingToExplainError, match="match the input anew"):
        await world.told()


async def test_a_job_under_way_is_told_by_what_it_has_seen_so_far(world: World) -> None:
    world.model.apply(items=[item("film")], jobs=[job("j1", JobStatus.PROCESSING, media_id="video")])
    world.model.apply(live=[seen("j1", "film", Action.BLOCK, match=FILM)])
    world.put("films", "film", ORIGINAL)
    for told in (await world.told(), await world.explanations.of_match("j1", "films", "film")):
        assert not told.looked_again
        assert [one.interval for one in told.intervals] == [SPAN]
        assert told.notes == ["The input is still being processed: its fingerprint is put together at the end."]
        assert told.reference_duration == 60.0


@pytest.mark.parametrize(
    ("fields", "held", "note"),
    [
        ({"stored": False, "request": request("j1", save_type=SaveType.NOSAVE)}, None, "was to be matched only"),
        ({"stored": False, "request": request("j1", save_type=SaveType.SAVE)}, None, "held the same video already"),
        ({}, None, "has been removed from its library"),
        ({}, {"version": 2, "job_id": "j2", "digest": "other"}, "fingerprinted anew since, with other content"),
        ({}, {}, "not in the store: 'mediadna doctor'"),
    ],
)
async def test_an_input_whose_fingerprint_is_not_there_says_why_and_gives_what_the_match_knows(
    world: World, fields: dict[str, Any], held: dict[str, Any] | None, note: str
) -> None:
    known = {"stored": True, "digest": "d", **fields}
    world.model.apply(items=[item("film")], jobs=[found("j1", {"film": Action.BLOCK}, matches=(FILM,), **known)])
    if held is not None:
        world.model.apply(items=[world.own(**held)])
    world.put("films", "film", ORIGINAL)
    told = await world.told()
    assert not told.looked_again
    assert [note in one for one in told.notes] == [True]
    assert [one.interval for one in told.intervals] == [SPAN]
    assert told.thresholds
    assert (told.picture, told.sound, told.stored_similarity) == (None, None, None)


async def test_an_input_that_another_library_holds_is_told_by_that(world: World) -> None:
    nosave = {"stored": False, "digest": "d", "request": request("j1", save_type=SaveType.NOSAVE)}
    world.model.apply(items=[item("film")], jobs=[found("j1", {"film": Action.BLOCK}, matches=(FILM,), **nosave)])
    world.model.apply(items=[item("video", "archive", version=7, job_id="j0", digest="d")])
    world.put("films", "film", ORIGINAL)
    world.put("archive", "video", COPY, version=7)
    assert (await world.told()).looked_again


async def test_a_reference_that_is_gone_or_lost_says_so(world: World) -> None:
    world.know()
    world.store.delete(ReferenceKey("films", "film", 1))
    assert any("'mediadna doctor' tells what is lost" in note for note in (await world.told()).notes)
    world.model.apply(items=[GoneItem("films", "film")])
    told = await world.explanations.of_match("j1", "films", "film")
    assert any("not in its library any more" in note for note in told.notes)
    assert not told.looked_again


async def test_a_damaged_fingerprint_is_told_of_and_nothing_fails(world: World) -> None:
    world.know()
    world.store.put(ReferenceKey("default", "video", 1), b"\x89MDNA\x01<b>nothing</b>")
    told = await world.told()
    assert not told.looked_again
    assert any("The input's stored fingerprint cannot be read" in note for note in told.notes)


async def test_a_reference_that_was_stored_anew_since_is_told_of(world: World) -> None:
    world.know()
    later = job("later", JobStatus.SUCCESS, media_id="film", complete_time="2026-11-24T09:00:00Z")
    world.model.apply(jobs=[later], items=[item("film", job_id="later", version=2)])
    world.put("films", "film", ORIGINAL, version=2)
    told = await world.told()
    assert told.looked_again
    assert any("stored anew after the match was found" in note for note in told.notes)


async def test_a_reference_that_came_after_the_input_was_not_stored_anew(world: World) -> None:
    later = Ruling(library="films", reference="film", action=Action.BLOCK, policy="p", retroactive=True)
    world.know(rulings=(later,))
    storing = job("stored", JobStatus.SUCCESS, media_id="film", complete_time="2026-11-24T09:00:00Z")
    world.model.apply(jobs=[storing])
    assert not any("anew" in note for note in (await world.told()).notes)


async def test_it_is_worked_out_once_for_all_who_ask_at_once_and_for_a_while(world: World) -> None:
    world.know()
    world.short.gate = asyncio.Event()
    asked = [asyncio.create_task(world.told()) for _ in range(5)]
    while not world.short.orders:
        await asyncio.sleep(0)
    asked[0].cancel()  # one goes away: the others are answered all the same
    world.short.gate.set()
    answers = await asyncio.gather(*asked[1:])
    assert all(answer == answers[0] for answer in answers)
    await world.told()
    assert len(world.short.orders) == 1
    world.now = KEPT_S + 1.0
    assert await world.told() == answers[0]
    assert len(world.short.orders) == 2


async def test_what_changes_is_worked_out_anew(world: World) -> None:
    world.know()
    await world.told()
    world.put("films", "film", Fingerprint(50.0, None, sounds.sound(50.0, seed=9)))
    told = await world.told()
    assert told.reference_duration == 50.0
    assert not told.intervals[0].found_again


async def test_no_more_is_kept_than_there_is_room_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.know()
    monkeypatch.setattr("streams.services.evidence.explanations.MOST_KEPT", 2)
    for number in range(4):
        world.put("films", "film", Fingerprint(1.0 + number / 10, None, sounds.sound(1.0, seed=number)))
        await world.told()
    assert len(world.explanations._kept) == 2


async def test_long_pairs_go_another_way_than_short_ones(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.know()
    assert len(ORIGINAL.to_bytes()) + len(COPY.to_bytes()) < LONG_PAIR
    await world.told()
    monkeypatch.setattr("streams.services.evidence.explanations.LONG_PAIR", 100)
    world.now = KEPT_S + 1.0
    await world.told()
    assert (len(world.short.orders), len(world.long.orders)) == (1, 1)


async def test_a_pair_that_takes_too_long_is_told_by_its_match_and_not_tried_again_at_once(world: World) -> None:
    world.know()
    world.short.error = TooSlowError()
    told = await world.told()
    assert not told.looked_again
    assert any("so long that working it out took more time" in note for note in told.notes)
    assert [one.interval for one in told.intervals] == [SPAN]
    count = len(world.short.orders)
    await world.told()
    assert len(world.short.orders) == count


@pytest.mark.parametrize("error", [BusyError(), OSError("no process")])
async def test_what_failed_for_a_while_is_tried_again(world: World, error: Exception) -> None:
    world.know()
    world.short.error = error
    with pytest.raises(type(error)):
        await world.told()
    world.short.error = None
    assert (await world.told()).looked_again


async def test_names_of_strangers_are_names(world: World) -> None:
    names = ["../../etc/passwd", "<script>alert(1)</script>", "a\u202eb", "%2e%2e", "'; DROP TABLE jobs; --"]
    for number, (media_id, reference) in enumerate(itertools.pairwise(names)):
        match = msgspec.structs.replace(FILM, media_id=reference)
        ruled = (Ruling(library="films", reference=reference, action=Action.BLOCK, policy="p"),)
        ended = found(
            f"n{number}", {}, media_id=media_id, matches=(match,), rulings=ruled, stored=True, digest="d"
        )  # fmt: skip
        world.model.apply(
            items=[item(reference), item(media_id, "default", job_id=f"n{number}", digest="d")], jobs=[ended]
        )
        world.put("films", reference, ORIGINAL)
        world.put("default", media_id, COPY)
        told = await world.explanations.of_case(id_of(reference, media_id))
        assert told.looked_again
        assert (told.media_id, told.reference) == (media_id, reference)
