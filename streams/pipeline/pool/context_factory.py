"""Puts together what tasks work with, from the settings. Runs in the worker process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fingerprint.engine import ALGORITHM
from fingerprint.media.limits import MediaLimits
from streams.adapters.milvus.connect import connect
from streams.adapters.milvus.security import MilvusSecurity
from streams.adapters.storage.fsspec_store import open_store
from streams.egress.policy import SourcePolicy
from streams.pipeline.tasks.context import StoredFingerprints, TaskContext

if TYPE_CHECKING:
    from streams.ports.decoder import MediaDecoder
    from streams.settings import Settings

__all__ = ["make_context", "media_limits"]


def media_limits(settings: Settings) -> MediaLimits:
    """Return the limits on media that the settings name."""
    return MediaLimits(
        max_duration_s=settings.max_duration_s,
        max_pixels=settings.max_pixels,
        max_bytes=settings.max_bytes,
        least_coverage=settings.least_coverage,
    )


def make_context(settings: Settings, decoder: MediaDecoder) -> TaskContext:
    """Connect to the window index and the fingerprint store; `decoder` decodes media."""
    store = open_store(settings.store_url)
    return TaskContext(
        vectors=connect(
            settings.milvus,
            settings.state / "milvus",
            algorithm=ALGORITHM,
            security=MilvusSecurity.of(settings),
        ),
        store=store,
        references=StoredFingerprints(store),
        policy=SourcePolicy.parse(settings.media_places, max_bytes=settings.max_bytes),
        limits=media_limits(settings),
        decoder=decoder,
    )
