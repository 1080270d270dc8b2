"""Commands and recovery: what is asked of the service is on its topic, and what was under way is asked for again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from schemas.jobs import Job, JobRequest, JobStatus
from streams.readmodel.model import ReadModel
from streams.service import commands
from streams.service.commands import Commands
from streams.service.recovery import recover

NOW = "2026-11-23T08:00:00.000Z"


@dataclass
class Requests:
    """Takes requests; with `answered`, the read model shows each one's job a moment later."""

    model: ReadModel
    answered: bool = True
    sent: list[JobRequest] = field(default_factory=list)

    async def request(self, request: JobRequest) -> None:
        self.sent.append(request)
        if self.answered:
            asyncio.get_running_loop().call_later(0.05, lambda: self.model.apply(jobs=[job(request.job_id)]))


def job(job_id: str, status: JobStatus = JobStatus.INIT, second: int = 0) -> Job:
    request = JobRequest(job_id=job_id, media_id="video", file_url="file:///a.mp4")
    return Job(
        job_id=job_id,
        media_id="video",
        status=status,
        request=request,
        creation_time=f"2026-11-23T08:00:{second:02d}.000Z",
        update_time=NOW,
    )


@pytest.fixture
def model(tmp_path: Path) -> Iterator[ReadModel]:
    model = ReadModel(tmp_path / "jobs.sqlite")
    yield model
    model.close()


async def test_a_job_that_was_asked_for_is_returned_when_everybody_can_see_it(model: ReadModel) -> None:
    requests = Requests(model)
    asked = JobRequest(job_id="j", media_id="video", file_url="file:///a.mp4")
    assert (await Commands(requests, model).submit(asked)).job_id == "j"
    assert requests.sent[0].requested_time


async def test_a_job_that_nobody_takes_up_is_an_error(model: ReadModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "SHOWN_S", 0.1)
    asked = JobRequest(job_id="j", media_id="video", file_url="file:///a.mp4")
    with pytest.raises(TimeoutError):
        await Commands(Requests(model, answered=False), model).submit(asked)


async def test_cancelling_asks_for_the_end_of_that_very_job(model: ReadModel) -> None:
    requests = Requests(model)
    await Commands(requests, model).cancel(job("j"))
    assert [(one.job_id, one.action) for one in requests.sent] == [("j", "cancel")]


async def test_after_a_restart_what_had_not_ended_is_asked_for_again_oldest_first(model: ReadModel) -> None:
    model.apply(
        jobs=[
            job("ended", JobStatus.SUCCESS),
            job("late", JobStatus.PROCESSING, second=5),
            job("early", JobStatus.INIT, second=1),
        ]
    )
    requests = Requests(model, answered=False)
    await recover(model, requests)
    assert [(one.job_id, one.source) for one in requests.sent] == [("early", "recovery"), ("late", "recovery")]
