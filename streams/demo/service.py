"""A service of its own for the demo: `mediadna up` as a child process, with a folder for its state."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

__all__ = ["Service", "ServiceFailed", "running_service"]

#: Seconds until the service takes events; the first start after installing reads many files for the first time.
START_S = 120.0
#: Seconds from the wish to stop to the end.
STOP_S = 30.0


class ServiceFailed(RuntimeError):  # noqa: N818 (says what happened)
    """The service did not start."""


@dataclass(frozen=True)
class Service:
    """A running service.

    Attributes:
        web: Address of API and web view.
        kafka: Bootstrap servers.
        process: Its process.
    """

    web: str
    kafka: str
    process: asyncio.subprocess.Process


@asynccontextmanager
async def running_service(
    state: Path, *arguments: str, command: str = "up", environment: dict[str, str] | None = None
) -> AsyncIterator[Service]:
    """Run `mediadna up` (or another command that announces itself) until the block ends.

    Its log goes to `service.log` in the state folder.

    Raises:
        ServiceFailed: It ended, or said nothing in time; the message has the end of its log.
    """
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    log = state / "service.log"
    call = [sys.executable, "-m", "streams.cli.main", command, "--state", str(state), *arguments]
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            *call, stdout=asyncio.subprocess.PIPE, stderr=output, env={**os.environ, **(environment or {})}
        )
    try:
        web, kafka = await _announced(process, log)
        yield Service(web=web, kafka=kafka, process=process)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(STOP_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


async def _announced(process: asyncio.subprocess.Process, log: Path) -> Sequence[str]:
    """Return the addresses that the service's first line names."""
    if process.stdout is None:
        raise ServiceFailed("the service's output is not connected")
    try:
        async with asyncio.timeout(START_S):
            line = (await process.stdout.readline()).decode()
    except TimeoutError:
        line = ""
    match = re.fullmatch(r"ready web=(\S+) kafka=(\S+) state=.*\n", line)
    if match is None:
        tail = log.read_text(encoding="utf-8", errors="replace")[-2000:]
        raise ServiceFailed(f"the service did not start; its log, {log}, ends:\n{tail}")
    return match.groups()
