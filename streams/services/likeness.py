"""How alike two media items look as they are: from their stored fingerprints, when a trace asks."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import structlog

from fingerprint.codec import BadFingerprintError
from fingerprint.matching.likeness import likeness
from fingerprint.model import Fingerprint
from fingerprint.types import ReferenceKey
from schemas.matches import Track

if TYPE_CHECKING:
    from collections.abc import Callable

    from fingerprint.picture.track import PictureTrack
    from streams.domain.tracing.links import Link
    from streams.ports.fingerprint_store import FingerprintStore
    from streams.readmodel.model import ReadModel

__all__ = ["MOST_READ", "StoredLikeness"]

log = structlog.get_logger(__name__)

#: Fingerprints that are kept decoded: a copy, what it may have been made from, and some of what comes next. One of a
#: long film takes tens of megabytes.
KEPT = 8
#: Fingerprints that are read for one trace at the most: what is open then is decided without. Most take a hundredth of
#: a second, one of a long film half a second.
MOST_READ = 200


class StoredLikeness:
    """Tells how alike the pictures of a copy and of its source are; of use for one trace, in one thread.

    Args:
        model: Knows what libraries hold.
        store: Holds the fingerprints.
    """

    def __init__(self, model: ReadModel, store: FingerprintStore) -> None:
        self._model = model
        self._store = store
        self._read = 0
        self._picture: Callable[[str], PictureTrack | None] = lru_cache(KEPT)(self._first_picture)

    def __call__(self, link: Link) -> float | None:
        """Return how alike they are on what they share of the picture; None where that cannot be told.

        Raises:
            OSError: The store is away.
        """
        intervals = [one for one in link.intervals if one.track is not Track.SOUND]
        if not intervals:
            return None
        copy, source = self._picture(link.copy), self._picture(link.source)
        return None if copy is None or source is None else likeness(copy, source, intervals)

    def _first_picture(self, media_id: str) -> PictureTrack | None:
        """Return the picture of a media item by the first library that holds it and has its fingerprint."""
        for item in self._model.libraries.items_of(media_id):
            if self._read == MOST_READ:
                return None
            self._read += 1
            data = self._store.get(ReferenceKey(item.library, item.media_id, item.version))
            try:
                if data is not None:
                    return Fingerprint.from_bytes(data).picture
            except BadFingerprintError as error:
                log.warning("reference_not_usable", library=item.library, media_id=media_id, reason=str(error))
        return None
