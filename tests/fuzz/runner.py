"""Gives inputs to a target, one after the other, and keeps what was found in files that can be given to it again."""

from __future__ import annotations

import hashlib
import time
import traceback
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Self

from fuzz.mutate import mutated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fuzz.targets import Target

__all__ = ["Find", "Outcome", "Watched", "fuzz"]

#: Inputs that lead somewhere new and are changed further; beyond, the oldest of them goes.
KEPT = 2000

#: Writing this there resets the kernel's count of the most memory that this process has had (proc(5)): else an input
#: that takes much would hide all that take less after it.
CLEAR_REFS, RESET_PEAK = Path("/proc/self/clear_refs"), "5"

#: Finds of one target that are kept: more of them say the same, mostly.
MOST_FINDS = 20


@dataclass(frozen=True)
class Find:
    """Something that must not be.

    Attributes:
        what: In a line.
        data: The input.
        trace: Where it was raised; empty where it was not.
    """

    what: str
    data: bytes
    trace: str = ""

    def save(self, folder: Path) -> Path:
        """Write the input into a file that is named by it, and beside it what it led to."""
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / hashlib.blake2b(self.data, digest_size=6).hexdigest()
        file.write_bytes(self.data)
        file.with_suffix(".txt").write_text(f"{self.what}\n\n{self.trace}", encoding="utf-8", errors="replace")
        return file


class Watched:
    """A target whose every input is watched: what it raises, the processor time that it takes, and the memory."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._stack = ExitStack()
        self._run: Callable[[bytes], str] = target.prepare(self._stack)
        for seed in target.seeds()[:1]:  # what is loaded by the first input is no input's fault
            self._run(seed)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close what the target has opened."""
        self._stack.close()

    def __call__(self, data: bytes) -> str | Find:
        """Give it an input; return what became of it."""
        CLEAR_REFS.write_text(RESET_PEAK)
        memory = _peak_mib()
        begun = time.process_time()
        try:
            outcome = self._run(data)
        except Exception as error:  # noqa: BLE001 (whatever it is, it is what is looked for)
            return Find(f"{type(error).__name__}: {error}"[:300], data, traceback.format_exc())
        took, more = time.process_time() - begun, _peak_mib() - memory
        if more > self._target.mib:
            return Find(f"it takes {more} MiB, and {self._target.mib} are the most", data)
        if took > self._target.seconds:
            return Find(f"it takes {took:.1f} s, and {self._target.seconds:g} s are the most", data)
        return outcome


@dataclass
class Outcome:
    """What came of a target."""

    target: str
    inputs: int = 0
    seconds: float = 0.0
    outcomes: Counter[str] = field(default_factory=Counter)
    finds: list[Find] = field(default_factory=list)

    def note(self, became: str | Find) -> None:
        """Count what became of an input; of what was found, one input of each kind is kept."""
        if not isinstance(became, Find):
            self.outcomes[became] += 1
        elif all(one.what != became.what for one in self.finds) and len(self.finds) < MOST_FINDS:
            self.finds.append(became)


def fuzz(target: Target, *, seed: int, seconds: float = float("inf"), inputs: int | None = None) -> Outcome:
    """Give changed inputs to a target until the time is up, or so many have been given.

    Args:
        target: The target.
        seed: The same seed gives the same inputs.
        seconds: How long to go on.
        inputs: How many to give at the most.
    """
    outcome = Outcome(target.name)
    begun = time.monotonic()
    with Watched(target) as watched:
        for data in _inputs(target.seeds(), Random(f"{target.name}-{seed}"), outcome):
            outcome.seconds = time.monotonic() - begun
            if outcome.seconds > seconds or outcome.inputs == inputs:
                return outcome
            outcome.inputs += 1
            outcome.note(watched(data))
    return outcome


def _inputs(corpus: list[bytes], random: Random, outcome: Outcome) -> Iterator[bytes]:
    """Yield what is right, then what is changed, without an end; what led somewhere new is changed further."""
    yield from list(corpus)
    known = len(outcome.outcomes)
    while True:
        data = mutated(random.choice(corpus), corpus, random)
        yield data
        if len(outcome.outcomes) > known:
            known = len(outcome.outcomes)
            corpus.append(data)
            if len(corpus) > KEPT:
                corpus.pop(0)


def _peak_mib() -> int:
    """Return the most memory that this process has had at a time since its peak was reset, MiB."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) >> 10
