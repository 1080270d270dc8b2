"""Commands and recovery: what is asked of the service is on its topic, and what was under way is asked for again."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest
from support.examples import job, request
from support.feed import LookingFeed
from support.read_model import ReadModel

from schemas.commands import CancelJob, Command
from schemas.deliveries import Delivery
from schemas.jobs import JobRequest, JobStatus
from streams.services import jobs as commands
from streams.services.jobs import Commands
from streams.worker.recovery import recover


@dataclass
class Requests:
    """Takes requests and deliveries; with `answered`, the read model shows what comes of each a moment later."""

    model: ReadModel
    answered: bool = True
    sent: list[JobRequest] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)

    async def command(self, command: Command) -> None:
        self.commands.append(command)

    async def request(self, asked: JobRequest) -> None:
        self.sent.append(asked)
        if self.answered:
            asyncio.get_running_loop().call_later(
                0.05, lambda: self.model.apply(jobs=[job(asked.job_id, JobStatus.INIT)])
            )

    async def delivery(self, delivery: Delivery) -> None:
        if self.answered:
            asyncio.get_running_loop().call_later(0.05, lambda: self.model.apply(deliveries=[delivery]))


async def test_a_job_that_was_asked_for_is_returned_when_everybody_can_see_it(model: ReadModel) -> None:
    requests = Requests(model)
    assert (await Commands(requests, model, LookingFeed()).submit(request("j"))).job_id == "j"
    assert requests.sent[0].requested_time


async def test_a_job_that_nobody_takes_up_is_an_error(model: ReadModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "SHOWN_S", 0.1)
    with pytest.raises(TimeoutError):
        await Commands(Requests(model, answered=False), model, LookingFeed()).submit(request("j"))


async def test_cancelling_asks_for_the_end_of_that_very_job(model: ReadModel) -> None:
    requests = Requests(model)
    await Commands(requests, model, LookingFeed()).cancel(job("j"))
    assert requests.commands == [CancelJob(job_id="j", media_id="video")]


async def test_a_callback_is_due_again_when_everybody_can_see_it(model: ReadModel) -> None:
    model.apply(jobs=[job("j", callback_url="https://a.example")])
    requests = Requests(model)
    before = model.deliveries.get("j")
    assert before is not None
    (again,) = await Commands(requests, model, LookingFeed()).replay_deliveries([before])
    assert model.deliveries.get("j") == again
    assert again.revision > before.revision


async def test_a_callback_that_is_never_seen_to_be_due_again_is_an_error(
    model: ReadModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "SHOWN_S", 0.1)
    model.apply(jobs=[job("j", callback_url="https://a.example")])
    before = model.deliveries.get("j")
    assert before is not None
    with pytest.raises(TimeoutError, match="not known to be due again yet"):
        await Commands(Requests(model, answered=False), model, LookingFeed()).replay_deliveries([before])


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
