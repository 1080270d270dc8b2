"""Idempotency keys over several workers: whoever comes first on the topic says what a key stands for, for all."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from support.examples import job, request
from support.read_model import ReadModel

from schemas.jobs import Job
from schemas.keys import KeyClaim, nonce_claim_id
from streams.adapters.kafka.topics import Topics
from streams.services.idempotency_keys import KeyUsedError, RequestKeys

TOPICS = Topics.of("mediadna")


class Topic:
    """What is on the topics of claims and of jobs."""

    def __init__(self) -> None:
        self.claims: list[KeyClaim] = []
        self.jobs: list[Job] = []

    async def key_claim(self, claim: KeyClaim) -> None:
        await asyncio.sleep(0)
        self.claims.append(claim)
        await asyncio.sleep(0)


class Worker:
    """A worker with a read model of its own, which knows what it has read."""

    def __init__(self, topic: Topic, model: ReadModel) -> None:
        self.model = model
        self.topic = topic
        self.keys = RequestKeys(topic, model, self, TOPICS)

    async def caught_up(self, topic: str) -> None:
        if topic == TOPICS.idempotency_keys:
            self.model.apply(claims=list(self.topic.claims))
        else:
            self.model.apply(jobs=list(self.topic.jobs))


@pytest.fixture
async def workers(tmp_path: Path) -> AsyncIterator[list[Worker]]:
    topic = Topic()
    async with AsyncExitStack() as stack:
        models = [ReadModel(tmp_path / f"{number}.sqlite") for number in range(3)]
        for model in models:
            stack.callback(model.close)
        yield [Worker(topic, model) for model in models]


async def test_of_different_requests_on_different_workers_one_has_the_key(workers: list[Worker]) -> None:
    asked = [request("k", media_id=f"m{number}", request_digest=f"d{number}") for number in range(len(workers))]
    pairs = zip(workers, asked, strict=True)
    answers = await asyncio.gather(*(one.keys.claim(its) for one, its in pairs), return_exceptions=True)
    assert [type(answer) for answer in answers].count(KeyUsedError) == len(workers) - 1
    winner = asked[answers.index(None)]
    for worker in workers:  # and it stays so, on every worker
        assert await worker.keys.claim(winner) is None
        with pytest.raises(KeyUsedError):
            await worker.keys.claim(request("k", request_digest="another"))


async def test_the_same_request_on_different_workers_has_the_key(workers: list[Worker]) -> None:
    asked = request("k", request_digest="d")
    assert await asyncio.gather(*(one.keys.claim(asked) for one in workers)) == [None] * len(workers)


async def test_what_another_worker_was_asked_for_is_found(workers: list[Worker]) -> None:
    made = job("k", request_digest="d")
    workers[1].topic.jobs.append(made)
    assert await workers[1].keys.known(request("k", request_digest="d")) is None
    assert await workers[1].keys.claim(request("k", request_digest="d")) == made


async def test_a_worker_that_reads_all_claims_again_comes_to_the_same_answer(workers: list[Worker]) -> None:
    await workers[0].keys.claim(request("k", request_digest="first"))
    with pytest.raises(KeyUsedError):
        await workers[0].keys.claim(request("k", request_digest="second"))
    workers[0].model.forget_offsets()
    for worker in workers:
        await worker.caught_up(TOPICS.idempotency_keys)
        assert worker.model.key_claims.digest("k") == "first"


def nonce(name: str, *, expires_in_s: float = 1800.0) -> str:
    return nonce_claim_id(int(time.time() + expires_in_s), "upload-system", name)


async def test_a_nonce_is_used_once_by_whichever_workers_it_is_brought_to(workers: list[Worker]) -> None:
    used = nonce("n")
    answers = await asyncio.gather(*(one.keys.claim_nonce(used) for one in workers))
    assert sorted(answers) == [False] * (len(workers) - 1) + [True]
    for worker in workers:
        assert not await worker.keys.claim_nonce(used)
    assert await workers[0].keys.claim_nonce(nonce("another"))


async def test_nonces_of_two_keys_are_two(workers: list[Worker]) -> None:
    at = int(time.time()) + 1800
    assert nonce_claim_id(at, "a", "n") != nonce_claim_id(at, "b", "n")
    assert nonce_claim_id(at, "a", "bn") != nonce_claim_id(at, "ab", "n")
    assert await workers[0].keys.claim_nonce(nonce_claim_id(at, "a", "n"))
    assert await workers[1].keys.claim_nonce(nonce_claim_id(at, "b", "n"))


async def test_a_nonce_stays_used_when_a_worker_starts_again(workers: list[Worker], tmp_path: Path) -> None:
    used = nonce("n")
    assert await workers[0].keys.claim_nonce(used)
    workers[0].model.forget_offsets()
    again = Worker(workers[0].topic, workers[0].model)
    assert not await again.keys.claim_nonce(used)
    of_nothing = Worker(workers[0].topic, ReadModel(tmp_path / "anew.sqlite"))
    assert not await of_nothing.keys.claim_nonce(used)
    of_nothing.model.close()
    # An embedded broker has forgotten all claims; the read model beside it has not.
    forgetful = Worker(Topic(), workers[0].model)
    assert not await forgetful.keys.claim_nonce(used)


async def test_a_nonce_is_forgotten_when_its_call_would_be_too_old_and_keys_are_kept(workers: list[Worker]) -> None:
    model, old, used = workers[0].model, nonce("old", expires_in_s=-1.0), nonce("n")
    claims = [KeyClaim(job_id=one, request_digest="d", claim_time="") for one in (old, "0f" * 16, "job-of-a-test")]
    model.apply(claims=claims)
    assert await workers[0].keys.claim_nonce(used)
    assert [model.key_claims.digest(one) is None for one in (old, "0f" * 16, "job-of-a-test", used)] == [True] + [
        False
    ] * 3
