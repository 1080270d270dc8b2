"""No job says "copies nothing" of what it has not looked at, or not searched."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest
from support.clips import Clips
from support.examples import request
from support.examples import task as task_of
from support.whole_job import SCOPE, make_context, run_job

from fingerprint import chunking as chunks_module
from fingerprint.media.limits import MediaLimits
from fingerprint.model import Chunk, Fingerprint
from fingerprint.types import ReferenceKey
from schemas.coverage import Cause, Unsearched
from schemas.errors import ErrorCode
from schemas.jobs import JobStatus
from schemas.result import coverage_of, result_of, unsearched_of
from schemas.tasks import FingerprintChunk, FinishJob, TaskOutcome
from streams.domain.search_scope import Assignment, Scope, SearchedLibrary
from streams.pipeline.tasks.context import TaskContext
from streams.pipeline.tasks.run import run_task
from streams.pipeline.tasks.search import NOT_INDEXED
from streams.ports.fingerprint_store import FingerprintStore


@pytest.fixture
def context(tmp_path: Path, clips: Clips) -> TaskContext:
    return make_context(tmp_path, clips.folder)


def torn(clips: Clips, first: float, last: float) -> Path:
    """A film with noise in place of a part of it, in shares of its length."""
    film = clips.make("whole-film.mp4", seconds=20, video_options={"g": "25"}, options={"movflags": "+faststart"})
    data = bytearray(film.read_bytes())
    span = slice(int(len(data) * first), int(len(data) * last))
    data[span] = np.random.default_rng(5).bytes(span.stop - span.start)
    return clips.write(f"torn-{first}-{last}.mp4", bytes(data))


def test_a_job_over_media_that_was_all_looked_at_says_so(context: TaskContext, clip: Path) -> None:
    job = run_job(context, clip)
    assert (job.status, job.message) == (JobStatus.SUCCESS, "OK")
    assert (job.coverage.picture, job.coverage.sound, job.coverage.missed) == (1.0, 1.0, ())


def test_a_track_that_is_not_there_has_no_share(context: TaskContext, clips: Clips) -> None:
    job = run_job(context, clips.make("mute.mp4", audio=None))
    assert (job.coverage.picture, job.coverage.sound) == (1.0, None)


def test_a_job_over_damaged_media_succeeds_and_says_how_much_it_has_not_seen(
    context: TaskContext, clips: Clips
) -> None:
    job = run_job(context, torn(clips, 0.4, 0.6))
    assert job.status is JobStatus.SUCCESS
    assert job.coverage.picture is not None
    assert 0.5 < job.coverage.picture < 0.95
    assert {part.cause for part in job.coverage.missed} == {Cause.DAMAGED}
    assert "of the picture was not looked at: it is damaged" in job.message


def test_a_job_that_has_seen_too_little_fails_and_stores_nothing(context: TaskContext, clips: Clips) -> None:
    job = run_job(context, torn(clips, 0.2, 0.95))
    assert (job.status, job.code) == (JobStatus.FAIL, ErrorCode.RESOURCE_CONTENT_BAD)
    assert "MEDIADNA_LEAST_COVERAGE" in job.message
    assert context.vectors.count("default") == 0
    assert list(context.store.keys("default")) == []


def test_how_little_is_too_little_can_be_set(tmp_path: Path, clips: Clips) -> None:
    film = torn(clips, 0.4, 0.6)
    strict = make_context(tmp_path / "strict", clips.folder, limits=MediaLimits(least_coverage=0.99))
    assert run_job(strict, film).code == ErrorCode.RESOURCE_CONTENT_BAD
    lenient = make_context(tmp_path / "lenient", clips.folder, limits=MediaLimits(least_coverage=0.0))
    assert run_job(lenient, torn(clips, 0.2, 0.95)).status is JobStatus.SUCCESS


def test_sound_that_nobody_can_read_fails_as_not_supported(context: TaskContext, clips: Clips) -> None:
    data = clips.make("readable.mkv", seconds=6).read_bytes()
    job = run_job(context, clips.write("unreadable.mkv", data.replace(b"A_AAC", b"A_XYZ")))
    assert (job.status, job.code) == (JobStatus.FAIL, ErrorCode.RESOURCE_NOT_SUPPORTED)
    assert "of the sound" in job.message


def test_the_shares_are_read_back_out_of_the_complete_event(context: TaskContext, clips: Clips) -> None:
    left = (Unsearched(library="films", media_id="m", reason="gone"), Unsearched(library="ads", reason="x"))
    job = msgspec.structs.replace(run_job(context, torn(clips, 0.4, 0.6)), unsearched=left)
    data = result_of(job).to_json()
    told = msgspec.json.decode(data)
    assert told["Coverage"]["Picture"] == str(job.coverage.picture)
    assert told["Unsearched"][0] == {"Library": "films", "PrimaryKey": "m", "Reason": "gone"}
    assert coverage_of(result_of(job)) == job.coverage
    assert unsearched_of(result_of(job)) == job.unsearched


def test_a_fingerprint_file_is_of_media_that_nobody_has_looked_at(
    context: TaskContext, clips: Clips, clip: Path
) -> None:
    run_job(context, clip)
    (key,) = context.store.keys("default")
    data = context.store.get(key)
    assert data is not None
    job = run_job(context, clips.write("clip.mdna", data), media_id="from a file")
    assert (job.coverage.picture, job.coverage.sound) == (None, None)
    assert set(msgspec.json.decode(result_of(job).to_json())) == {"VideoDNA", "Fingerprint"}


@pytest.mark.parametrize("words", ["std::bad_alloc", "Failed to allocate memory for requested buffer of size 9"])
def test_memory_that_is_missing_anywhere_is_called_that(
    context: TaskContext, clip: Path, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    def fail(*_: object, **__: object) -> Chunk:
        raise RuntimeError(words)

    monkeypatch.setattr(chunks_module, "decode", fail)
    task = task_of(FingerprintChunk, request(file_url=clip.as_uri()), end=4.0)
    result = run_task(Assignment(task=task, scope=SCOPE), context).result
    assert (result.outcome, result.code) == (TaskOutcome.RETRY, ErrorCode.RESOURCE_TOO_LARGE)
    assert "MEDIADNA_TASK_MEMORY_MB" in result.message


def finished(context: TaskContext, clip: Path, scope: Scope) -> tuple[tuple[Unsearched, ...], str]:
    """Return what the last task of a job says that it did not search, and its message."""
    asked = request(media_id="new", file_url=clip.as_uri())
    chunk = task_of(FingerprintChunk, asked, version=9, end=4.0)
    assert run_task(Assignment(task=chunk, scope=scope), context).result.outcome is TaskOutcome.DONE
    last = task_of(FinishJob, asked, version=9, chunks_total=1)
    result = run_task(Assignment(task=last, scope=scope), context).result
    assert result.outcome is TaskOutcome.DONE
    return result.unsearched, result.message


def spoil(store: FingerprintStore, key: ReferenceKey) -> None:
    store.put(key, Fingerprint(1.0).to_bytes()[:5] + b"\x63what another version wrote")


def test_a_reference_that_cannot_be_read_is_named(tmp_path: Path, footage: dict[str, Path]) -> None:
    film = footage["bikes"]
    context = make_context(tmp_path, film.parent)
    assert run_job(context, film).status is JobStatus.SUCCESS
    (key,) = context.store.keys("default")
    spoil(context.store, key)
    left, message = finished(context, film, SCOPE)
    assert [(one.library, one.media_id) for one in left] == [("default", "bikes")]
    assert "'bikes' of library 'default' was not compared" in message


def test_a_library_of_which_the_index_has_lost_everything_is_named(context: TaskContext, clip: Path) -> None:
    scope = Scope(search=(SearchedLibrary(name="films", holds_items=True), SearchedLibrary(name="empty")))
    left, message = finished(context, clip, scope)
    assert left == (Unsearched(library="films", reason=NOT_INDEXED),)
    assert "library 'films' was not searched" in message


def test_a_library_that_the_job_names_and_that_was_left_out_is_named(context: TaskContext, clip: Path) -> None:
    paused = Unsearched(library="films", reason="it was paused")
    left, message = finished(context, clip, Scope(unsearched=(paused,)))
    assert left == (paused,)
    assert message == "library 'films' was not searched: it was paused"
