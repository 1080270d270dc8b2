"""Idempotency keys and nonces, over all workers.

The same request under the same key is asked for once, and another one is refused. A call with the same nonce is made
once.
"""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING

import msgspec

from schemas.clock import utc_now
from schemas.keys import KeyClaim
from streams.ports.waiting import within

if TYPE_CHECKING:
    from schemas.jobs import Job, JobRequest
    from streams.adapters.kafka.topics import Topics
    from streams.pipeline.events import EventEmitter
    from streams.ports.feed import Feed
    from streams.readmodel.model import ReadModel

__all__ = ["KeyUsedError", "RequestKeys", "check_same"]


#: Seconds in which the broker takes a claim.
CLAIMED_S = 20.0


class KeyUsedError(ValueError):
    """The key stands for another request of the same caller."""

    def __init__(self) -> None:
        super().__init__("this Idempotency-Key was used for another request: take a new key, or ask for the same again")


class RequestKeys:
    """Sees to it that a key stands for one request, on whichever workers and at whichever time it is used.

    A keyed request carries the digest of all that was asked for, and the id that its caller and its key lead to.
    """

    def __init__(self, emitter: EventEmitter, model: ReadModel, feed: Feed, topics: Topics) -> None:
        self._emitter = emitter
        self._model = model
        self._feed = feed
        self._topics = topics

    async def known(self, request: JobRequest) -> Job | None:
        """Return the job that there is under a request's key already, if the read model shows one.

        Raises:
            KeyUsedError: The key stands for another request.
        """
        job = await asyncio.to_thread(self._model.jobs.get, request.job_id)
        if job is not None:
            check_same(job, request)
        return job

    async def claim(self, request: JobRequest) -> Job | None:
        """Take a request's key for it; return the job that there is under the key already, if the read model shows one.

        When nothing is returned the job is to be asked for. That holds also for a request that was asked for before
        and of which nothing is seen yet: it has the same id, so it makes no second job.

        Raises:
            KeyUsedError: The key stands for another request.
            PublishError: The broker does not take the claim.
            TimeoutError: The broker does not take the claim, or does not give it back.
        """
        claim = KeyClaim(job_id=request.job_id, request_digest=request.request_digest, claim_time=utc_now())
        # The claim of a caller that is told to try later may come to the topic yet: the same again finds it there.
        async with within(CLAIMED_S, "the broker has not taken the claim of an idempotency key yet"):
            await self._emitter.key_claim(claim)
        await self._feed.caught_up(self._topics.idempotency_keys)
        if await asyncio.to_thread(self._model.key_claims.digest, request.job_id) != request.request_digest:
            raise KeyUsedError
        await self._feed.caught_up(self._topics.jobs)  # what another worker was asked for under the key
        return await self.known(request)

    async def claim_nonce(self, nonce_id: str) -> bool:
        """Use a nonce up; tell whether it had not been used before, at any worker.

        Args:
            nonce_id: What `schemas.keys.nonce_claim_id` makes of it.

        Raises:
            PublishError: The broker does not take the claim.
            TimeoutError: The broker does not take the claim, or does not give it back.
        """
        claim = KeyClaim(job_id=nonce_id, request_digest=uuid.uuid4().hex, claim_time=utc_now())
        async with within(CLAIMED_S, "the broker has not taken the claim of a nonce yet"):
            await self._emitter.key_claim(claim)
        await self._feed.caught_up(self._topics.idempotency_keys)
        return await asyncio.to_thread(self._model.key_claims.digest, nonce_id) == claim.request_digest


def check_same(job: Job, request: JobRequest) -> None:
    """Check that a job is what a keyed request asks for.

    Raises:
        KeyUsedError: Something else was asked for under the key.
    """
    kept = job.request
    if kept.request_digest:
        same = kept.request_digest == request.request_digest
    else:  # asked for before digests were kept: what was kept has to do
        same = _comparable(kept) == _comparable(request)
    if not same:
        raise KeyUsedError


def _comparable(request: JobRequest) -> JobRequest:
    """Return a request without what the service adds: times, callers, their rights, callbacks' place by default."""
    return msgspec.structs.replace(
        request, requested_time="", caller="", rights=None, request_digest="", callback_url=None
    )
