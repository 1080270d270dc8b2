"""A job whose caller may not replace what its library holds stores nothing beside it, at no time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from support.examples import request
from support.whole_job import NOW, SCOPE, make_context, run_job

from schemas.commands import SubmitJob
from schemas.errors import ErrorCode
from schemas.jobs import Job, JobRequest, JobStatus, SaveType
from schemas.rights import Right
from schemas.tasks import ChunkResult, TaskKind
from streams.domain.jobs.record import MediaRecord
from streams.domain.jobs.state_machine import on_request, on_result
from streams.domain.search_scope import Assignment
from streams.pipeline.tasks.context import TaskContext
from streams.pipeline.tasks.run import run_task

Stored = dict[tuple[str, int], int]


def windows(context: TaskContext) -> Stored:
    """Return how many windows of which version the default library has."""
    return dict(context.vectors.count_versions("default").windows)


class Held:
    """A default library that holds a clip, and a caller without the right to replace it."""

    def __init__(self, context: TaskContext, clip: Path) -> None:
        self.context = context
        self.first = run_job(context, clip, media_id="clip")
        self.before = windows(context)
        self.during: list[Stored] = []
        self.results: list[ChunkResult] = []

    def ask(self, media: Path, **fields: object) -> Job:
        """Do a whole job under the same MediaId; keep what was stored after each of its tasks."""
        item_of = {"default": self.first}
        asked = request("next", media_id="clip", file_url=media.as_uri(), **{"rights": (), **fields})
        step = on_request(MediaRecord(version=self.first.version), SubmitJob.of(asked), now=NOW)
        tasks, jobs = list(step.tasks), list(step.jobs)
        while tasks:
            scope = msgspec.structs.replace(
                SCOPE,
                held=item_of["default"].version,
                protected=None if asked.may(Right.REPLACE) else self.first.digest,
            )
            result = run_task(Assignment(task=tasks.pop(0), scope=scope), self.context).result
            self.results.append(result)
            self.during.append(windows(self.context))
            step = on_result(step.record, result, now=NOW, tries=1)
            tasks += step.tasks
            jobs += step.jobs
            if jobs[-1].stored:
                item_of["default"] = jobs[-1]
        return jobs[-1]


@pytest.fixture
def held(tmp_path: Path, clip: Path, other: Path) -> Held:
    return Held(make_context(tmp_path, clip.parent, other.parent), clip)


@pytest.fixture(scope="module")
def other(make_clip: Callable[..., Path]) -> Path:
    """Other content than the clip's."""
    return make_clip("other-content.mp4", seconds=6)


@pytest.mark.parametrize("save_type", [SaveType.SAVE, SaveType.FORCESAVE, SaveType.ONLYSAVE])
def test_other_content_is_refused_and_at_no_time_found_beside_what_is_held(
    held: Held, other: Path, save_type: SaveType
) -> None:
    job = held.ask(other, save_type=save_type)
    assert (job.status, job.code) == (JobStatus.FAIL, ErrorCode.RESOURCE_ACCESS)
    assert "replace" in job.message
    assert held.during == [held.before] * len(held.during)


@pytest.mark.parametrize("save_type", [SaveType.SAVE, SaveType.FORCESAVE, SaveType.ONLYSAVE])
def test_the_same_content_succeeds_and_is_stored_no_second_time(held: Held, clip: Path, save_type: SaveType) -> None:
    job = held.ask(clip, save_type=save_type)
    assert (job.status, job.stored, job.digest) == (JobStatus.SUCCESS, False, held.first.digest)
    assert "holds this very content already" in job.message
    assert held.during == [held.before] * len(held.during)


def test_matching_only_is_no_replacement(held: Held, other: Path) -> None:
    job = held.ask(other, save_type=SaveType.NOSAVE)
    assert (job.status, job.message) == (JobStatus.SUCCESS, "OK")
    assert windows(held.context) == held.before


def test_who_may_replace_replaces(held: Held, other: Path) -> None:
    job = held.ask(other, rights=(Right.REPLACE,))
    assert (job.status, job.stored) == (JobStatus.SUCCESS, True)
    assert {version for _, version in windows(held.context)} == {job.version}


def test_a_fingerprint_file_of_other_content_is_refused_as_the_media_is(
    held: Held, other: Path, tmp_path: Path
) -> None:
    elsewhere = make_context(tmp_path / "elsewhere", other.parent)
    run_job(elsewhere, other)
    (key,) = elsewhere.store.keys("default")
    file = other.parent / "fingerprint-of-another"
    file.write_bytes(elsewhere.store.get(key) or b"")
    job = held.ask(file)
    assert [result.task.kind for result in held.results] == [TaskKind.PLAN, TaskKind.FINISH, TaskKind.CLEAN]
    assert (job.status, job.code) == (JobStatus.FAIL, ErrorCode.RESOURCE_ACCESS)
    assert windows(held.context) == held.before


def test_a_request_says_what_it_may(clip: Path) -> None:
    asked = JobRequest(job_id="j", media_id="clip", file_url=clip.as_uri())
    assert asked.may(Right.REPLACE)
    assert not msgspec.structs.replace(asked, rights=(Right.CURATE,)).may(Right.REPLACE)
