"""Episodes with the same titles, cut from real footage: the titles are told, and link no two episodes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from support.whole_job import make_context, run_job

from schemas.jobs import Job, JobStatus
from schemas.verdicts import VerdictKind
from streams.demo.edit import Edit, Piece, Truth
from streams.domain.verdicts import judged, with_boilerplate

pytestmark = pytest.mark.unmeasured

#: Seconds of the titles, and of the trailer in which they are.
TITLES_S, TITLES = 8.0, (12.0, 20.0)
#: References that have to hold a span here: there are few films in the footage.
REFERENCES = 3
#: What each episode shows behind the titles.
BODIES = {"first": ("bikes", 0.0, 10.0), "second": ("globe", 2.0, 14.0), "third": ("trailer", 33.0, 43.0)}

EditedCopy = Callable[..., tuple[Path, tuple[Truth, ...]]]


def judge(job: Job) -> Job:
    return judged(with_boilerplate(job, references=REFERENCES))


@pytest.fixture(scope="module")
def jobs(tmp_path_factory: pytest.TempPathFactory, footage: dict[str, Path], edited_copy: EditedCopy) -> dict[str, Job]:
    """The jobs of three stored episodes, of a fourth one, of a small copy of the first, and of the titles alone."""
    titles = Piece(footage["trailer"], *TITLES)
    small = Edit(width=320, height=180)
    media = {name: edited_copy(titles, Piece(footage[film], *span))[0] for name, (film, *span) in BODIES.items()}
    media["fourth"], _ = edited_copy(titles, Piece(footage["carphone"]), Piece(footage["bunny"]))
    media["copy of the first"], _ = edited_copy(titles, Piece(footage["bikes"], 0.0, 10.0), edit=small)
    media["titles alone"], _ = edited_copy(titles, edit=small)
    context = make_context(tmp_path_factory.mktemp("state"), *{path.parent for path in media.values()})
    found = {name: run_job(context, path, media_id=name) for name, path in media.items()}
    assert {job.status for job in found.values()} == {JobStatus.SUCCESS}
    return {name: judge(job) for name, job in found.items()}


def test_titles_of_an_episode_are_told_with_their_bounds_and_link_nothing(jobs: dict[str, Job]) -> None:
    job = jobs["fourth"]
    (shared,) = job.boilerplate
    assert (shared.start, shared.end) == (pytest.approx(0.0, abs=0.5), pytest.approx(TITLES_S, abs=0.5))
    assert shared.references == len(BODIES)
    assert {match.media_id for match in job.matches} == set(BODIES)
    assert job.verdict is not None
    assert job.verdict.kind is VerdictKind.ORIGINAL


def test_a_copy_of_an_episode_is_one_for_all_its_titles(jobs: dict[str, Job]) -> None:
    verdict = jobs["copy of the first"].verdict
    assert verdict is not None
    assert (verdict.kind, verdict.of[0]) == (VerdictKind.COPY, "first")


def test_titles_alone_copy_those_that_have_them(jobs: dict[str, Job]) -> None:
    job = jobs["titles alone"]
    assert job.boilerplate == ()
    assert job.verdict is not None
    assert job.verdict.kind is VerdictKind.COPY
