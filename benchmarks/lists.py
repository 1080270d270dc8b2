"""How long each list takes over 10,000 jobs: `python -m benchmarks.lists`."""

from __future__ import annotations

import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import msgspec

from schemas.jobs import Job, JobRequest, JobStatus
from schemas.matches import Match, Track
from streams.readmodel.jobs import JobFilter
from streams.readmodel.model import ReadModel
from streams.readmodel.projection import Record

if TYPE_CHECKING:
    from collections.abc import Callable

JOBS = 10_000
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
        for name, query in lists.items():
            times = sorted(_seconds(query) for _ in range(REPEATS))
            median, worst = (times[i] * 1000 for i in (REPEATS // 2, -1))
            print(f"{name:12} median {median:6.2f} ms, worst {worst:6.2f} ms")
        model.close()


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
