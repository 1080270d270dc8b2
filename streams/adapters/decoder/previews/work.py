"""What the process does that makes previews and single pictures. Runs in the cage."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import cv2

from fingerprint.media.probe import probe
from streams.adapters.decoder.messages import (
    LARGEST_PIECE,
    MadeFrame,
    MadePreview,
    MakeFrame,
    MakePreview,
    NothingThere,
    Piece,
    TooLong,
)
from streams.adapters.decoder.previews.preview import make_preview
from streams.adapters.decoder.previews.thumbnail import thumbnail
from streams.adapters.decoder.serving import serve
from streams.ports.previews import NothingThereError, SpanTooLongError

if TYPE_CHECKING:
    from typing import BinaryIO

    import msgspec

    from streams.adapters.decoder.channel import Channel
    from streams.adapters.decoder.messages import Answer
    from streams.cage.report import CageReport

__all__ = ["work_on_previews"]


def work_on_previews(channel: Channel, report: CageReport) -> None:
    """Do tasks until the other end closes the connection.

    Args:
        channel: To the process that has tasks.
        report: What of the cage holds.
    """
    cv2.setNumThreads(1)
    serve(channel, report, partial(_do, channel))


def _do(channel: Channel, task: msgspec.Struct, source: BinaryIO) -> Answer:
    try:
        match task:
            case MakePreview():
                return _preview(channel, task, source)
            case MakeFrame():
                info = probe(source, task.limits)
                return MadeFrame(jpeg=thumbnail(source, task.at, task.height, task.limits, info))
            case _:
                raise TypeError(f"{type(task).__name__} is no task")
    except NothingThereError:
        return NothingThere()
    except SpanTooLongError as error:
        return TooLong(seconds=error.seconds)


def _preview(channel: Channel, task: MakePreview, source: BinaryIO) -> MadePreview:
    made, data = make_preview(source, task.start, task.end, task.limits, may_be_original=task.may_be_original)
    for at in range(0, len(data), LARGEST_PIECE):
        channel.send(Piece(data=bytes(data[at : at + LARGEST_PIECE])))
    return MadePreview(form=made.form, start=made.start)
