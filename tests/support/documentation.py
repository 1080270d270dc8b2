"""The pages for users, the blocks of commands in them, and a reader who pastes these into a shell as they are printed.

The reader has a checkout of their own, a home of their own, and a network of their own, in which nobody else has the
ports that the pages name.
"""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from support.nodes import REPOSITORY

__all__ = ["Block", "NoNetworkError", "Reader", "ReaderError", "blocks_of", "user_pages"]

#: Languages of blocks that a reader runs; all others show what comes out, or what somebody else's program is told.
RUN = frozenset({"bash", "console", "python", "sh", "shell"})
#: Languages of blocks that nobody runs.
SHOWN = frozenset({"json", "mermaid", "nginx", "sql", "text", "toml"})
#: Seconds for one block on a loaded machine.
BLOCK_S = 900.0
#: Seconds until what goes on by itself has printed its first line, and until it has ended.
START_S, STOP_S = 300.0, 60.0
#: Seconds between looks at what it prints.
POLL_INTERVAL_S = 0.1
#: What shows that a block does not end by itself: a reader has it in a terminal of its own.
ENDLESS = re.compile(r"mediadna (up|worker)\b|curl -N |serve_forever\(|^make (kafka|milvus)\b", re.MULTILINE)
#: What the shell prints behind each block; no page holds it.
ENDED = "block-has-ended"
#: Runs a program. Told to end, or when the tests are gone, it does what Ctrl-C does: to the program, and to all that
#: this has started. Bash has programs that run beside it ignore Ctrl-C, unless told otherwise.
TERMINAL = """trap 'trap "" INT TERM; kill -INT 0; wait' TERM; env --default-signal=INT "$@" & wait $!"""
#: Goes where there is but a loopback, turns that on, and stays until it is ended: what is run beside it goes there too.
NETWORK = """
import fcntl, socket, struct, signal
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
    name, flags = struct.unpack("16sH14x", fcntl.ioctl(control, 0x8913, struct.pack("16sH14x", b"lo", 0)))
    fcntl.ioctl(control, 0x8914, struct.pack("16sH14x", name, flags | 1))
print("up", flush=True)
signal.pause()
"""


class ReaderError(Exception):
    """A block did not do what it says; the message has what was printed."""


class NoNetworkError(ReaderError):
    """This machine gives nobody a network of their own; the message has what it says."""


@dataclass(frozen=True, slots=True)
class Block:
    """A block of commands on a page.

    Attributes:
        page: The page's path in the repository.
        line: The line that the block begins at.
        language: What it is written in.
        text: The block as it is printed.
    """

    page: str
    line: int
    language: str
    text: str

    @property
    def is_run(self) -> bool:
        """Whether a reader runs it."""
        return self.language in RUN

    @property
    def is_endless(self) -> bool:
        """Whether it goes on until a reader ends it."""
        return ENDLESS.search(self.text) is not None

    def __str__(self) -> str:
        """Say where it stands, as editors and tests do."""
        return f"{self.page}:{self.line}"


def user_pages() -> list[str]:
    """Return the pages that tell users what to do, in the order in which they are read."""
    guides = sorted(path.name for path in (REPOSITORY / "docs" / "guides").glob("*.md"))
    return ["README.md", "docs/getting-started.md", *(f"docs/guides/{name}" for name in guides)]


def blocks_of(page: str) -> list[Block]:
    """Return the blocks of a page, in their order.

    Raises:
        ValueError: A block has no language, or one that is neither run nor shown.
    """
    text = (REPOSITORY / page).read_text(encoding="utf-8")
    blocks = [
        Block(page, text.count("\n", 0, found.start()) + 2, found[1], found[2])
        for found in re.finditer(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    ]
    for block in blocks:
        if block.language not in RUN | SHOWN:
            raise ValueError(f"{block}: say what the block is written in: one of {', '.join(sorted(RUN | SHOWN))}")
    return blocks


class Reader:
    """Follows pages: each one in a new shell, what goes on by itself in terminals of its own.

    Args:
        folder: Where home and checkout are made.
        footage: The folder of the demo's videos.
    """

    def __init__(self, folder: Path, footage: Path) -> None:
        self._folder = folder
        self._home, self._checkout, self._logs = folder / "home", folder / "checkout", folder / "logs"
        self._footage = footage
        self._network: Process | None = None
        self._terminals: dict[str, tuple[Process, Path]] = {}

    async def start(self) -> None:
        """Make the checkout, and go into a network of its own.

        Raises:
            NoNetworkError: This machine gives no such network.
        """
        self._make_checkout()
        namespaces = ["--net"] if os.geteuid() == 0 else ["--net", "--user", "--map-root-user"]
        self._network = await asyncio.create_subprocess_exec(
            "unshare", *namespaces, sys.executable, "-c", NETWORK, stdout=PIPE, stderr=STDOUT
        )
        said = await self._network.stdout.readline() if self._network.stdout else b""
        if said != b"up\n":
            raise NoNetworkError(f"a network of its own is not to be had here: {said.decode().strip()}")

    async def follow(self, blocks: list[Block]) -> str:
        """Paste the blocks of a page into a new shell, one by one; return what all of them have printed.

        Raises:
            ReaderError: One ended with another status than 0, took too long, or printed nothing where it has to.
        """
        shell = await self._run("bash", "-e", "-o", "pipefail", stdin=PIPE, stdout=PIPE)
        try:
            fresh = [block for block in blocks if not self._is_on(block)]
            printed = [await self._paste(shell, block) for block in fresh]
        finally:
            await _ended(shell)
        return "".join([*printed, *(log.read_text(errors="replace") for _, log in self._terminals.values())])

    async def has_printed(self, text: str) -> None:
        """Wait until something that goes on by itself has printed a text.

        Raises:
            ReaderError: It has not, in the time that a block has.
        """
        logs = [log for _, log in self._terminals.values()]
        with suppress(TimeoutError):
            async with asyncio.timeout(BLOCK_S):
                while not any(text in log.read_text(errors="replace") for log in logs):
                    await asyncio.sleep(POLL_INTERVAL_S)
                return
        raise ReaderError("\n".join([f"{text!r} was not printed:", *(log.read_text(errors="replace") for log in logs)]))

    async def close_terminals(self) -> None:
        """End what goes on by itself."""
        for process, _ in self._terminals.values():
            await _ended(process)
        self._terminals.clear()

    async def stop(self) -> None:
        """End everything."""
        await self.close_terminals()
        if self._network is not None:
            self._network.kill()
            await self._network.wait()

    def _is_on(self, block: Block) -> bool:
        """Whether what a block starts goes on already, in the terminal of an earlier page."""
        return block.text in self._terminals

    async def _paste(self, shell: Process, block: Block) -> str:
        file = self._folder / f"{Path(block.page).stem}-{block.line}.{'py' if block.language == 'python' else 'sh'}"
        file.write_text(block.text, encoding="utf-8")
        if block.is_endless:
            return await self._in_a_terminal(block, file)
        command = f"{'python' if block.language == 'python' else 'source'} {shlex.quote(str(file))} </dev/null"
        if shell.stdin is None or shell.stdout is None:
            raise ReaderError("the shell is not connected")
        shell.stdin.write(f"{command}\necho; echo {ENDED}\n".encode())
        lines: list[str] = []
        with suppress(TimeoutError):
            async with asyncio.timeout(BLOCK_S):
                while line := (await shell.stdout.readline()).decode(errors="replace"):
                    if line.strip() == ENDED:
                        return "".join(lines)
                    lines.append(line)
        raise ReaderError(f"{block} failed, or took longer than {BLOCK_S:.0f} s:\n{block.text}\n{''.join(lines)}")

    async def _in_a_terminal(self, block: Block, file: Path) -> str:
        """Start what goes on by itself; returns when it has printed a line."""
        log = self._logs / f"{len(list(self._logs.iterdir()))}.log"
        program = ["python", str(file)] if block.language == "python" else ["bash", "-e", str(file)]
        terminal = ["setpriv", "--pdeathsig", "TERM", "bash", "-c", TERMINAL, "-"]
        with log.open("wb") as output:
            process = await self._run(*terminal, *program, stdin=DEVNULL, stdout=output.fileno())
        self._terminals[block.text] = (process, log)
        is_service = "mediadna" in block.text and block.language != "python"
        with suppress(TimeoutError):
            async with asyncio.timeout(START_S):
                while process.returncode is None:
                    text = log.read_text(errors="replace")
                    if ("ready web=" in text) if is_service else text:
                        return ""
                    await asyncio.sleep(POLL_INTERVAL_S)
        raise ReaderError(f"{block} did not start:\n{block.text}\n{log.read_text(errors='replace')[-4000:]}")

    async def _run(self, *command: str, stdin: int, stdout: int) -> Process:
        if self._network is None:
            raise ReaderError("the reader has no network: call start() first")
        enter = ["nsenter", "--target", str(self._network.pid), "--net"]
        if os.geteuid() != 0:
            enter += ["--user", "--preserve-credentials"]
        return await asyncio.create_subprocess_exec(
            *enter,
            *command,
            cwd=self._checkout,
            env=self._environment(),
            stdin=stdin,
            stdout=stdout,
            stderr=STDOUT,
            start_new_session=True,
        )

    def _environment(self) -> dict[str, str]:
        """Return what a reader's terminal has: nothing that tests or other terminals have set, and no proxy to ask."""
        foreign = re.compile(r"(MEDIADNA_|XDG_|MAKE|COVERAGE_)\w+|\w+_PROXY|CI", re.IGNORECASE)
        kept = {name: value for name, value in os.environ.items() if not foreign.fullmatch(name)}
        paths = f"{self._checkout / '.venv' / 'bin'}:{os.environ['PATH']}"
        return {**kept, "HOME": str(self._home), "PATH": paths, "PYTHONUNBUFFERED": "1"}

    def _make_checkout(self) -> None:
        """Make what a reader has after a first `make`: the Makefile, an environment that is up to date, and footage.

        Its suite is one test: `make test` in a test would not end otherwise.
        """
        for folder in (self._home, self._checkout / "tests", self._logs):
            folder.mkdir(parents=True)
        (self._home / ".curlrc").write_text("silent\nshow-error\nfail-with-body\n")  # errors of HTTP are seen
        (self._checkout / "tests" / "test_it.py").write_text("def test_it():\n    pass\n")
        (self._checkout / ".footage").symlink_to(self._footage)
        for pattern in ("Makefile", "pyproject.toml", "requirements*.txt"):
            for path in REPOSITORY.glob(pattern):
                (self._checkout / path.name).symlink_to(path)
        environment = self._checkout / ".venv"
        environment.mkdir()
        for part in Path(sys.prefix).iterdir():
            if part.name != ".installed":
                (environment / part.name).symlink_to(part)
        (environment / ".installed").touch()


async def _ended(process: Process) -> None:
    """End a shell or a terminal, and what it has left."""
    with suppress(ProcessLookupError):
        process.terminate()
    with suppress(TimeoutError):
        async with asyncio.timeout(STOP_S):
            await process.wait()
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
