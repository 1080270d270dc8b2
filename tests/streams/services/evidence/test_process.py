"""The process that works out evidence: it is there when it is asked, and ends when it is too slow, or lost."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import msgspec
import psutil
import pytest
from support import sounds
from support.examples import MATCH

from fingerprint.model import Fingerprint
from schemas.evidence import Explanation
from streams.domain.evidence_errors import BusyError
from streams.ports.errors import Neighbour, NeighbourAwayError
from streams.services.evidence.orders import Order
from streams.services.evidence.process import MOST_WAITING, EvidenceProcess, TooSlowError
from streams.settings import Settings

SHORT = Order(match=MATCH, query=None, reference=None, input_duration=5.0)


def long_order(seconds: float) -> bytes:
    """Return an order that takes a while."""
    data = Fingerprint(seconds, None, sounds.sound(seconds, seed=1)).to_bytes()
    return msgspec.msgpack.encode(Order(match=MATCH, query=data, reference=data))


def told(answer: bytes) -> Explanation:
    return msgspec.msgpack.decode(answer, type=Explanation)


def children() -> set[int]:
    """Return the spawned processes of this one, but for those that keep an account of resources."""
    return {one.pid for one in psutil.Process().children(recursive=True) if is_at_work(one)}


def is_at_work(one: psutil.Process) -> bool:
    """Whether a process is one that was spawned, and not one that keeps an account of resources, or has ended."""
    try:
        return "resource_tracker" not in " ".join(one.cmdline())
    except (psutil.ZombieProcess, psutil.NoSuchProcess):  # one of another test that nobody has waited for
        return False


@pytest.fixture
def process(tmp_path: Path) -> Iterator[EvidenceProcess]:
    process = EvidenceProcess(Settings(state=tmp_path), limit_s=300.0)
    yield process
    process.stop()


async def test_it_begins_with_the_first_order_and_is_kept_and_ended(process: EvidenceProcess) -> None:
    before = children()
    assert told(await process.run(msgspec.msgpack.encode(SHORT))).input_duration == 5.0
    (pid,) = children() - before
    await process.run(msgspec.msgpack.encode(SHORT))
    assert children() - before == {pid}
    process._rest()  # what the clock does when nobody has asked for long
    while pid in children():
        await asyncio.sleep(0.05)
    assert told(await process.run(msgspec.msgpack.encode(SHORT))).input_duration == 5.0
    process.stop()
    assert children() - before == set()


async def test_an_order_that_takes_too_long_is_ended_and_the_next_one_is_carried_out(tmp_path: Path) -> None:
    process = EvidenceProcess(Settings(state=tmp_path), limit_s=0.05)
    try:
        with pytest.raises(TooSlowError):
            await process.run(long_order(3000.0))
        process._limit_s = 300.0
        assert told(await process.run(msgspec.msgpack.encode(SHORT))).input_duration == 5.0
    finally:
        process.stop()


async def test_a_process_that_is_killed_is_told_of_and_replaced(process: EvidenceProcess) -> None:
    before = children()
    await process.run(msgspec.msgpack.encode(SHORT))
    (pid,) = children() - before
    worked = psutil.Process(pid).cpu_times().user
    running = asyncio.create_task(process.run(long_order(20_000.0)))
    while psutil.Process(pid).cpu_times().user < worked + 0.2:  # it is at the order
        await asyncio.sleep(0.02)
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(NeighbourAwayError) as error:
        await running
    assert error.value.neighbour is Neighbour.PROCESSES
    assert told(await process.run(msgspec.msgpack.encode(SHORT))).input_duration == 5.0


async def test_those_beyond_who_can_wait_are_sent_away(process: EvidenceProcess) -> None:
    waiting = [asyncio.create_task(process.run(msgspec.msgpack.encode(SHORT))) for _ in range(MOST_WAITING)]
    await asyncio.sleep(0)
    with pytest.raises(BusyError, match="ask again"):
        await process.run(msgspec.msgpack.encode(SHORT))
    assert len(await asyncio.gather(*waiting)) == MOST_WAITING
