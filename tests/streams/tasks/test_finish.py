"""The last task of a job: what is told of what was found."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from examples import MATCH, request
from whole_job import SCOPE, make_bench, run_job

from schemas.errors import ErrorCode
from schemas.jobs import ChunkTask, JobStatus, TaskKind, TaskOutcome
from schemas.limits import LARGEST_MATCHES
from schemas.matches import Match
from schemas.result import match_size
from streams.ports.errors import Neighbour, NeighbourAwayError
from streams.store.files import FileStore
from streams.tasks import fingerprint as fingerprint_module
from streams.tasks import finish as finish_module
from streams.tasks.report import Away
from streams.tasks.run import run_task
from streams.tasks.scope import Assignment


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
    job = run_job(make_bench(tmp_path, clip.parent), clip)
    assert (job.status, job.code) == (JobStatus.SUCCESS, ErrorCode.OK)
    assert sum(map(match_size, job.matches)) <= LARGEST_MATCHES
    assert [match.media_id for match in job.matches] == [f"m{19 - n}" for n in range(len(job.matches))]
    assert job.message == f"{len(many) - len(job.matches)} weaker matches are left out: one event holds no more"


def test_of_what_one_chunk_shows_no_more_is_told(tmp_path: Path, clip: Path, many: tuple[Match, ...]) -> None:
    task = ChunkTask(
        job_id="j1", media_id="video", kind=TaskKind.FINGERPRINT, request=request(file_url=clip.as_uri()), end=4.0
    )
    live = run_task(Assignment(task=task, scope=SCOPE), make_bench(tmp_path, clip.parent)).live
    assert 0 < len(live) < len(many)
    assert sum(map(match_size, live)) <= LARGEST_MATCHES


def test_a_job_of_which_everything_is_told_is_ok(tmp_path: Path, clip: Path) -> None:
    assert run_job(make_bench(tmp_path, clip.parent), clip).message == "OK"


def test_a_job_of_which_a_part_is_gone_may_be_tried_again(tmp_path: Path) -> None:
    task = ChunkTask(job_id="j1", media_id="video", kind=TaskKind.FINISH, request=request(), chunks_total=1)
    report = run_task(Assignment(task=task, scope=SCOPE), make_bench(tmp_path))
    assert (report.result.outcome, report.result.code) == (TaskOutcome.RETRY, ErrorCode.INTERNAL_ERROR)
    assert "part 0 of job j1" in report.result.message


def test_a_task_that_finds_its_store_away_waits_and_says_for_whom(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_bucket(_: str) -> None:
        raise NeighbourAwayError(Neighbour.STORE, "no bucket")

    monkeypatch.setattr(FileStore, "delete_parts", lambda _, job_id: no_bucket(job_id))
    task = ChunkTask(job_id="j1", media_id="video", kind=TaskKind.CLEAN, request=request())
    report = run_task(Assignment(task=task, scope=SCOPE), make_bench(tmp_path))
    assert report.away == Away(neighbour=Neighbour.STORE, reason="no bucket")
