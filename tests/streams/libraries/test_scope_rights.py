"""What a task may see and store, by what is there when it starts: not by what was there when its job was asked for."""

from __future__ import annotations

import msgspec
import pytest
from support.examples import JobTaskT, request
from support.examples import task as task_of
from support.inline import TOPICS, InlineService
from support.read_model import ReadModel

from schemas.errors import ErrorCode
from schemas.jobs import JobRequest, SaveType
from schemas.libraries import Library, LibraryItem, Purpose
from schemas.rights import Right
from schemas.tasks import ChunkResult, CleanUp, FingerprintChunk, FinishJob, Probe, TaskOutcome
from streams.domain.library_errors import ForbiddenError
from streams.pipeline.agents.tasks import ChunkAgent
from streams.services.library_scope import LibraryScopes

CURATED = [purpose for purpose in Purpose if purpose is not Purpose.GENERAL]
#: The tasks of a job.
OF_A_JOB = [Probe, FingerprintChunk, FinishJob]


class Caught:
    """A feed that is always caught up, and that keeps which topics were asked for."""

    def __init__(self) -> None:
        self.topics: list[str] = []

    async def caught_up(self, topic: str) -> None:
        self.topics.append(topic)


@pytest.fixture
def scopes(model: ReadModel) -> LibraryScopes:
    model.apply(libraries=[Library(name="default")])
    return LibraryScopes(model, Caught(), TOPICS)


def task(kind: type[JobTaskT], asked: JobRequest, version: int = 2) -> JobTaskT:
    return task_of(kind, asked, version=version)


def hold(model: ReadModel, version: int = 1) -> None:
    model.apply(items=[LibraryItem(library="default", media_id="video", version=version, job_id="j0", digest="d")])


@pytest.mark.parametrize("kind", OF_A_JOB)
@pytest.mark.parametrize("purpose", CURATED)
async def test_a_purpose_that_changes_while_a_job_is_under_way_holds_for_what_it_has_left_to_do(
    model: ReadModel, scopes: LibraryScopes, kind: type[Probe | FingerprintChunk | FinishJob], purpose: Purpose
) -> None:
    asked = request(rights=(Right.REPLACE,))
    assert await scopes.scope_of(task(kind, asked))
    model.apply(libraries=[Library(name="default", purpose=purpose, update_time="2026-11-23T09:00:00Z")])
    with pytest.raises(ForbiddenError, match="curate"):
        await scopes.scope_of(task(kind, asked))
    for allowed in (
        request(rights=(Right.CURATE,)),
        request(rights=None),
        request(rights=(), save_type=SaveType.NOSAVE),
    ):
        assert await scopes.scope_of(task(kind, allowed))


async def test_what_is_cleaned_up_after_a_job_needs_no_right(model: ReadModel, scopes: LibraryScopes) -> None:
    model.apply(libraries=[Library(name="default", purpose=Purpose.BLOCKLIST, update_time="2026-11-23T09:00:00Z")])
    assert (await scopes.scope_of(task(CleanUp, request(rights=())))).library_exists


@pytest.mark.parametrize(
    ("rights", "version", "protected"),
    [((), 1, "d"), ((Right.CURATE,), 1, "d"), ((Right.REPLACE,), 1, None), (None, 1, None), ((), 2, None)],
)
async def test_what_a_library_holds_is_protected_from_those_who_may_not_replace_it_and_not_from_its_own_job(
    model: ReadModel, scopes: LibraryScopes, rights: tuple[Right, ...] | None, version: int, protected: str | None
) -> None:
    hold(model, version)
    for kind in (FingerprintChunk, FinishJob):
        scope = await scopes.scope_of(task(kind, request(rights=rights), version=2))
        assert scope.protected == protected


async def test_nothing_is_protected_where_nothing_is_held(model: ReadModel, scopes: LibraryScopes) -> None:
    hold(model)
    other = request(media_id="another", rights=())
    assert (await scopes.scope_of(task(FinishJob, other))).protected is None


class Results:
    """Keeps what becomes of tasks."""

    def __init__(self) -> None:
        self.results: list[ChunkResult] = []

    async def result(self, result: ChunkResult) -> None:
        self.results.append(result)


async def test_a_job_that_may_not_store_fails_with_the_code_for_that_and_does_nothing(
    model: ReadModel, scopes: LibraryScopes
) -> None:
    model.apply(libraries=[Library(name="default", purpose=Purpose.ADS, update_time="2026-11-23T09:00:00Z")])
    results, runner = Results(), InlineService(model)
    agent = ChunkAgent(runner, scopes, results, worker="w")
    for kind in OF_A_JOB:
        await agent.handle(task(kind, request(rights=())))
    assert {(one.outcome, one.code) for one in results.results} == {(TaskOutcome.FAILED, ErrorCode.RESOURCE_ACCESS)}
    assert all("curate" in msgspec.json.encode(one.message).decode() for one in results.results)
    assert runner.removals == []
