"""API and web view beside workers: they show and ask for everything, and take no work."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from aiokafka.admin import AIOKafkaAdminClient
from support.client import Footage, emit, ended_job, event
from support.nodes import KafkaNode

from streams.demo.service import running_service

pytestmark = [pytest.mark.integration, pytest.mark.unmeasured_processes]

WEB = ("--web", "127.0.0.1:0")


async def groups(kafka: str) -> set[str]:
    """Return the groups whose members divide events among them."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        return {name for name, _ in await admin.list_consumer_groups()}
    finally:
        await admin.close()


async def test_it_takes_no_event_and_shows_what_a_worker_makes_of_it(
    kafka: str, tmp_path: Path, footage: Footage
) -> None:
    bikes = footage["bikes"]
    places = ("--media", str(bikes.parent))
    environment = {"MEDIADNA_KAFKA": kafka, "MEDIADNA_TOPIC_PREFIX": "web-alone"}
    async with (
        running_service(tmp_path, *WEB, *places, command="web", environment=environment) as shown,
        httpx.AsyncClient(base_url=shown.web, trust_env=False, timeout=90) as api,
    ):
        assert (await api.get("/readyz")).text == "ready"
        await emit(kafka, event("emitted", bikes), prefix="web-alone")
        assert "web-alone-worker" not in await groups(kafka)
        async with running_service(tmp_path, *WEB, *places, command="worker", environment=environment) as worker:
            assert (await ended_job(shown.web, "emitted"))["status"] == "success"
            asked = await api.post("/api/v1/jobs", json={"media_id": "asked", "url": bikes.as_uri()})
            assert asked.status_code == 202
            assert (await ended_job(shown.web, "asked"))["status"] == "success"
            assert await ended_job(worker.web, "asked") == await ended_job(shown.web, "asked")
            assert "web-alone-worker" in await groups(kafka)


async def test_it_is_ready_again_when_kafka_is_back_although_nobody_asks_for_anything(
    start_kafka: Callable[[Path], KafkaNode], tmp_path: Path
) -> None:
    node = await asyncio.to_thread(start_kafka, tmp_path / "kafka")
    environment = {"MEDIADNA_KAFKA": node.bootstrap}
    async with (
        running_service(tmp_path / "state", *WEB, command="web", environment=environment) as shown,
        httpx.AsyncClient(base_url=shown.web, trust_env=False, timeout=30) as api,
    ):
        node.kill()
        while (await api.get("/readyz")).status_code == 200:
            await asyncio.sleep(0.2)
        assert "kafka is away" in (await api.get("/readyz")).text
        await asyncio.to_thread(node.start)
        while (await api.get("/readyz")).status_code != 200:
            await asyncio.sleep(0.2)
