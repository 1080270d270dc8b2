"""How long each list takes over 10,000 jobs and as many cases: `python -m benchmarks.lists`."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import msgspec

from schemas.cases import Assignment, CaseState
from schemas.ids import case_id
from schemas.jobs import Job, JobRequest, JobStatus
from schemas.libraries import LibraryItem
from schemas.matches import Match, Track
from schemas.policies import Action, Ruling
from streams.readmodel.cases import CaseFilter, CaseOrder
from streams.readmodel.jobs import JobFilter
from streams.readmodel.model import ReadModel
from streams.readmodel.projection import Record

if TYPE_CHECKING:
    from collections.abc import Callable

JOBS = CASES = 10_000
LIBRARIES = 5
REPEATS = 50


def main() -> None:
    """Fill a read model and print how long each list takes."""
    with TemporaryDirectory() as folder:
        model = ReadModel(Path(folder) / "jobs.sqlite")
        jobs = [_job(number) for number in range(JOBS)]
        for start in range(0, JOBS, 500):
            model.project([_record(job) for job in jobs[start : start + 500]], {})
        cursor = model.jobs.page(limit=500).next
        lists: dict[str, Callable[[], object]] = {
            "newest": model.jobs.page,
            "next page": lambda: model.jobs.page(cursor=cursor),
            "by status": lambda: model.jobs.page(JobFilter(status=JobStatus.FAIL)),
            "by library": lambda: model.jobs.page(JobFilter(library="library-3")),
            "by media": lambda: model.jobs.page(JobFilter(media_id="video-77")),
            "by time": lambda: model.jobs.page(JobFilter(since="2026-11-23T09:00", until="2026-11-23T10:00")),
            "who copies": lambda: model.matches.page(reference="reference-7"),
            "counts": model.jobs.counts,
        }
        _print_times(lists)
        model.close()
    with TemporaryDirectory() as folder:
        model = ReadModel(Path(folder) / "jobs.sqlite")
        for start in range(0, CASES, 500):
            model.project([one for number in range(start, start + 500) for one in _case_records(number)], {})
        _print_times(_case_lists(model))
        model.close()


def _print_times(lists: dict[str, Callable[[], object]]) -> None:
    for name, query in lists.items():
        times = sorted(_seconds(query) for _ in range(REPEATS))
        median, worst = (times[i] * 1000 for i in (REPEATS // 2, -1))
        print(f"{name:42} median {median:6.2f} ms, worst {worst:6.2f} ms")


def _case_lists(model: ReadModel) -> dict[str, Callable[[], object]]:
    """Return every list of cases: each filter in both orders, some together, and a page far behind the first."""
    filters = {
        "all": CaseFilter(),
        "by state": CaseFilter(state=CaseState.OPEN),
        "by action": CaseFilter(action=Action.BLOCK),
        "by library": CaseFilter(library="library-3"),
        "by reference": CaseFilter(reference="reference-8"),
        "by media": CaseFilter(media_id="video-77"),
        "by assignee": CaseFilter(assignee="anna"),
        "by nobody": CaseFilter(assignee=""),
        "by time": CaseFilter(since="2026-11-23T09:30:00.000Z"),
        "by state, library and time": CaseFilter(
            state=CaseState.OPEN, library="library-3", since="2026-11-23T10:00:00.000Z"
        ),
        "by what there is none of": CaseFilter(state=CaseState.OPEN, action=Action.TRACK),
    }
    lists: dict[str, Callable[[], object]] = {
        f"cases {name}, {order}": partial(model.cases.page, wanted, order=order)
        for name, wanted in filters.items()
        for order in CaseOrder
    }
    for order in CaseOrder:
        cursor = None
        for _ in range(CASES // 1000):
            cursor = model.cases.page(order=order, cursor=cursor, limit=500).next
        lists[f"cases, a page in the middle, {order}"] = partial(model.cases.page, order=order, cursor=cursor)
    return lists | {"cases, a page of 500": partial(model.cases.page, limit=500), "cases counted": model.cases.counts}


def _case_records(number: int) -> list[Record]:
    """Return what makes a case: a job that has found a reference, the reference, and for some who has the case."""
    job = _job(number * 4)  # one that has succeeded
    match = msgspec.structs.replace(job.matches[0], library=f"library-{number % LIBRARIES}", similarity=number / CASES)
    action = (Action.BLOCK, Action.REVIEW)[number % 2]
    ruling = Ruling(library=match.library, reference=match.media_id, action=action)
    ended = msgspec.structs.replace(job, job_id=f"{number:032x}", media_id=f"video-{number // 2}", version=number + 1)
    held = LibraryItem(library=match.library, media_id=match.media_id, version=1, job_id="stored")
    subject = case_id(ended.media_id, match.library, match.media_id)
    assigned = Assignment(case_id=subject, assignee="anna" if number % 3 else "")
    return [
        Record("items", key=b"", value=msgspec.json.encode(held)),
        _record(msgspec.structs.replace(ended, matches=(match,), rulings=(ruling,))),
        Record("assignments", key=subject.encode(), value=msgspec.json.encode(assigned)),
    ]


def _seconds(query: Callable[[], object]) -> float:
    started = time.perf_counter()
    query()
    return time.perf_counter() - started


def _record(job: Job) -> Record:
    return Record("jobs", key=job.job_id.encode(), value=msgspec.json.encode(job))


def _job(number: int) -> Job:
    status = (JobStatus.SUCCESS, JobStatus.SUCCESS, JobStatus.FAIL, JobStatus.PROCESSING)[number % 4]
    created = f"2026-11-23T{8 + number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}.000Z"
    match = Match(
        media_id=f"reference-{number % 50}",
        similarity=0.9,
        track=Track.BOTH,
        input_coverage=0.5,
        reference_coverage=0.5,
        intervals=(),
    )
    request = JobRequest(
        job_id=f"{number:032x}",
        media_id=f"video-{number}",
        file_url="file:///a.mp4",
        library=f"library-{number % LIBRARIES}",
    )
    return Job(
        job_id=request.job_id,
        media_id=request.media_id,
        status=status,
        request=request,
        creation_time=created,
        update_time=created,
        matches=(match,) if status is JobStatus.SUCCESS else (),
    )


if __name__ == "__main__":
    main()
