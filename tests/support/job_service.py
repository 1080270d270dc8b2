"""The job agent over a read model that shows at once what is published: for tests of what matches lead to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec

from schemas.cases import DecisionKind
from schemas.commands import Command, DecideCase
from schemas.earlier import decode_command
from schemas.events import AIMediaDNAComplete
from schemas.jobs import LiveMatch
from schemas.matches import Interval, Match, Track
from schemas.policies import Outcome
from schemas.result import MediaDNAResult
from schemas.tasks import ChunkResult, FingerprintChunk, FinishJob, Probe, TaskOutcome
from streams.adapters.kafka.topics import Topics
from streams.pipeline.agents.jobs import JobAgent
from streams.pipeline.events import EventEmitter
from streams.ports.events import Headers
from streams.readmodel.current import CurrentState
from streams.readmodel.projection import Record
from support.examples import TIME, submit, task
from support.feed import LookingFeed
from support.read_model import ReadModel

TOPICS = Topics.of("mediadna")
CHANNELS = {
    TOPICS.of_channel(name): name
    for name in ("jobs", "matches", "job-complete", "outcomes", "decisions", "items", "libraries", "policies")
}


@dataclass
class Service(LookingFeed):
    """The job agent over a read model that shows at once what is published."""

    model: ReadModel
    sent: list[tuple[str, bytes | None]] = field(default_factory=list)
    table: dict[bytes, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        current = CurrentState(self.model, self, TOPICS)
        self.agent = JobAgent(self.table, current, EventEmitter(self, TOPICS, current), tries=3)

    async def publish(self, topic: str, key: bytes | None, value: bytes | None, headers: Headers) -> None:
        self.sent.append((topic, value))
        if topic in CHANNELS:
            self.model.project([Record(CHANNELS[topic], key=key, value=value, headers=tuple(headers))], {})

    def told(self, topic: str, kind: type[Any]) -> list[Any]:
        return [msgspec.json.decode(value, type=kind) for name, value in self.sent if name == topic and value]

    @property
    def outcomes(self) -> list[Outcome]:
        return self.told(TOPICS.outcomes, Outcome)

    @property
    def live(self) -> list[LiveMatch]:
        return self.told(TOPICS.matches, LiveMatch)

    @property
    def results(self) -> list[MediaDNAResult]:
        return [MediaDNAResult.from_json(one.data) for one in self.told(TOPICS.job_complete, AIMediaDNAComplete)]

    @property
    def commands(self) -> list[Command]:
        return [decode_command(value) for name, value in self.sent if name == TOPICS.job_requests]

    async def begin(self, chunks: int = 20, *, media_id: str = "video", **fields: Any) -> None:
        """Ask for a job of so many chunks of 30 s each."""
        asked = submit(f"job-of-{media_id}", media_id=media_id, **fields)
        await self.agent.on_request(asked, now=TIME)
        spans = tuple((30.0 * number, 30.0 * (number + 1)) for number in range(chunks))
        plan = ChunkResult(task=task(Probe, asked.request), outcome=TaskOutcome.DONE, spans=spans)
        await self.agent.on_result(plan, now=TIME)

    async def look(self, chunk: int, *matches: Match, media_id: str = "video") -> ChunkResult:
        """Have a chunk looked at, and show matches."""
        asked = submit(f"job-of-{media_id}", media_id=media_id).request
        done = ChunkResult(
            task=task(FingerprintChunk, asked, chunk=chunk), outcome=TaskOutcome.DONE, matches=tuple(matches)
        )
        await self.agent.on_result(done, now=TIME)
        return done

    async def finish(self, *matches: Match, media_id: str = "video", **fields: Any) -> ChunkResult:
        """Have the last task find matches."""
        asked = submit(f"job-of-{media_id}", media_id=media_id).request
        last = ChunkResult(
            task=task(FinishJob, asked, chunks_total=20),
            **{"outcome": TaskOutcome.DONE, "matches": tuple(matches), "digest": "d", "algorithm": "a", **fields},
        )
        await self.agent.on_result(last, now=TIME)
        return last

    async def decide(
        self, kind: DecisionKind, number: int, *, media_id: str = "video", who: str = "anna", command: str = ""
    ) -> None:
        asked = DecideCase(
            job_id=command or f"decision-{number}-{who}",
            media_id=media_id,
            library="films",
            reference="film",
            decision=kind,
            who=who,
            number=number,
            requested_time=TIME,
        )
        await self.agent.on_request(asked, now=TIME)


def span(start: float, end: float, *, at: float = 100.0, track: Track = Track.BOTH, **fields: Any) -> Match:
    interval = Interval(
        input_start=start,
        input_end=end,
        reference_start=start + at,
        reference_end=end + at,
        similarity=0.9,
        track=track,
    )
    known = {
        "media_id": "film",
        "library": "films",
        "similarity": 0.9,
        "track": track,
        "input_coverage": (end - start) / 30,
        "reference_coverage": (end - start) / 6000,
        "intervals": (interval,),
    }
    return Match(**{**known, **fields})
