"""The job agent and its outbox: where jobs and tasks go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec
import pytest
from examples import TIME, request

from schemas.errors import ErrorCode
from schemas.jobs import ChunkTask, Job, JobRequest
from schemas.libraries import LibraryItem
from streams.agents.jobs import JobAgent
from streams.agents.outbox import Headers, Outbox
from streams.broker.topics import Topics

TOPICS = Topics.of("mediadna")


@dataclass
class Broker:
    """Keeps what is published, and knows from before how jobs have ended."""

    sent: list[tuple[str, bytes | None]] = field(default_factory=list)
    complete: dict[str, str] = field(default_factory=dict)

    async def publish(self, topic: str, _: bytes | None, value: bytes | None, __: Headers) -> None:
        self.sent.append((topic, value))

    async def completed_as(self, job_id: str) -> str | None:
        return self.complete.get(job_id)

    async def jobs_of(self, _: str) -> Sequence[Job]:
        return ()

    async def items_of(self, _: str) -> Sequence[LibraryItem]:
        return ()

    def of(self, topic: str) -> list[bytes]:
        return [value for name, value in self.sent if name == topic and value is not None]


async def handled(asked: JobRequest, callback_url: str = "") -> Broker:
    broker = Broker()
    agent = JobAgent({}, broker, Outbox(broker, TOPICS, broker), tries=3, callback_url=callback_url)
    await agent.on_request(asked, now=TIME)
    return broker


async def test_what_would_end_a_job_otherwise_than_its_complete_event_tells_comes_too_late() -> None:
    broker, table = Broker(), dict[bytes, bytes]()
    agent = JobAgent(table, broker, Outbox(broker, TOPICS, broker), tries=3)
    await agent.on_request(request(), now=TIME)
    kept = dict(table)
    broker.complete, broker.sent = {"j1": ErrorCode.OK}, []  # it succeeded, and its worker died before it kept that
    await agent.on_request(request(action="cancel"), now=TIME)
    assert (broker.sent, table) == ([], kept)


@pytest.mark.parametrize(
    ("own", "configured", "expected"),
    [
        (None, "", None),
        (None, "https://all.example", "https://all.example"),
        ("https://own.example", "https://all.example", "https://own.example"),
    ],
)
async def test_a_job_is_called_back_at_its_own_place_or_else_at_the_configured_one(
    own: str | None, configured: str, expected: str | None
) -> None:
    broker = await handled(request(callback_url=own), configured)
    (job,) = [msgspec.json.decode(value, type=Job) for value in broker.of(TOPICS.jobs)]
    assert job.request.callback_url == expected


@pytest.mark.parametrize(
    ("source", "lane", "other"),
    [("api", TOPICS.chunks, TOPICS.import_chunks), ("import", TOPICS.import_chunks, TOPICS.chunks)],
)
async def test_tasks_of_imports_have_a_lane_of_their_own(source: str, lane: str, other: str) -> None:
    broker = await handled(request(source=source))
    assert [msgspec.json.decode(value, type=ChunkTask).kind for value in broker.of(lane)] == ["plan"]
    assert broker.of(other) == []
