"""Workers of one Kafka agree on where they store, or do not start."""

from __future__ import annotations

import asyncio
import os
import sys
import uuid
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from support.client import read_all

from streams.adapters.kafka.connection import KafkaConnection
from streams.adapters.kafka.faust_app import app_id
from streams.adapters.kafka.topics import Topics, ensure_topics
from streams.demo.service import running_service
from streams.settings import Settings
from streams.worker.deployment import SplitDeploymentError, join_deployment

pytestmark = pytest.mark.integration


@pytest.fixture
async def deployed(kafka: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    """Settings of a deployment of a test's own, whose topics are there."""
    monkeypatch.chdir(tmp_path)
    settings = Settings(kafka=kafka, topic_prefix=uuid.uuid4().hex, state=tmp_path / "first")
    await ensure_topics(KafkaConnection.plaintext(kafka), Topics.of(settings.topic_prefix), partitions=4)
    return settings


def elsewhere(settings: Settings, name: str, **fields: object) -> Settings:
    """Return the settings of another worker of the same Kafka."""
    return settings.model_copy(update={"state": settings.state.with_name(name), **fields})


async def claims(settings: Settings) -> list[object]:
    """Return what is on the topic, claims and what gives claims up."""
    return await read_all(settings.kafka, Topics.of(settings.topic_prefix).deployment)


async def join_all(workers: list[Settings], *, new_index: bool) -> list[BaseException | None]:
    """Have workers start at once; return how that ended for each."""
    joining = (join_deployment(worker, new_index=new_index) for worker in workers)
    return await asyncio.gather(*joining, return_exceptions=True)


async def test_the_first_worker_decides_and_workers_of_its_folder_join_it(deployed: Settings) -> None:
    for _ in range(3):
        await join_deployment(deployed, new_index=False)
    assert len(await claims(deployed)) == 1


async def test_a_worker_with_a_folder_of_its_own_is_refused_and_leaves_no_trace(deployed: Settings) -> None:
    await join_deployment(deployed, new_index=False)
    with pytest.raises(SplitDeploymentError, match="set MEDIADNA_MILVUS and MEDIADNA_STORE") as refused:
        await join_deployment(elsewhere(deployed, "second"), new_index=False)
    assert str(deployed.state) in str(refused.value)
    assert str(deployed.state.with_name("second")) in str(refused.value)
    assert len(await claims(deployed)) == 1
    with pytest.raises(SplitDeploymentError, match="set MEDIADNA_STORE"):
        await join_deployment(elsewhere(deployed, "first", store=str(deployed.state / "other")), new_index=False)
    await join_deployment(deployed, new_index=False)


async def test_a_store_of_its_own_is_refused_also_where_milvus_is_a_server(deployed: Settings) -> None:
    server = deployed.model_copy(update={"milvus": "http://milvus:19530"})
    await join_deployment(server, new_index=False)
    with pytest.raises(SplitDeploymentError, match="set MEDIADNA_STORE to"):
        await join_deployment(elsewhere(server, "second", milvus="http://10.0.0.1:19530"), new_index=False)
    await join_deployment(
        elsewhere(server, "second", milvus="http://10.0.0.1:19530", store=server.store_url), new_index=False
    )


async def test_other_topics_are_another_deployment(deployed: Settings) -> None:
    await join_deployment(deployed, new_index=False)
    other = elsewhere(deployed, "second", topic_prefix=uuid.uuid4().hex)
    await ensure_topics(KafkaConnection.plaintext(other.kafka), Topics.of(other.topic_prefix), partitions=4)
    await join_deployment(other, new_index=False)


async def test_of_workers_that_start_at_once_in_folders_of_their_own_exactly_one_starts(deployed: Settings) -> None:
    workers = [elsewhere(deployed, f"worker-{number}") for number in range(4)]
    outcomes = await join_all(workers, new_index=False)
    refused = [outcome for outcome in outcomes if outcome is not None]
    assert len(refused) == len(workers) - 1
    assert all(isinstance(outcome, SplitDeploymentError) for outcome in refused)
    await join_deployment(workers[outcomes.index(None)], new_index=False)


async def test_a_new_index_takes_the_place_of_the_old_one_for_good(deployed: Settings) -> None:
    await join_deployment(deployed, new_index=False)
    moved = elsewhere(deployed, "second")
    await join_deployment(moved, new_index=True)
    await join_deployment(moved, new_index=False)
    with pytest.raises(SplitDeploymentError):
        await join_deployment(deployed, new_index=False)


async def test_of_workers_that_bring_a_new_index_at_once_one_starts(deployed: Settings) -> None:
    await join_deployment(deployed, new_index=False)
    workers = [elsewhere(deployed, f"worker-{number}") for number in range(2)]
    outcomes = await join_all(workers, new_index=True)
    assert None in outcomes
    later = await join_all([deployed, *workers], new_index=False)
    assert later.count(None) == 1
    assert outcomes[later.index(None) - 1] is None


async def test_a_new_index_is_refused_while_workers_use_the_old_one(deployed: Settings) -> None:
    await join_deployment(deployed, new_index=False)
    topic = Topics.of(deployed.topic_prefix).chunks
    member = AIOKafkaConsumer(topic, bootstrap_servers=deployed.kafka, group_id=app_id(deployed))
    await member.start()
    try:
        with pytest.raises(SplitDeploymentError, match="1 workers"):
            await join_deployment(elsewhere(deployed, "second"), new_index=True)
    finally:
        await member.stop()
    await join_deployment(deployed, new_index=False)
    await join_deployment(elsewhere(deployed, "second"), new_index=True)


async def test_what_somebody_else_wrote_to_the_topic_is_passed_over(deployed: Settings) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=deployed.kafka)
    await producer.start()
    await producer.send_and_wait(Topics.of(deployed.topic_prefix).deployment, b"{", b"key", partition=0)
    await producer.stop()
    await join_deployment(deployed, new_index=False)


async def test_a_second_worker_in_a_state_folder_of_its_own_ends_with_the_sentence(kafka: str, tmp_path: Path) -> None:
    environment = {"MEDIADNA_KAFKA": kafka, "MEDIADNA_TOPIC_PREFIX": uuid.uuid4().hex, "MEDIADNA_WEB": "127.0.0.1:0"}
    command = [sys.executable, "-m", "streams.cli.main", "worker", "--state", str(tmp_path / "second")]
    async with running_service(tmp_path / "first", command="worker", environment=environment):
        second = await asyncio.create_subprocess_exec(
            *command, env={**os.environ, **environment}, stderr=asyncio.subprocess.PIPE
        )
        _, said = await asyncio.wait_for(second.communicate(), 120)
    assert second.returncode == 1
    assert "set MEDIADNA_MILVUS and MEDIADNA_STORE to what all workers share" in said.decode()
    assert not (tmp_path / "second" / "milvus" / "data").exists()
