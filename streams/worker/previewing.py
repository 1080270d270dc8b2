"""Puts together what makes previews of media, from the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.adapters.decoder.previews.client import CagedPreviewer
from streams.adapters.decoder.previews.lane import PreviewLane
from streams.adapters.storage.preview_cache import PreviewCache
from streams.egress.policy import SourcePolicy
from streams.pipeline.pool.context_factory import media_limits
from streams.services.previews import Previews

if TYPE_CHECKING:
    from pathlib import Path

    from streams.ports.fingerprint_store import FingerprintStore
    from streams.readmodel.model import ReadModel
    from streams.settings import Settings

__all__ = ["make_previews"]

#: Seconds of processor time that a preview may use: decoding ten minutes of 1080p alone was measured to take some 140.
PREVIEW_CPU_S = 300.0
#: Seconds of it that a single picture may use: what lies between two key frames, of 8K at the worst.
FRAME_CPU_S = 20.0
#: On the clock it may take so many times as long: it gives way to others, and waits for its media.
WALL_FACTOR = 2.0
#: Previews that may wait for their turn: with two at a time, more would wait for longer than anybody does.
PREVIEWS_WAITING = 8
#: Single pictures that may wait: those of a page, twice.
FRAMES_WAITING = 128
#: Single pictures that are made at a time; they take a tenth of a second.
FRAME_SLOTS = 1


def make_previews(settings: Settings, model: ReadModel, store: FingerprintStore, folder: Path) -> Previews:
    """Return what makes previews; its processes start when they are needed.

    Args:
        settings: The service's settings.
        model: Knows the jobs.
        store: Holds what was sent along with jobs.
        folder: Where what was made is kept.
    """

    def make() -> CagedPreviewer:
        return CagedPreviewer(memory=settings.task_memory_mb * 2**20, required=settings.cage == "required")

    return Previews(
        model,
        store,
        policy=SourcePolicy.parse(settings.media_places, max_bytes=settings.max_bytes),
        limits=media_limits(settings),
        previews=PreviewLane(
            make,
            slots=settings.preview_slots,
            most_waiting=PREVIEWS_WAITING,
            cpu_s=PREVIEW_CPU_S,
            wall_s=WALL_FACTOR * PREVIEW_CPU_S,
        ),
        frames=PreviewLane(
            make,
            slots=FRAME_SLOTS,
            most_waiting=FRAMES_WAITING,
            cpu_s=FRAME_CPU_S,
            wall_s=WALL_FACTOR * FRAME_CPU_S,
        ),
        cache=PreviewCache(folder, settings.preview_cache_mb * 2**20),
    )
