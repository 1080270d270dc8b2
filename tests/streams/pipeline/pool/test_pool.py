"""The pool: whatever happens to a worker process costs at the most one try of one task, and the next one is done."""

from __future__ import annotations

import asyncio
import os
import signal
import struct
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import psutil
import pytest
from support.clips import Clips

from schemas.errors import ErrorCode
from schemas.jobs import JobSpec
from schemas.tasks import FingerprintChunk, Probe, TaskOutcome
from streams.domain.search_scope import Scope
from streams.pipeline.pool import pool as tasks
from streams.pipeline.pool import worker
from streams.pipeline.pool.pool import TaskPool
from streams.ports.errors import Neighbour, NeighbourAwayError
from streams.ports.task_report import TaskReport
from streams.settings import Settings

pytestmark = [pytest.mark.integration, pytest.mark.unmeasured_processes]

#: What a task leaves of its chunk, below the state folder, before it looks for copies of it.
PARTS = "fingerprints/parts/j/000000"
#: Seconds that a task may take where a test is not about the limit.
PLENTY = 120.0


@asynccontextmanager
async def running_pool(
    state: Path, media: Path, *, timeout_s: float = PLENTY, slots: int = 1
) -> AsyncIterator[TaskPool]:
    pool = TaskPool(Settings(state=state, media=str(media.parent), task_timeout_s=timeout_s), slots=slots)
    try:
        yield pool
    finally:
        await asyncio.to_thread(pool.stop)


def task(media: Path) -> Probe:
    return Probe(job_id="j", media_id="video", request=JobSpec(file_url=media.as_uri()))


def chunk(media: Path) -> FingerprintChunk:
    return FingerprintChunk(job_id="j", media_id="video", request=JobSpec(file_url=media.as_uri()), end=30.0)


def worker_processes() -> list[psutil.Process]:
    """Return the pool's processes."""
    found = []
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if any("spawn_main" in word for word in child.cmdline()):
                found.append(child)
    return found


def decoder_process(of: psutil.Process) -> psutil.Process:
    """Return the decoder of a pool's process."""
    (decoder,) = [child for child in of.children() if "streams.adapters.decoder" in child.cmdline()]
    return decoder


async def worker_process(*, other_than: psutil.Process | None = None) -> psutil.Process:
    """Return the pool's process, or another one than that, as soon as it is there."""
    while True:
        for process in worker_processes():
            if process != other_than:
                return process
        await asyncio.sleep(0.02)


async def test_a_task_is_done_in_another_process_one_after_the_other_in_the_same(
    tmp_path: Path, footage: dict[str, Path]
) -> None:
    async with running_pool(tmp_path, footage["bikes"]) as pool:
        first = await pool.run(task(footage["bikes"]), Scope())
        process = await worker_process()
        second = await pool.run(task(footage["bikes"]), Scope())
        assert process.is_running()
        assert process.pid != os.getpid()
    assert (first.result.outcome, second.result.outcome) == (TaskOutcome.DONE, TaskOutcome.DONE)
    assert first.result.spans == second.result.spans != ()


async def in_the_middle(pool: TaskPool, media: Path, state: Path) -> asyncio.Task[TaskReport]:
    """Begin a task and return once its process is in the middle of it, or it has ended: some have little time.

    There is no Milvus here, so that it waits.
    """
    running = asyncio.create_task(pool.run(chunk(media), Scope()))
    while not list(state.glob(PARTS)) and not running.done():
        await asyncio.sleep(0.05)
    return running


async def test_a_process_that_crashes_costs_one_try(tmp_path: Path, footage: dict[str, Path]) -> None:
    async with running_pool(tmp_path, footage["bikes"]) as pool:
        await pool.run(task(footage["bikes"]), Scope())
        process = await worker_process()
        running = await in_the_middle(pool, footage["bikes"], tmp_path)
        process.send_signal(signal.SIGSEGV)
        report = await running
        assert (report.result.outcome, report.result.code) == (TaskOutcome.RETRY, ErrorCode.RESOURCE_CONTENT_BAD)
        assert "crashed" in report.result.message
        again = await pool.run(task(footage["bikes"]), Scope())
        assert again.result.outcome is TaskOutcome.DONE


async def test_a_process_that_is_killed_at_work_costs_its_task_nothing(
    tmp_path: Path, footage: dict[str, Path]
) -> None:
    async with running_pool(tmp_path, footage["bikes"]) as pool:
        await pool.run(task(footage["bikes"]), Scope())
        first = await worker_process()
        running = await in_the_middle(pool, footage["bikes"], tmp_path)
        first.kill()
        second = await worker_process(other_than=first)
        await asyncio.sleep(1)
        assert not running.done()
        assert second.is_running()
        running.cancel()


async def decoding(pool: TaskPool, media: Path) -> tuple[asyncio.Task[TaskReport], psutil.Process]:
    """Begin a task and return once its decoder is in the middle of it."""
    await pool.run(task(media), Scope())
    decoder = decoder_process(await worker_process())
    before = decoder.cpu_times().user
    running = asyncio.create_task(pool.run(chunk(media), Scope()))
    while decoder.cpu_times().user < before + 0.2:
        await asyncio.sleep(0.01)
    return running, decoder


async def test_a_decoder_that_crashes_costs_one_try_and_is_made_anew(tmp_path: Path, footage: dict[str, Path]) -> None:
    async with running_pool(tmp_path, footage["trailer"]) as pool:
        running, decoder = await decoding(pool, footage["trailer"])
        decoder.send_signal(signal.SIGSEGV)
        report = await running
        assert (report.result.outcome, report.result.code) == (TaskOutcome.RETRY, ErrorCode.RESOURCE_CONTENT_BAD)
        assert "crashed on this media (status -11)" in report.result.message
        again = await pool.run(task(footage["trailer"]), Scope())
        assert again.result.outcome is TaskOutcome.DONE
        assert decoder_process(await worker_process()) != decoder


async def test_a_decoder_that_is_killed_at_work_costs_its_task_nothing(
    tmp_path: Path, footage: dict[str, Path]
) -> None:
    async with running_pool(tmp_path, footage["trailer"]) as pool:
        running, decoder = await decoding(pool, footage["trailer"])
        decoder.kill()
        while not list(tmp_path.glob("fingerprints/parts/j/*")):  # the chunk was fingerprinted after all
            assert not running.done()
            await asyncio.sleep(0.05)
        running.cancel()


async def test_a_decoder_that_is_killed_as_it_stands_idle_is_made_anew(
    tmp_path: Path, footage: dict[str, Path]
) -> None:
    async with running_pool(tmp_path, footage["bikes"]) as pool:
        for _ in range(2):
            report = await pool.run(task(footage["bikes"]), Scope())
            assert report.result.outcome is TaskOutcome.DONE
            decoder_process(await worker_process()).kill()


async def test_a_task_in_which_its_process_is_killed_again_and_again_is_not_called_bad_media(
    tmp_path: Path, footage: dict[str, Path]
) -> None:
    async with running_pool(tmp_path, footage["bikes"]) as pool:
        running = await in_the_middle(pool, footage["bikes"], tmp_path)
        while not running.done():
            if parts := list(tmp_path.glob(PARTS)):  # the next process is in the middle of it, too
                for part in parts:
                    part.unlink()
                for process in worker_processes():
                    process.kill()
            await asyncio.sleep(0.05)
        report = await running
        assert (report.result.outcome, report.result.code) == (TaskOutcome.RETRY, ErrorCode.INTERNAL_ERROR)
        assert "from outside" in report.result.message


@pytest.mark.parametrize(("slots", "pause_s"), [(1, 0.0), (1, 1.0), (2, 0.0)])
async def test_processes_that_are_killed_while_they_stand_idle_are_made_anew(
    tmp_path: Path, footage: dict[str, Path], slots: int, pause_s: float
) -> None:
    async with running_pool(tmp_path, footage["bikes"], slots=slots) as pool:
        for _ in range(3):
            reports = await asyncio.gather(*(pool.run(task(footage["bikes"]), Scope()) for _ in range(2 * slots)))
            assert {report.result.outcome for report in reports} == {TaskOutcome.DONE}
            for process in worker_processes():
                process.kill()
            await asyncio.sleep(pause_s)


async def test_a_process_that_is_killed_idle_takes_none_of_the_others_along(
    tmp_path: Path, footage: dict[str, Path]
) -> None:
    async with running_pool(tmp_path, footage["bikes"], slots=2) as pool:
        await asyncio.gather(*(pool.run(task(footage["bikes"]), Scope()) for _ in range(4)))
        idle = max(worker_processes(), key=lambda process: process.pid)
        idle.kill()
        reports = await asyncio.gather(*(pool.run(task(footage["bikes"]), Scope()) for _ in range(6)))
        assert {report.result.outcome for report in reports} == {TaskOutcome.DONE}


async def test_what_is_away_is_not_counted_against_the_task(tmp_path: Path, footage: dict[str, Path]) -> None:
    state = tmp_path / "state"
    state.mkdir()
    (state / "fingerprints").write_text("in the way of the store")
    async with running_pool(state, footage["bikes"]) as pool:
        with pytest.raises(NeighbourAwayError) as away:
            await pool.run(chunk(footage["bikes"]), Scope())
        assert away.value.neighbour is Neighbour.STORE
        (state / "fingerprints").unlink()


@pytest.fixture
def by_processor_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a task's processor time end first, however little of it a loaded machine gives."""
    monkeypatch.setattr(tasks, "WALL_FACTOR", 1000.0)


@pytest.mark.usefixtures("by_processor_time")
async def test_a_task_that_uses_up_its_processor_time_is_ended_and_its_bytes_are_not_tried_again(
    tmp_path: Path, footage: dict[str, Path]
) -> None:
    async with running_pool(tmp_path, footage["trailer"], timeout_s=1.0) as pool:
        await pool.run(task(footage["trailer"]), Scope())
        process = decoder_process(await worker_process())
        report = await pool.run(chunk(footage["trailer"]), Scope())
        assert (report.result.outcome, report.result.code) == (TaskOutcome.FAILED, ErrorCode.TIMEOUT)
        assert "MEDIADNA_TASK_TIMEOUT_S" in report.result.message
        assert not process.is_running()
        again = await pool.run(task(footage["trailer"]), Scope())
        assert again.result.outcome is TaskOutcome.DONE


def with_many_edits(film: Path, into: Path, entries: int) -> Path:
    """Write the film with so many edits of its first track: FFmpeg's index of it takes time with their square."""
    data = bytearray(film.read_bytes())
    boxes = [data.rindex(b"moov") - 4]
    for kind in (b"trak", b"edts", b"elst"):
        boxes.append(data.index(kind, boxes[-1] + 8) - 4)
    *around, edits = boxes
    size = struct.unpack_from(">I", data, edits)[0]
    new = struct.pack(">I4sII", 16 + 12 * entries, b"elst", 0, entries)
    new += b"".join(struct.pack(">IiI", 40, 7 * number % 3000, 0x10000) for number in range(entries))
    for box in around:
        struct.pack_into(">I", data, box, struct.unpack_from(">I", data, box)[0] + len(new) - size)
    into.write_bytes(data[:edits] + new + data[edits + size :])
    return into


@pytest.mark.usefixtures("by_processor_time")
async def test_looking_at_media_has_a_short_budget_of_its_own(tmp_path: Path, clip: Path) -> None:
    huge = with_many_edits(clip, tmp_path / "huge.mp4", 300_000)
    settings = Settings(state=tmp_path, media=str(tmp_path), plan_timeout_s=4.0)
    pool = TaskPool(settings, slots=1)
    try:
        report = await pool.run(task(huge), Scope())
    finally:
        await asyncio.to_thread(pool.stop)
    assert (report.result.outcome, report.result.code) == (TaskOutcome.FAILED, ErrorCode.TIMEOUT)
    assert "MEDIADNA_PLAN_TIMEOUT_S" in report.result.message


async def test_a_task_that_only_waits_has_more_time_by_the_clock_and_then_may_be_tried_again(
    tmp_path: Path, footage: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "WALL_FACTOR", 1.0)
    async with running_pool(tmp_path, footage["bikes"], timeout_s=15.0) as pool:
        report = await (await in_the_middle(pool, footage["bikes"], tmp_path))
        assert (report.result.outcome, report.result.code) == (TaskOutcome.RETRY, ErrorCode.TIMEOUT)
        assert "stood still" in report.result.message
        again = await pool.run(task(footage["bikes"]), Scope())
        assert again.result.outcome is TaskOutcome.DONE


async def test_a_process_that_was_stopped_as_it_stood_idle_is_replaced(
    tmp_path: Path, footage: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "STARTING_S", 1.0)
    monkeypatch.setattr(tasks, "WALL_FACTOR", 0.5)
    async with running_pool(tmp_path, footage["bikes"]) as pool:
        await pool.run(task(footage["bikes"]), Scope())
        (await worker_process()).suspend()
        report = await pool.run(task(footage["bikes"]), Scope())
        assert report.result.outcome is TaskOutcome.DONE


OWNER = """
import asyncio, sys
from pathlib import Path
from streams.pipeline.pool.pool import TaskPool
from streams.settings import Settings
from streams.domain.search_scope import Scope
from schemas.errors import ErrorCode
from schemas.jobs import JobSpec
from schemas.tasks import Probe

async def main():
    pool = TaskPool(Settings(state=Path(sys.argv[1])), slots=1)
    request = JobSpec(file_url="file:///none")
    await pool.run(Probe(job_id="j", media_id="v", request=request), Scope())
    print("done", flush=True)
    await asyncio.sleep(600)

if __name__ == "__main__":
    asyncio.run(main())
"""


def test_no_process_outlives_its_parent_however_that_ends(tmp_path: Path) -> None:
    script = tmp_path / "owner.py"
    script.write_text(OWNER)
    with subprocess.Popen([sys.executable, script, tmp_path], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == "done\n"
        children = psutil.Process(owner.pid).children(recursive=True)
        assert children
        owner.kill()
        owner.wait()
        _, alive = psutil.wait_procs(children, timeout=30)
        assert alive == []


async def test_a_picture_for_which_a_process_has_no_memory_is_told_and_is_no_video_that_copies_nothing(
    tmp_path: Path, clips: Clips
) -> None:
    film = clips.make("eight-k.mkv", seconds=3.2, fps=5, size=(7680, 4320), audio=None)
    pool = TaskPool(Settings(state=tmp_path, media=str(film.parent), task_memory_mb=512), slots=1)
    try:
        report = await pool.run(chunk(film), Scope())
    finally:
        await asyncio.to_thread(pool.stop)
    assert (report.result.outcome, report.result.code) == (TaskOutcome.RETRY, ErrorCode.RESOURCE_TOO_LARGE)
    assert "MEDIADNA_TASK_MEMORY_MB" in report.result.message


LIMITED = """
from streams.pipeline.pool.process import _limit_memory
_limit_memory(512 * 2**20)
try:
    bytearray(2**30)
except MemoryError:
    print(len(bytearray(2**28)))
"""


def test_a_process_cannot_take_more_memory_than_it_may_and_lives_on() -> None:
    done = subprocess.run([sys.executable, "-c", LIMITED], check=True, capture_output=True, text=True)
    assert done.stdout == f"{2**28}\n"
