"""Commands and recovery: what is asked of the service is on its topic, and what was under way is asked for again."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest
from support.examples import job, request

from schemas.jobs import JobRequest, JobStatus
from streams.readmodel.model import ReadModel
from streams.services import jobs as commands
from streams.services.jobs import Commands
from streams.worker.recovery import recover


@dataclass
class Requests:
    """Takes requests; with `answered`, the read model shows each one's job a moment later."""

    model: ReadModel
    answered: bool = True
    sent: list[JobRequest] = field(default_factory=list)

    async def request(self, asked: JobRequest) -> None:
        self.sent.append(asked)
        if self.answered:
            asyncio.get_running_loop().call_later(
                0.05, lambda: self.model.apply(jobs=[job(asked.job_id, JobStatus.INIT)])
            )


async def test_a_job_that_was_asked_for_is_returned_when_everybody_can_see_it(model: ReadModel) -> None:
    requests = Requests(model)
    assert (await Commands(requests, model).submit(request("j"))).job_id == "j"
    assert requests.sent[0].requested_time


async def test_a_job_that_nobody_takes_up_is_an_error(model: ReadModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "SHOWN_S", 0.1)
    with pytest.raises(TimeoutError):
        await Commands(Requests(model, answered=False), model).submit(request("j"))


async def test_cancelling_asks_for_the_end_of_that_very_job(model: ReadModel) -> None:
    requests = Requests(model)
    await Commands(requests, model).cancel(job("j"))
    assert [(one.job_id, one.action) for one in requests.sent] == [("j", "cancel")]


async def test_after_a_restart_what_had_not_ended_is_asked_for_again_oldest_first(model: ReadModel) -> None:
    model.apply(
        jobs=[
            job("ended", JobStatus.SUCCESS),
            job("late", JobStatus.PROCESSING, time="2026-11-23T08:00:05.000Z"),
            job("early", JobStatus.INIT, time="2026-11-23T08:00:01.000Z"),
        ]
    )
    requests = Requests(model, answered=False)
    await recover(model, requests)
    assert [(one.job_id, one.source) for one in requests.sent] == [("early", "recovery"), ("late", "recovery")]
