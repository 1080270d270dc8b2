"""Live changes: nothing is missed, and a slow reader hurts nobody."""

from __future__ import annotations

import asyncio

from examples import job

from streams.readmodel.model import ReadModel
from streams.web.live import QUEUED, LiveChanges


async def test_a_reader_that_was_away_gets_what_it_missed_and_then_what_comes(model: ReadModel) -> None:
    changes = model.apply(jobs=[job("j1"), job("j2")])
    live = LiveChanges(model)
    events = live.follow(changes[0].id)
    await anext(events)
    assert b'"job_id":"j2"' in await anext(events)
    waiting = asyncio.create_task(anext(events))
    await asyncio.sleep(0)
    live.publish(model.apply(jobs=[job("j3")]))
    assert b'"job_id":"j3"' in await waiting
    await events.aclose()


async def test_a_reader_that_does_not_keep_up_is_let_go_while_others_go_on(model: ReadModel) -> None:
    live = LiveChanges(model)
    slow, quick = live.follow(None), live.follow(None)
    await anext(slow)
    await anext(quick)
    received = 0
    for number in range(QUEUED + 10):
        live.publish(model.apply(jobs=[job(f"j{number}")]))
        await anext(quick)
        received += 1
    assert received == QUEUED + 10
    assert [event async for event in slow] == []
    await quick.aclose()


async def test_a_reader_that_was_away_too_long_is_told_to_read_anew(model: ReadModel) -> None:
    changes = model.apply(jobs=[job(f"j{number}") for number in range(3)])
    with model._database.write() as writer:
        writer.execute("DELETE FROM changes WHERE id <= ?", (changes[1].id,))
    events = LiveChanges(model).follow(0)
    await anext(events)
    assert b"event: reset" in await anext(events)
    await events.aclose()
