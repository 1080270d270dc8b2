"""Has a worker agree with the others of its Kafka on where index and fingerprints are kept, before it takes any work.

What they agreed on is on a topic, not on a disk: it is what they share. A claim is written before it is believed, and
the topic is read again after that: of two workers that start at once, in folders of their own, the one whose claim came
first goes on. Each claim has a key of its own, so that compaction never puts a later one in an earlier one's place.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import msgspec
import stamina
import structlog
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError, for_code

from schemas.deployment import DeploymentClaim
from streams.adapters.kafka.connection import KafkaConnection
from streams.adapters.kafka.faust_app import app_id
from streams.adapters.kafka.topics import Topics
from streams.worker.places import claim_of, refusal, same_places, standing

if TYPE_CHECKING:
    from aiokafka.admin import AIOKafkaAdminClient

    from streams.settings import Settings

__all__ = ["SplitDeploymentError", "join_deployment"]

log = structlog.get_logger(__name__)

#: Seconds for all that is asked of Kafka here: a few requests, while the broker may be choosing a leader.
CLAIMS_TIMEOUT_S = 60.0
#: Milliseconds that a fetch waits for claims.
POLL_MS = 200


class SplitDeploymentError(RuntimeError):
    """This worker would keep an index or a store apart from the other workers': neither would find all copies."""


async def join_deployment(settings: Settings, *, new_index: bool) -> None:
    """Return when this worker stores where the other workers of its Kafka do.

    Args:
        settings: The service's settings; they name a Kafka, whose topics are there.
        new_index: Whether this worker's places count from now on, and not what was agreed on before.

    Raises:
        SplitDeploymentError: It would store elsewhere; or the agreement is to be changed while workers hold to it.
        TimeoutError: Kafka does not answer.
    """
    own = claim_of(settings)
    claims = _Claims(KafkaConnection.of(settings), Topics.of(settings.topic_prefix).deployment)
    try:
        async with asyncio.timeout(CLAIMS_TIMEOUT_S):
            if new_index:
                await _replace(claims, own, settings)
            else:
                await _agree(claims, own, settings)
    except TimeoutError as error:
        raise TimeoutError(
            f"Kafka at {settings.kafka} did not tell within {CLAIMS_TIMEOUT_S:.0f} s where its workers store: see "
            "whether its topics have leaders"
        ) from error


async def _agree(claims: _Claims, own: DeploymentClaim, settings: Settings) -> None:
    held = standing((await claims.read()).values())
    _refuse(refusal(own, held, prefix=settings.topic_prefix))
    if not any(same_places(own, one) for one in held):
        await _put(claims, own, settings)


async def _replace(claims: _Claims, own: DeploymentClaim, settings: Settings) -> None:
    """Give up all claims but one's own.

    First comes one's own, then the others go: a crash in between leaves what was agreed on before, and a worker that
    does the same in the same moment is refused, since it sees a claim that it did not give up.
    """
    workers = await _workers(settings)
    if workers:
        raise SplitDeploymentError(
            f"{workers} workers of this Kafka (topics {settings.topic_prefix}.*) still store where they did: end them "
            "before one is started with --new-index; one that was killed counts for half a minute more"
        )
    known = await claims.read()
    mine = [claim_id for claim_id, claim in known.items() if same_places(own, claim)][:1]
    if not mine:
        await claims.write(own.claim_id, own)
    for claim_id in known:
        if claim_id not in mine:
            await claims.write(claim_id, None)
    await _hold(claims, own, settings)
    log.warning("places_replaced", index=own.index.location, store=own.store.location, given_up=len(known) - len(mine))


async def _put(claims: _Claims, own: DeploymentClaim, settings: Settings) -> None:
    await claims.write(own.claim_id, own)
    await _hold(claims, own, settings)
    log.info("places_claimed", index=own.index.location, store=own.store.location)


async def _hold(claims: _Claims, own: DeploymentClaim, settings: Settings) -> None:
    """Refuse if another worker's claim has come before, and leave no trace then."""
    held = standing((await claims.read()).values())
    reason = refusal(own, held, prefix=settings.topic_prefix)
    if reason:
        await claims.write(own.claim_id, None)
    _refuse(reason)


def _refuse(reason: str) -> None:
    if reason:
        raise SplitDeploymentError(reason)


async def _workers(settings: Settings) -> int:
    """Return how many workers are at work. A broker that has just been started does not know at once."""
    admin = KafkaConnection.of(settings).admin()
    try:
        await admin.start()
        async for attempt in stamina.retry_context(on=_passes, attempts=None, timeout=None):
            with attempt:
                return sum(await _members(admin, app_id(settings)))
    finally:
        await admin.close()
    raise AssertionError("unreachable: the last attempt returns or raises")


async def _members(admin: AIOKafkaAdminClient, group: str) -> list[int]:
    answers: list[Any] = await admin.describe_consumer_groups([group])
    found = []
    for code, _, state, _, _, members, *_ in (one for answer in answers for one in answer.groups):
        if code:
            raise for_code(code)(f"the state of group {group} is not known ({state})")
        found.append(len(members))
    return found


def _passes(error: Exception) -> bool:
    return isinstance(error, KafkaError) and bool(error.retriable)


class _Claims:
    """The topic of claims."""

    def __init__(self, kafka: KafkaConnection, topic: str) -> None:
        self._kafka = kafka
        # One partition has one order.
        self._partition = TopicPartition(topic, 0)

    async def read(self) -> dict[str, DeploymentClaim]:
        """Return all claims that were not given up, by their keys, in the order of the topic."""
        found: dict[str, DeploymentClaim] = {}
        consumer = self._kafka.consumer(enable_auto_commit=False, auto_offset_reset="earliest")
        try:
            await consumer.start()
            consumer.assign([self._partition])
            await consumer.seek_to_beginning(self._partition)
            end = (await consumer.end_offsets([self._partition]))[self._partition]
            while await consumer.position(self._partition) < end:
                for messages in (await consumer.getmany(timeout_ms=POLL_MS)).values():
                    for message in messages:
                        _take(found, message.key, message.value)
        finally:
            await consumer.stop()
        return found

    async def write(self, claim_id: str, claim: DeploymentClaim | None) -> None:
        """Make a claim, or give it up; returns when all in-sync replicas know."""
        producer = self._kafka.producer(enable_idempotence=True)
        try:
            await producer.start()
            value = None if claim is None else msgspec.json.encode(claim)
            await producer.send_and_wait(
                self._partition.topic, value, claim_id.encode(), partition=self._partition.partition
            )
        finally:
            await producer.stop()


def _take(found: dict[str, DeploymentClaim], key: bytes | None, value: bytes | None) -> None:
    claim_id = (key or b"").decode(errors="replace")
    if value is None:
        found.pop(claim_id, None)
        return
    try:
        found[claim_id] = msgspec.json.decode(value, type=DeploymentClaim)
    except msgspec.DecodeError as error:  # not ours: nobody else writes here
        log.warning("foreign_claim", key=claim_id, error=str(error))
