"""The pool: whatever happens to a worker process costs one try of one task, and the next one is done."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from schemas.errors import ErrorCode
from schemas.jobs import ChunkTask, JobRequest, TaskKind, TaskOutcome
from streams.pool.tasks import TaskPool
from streams.settings import Settings
from streams.tasks.scope import Scope

pytestmark = pytest.mark.integration

#: Seconds that a task may take where a test is not about the limit.
PLENTY = 120.0


@asynccontextmanager
async def running_pool(state: Path, media: Path, *, timeout_s: float = PLENTY) -> AsyncIterator[TaskPool]:
    pool = TaskPool(Settings(state=state, media=str(media.parent), task_timeout_s=timeout_s), slots=1)
    try:
        yield pool
    finally:
        await asyncio.to_thread(pool.stop)


def task(media: Path, kind: TaskKind = TaskKind.PLAN) -> ChunkTask:
    request = JobRequest(job_id="j", media_id="video", file_url=media.as_uri())
    return ChunkTask(job_id="j", media_id="video", kind=kind, request=request, version=1, end=30.0)


async def worker_process() -> psutil.Process:
    """Return the pool's process as soon as it is there."""
    while True:
        for child in psutil.Process().children(recursive=True):
            if any("spawn_main" in word for word in child.cmdline()):
                return child
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


@pytest.mark.parametrize("death", [signal.SIGKILL, signal.SIGSEGV])
async def test_a_process_that_crashes_costs_one_try(
    tmp_path: Path, footage: dict[str, Path], death: signal.Signals
) -> None:
    async with running_pool(tmp_path, footage["bikes"]) as pool:
        await pool.run(task(footage["bikes"]), Scope())
        process = await worker_process()
        # There is no Milvus here, so that the process waits for it in the middle of the task.
        running = asyncio.create_task(pool.run(task(footage["bikes"], TaskKind.FINGERPRINT), Scope()))
        while not list(tmp_path.glob("fingerprints/parts/j/*")):
            await asyncio.sleep(0.05)
        process.send_signal(death)
        report = await running
        assert (report.result.outcome, report.result.code) == (TaskOutcome.RETRY, ErrorCode.RESOURCE_CONTENT_BAD)
        assert "crashed" in report.result.message
        again = await pool.run(task(footage["bikes"]), Scope())
        assert again.result.outcome is TaskOutcome.DONE


async def test_a_task_that_hangs_is_ended_at_the_time_limit(tmp_path: Path, footage: dict[str, Path]) -> None:
    async with running_pool(tmp_path, footage["bikes"], timeout_s=15.0) as pool:
        await pool.run(task(footage["bikes"]), Scope())
        process = await worker_process()
        report = await pool.run(task(footage["bikes"], TaskKind.FINGERPRINT), Scope())
        assert (report.result.outcome, report.result.code) == (TaskOutcome.RETRY, ErrorCode.TIMEOUT)
        assert "MEDIADNA_TASK_TIMEOUT_S" in report.result.message
        assert not process.is_running()
        again = await pool.run(task(footage["bikes"]), Scope())
        assert again.result.outcome is TaskOutcome.DONE


OWNER = """
import asyncio, sys
from pathlib import Path
from streams.pool.tasks import TaskPool
from streams.settings import Settings
from streams.tasks.scope import Scope
from schemas.errors import ErrorCode
from schemas.jobs import ChunkTask, JobRequest, TaskKind

async def main():
    pool = TaskPool(Settings(state=Path(sys.argv[1])), slots=1)
    request = JobRequest(job_id="j", media_id="v", file_url="file:///none")
    await pool.run(ChunkTask(job_id="j", media_id="v", kind=TaskKind.PLAN, request=request, version=1), Scope())
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


LIMITED = """
from streams.pool.process import _limit_memory
_limit_memory(512 * 2**20)
try:
    bytearray(2**30)
except MemoryError:
    print(len(bytearray(2**28)))
"""


def test_a_process_cannot_take_more_memory_than_it_may_and_lives_on() -> None:
    done = subprocess.run([sys.executable, "-c", LIMITED], check=True, capture_output=True, text=True)
    assert done.stdout == f"{2**28}\n"
