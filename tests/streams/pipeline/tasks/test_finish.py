"""The last task of a job: what is told of what was found."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest
from support.examples import MATCH, request
from support.examples import task as task_of
from support.tracks import DESCRIBED, SECONDS, WINDOWS, picture, sound
from support.whole_job import SCOPE, make_context, run_job

from fingerprint.codec import pack, unpack
from fingerprint.media.errors import MediaError
from fingerprint.model import Fingerprint
from schemas.errors import ErrorCode
from schemas.jobs import JobStatus, SaveType
from schemas.limits import LARGEST_MATCHES
from schemas.matches import Match
from schemas.result import match_size
from schemas.tasks import CleanUp, FingerprintChunk, FinishJob, TaskOutcome
from streams.adapters.storage.fsspec_store import FileStore
from streams.domain.search_scope import Assignment
from streams.pipeline.tasks import fingerprint as fingerprint_module
from streams.pipeline.tasks import finish as finish_module
from streams.pipeline.tasks.run import run_task
from streams.pipeline.tasks.search import checked_windows
from streams.ports.errors import Neighbour, NeighbourAwayError
from streams.ports.task_report import Away


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> tuple[Match, ...]:
    """More matches than one event holds, found in everything."""
    long = msgspec.structs.replace(MATCH, intervals=MATCH.intervals * 3000)
    found = tuple(msgspec.structs.replace(long, media_id=f"m{n}", similarity=n / 20) for n in range(20))
    for module in (finish_module, fingerprint_module):
        monkeypatch.setattr(module, "find_matches", lambda *_, **__: found)
    return found


def test_of_more_matches_than_one_event_holds_the_job_tells_the_surest_and_how_many_are_left_out(
    tmp_path: Path, clip: Path, many: tuple[Match, ...]
) -> None:
    job = run_job(make_context(tmp_path, clip.parent), clip)
    assert (job.status, job.code) == (JobStatus.SUCCESS, ErrorCode.OK)
    assert sum(map(match_size, job.matches)) <= LARGEST_MATCHES
    assert [match.media_id for match in job.matches] == [f"m{19 - n}" for n in range(len(job.matches))]
    assert job.message == f"{len(many) - len(job.matches)} weaker matches are left out: one event holds no more"


def test_of_what_one_chunk_shows_no_more_is_told(tmp_path: Path, clip: Path, many: tuple[Match, ...]) -> None:
    task = task_of(FingerprintChunk, request(file_url=clip.as_uri()), end=4.0)
    live = run_task(Assignment(task=task, scope=SCOPE), make_context(tmp_path, clip.parent)).result.matches
    assert 0 < len(live) < len(many)
    assert sum(map(match_size, live)) <= LARGEST_MATCHES


def test_a_job_of_which_everything_is_told_is_ok(tmp_path: Path, clip: Path) -> None:
    assert run_job(make_context(tmp_path, clip.parent), clip).message == "OK"


@pytest.mark.parametrize(
    ("save_type", "told"),
    [(SaveType.SAVE, True), (SaveType.FORCESAVE, True), (SaveType.NOSAVE, False), (SaveType.ONLYSAVE, False)],
)
def test_what_a_stored_medium_holds_more_than_once_is_told_by_the_job_that_searches(
    tmp_path: Path, clip: Path, monkeypatch: pytest.MonkeyPatch, save_type: SaveType, *, told: bool
) -> None:
    monkeypatch.setattr(finish_module, "find_repeats", lambda _: MATCH.intervals)
    job = run_job(make_context(tmp_path, clip.parent), clip, save_type=save_type)
    assert job.repeats == (MATCH.intervals if told else ())


def test_a_job_of_which_a_part_is_gone_may_be_tried_again(tmp_path: Path) -> None:
    task = task_of(FinishJob, chunks_total=1)
    report = run_task(Assignment(task=task, scope=SCOPE), make_context(tmp_path))
    assert (report.result.outcome, report.result.code) == (TaskOutcome.RETRY, ErrorCode.INTERNAL_ERROR)
    assert "part 0 of job j1" in report.result.message


def test_a_task_that_finds_its_store_away_waits_and_says_for_whom(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_bucket(_: str) -> None:
        raise NeighbourAwayError(Neighbour.STORE, "no bucket")

    monkeypatch.setattr(FileStore, "delete_parts", lambda _, job_id: no_bucket(job_id))
    task = task_of(CleanUp)
    report = run_task(Assignment(task=task, scope=SCOPE), make_context(tmp_path))
    assert report.away == Away(neighbour=Neighbour.STORE, reason="no bucket")


def test_a_fingerprint_file_that_claims_ages_ends_as_too_large_and_adds_nothing_to_the_bill(tmp_path: Path) -> None:
    file = tmp_path / "ages.mdna"
    file.write_bytes(pack("fingerprint", {"duration": np.array([4_600_000_000_000_000_000], np.int64)}))
    job = run_job(make_context(tmp_path, tmp_path), file)
    assert (job.status, job.code) == (JobStatus.FAIL, ErrorCode.RESOURCE_TOO_LARGE)
    assert job.metrics.duration == 0


def test_a_fingerprint_file_that_no_media_leaves_ends_as_bad_content_and_leaves_nothing(tmp_path: Path) -> None:
    arrays = unpack("fingerprint", Fingerprint(SECONDS, picture(), sound()).to_bytes())
    arrays["duration"] = np.array([-60_000], np.int64)
    file = tmp_path / "negative.mdna"
    file.write_bytes(pack("fingerprint", arrays))
    context = make_context(tmp_path, tmp_path)
    job = run_job(context, file)
    assert (job.status, job.code) == (JobStatus.FAIL, ErrorCode.RESOURCE_CONTENT_BAD)
    assert job.message.startswith("the fingerprint cannot be used: the fingerprint's duration is negative")
    assert list(context.store.keys("default")) == []
    assert context.vectors.count("default") == 0


def test_a_fingerprint_file_as_the_engine_makes_it_is_stored_as_it_came(tmp_path: Path) -> None:
    file = tmp_path / "video.mdna"
    file.write_bytes(Fingerprint(SECONDS, picture(), sound()).to_bytes())
    context = make_context(tmp_path, tmp_path)
    job = run_job(context, file)
    assert (job.status, job.metrics.duration, job.metrics.windows) == (JobStatus.SUCCESS, SECONDS, DESCRIBED + WINDOWS)
    (key,) = context.store.keys("default")
    assert context.store.get(key) == file.read_bytes()


def test_a_part_that_is_damaged_is_made_anew(tmp_path: Path, clip: Path) -> None:
    context = make_context(tmp_path, clip.parent)
    made = task_of(FingerprintChunk, request(file_url=clip.as_uri()), end=4.0)
    run_task(Assignment(task=made, scope=SCOPE), context)
    whole = context.store.get_part("j1", 0)
    assert whole is not None
    context.store.put_part("j1", 0, whole[: len(whole) // 2])
    finish = task_of(FinishJob, request(file_url=clip.as_uri()), chunks_total=1)
    report = run_task(Assignment(task=finish, scope=SCOPE), context)
    assert report.result.outcome is TaskOutcome.RETRY
    assert "part 0 of job j1 cannot be used, and is made anew" in report.result.message
    assert run_task(Assignment(task=made, scope=SCOPE), context).result.outcome is TaskOutcome.DONE
    assert context.store.get_part("j1", 0) == whole


def test_more_windows_than_so_much_media_can_leave_never_reach_the_index() -> None:
    windows = Fingerprint(SECONDS, picture(), sound()).windows()
    assert checked_windows(windows, SECONDS) is windows
    with pytest.raises(MediaError, match=r"1 s of media would leave 9 windows, and \d are the most") as refused:
        checked_windows(windows, 0.6)
    assert refused.value.code == ErrorCode.RESOURCE_TOO_LARGE
