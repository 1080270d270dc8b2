"""Callbacks of the running service: a receiver that is away for a while gets every event, once by its id."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from pathlib import Path
from typing import Any

import httpx
import pytest
from standardwebhooks.webhooks import Webhook
from support.client import TRUSTED, Footage, completed, emit, event
from support.nodes import free_port
from support.receiver import receiving

from streams.demo.service import Service, running_service

pytestmark = pytest.mark.integration

#: Seconds in which a receiver that is back has everything: the pauses have grown to some tens of seconds by then.
BACK_S = 120.0


async def deliveries(web: str, **filters: str) -> list[dict[str, Any]]:
    async with httpx.AsyncClient(base_url=web, trust_env=False, timeout=30, verify=TRUSTED) as api:
        answer = await api.get("/api/v1/deliveries", params={"limit": 500, **filters})
        answer.raise_for_status()
        found: list[dict[str, Any]] = answer.json()["deliveries"]
        return found


async def kill(service: Service) -> None:
    os.kill(service.process.pid, signal.SIGKILL)
    await service.process.wait()


async def test_a_receiver_that_is_away_gets_every_event_once_by_id_also_when_the_service_is_killed(
    tmp_path: Path, footage: Footage
) -> None:
    port = free_port()
    with receiving(port) as receiver:
        url = receiver.url
    bikes = footage["bikes"]
    missing = [f"missing-{number}" for number in range(12)]
    arguments = ("--web", "127.0.0.1:0", "--media", str(bikes.parent))
    settings = {"MEDIADNA_CALLBACK_URL": url}
    async with running_service(tmp_path, *arguments, environment=settings) as service:
        await emit(service.kafka, *[event(name, bikes.with_name(f"{name}.mp4")) for name in missing])
        await emit(service.kafka, event("bikes", bikes, Extend="mine"))
        sent = {one["JobId"]: one for one in await completed(service.kafka, "bikes", *missing)}
        while len([one for one in await deliveries(service.web) if one["attempts"]]) < len(sent):
            await asyncio.sleep(0.2)
        await kill(service)
    with receiving(port) as receiver:
        receiver.status = 500
        async with running_service(tmp_path, *arguments, environment=settings) as service:
            async with asyncio.timeout(BACK_S):
                while not receiver.posts:
                    await asyncio.sleep(0.2)
            receiver.status = 204
            async with asyncio.timeout(BACK_S):
                while len(await deliveries(service.web, status="delivered")) < len(sent):
                    await asyncio.sleep(0.2)
            assert sorted(receiver.taken) == sorted(sent)
            secret = (tmp_path / "callback-secrets").read_text(encoding="utf-8").split()[0]
            for post in receiver.posts:
                assert json.loads(post.body) == sent[post.id]
            Webhook(secret).verify(receiver.posts[-1].body, receiver.posts[-1].headers)
            await replay(service.web, receiver.taken[0])
            async with asyncio.timeout(BACK_S):
                while len(receiver.taken) == len(sent):
                    await asyncio.sleep(0.2)
            assert receiver.taken[-1] == receiver.taken[0]


async def test_of_several_workers_one_delivers_each_event_and_another_goes_on_where_one_was_killed(
    kafka: str, tmp_path: Path, footage: Footage
) -> None:
    port = free_port()
    with receiving(port) as receiver:
        url = receiver.url
    bikes = footage["bikes"]
    videos = [f"missing-{number}" for number in range(16)]
    arguments = ("--web", "127.0.0.1:0", "--media", str(bikes.parent))
    settings = {"MEDIADNA_KAFKA": kafka, "MEDIADNA_TOPIC_PREFIX": "callbacks", "MEDIADNA_CALLBACK_URL": url}
    options = {"command": "worker", "environment": settings}
    async with (
        running_service(tmp_path, *arguments, **options) as first,
        running_service(tmp_path, *arguments, **options) as second,
    ):
        events = [event(name, bikes.with_name(f"{name}.mp4")) for name in videos]
        for one, name in zip(events, videos, strict=True):
            await emit(kafka, one, key=name.encode(), prefix="callbacks")
        sent = {one["JobId"] for one in await completed(kafka, *videos, prefix="callbacks")}
        while len([one for one in await deliveries(second.web) if one["attempts"]]) < len(sent):
            await asyncio.sleep(0.2)
        await kill(first)
        with receiving(port) as receiver:
            async with asyncio.timeout(BACK_S * 2):
                while len(await deliveries(second.web, status="delivered")) < len(sent):
                    await asyncio.sleep(0.5)
            assert sorted(receiver.taken) == sorted(sent)


async def replay(web: str, job_id: str) -> None:
    async with httpx.AsyncClient(base_url=web, trust_env=False, timeout=30, verify=TRUSTED) as api:
        (await api.post(f"/api/v1/deliveries/{job_id}/replay", json={})).raise_for_status()
