"""Everything the agents send, each with its topic, key and headers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import structlog

from schemas.commands import SubmitJob
from schemas.deadletter import letter_of
from schemas.earlier import encode_command, encode_result, encode_task
from schemas.libraries import item_key
from schemas.result import complete_event
from schemas.tasks import chunk_of
from schemas.wire import output_headers
from streams.pipeline.freshness import always

if TYPE_CHECKING:
    from collections.abc import Callable

    from schemas.backward import BackwardSearch
    from schemas.boilerplate import BoilerplateRuling
    from schemas.cases import Decision
    from schemas.commands import Command
    from schemas.deadletter import DeadLetterReplay
    from schemas.deliveries import Delivery
    from schemas.jobs import Job, JobRequest, LiveMatch
    from schemas.keys import KeyClaim
    from schemas.libraries import Library, LibraryItem
    from schemas.policies import Outcome
    from schemas.quarantines import Quarantine
    from schemas.tasks import ChunkResult, Task
    from streams.adapters.kafka.topics import Topics
    from streams.ports.events import CompletionLog, Headers, Publisher

__all__ = ["EventEmitter"]

log = structlog.get_logger(__name__)


class EventEmitter:
    """Sends the service's events. Every method returns when the broker has them."""

    def __init__(self, publisher: Publisher, topics: Topics, completions: CompletionLog) -> None:
        self._publisher = publisher
        self._topics = topics
        self._completions = completions

    async def request(self, request: JobRequest) -> None:
        """Ask for a job."""
        await self.command(SubmitJob.of(request))

    async def command(self, command: Command) -> None:
        """Ask for a job, for its end, or for a change to what libraries hold."""
        await self._publish(self._topics.job_requests, command.media_id, encode_command(command))

    async def key_claim(self, claim: KeyClaim) -> None:
        """Tell that a job is asked for under a caller's key."""
        await self._send(self._topics.idempotency_keys, claim.job_id, claim)

    async def task(self, task: Task) -> None:
        """Hand out a task, on its lane. The key spreads the chunks of one job over all partitions."""
        key = f"{task.job_id}:{task.kind}:{chunk_of(task)}"
        await self._publish(self._topics.lane(task.lane), key, encode_task(task))

    async def result(self, result: ChunkResult) -> None:
        """Tell the job's agent what became of a task."""
        await self._publish(self._topics.chunk_results, result.task.subject, encode_result(result))

    async def job(self, job: Job, *, fresh: Callable[[], None] = always) -> None:
        """Publish the newest state of a job, and before that, when it has ended, its complete event.

        Args:
            job: The job.
            fresh: Asked last before the complete event is sent; raises when that may be another worker's by now.
        """
        if job.status.ended:
            await self._complete(job, fresh)
        await self.job_state(job)

    async def job_state(self, job: Job) -> None:
        """Publish the newest state of a job whose complete event is out: what was found later belongs to it too."""
        headers = output_headers(
            "mediadna.job", f"{job.job_id}:{job.update_time}", job.update_time, job.request.traceparent
        )
        await self._send(self._topics.jobs, job.job_id, job, headers)

    async def has_ended_otherwise(self, job: Job) -> bool:
        """Whether the job's complete event is on its topic, and says another end than this one.

        A worker may have died between sending the event and keeping the record. The message that led to that end is
        delivered again; one that asks for another end, and now comes first, has come too late.
        """
        code = await self._completions.completed_as(job.job_id)
        return code is not None and code != job.code

    async def delivery(self, delivery: Delivery) -> None:
        """Publish the newest state of a callback's delivery."""
        event_id = f"{delivery.job_id}:{delivery.revision}"
        headers = output_headers("mediadna.delivery", event_id, delivery.update_time)
        await self._send(self._topics.deliveries, delivery.job_id, delivery, headers)

    async def delivery_gone(self, job_id: str) -> None:
        """Tell that a callback's delivery is forgotten."""
        await self.state(self._topics.deliveries, job_id, None)

    async def job_gone(self, job_id: str) -> None:
        """Tell that a job is forgotten, and what became of its callback with it."""
        await self.delivery_gone(job_id)
        await self.state(self._topics.jobs, job_id, None)

    async def outcome(self, outcome: Outcome) -> None:
        """Publish the newest outcome of a media item."""
        event_id = f"{outcome.media_id}:{outcome.event_time}"
        headers = output_headers("mediadna.outcome", event_id, outcome.event_time)
        await self._send(self._topics.outcomes, outcome.media_id, outcome, headers)

    async def outcome_gone(self, media_id: str) -> None:
        """Tell that a media item has no outcome any more."""
        await self.state(self._topics.outcomes, media_id, None)

    async def decision(self, decision: Decision) -> None:
        """Publish what a person has decided."""
        headers = output_headers("mediadna.decision", decision.decision_id, decision.when)
        await self._send(self._topics.decisions, decision.case_id, decision, headers)

    async def boilerplate_ruling(self, ruling: BoilerplateRuling) -> None:
        """Publish what a person says of a reference, or of a span of it, or that it is taken back."""
        headers = output_headers("mediadna.boilerplate-ruling", ruling.entry_id, ruling.when)
        await self._send(self._topics.boilerplate_rulings, ruling.ruling_id, ruling, headers)

    async def quarantine(self, quarantine: Quarantine) -> None:
        """Tell that a reference was set aside, or that a person has lifted that."""
        event_id = f"{quarantine.library}:{quarantine.media_id}:{quarantine.event_time}"
        headers = output_headers("mediadna.quarantine", event_id, quarantine.event_time)
        await self._send(
            self._topics.quarantines, item_key(quarantine.library, quarantine.media_id), quarantine, headers
        )

    async def backward_search(self, search: BackwardSearch) -> None:
        """Publish the newest state of a backward search."""
        event_id = f"{search.search_id}:{search.update_time}"
        headers = output_headers("mediadna.backward-search", event_id, search.update_time)
        await self._send(self._topics.backward_searches, search.search_id, search, headers)

    async def backward_search_gone(self, search_id: str) -> None:
        """Tell that a backward search is forgotten."""
        await self.state(self._topics.backward_searches, search_id, None)

    async def library(self, library: Library) -> None:
        """Publish the newest state of a library."""
        await self.state(self._topics.libraries, library.name, library)

    async def library_gone(self, name: str) -> None:
        """Tell that a library was deleted."""
        await self.state(self._topics.libraries, name, None)

    async def item(self, item: LibraryItem) -> None:
        """Publish the newest state of what a library holds."""
        await self.state(self._topics.items, item_key(item.library, item.media_id), item)

    async def item_gone(self, library: str, media_id: str) -> None:
        """Tell that a library no longer holds a media item."""
        await self.state(self._topics.items, item_key(library, media_id), None)

    async def state(self, topic: str, key: str, newest: msgspec.Struct | None) -> None:
        """Publish the newest state of what a key names on a compacted topic; None tells that it is gone.

        A feature whose events need no more than that has no method of its own here.
        """
        await self._publish(topic, key, None if newest is None else msgspec.json.encode(newest))

    async def live_match(self, live: LiveMatch, *, traceparent: str | None = None) -> None:
        """Publish a match that was seen while a job is under way, or found later."""
        event_id = f"{live.job_id}:{live.chunk}:{live.match.library}:{live.match.media_id}"
        headers = output_headers("mediadna.match", event_id, live.event_time, traceparent)
        await self._send(self._topics.matches, live.media_id, live, headers)

    async def dead_letter(self, key: bytes | None, value: bytes | None, headers: Headers) -> None:
        """Put an input that could not be used aside: as it came, or, where it is too large for that, by reference."""
        await self._publisher.publish(self._topics.dead_letter, *letter_of(key, value, headers))

    async def replay(self, topic: str, key: bytes | None, value: bytes | None, headers: Headers) -> None:
        """Send a dead letter to the topic that it came from."""
        await self._publisher.publish(topic, key, value, headers)

    async def replayed(self, replay: DeadLetterReplay) -> None:
        """Tell that a dead letter has been sent again."""
        await self._send(self._topics.replays, replay.letter_id, replay)

    async def _complete(self, job: Job, fresh: Callable[[], None]) -> None:
        """Send the complete event unless it is on its topic: a worker may have died right after sending it."""
        if await self._completions.completed_as(job.job_id) is not None:
            log.info("job_complete_event_was_sent_before", job_id=job.job_id)
            return
        event = complete_event(job)
        headers = output_headers("AIMediaDNAComplete", job.job_id, event.event_time, job.request.traceparent)
        fresh()
        await self._send(self._topics.job_complete, job.media_id, event, headers)

    async def _send(self, topic: str, key: str, value: msgspec.Struct, headers: Headers | None = None) -> None:
        await self._publish(topic, key, msgspec.json.encode(value), headers)

    async def _publish(self, topic: str, key: str, value: bytes | None, headers: Headers | None = None) -> None:
        await self._publisher.publish(topic, key.encode(), value, headers or [])
