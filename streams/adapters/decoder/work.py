"""What the decoder's process does: one task after the other, each with an answer. Runs in the cage."""

from __future__ import annotations

import io
import os
import traceback
from typing import TYPE_CHECKING, BinaryIO, cast

from fingerprint.engine import fingerprint_chunk
from fingerprint.loading import load_engine
from fingerprint.media.errors import MediaError
from fingerprint.media.probe import probe
from schemas.limits import LONGEST_MESSAGE
from streams.adapters.decoder.messages import (
    LONGEST_TRACE,
    Described,
    Fault,
    Fingerprint,
    Fingerprinted,
    NoMemory,
    Probe,
    Ready,
    Refused,
)
from streams.adapters.decoder.served import NotServedError, ServedFile
from streams.child_processes import mapped_memory

if TYPE_CHECKING:
    import msgspec

    from streams.adapters.decoder.channel import Channel
    from streams.adapters.decoder.messages import Answer
    from streams.cage.report import CageReport

__all__ = ["work"]

#: Bytes that small reads of the media are put together to; FFmpeg reads more at once.
BUFFER_BYTES = 64 * 1024


def work(channel: Channel, report: CageReport) -> None:
    """Load the engine, say so, and do tasks until the other end closes the connection.

    Args:
        channel: To the process that has tasks.
        report: What of the cage holds.
    """
    load_engine()
    channel.send(Ready(report=report, mapped=mapped_memory()))
    while True:
        try:
            task, file = channel.receive_with_file()
        except EOFError:
            return
        try:
            answer = _answer(task, file, channel)
        finally:
            if file is not None:
                os.close(file)
        channel.send(answer)


def _answer(task: msgspec.Struct, file: int | None, channel: Channel) -> Answer:
    try:
        return _do(task, file, channel)
    except MediaError as error:
        return Refused(code=error.code, message=str(error)[:LONGEST_MESSAGE])
    except MemoryError:
        return NoMemory()
    except NotServedError:
        return Fault(message="the media was not served", trace="")
    except Exception as error:  # noqa: BLE001 (whoever waits is told)
        said = f"{type(error).__name__}: {error}"
        return Fault(message=said[:LONGEST_MESSAGE], trace=traceback.format_exc()[-LONGEST_TRACE:])


def _do(task: msgspec.Struct, file: int | None, channel: Channel) -> Answer:
    match task:
        case Probe():
            return Described(info=probe(_source(task.size, file, channel), task.limits))
        case Fingerprint():
            source = _source(task.size, file, channel)
            chunk = fingerprint_chunk(source, task.start, task.end, task.limits, several_clocks=task.several_clocks)
            return Fingerprinted(chunk=chunk.to_bytes())
        case _:
            raise TypeError(f"{type(task).__name__} is no task")


def _source(size: int | None, file: int | None, channel: Channel) -> BinaryIO:
    if file is not None:
        return os.fdopen(file, "rb", closefd=False)
    if size is None:
        raise ValueError("neither a file nor its size came along")
    return cast("BinaryIO", io.BufferedReader(ServedFile(channel, size), BUFFER_BYTES))
