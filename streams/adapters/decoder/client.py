"""Has media decoded by a process in a cage, and looks at what comes back before anybody uses it."""

from __future__ import annotations

import fcntl
import io
import math
import os
import stat
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, TypeVar

from fingerprint.media.errors import MediaError
from streams.adapters.decoder.answers import checked_chunk, checked_info
from streams.adapters.decoder.channel import GarbledError
from streams.adapters.decoder.messages import (
    Block,
    Described,
    Fault,
    Fingerprint,
    Fingerprinted,
    NoMemory,
    Piece,
    Probe,
    Read,
    Refused,
    Unreadable,
)
from streams.adapters.decoder.process import DecoderProcess
from streams.ports.decoder_errors import DecoderEndedError, DecoderFaultError, DecoderGarbledError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import UnionType

    import msgspec

    from fingerprint.media.info import MediaInfo
    from fingerprint.media.limits import MediaLimits
    from fingerprint.model import Chunk

__all__ = ["Budget", "CagedDecoder"]

T = TypeVar("T")


class Budget(Protocol):
    """Processor time that a task may use, wherever it uses it."""

    def left(self) -> float:
        """Return the seconds that are left."""
        ...

    def charge(self, seconds: float) -> None:
        """Take off seconds that were used elsewhere."""
        ...


class CagedDecoder:
    """A `MediaDecoder` in a process of its own, which is there from the first need on, and made anew when it dies.

    Use it from the thread that lives as long as the process: the decoder ends with the thread that has started it.

    Args:
        memory: Bytes that decoding may take beyond what the engine takes.
        required: Whether to refuse to decode where the machine cannot lock the process in.

    Attributes:
        budget: What the processor time of decoding is charged to; None for no limit.
    """

    def __init__(self, *, memory: int, required: bool = False) -> None:
        self.budget: Budget | None = None
        self._memory = memory
        self._required = required
        self._starting: DecoderProcess | None = None
        self._process: DecoderProcess | None = None
        self._cpu_s = 0.0

    @property
    def cpu_s(self) -> float:
        """See `MediaDecoder`."""
        return self._cpu_s

    @property
    def pid(self) -> int | None:
        """The process id of the decoder, as far as there is one."""
        return None if self._process is None else self._process.pid

    def prepare(self) -> None:
        """Begin to start the process, where there is none, and go on meanwhile: loading its engine takes a second."""
        if self._process is not None and not self._process.is_running:  # ended as it stood idle: nobody is to blame
            self.close()
        if self._process is None and self._starting is None:
            self._starting = self._new_process()

    def close(self) -> None:
        """End the process."""
        for process in (self._starting, self._process):
            if process is not None:
                process.kill()
        self._starting = self._process = None

    def probe(self, source: BinaryIO, limits: MediaLimits) -> MediaInfo:
        """See `MediaDecoder`.

        Raises:
            MediaError: The media cannot be had, or cannot be used.
            MemoryError: It takes more memory than there may be.
            DecoderEndedError: The process died of it.
            DecoderGarbledError: The process is not to be trusted any more; it was ended.
            DecoderNotStartedError: There is no process to be had.
            DecoderFaultError: The decoder's own code failed.
        """
        described: Described = self._ask(Probe, Described, source, limits=limits)
        return self._checked(checked_info, described.info, limits)

    def fingerprint(
        self, source: BinaryIO, start: float, end: float, limits: MediaLimits, *, several_clocks: bool = False
    ) -> Chunk:
        """See `MediaDecoder`.

        Raises:
            MediaError: The media cannot be had, or cannot be used.
            MemoryError: It takes more memory than there may be.
            DecoderEndedError: The process died of it.
            DecoderGarbledError: The process is not to be trusted any more; it was ended.
            DecoderNotStartedError: There is no process to be had.
            DecoderFaultError: The decoder's own code failed.
        """
        span = {"start": start, "end": end, "several_clocks": several_clocks}
        made: Fingerprinted = self._ask(Fingerprint, Fingerprinted, source, limits=limits, **span)
        return self._checked(checked_chunk, made.chunk, start, end)

    def _ask(
        self, task: Callable[..., msgspec.Struct], wanted: type[T] | UnionType, source: BinaryIO, **fields: Any
    ) -> T:
        """Have a task done; return its answer of the wanted type, or raise what the answer says."""
        process = self._ready()
        file = _descriptor(source)
        size = source.seek(0, io.SEEK_END) if file is None else None
        answer = self._charged(process, task(size=size, **fields), file, source)
        match answer:
            case Refused():
                raise MediaError(answer.code, answer.message)
            case NoMemory():
                raise MemoryError("the decoder may not use more memory")
            case Fault():
                error = DecoderFaultError(answer.message)
                error.add_note(answer.trace)
                raise error
            case _ if isinstance(answer, wanted):
                return answer
        raise self._garbled(f"{type(answer).__name__} is no answer to this task")

    def _new_process(self) -> DecoderProcess:
        return DecoderProcess()

    def _take(self, piece: Piece) -> None:
        """Take a piece of a file.

        Raises:
            GarbledError: None was asked for.
        """
        raise GarbledError(f"{len(piece.data)} bytes of a file that nobody asked for")

    def _ready(self) -> DecoderProcess:
        self.prepare()
        if self._process is None:
            starting, self._starting = self._starting, None
            assert starting is not None  # noqa: S101 (prepare() sees to it)
            starting.wait_until_ready(memory=self._memory, required=self._required)
            self._process = starting
        return self._process

    def _charged(
        self, process: DecoderProcess, task: msgspec.Struct, file: int | None, source: BinaryIO
    ) -> msgspec.Struct:
        """Have a task done within what is left of the budget, and take what it used off."""
        before = process.cpu_s()
        process.limit_cpu(math.inf if self.budget is None else self.budget.left())
        try:
            return self._conversation(process, task, file, source)
        except EOFError:
            self._process = None
            raise DecoderEndedError(process.end()) from None
        except GarbledError as error:
            raise self._garbled(str(error)) from error
        finally:
            used = max(0.0, process.cpu_s() - before)
            self._cpu_s += used
            if self.budget is not None:
                self.budget.charge(used)

    def _conversation(
        self, process: DecoderProcess, task: msgspec.Struct, file: int | None, source: BinaryIO
    ) -> msgspec.Struct:
        """Send a task, serve the media's bytes, and return the answer. What could not be served is raised after it.

        Raises:
            EOFError: The process is gone.
            GarbledError: The process said what it cannot say.
        """
        channel, failure = process.channel, None
        try:
            channel.send(task, () if file is None else (file,))
            while isinstance(answer := channel.receive(), Read | Piece):
                if isinstance(answer, Piece):
                    self._take(answer)
                    continue
                block: Block | Unreadable
                try:
                    block = Block(data=_read(source, answer)) if failure is None else Unreadable()
                except Exception as error:  # noqa: BLE001 (raised below, where nothing is under way any more)
                    failure, block = error, Unreadable()
                channel.send(block)
        except OSError as error:
            raise EOFError from error
        if failure is not None:
            raise failure
        message: msgspec.Struct = answer
        return message

    def _checked(self, check: Callable[..., T], *arguments: Any) -> T:
        try:
            return check(*arguments)
        except ValueError as error:
            raise self._garbled(str(error)) from error

    def _garbled(self, reason: str) -> DecoderGarbledError:
        """End a process that is not to be trusted any more; return the error to raise."""
        self.close()
        return DecoderGarbledError(f"the decoder's answer cannot be: {reason}")


def _read(source: BinaryIO, wanted: Read) -> bytes:
    source.seek(wanted.offset)
    return source.read(wanted.size)


def _descriptor(source: BinaryIO) -> int | None:
    """Return the descriptor of a plain file that is open for reading only; None for anything else."""
    try:
        number = source.fileno()
    except OSError:  # also io.UnsupportedOperation
        return None
    is_plain = stat.S_ISREG(os.fstat(number).st_mode)
    is_read_only = fcntl.fcntl(number, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY
    return number if is_plain and is_read_only else None
