"""The decoder of a command: the same cage as in the service."""

from __future__ import annotations

import functools
from multiprocessing.util import Finalize
from typing import TYPE_CHECKING

from streams.cli.run import load_settings

if TYPE_CHECKING:
    from streams.adapters.decoder.client import CagedDecoder

__all__ = ["own_decoder"]


@functools.cache
def own_decoder() -> CagedDecoder:
    """Return this process's decoder; its own process is there from the first media on.

    Memory and what the cage has to hold are as the settings say. Ends the command when these are not valid.
    """
    from streams.adapters.decoder.client import CagedDecoder  # noqa: PLC0415 (the engine loads in seconds)
    from streams.telemetry.logs import configure_logging  # noqa: PLC0415

    settings = load_settings()
    configure_logging(settings)
    decoder = CagedDecoder(memory=settings.task_memory_mb * 2**20, required=settings.cage == "required")
    Finalize(None, decoder.close, exitpriority=0)
    return decoder
