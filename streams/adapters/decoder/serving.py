"""What every decoder's process does: one task after the other, each with an answer. Runs in the cage."""

from __future__ import annotations

import io
import os
import traceback
from typing import TYPE_CHECKING, BinaryIO, cast

from fingerprint.media.errors import MediaError
from schemas.limits import LONGEST_MESSAGE
from streams.adapters.decoder.messages import LONGEST_TRACE, Fault, MediaTask, NoMemory, Ready, Refused
from streams.adapters.decoder.served import NotServedError, ServedFile
from streams.child_processes import mapped_memory

if TYPE_CHECKING:
    from collections.abc import Callable

    import msgspec

    from streams.adapters.decoder.channel import Channel
    from streams.adapters.decoder.messages import Answer
    from streams.cage.report import CageReport

    #: Does a task over a media file.
    Does = Callable[[msgspec.Struct, BinaryIO], Answer]

__all__ = ["serve"]

#: Bytes that small reads of the media are put together to; FFmpeg reads more at once.
BUFFER_BYTES = 64 * 1024


def serve(channel: Channel, report: CageReport, do: Does) -> None:
    """Say that all is loaded, and do tasks until the other end closes the connection.

    Args:
        channel: To the process that has tasks.
        report: What of the cage holds.
        do: Does one task over its media, and returns the answer.
    """
    channel.send(Ready(report=report, mapped=mapped_memory()))
    while True:
        try:
            task, file = channel.receive_with_file()
        except EOFError:
            return
        try:
            answer = _answer(task, file, channel, do)
        finally:
            if file is not None:
                os.close(file)
        channel.send(answer)


def _answer(task: msgspec.Struct, file: int | None, channel: Channel, do: Does) -> Answer:
    try:
        if not isinstance(task, MediaTask):
            raise TypeError(f"{type(task).__name__} is no task")  # noqa: TRY301 (told as everything else)
        return do(task, _source(task.size, file, channel))
    except MediaError as error:
        return Refused(code=error.code, message=str(error)[:LONGEST_MESSAGE])
    except MemoryError:
        return NoMemory()
    except NotServedError:
        return Fault(message="the media was not served", trace="")
    except Exception as error:  # noqa: BLE001 (whoever waits is told)
        said = f"{type(error).__name__}: {error}"
        return Fault(message=said[:LONGEST_MESSAGE], trace=traceback.format_exc()[-LONGEST_TRACE:])


def _source(size: int | None, file: int | None, channel: Channel) -> BinaryIO:
    if file is not None:
        return os.fdopen(file, "rb", closefd=False)
    if size is None:
        raise ValueError("neither a file nor its size came along")
    return cast("BinaryIO", io.BufferedReader(ServedFile(channel, size), BUFFER_BYTES))
