"""What tasks work with: index and store, the places and limits of media, and what decodes it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

import structlog

from fingerprint.codec import BadFingerprintError
from fingerprint.model import Fingerprint
from schemas.coverage import Unsearched
from schemas.limits import cut
from streams.domain.search_scope import Scope

if TYPE_CHECKING:
    from collections.abc import Callable

    from fingerprint.media.limits import MediaLimits
    from fingerprint.types import ReferenceKey
    from streams.egress.policy import SourcePolicy
    from streams.ports.decoder import MediaDecoder
    from streams.ports.fingerprint_store import FingerprintStore
    from streams.ports.window_store import VectorStore

__all__ = ["NotedFingerprints", "StoredFingerprints", "TaskContext"]

log = structlog.get_logger(__name__)

#: References that one process keeps decoded. The chunks of one video mostly match the same few.
CACHED_REFERENCES = 32


class StoredFingerprints:
    """Loads reference fingerprints from the store, and keeps the newest used ones decoded."""

    def __init__(self, store: FingerprintStore) -> None:
        self._cached: Callable[[ReferenceKey], Fingerprint] = lru_cache(CACHED_REFERENCES)(_loader(store))

    def load(self, key: ReferenceKey) -> Fingerprint | None:
        """Return the stored fingerprint; None when it is gone, not stored yet, or cannot be read.

        One that another version made must not fail the jobs of all who resemble it.
        """
        try:
            return self.read(key)
        except BadFingerprintError as error:
            log.warning("reference_not_usable", library=key.library, media_id=key.media_id, reason=str(error))
            return None

    def read(self, key: ReferenceKey) -> Fingerprint | None:
        """Return the stored fingerprint; None when it is gone, or not stored yet.

        Raises:
            BadFingerprintError: It is there, and cannot be read.
        """
        try:
            return self._cached(key)
        except KeyError:  # not cached: it may be there at the next call
            return None


class NotedFingerprints:
    """A `FingerprintSource` that notes what it could not read: an answer that lacks a reference has to say so."""

    def __init__(self, stored: StoredFingerprints) -> None:
        self._stored = stored
        self._unreadable: dict[ReferenceKey, str] = {}

    @property
    def unreadable(self) -> tuple[Unsearched, ...]:
        """What is there and could not be read."""
        return tuple(
            Unsearched(library=key.library, media_id=key.media_id, reason=cut(reason))
            for key, reason in self._unreadable.items()
        )

    def load(self, key: ReferenceKey) -> Fingerprint | None:
        """Return the stored fingerprint; None when it is gone, not stored yet, or cannot be read, which is noted."""
        try:
            return self._stored.read(key)
        except BadFingerprintError as error:
            if key not in self._unreadable:
                log.warning("reference_not_usable", library=key.library, media_id=key.media_id, reason=str(error))
            self._unreadable[key] = f"its fingerprint cannot be read ({error}): add it anew"
            return None


@dataclass(frozen=True)
class TaskContext:
    """Everything a task needs, made once in each process, but for the scope, which is the task's own."""

    vectors: VectorStore
    store: FingerprintStore
    references: StoredFingerprints
    policy: SourcePolicy
    limits: MediaLimits
    decoder: MediaDecoder
    scope: Scope = field(default_factory=Scope)


def _loader(store: FingerprintStore) -> Callable[[ReferenceKey], Fingerprint]:
    def load(key: ReferenceKey) -> Fingerprint:
        data = store.get(key)
        if data is None:
            raise KeyError(key)
        return Fingerprint.from_bytes(data)

    return load
