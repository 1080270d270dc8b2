"""The outbox: which topic, under which key, and the complete event once."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec
import pytest
from support.boilerplate import ruling
from support.examples import MATCH, TIME, job, request
from support.examples import task as task_of

from schemas.boilerplate import BoilerplateRuling
from schemas.deadletter import dead_letter_headers
from schemas.events import AIMediaDNAComplete
from schemas.jobs import Job, JobSource, JobStatus, LiveMatch
from schemas.limits import EXCERPT
from schemas.tasks import FingerprintChunk
from streams.adapters.kafka.topics import Topics
from streams.pipeline.events import EventEmitter
from streams.ports.events import Headers

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
TOPICS = Topics.of("mediadna")


@dataclass
class Broker:
    """Keeps what is published; knows from before which jobs are complete, and with which code."""

    complete: dict[str, str] = field(default_factory=dict)
    sent: list[tuple[str, bytes | None, bytes | None, dict[str, bytes]]] = field(default_factory=list)

    async def publish(self, topic: str, key: bytes | None, value: bytes | None, headers: Headers) -> None:
        self.sent.append((topic, key, value, dict(headers)))

    async def completed_as(self, job_id: str) -> str | None:
        return self.complete.get(job_id)

    @property
    def topics(self) -> list[str]:
        return [topic for topic, *_ in self.sent]


def job_of(status: JobStatus) -> Job:
    return job("j", status, traceparent=TRACE, extend="mine")


def task(source: JobSource = JobSource.EVENT, chunk: int = 3) -> FingerprintChunk:
    asked = request("j", source=source, traceparent=TRACE)
    return task_of(FingerprintChunk, asked, chunk=chunk)


async def test_the_complete_event_goes_out_before_the_job_is_said_to_have_ended() -> None:
    broker = Broker()
    await EventEmitter(broker, TOPICS, broker).job(job_of(JobStatus.SUCCESS))
    assert broker.topics == [TOPICS.job_complete, TOPICS.jobs]
    _, key, value, headers = broker.sent[0]
    event = msgspec.json.decode(value or b"", type=AIMediaDNAComplete)
    assert (key, event.job_id, event.extend) == (b"video", "j", "mine")
    assert (headers["ce_type"], headers["traceparent"]) == (b"AIMediaDNAComplete", TRACE.encode())


async def test_a_complete_event_that_is_on_its_topic_is_not_sent_again() -> None:
    broker = Broker(complete={"j": "0"})
    await EventEmitter(broker, TOPICS, broker).job(job_of(JobStatus.SUCCESS))
    assert broker.topics == [TOPICS.jobs]


@pytest.mark.parametrize(("sent", "otherwise"), [({}, False), ({"j": "0"}, False), ({"j": "Cancelled"}, True)])
async def test_a_job_has_one_end_the_one_that_its_complete_event_tells(sent: dict[str, str], otherwise: bool) -> None:  # noqa: FBT001
    broker = Broker(complete=sent)
    assert await EventEmitter(broker, TOPICS, broker).has_ended_otherwise(job_of(JobStatus.SUCCESS)) is otherwise


async def test_a_job_that_goes_on_has_no_complete_event() -> None:
    broker = Broker()
    await EventEmitter(broker, TOPICS, broker).job(job_of(JobStatus.PROCESSING))
    assert broker.topics == [TOPICS.jobs]


async def test_chunks_of_one_job_have_keys_of_their_own_so_that_they_spread() -> None:
    broker = Broker()
    emitter = EventEmitter(broker, TOPICS, broker)
    for chunk in range(8):
        await emitter.task(task(chunk=chunk))
    assert len({key for _, key, *_ in broker.sent}) == 8


async def test_imports_have_a_lane_of_their_own() -> None:
    broker = Broker()
    emitter = EventEmitter(broker, TOPICS, broker)
    await emitter.task(task(JobSource.EVENT))
    await emitter.task(task(JobSource.IMPORT))
    assert broker.topics == [TOPICS.chunks, TOPICS.import_chunks]


async def test_a_live_match_has_the_same_event_id_whenever_its_chunk_is_repeated() -> None:
    broker = Broker()
    emitter = EventEmitter(broker, TOPICS, broker)
    for now in (TIME, "2026-11-23T08:00:09.000Z"):
        live = LiveMatch(event_time=now, job_id="j1", media_id="video", chunk=2, match=MATCH)
        await emitter.live_match(live)
    first, second = (headers["ce_id"] for *_, headers in broker.sent)
    assert first == second


async def test_an_input_is_put_aside_as_it_came_and_a_large_one_by_reference() -> None:
    broker = Broker()
    emitter = EventEmitter(broker, TOPICS, broker)
    headers = dead_letter_headers(
        [("own", b"header")],
        topic="mediadna.transcode-complete",
        partition=1,
        offset=7,
        code="InvalidEvent",
        reason="",
        time=TIME,
    )
    await emitter.dead_letter(b"video", b"{", headers)
    await emitter.dead_letter(b"video", b"\0" * 30_000_000, headers)
    small, large = broker.sent
    assert small == (TOPICS.dead_letter, b"video", b"{", dict(headers))
    assert large[:3] == (TOPICS.dead_letter, b"video", bytes(EXCERPT))
    assert (large[3]["x-truncated"], large[3]["x-original-offset"]) == (b"true", b"7")


async def test_what_is_said_of_boilerplate_goes_out_under_the_id_of_its_entry() -> None:
    broker = Broker()
    said = ruling("film", (0.0, 30.0), boilerplate=True)
    await EventEmitter(broker, TOPICS, broker).boilerplate_ruling(said)
    ((topic, key, value, headers),) = broker.sent
    assert (topic, key) == (TOPICS.boilerplate_rulings, said.ruling_id.encode())
    assert msgspec.json.decode(value or b"", type=BoilerplateRuling) == said
    assert (headers["ce_type"], headers["ce_id"]) == (b"mediadna.boilerplate-ruling", said.entry_id.encode())
