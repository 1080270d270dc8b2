"""Faust's Kafka transport, with a consumer that neither loses nor repeats work when partitions change hands.

What it does differently from Faust's own, and why, is said at each method.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import structlog
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError
from aiokafka.structs import OffsetAndMetadata, TopicPartition
from faust.transport.drivers import aiokafka
from faust.types import TP

from streams.adapters.kafka.connection import FETCH_WAIT_MS
from streams.ports.errors import Neighbour

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiokafka import AIOKafkaConsumer
    from faust.types.transports import ConsumerT

    from streams.adapters.kafka.assignment import Assignment
    from streams.adapters.kafka.connection import KafkaConnection
    from streams.telemetry.neighbours import Neighbours

__all__ = ["Transport"]

log = structlog.get_logger(__name__)


class _ConsumerThread(aiokafka.AIOKafkaConsumerThread):
    """Commits offsets with what is known to be done beyond each."""

    #: What to keep beside the offsets of the next commit. Commits are made one at a time.
    metadata: Mapping[TP, str]

    def _create_worker_consumer(self, transport: aiokafka.Transport) -> AIOKafkaConsumer:
        """Make the consumer, and let no fetch wait for as long as Faust does, which has no setting for that."""
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS  # noqa: SLF001 (read when it starts)
        return consumer

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        """Commit offsets; a broker that is away is no reason to end: the same offsets are committed later.

        Faust crashes the worker when a commit fails for any other reason than a rebalance.
        """
        held = self.assignment()
        wanted = {
            TopicPartition(tp.topic, tp.partition): OffsetAndMetadata(offset, self.metadata.get(tp, ""))
            for tp, offset in offsets.items()
            if tp in held
        }
        try:
            await self._ensure_consumer().commit(wanted)
        except (CommitFailedError, IllegalStateError) as error:  # the partitions went to others meanwhile
            log.info("commit_came_too_late", reason=str(error))
            return False
        except KafkaError as error:
            log.warning("commit_failed", error=repr(error))
            return False
        return True


class Consumer(aiokafka.Consumer):
    """Faust's consumer, joined to the agents' `Assignment`."""

    _thread: _ConsumerThread

    def _new_consumer_thread(self) -> _ConsumerThread:
        thread = _ConsumerThread(self, loop=self.loop, beacon=self.beacon)
        thread.metadata = {}
        return thread

    async def wait_empty(self) -> None:
        """Have the agents let go of their partitions, for a bounded time, and commit what is done.

        Faust waits until every event that was begun is acknowledged. With a task that waits for a neighbour that is
        away the rebalance would never end, and all workers would be expelled in turn.
        """
        await self._agents.let_go()
        await self.commit_and_end_transactions()

    async def perform_seek(self) -> None:
        """Go back to the group's places, and learn what is done beyond them.

        A fetch that is under way while partitions change hands brings events for which Faust has no reader yet. It
        drops them, and makes up for it by going back to the committed places once the group has settled. Events that
        are fetched again before all places are known it would take for ones that it has read, and lose for good: so the
        flow stands still from here on, until Faust resumes it.
        """
        self.stop_flow()
        await super().perform_seek()
        self._agents.take_up(await self._places())

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Go back to the committed places, or to the beginning where there is none; return the places.

        aiokafka goes back to a committed place only: the first events of a partition would be lost for good with the
        first commit behind them.
        """
        committed = await super().seek_to_committed()
        fresh = [tp for tp, offset in committed.items() if not offset and not self._is_changelog_tp(tp)]
        if fresh:
            await self.seek_wait(await self.earliest_offsets(*fresh))
        return committed

    async def force_commit(self, topics: Any = None, start_new_transaction: bool = True) -> bool:  # noqa: FBT001, FBT002 (Faust's own form)
        """Commit what is acknowledged, and tell of what is done beyond it, also when no offset has moved."""
        committed: bool = await super().force_commit(topics, start_new_transaction=start_new_transaction)
        again = self._agents.changed(committed=self._committed_offset.get)
        if again:
            await self._commit_offsets(again, start_new_transaction=start_new_transaction)
        return committed

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        self._thread.metadata = self._agents.metadata(offsets)
        done: bool = await super()._commit(offsets)
        if done:
            self._neighbours.came_back(Neighbour.KAFKA)
        else:
            self._agents.not_committed(offsets)
        return done

    async def _places(self) -> dict[TP, tuple[int, str]]:
        """Return the group's committed offsets with their metadata; none when the broker does not say."""
        held = self.assignment()
        try:
            found = await self._offsets([TopicPartition(*tp) for tp in held])
        except (KafkaError, OSError) as error:  # what is done beyond the offsets is then done again: no more than that
            log.warning("finished_work_not_known", error=repr(error))
            return dict.fromkeys(held, (0, ""))
        places = {TP(tp.topic, tp.partition): place for tp, place in found.items()}
        return {tp: (places[tp].offset, places[tp].metadata or "") if tp in places else (0, "") for tp in held}

    async def _offsets(self, partitions: list[TopicPartition]) -> dict[TopicPartition, OffsetAndMetadata]:
        admin = self._own_transport.kafka.admin()
        try:
            await admin.start()
            found: dict[TopicPartition, OffsetAndMetadata] = await admin.list_consumer_group_offsets(
                self.app.conf.id, partitions=partitions
            )
        finally:
            await admin.close()
        return found

    @property
    def _agents(self) -> Assignment:
        return self._own_transport.assignment

    @property
    def _neighbours(self) -> Neighbours:
        return self._own_transport.neighbours

    @property
    def _own_transport(self) -> Transport:
        transport: Any = self.transport
        return transport  # type: ignore[no-any-return] # Faust knows the interface only


class Transport(aiokafka.Transport):
    """Faust's transport with this consumer.

    Attributes:
        assignment: What the agents work on.
        neighbours: Is told when the broker answers.
        kafka: The broker.
    """

    Consumer: ClassVar[type[ConsumerT]] = Consumer

    assignment: Assignment
    neighbours: Neighbours
    kafka: KafkaConnection
