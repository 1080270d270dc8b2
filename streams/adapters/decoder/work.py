"""What the process does that looks at media and fingerprints it. Runs in the cage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fingerprint.engine import fingerprint_chunk
from fingerprint.loading import load_engine
from fingerprint.media.probe import probe
from streams.adapters.decoder.messages import Described, Fingerprint, Fingerprinted, Probe
from streams.adapters.decoder.serving import serve

if TYPE_CHECKING:
    from typing import BinaryIO

    import msgspec

    from streams.adapters.decoder.channel import Channel
    from streams.adapters.decoder.messages import Answer
    from streams.cage.report import CageReport

__all__ = ["work"]


def work(channel: Channel, report: CageReport) -> None:
    """Load the engine, say so, and do tasks until the other end closes the connection.

    Args:
        channel: To the process that has tasks.
        report: What of the cage holds.
    """
    load_engine()
    serve(channel, report, _do)


def _do(task: msgspec.Struct, source: BinaryIO) -> Answer:
    match task:
        case Probe():
            return Described(info=probe(source, task.limits))
        case Fingerprint():
            chunk = fingerprint_chunk(source, task.start, task.end, task.limits, several_clocks=task.several_clocks)
            return Fingerprinted(chunk=chunk.to_bytes())
        case _:
            raise TypeError(f"{type(task).__name__} is no task")
