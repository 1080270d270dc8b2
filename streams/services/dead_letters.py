"""Sends dead letters again, each once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

from schemas.clock import utc_now
from schemas.deadletter import DeadLetterReplay, replay_headers

if TYPE_CHECKING:
    from streams.adapters.kafka.topics import Topics
    from streams.pipeline.events import EventEmitter
    from streams.ports.feed import Feed
    from streams.readmodel.dead_letters import DeadLetter
    from streams.readmodel.model import ReadModel

__all__ = ["DeadLetterAlreadySentError", "DeadLetterTruncatedError", "DeadLetters"]

log = structlog.get_logger(__name__)


class DeadLetterAlreadySentError(ValueError):
    """The letter has been sent again before."""


class DeadLetterTruncatedError(ValueError):
    """The letter holds the first bytes of its input alone: sent again, it would be another input."""


class DeadLetters:
    """Sends dead letters to the topic that they came from."""

    def __init__(self, emitter: EventEmitter, model: ReadModel, feed: Feed, topics: Topics) -> None:
        self._emitter = emitter
        self._model = model
        self._feed = feed
        self._topics = topics
        self._one_by_one = asyncio.Lock()

    async def replay(self, letter_id: str) -> DeadLetter:
        """Send a letter again, as it came.

        Raises:
            LookupError: There is no such letter.
            DeadLetterAlreadySentError: It has been sent again before, here or by another worker.
            DeadLetterTruncatedError: It holds the beginning of a large input alone.
            ValueError: It does not say, or not rightly, which topic it came from.
        """
        async with self._one_by_one:
            await self._feed.caught_up(self._topics.replays)
            letter = await self._find(letter_id)
            if letter.replayed:
                raise DeadLetterAlreadySentError(f"this dead letter was sent again at {letter.replayed}")
            if letter.truncated:
                raise DeadLetterTruncatedError(
                    f"this dead letter holds the first bytes alone of an input of {letter.header('x-original-size')} "
                    f"bytes: the whole is on {letter.place}, for as long as Kafka keeps it; send it in a smaller form"
                )
            topic = letter.header("x-original-topic")
            if topic not in self._topics.all():
                raise ValueError(f"this dead letter came from {topic!r}, which is no topic of this service")
            await self._emitter.replay(topic, letter.key, letter.value, replay_headers(letter.headers))
            await self._emitter.replayed(DeadLetterReplay(letter_id=letter_id, replay_time=utc_now()))
            await self._feed.caught_up(self._topics.replays)
        log.info("dead_letter_sent_again", letter_id=letter_id, topic=topic)
        return await self._find(letter_id)

    async def _find(self, letter_id: str) -> DeadLetter:
        letter = await asyncio.to_thread(self._model.dead_letters.get, letter_id)
        if letter is None:
            raise LookupError(f"there is no dead letter {letter_id!r}")
        return letter
