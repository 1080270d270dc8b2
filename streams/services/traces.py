"""Where a media item came from: collects its cluster from what is known of matches, and makes the tree of it."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from fingerprint.intervals import union
from schemas.matches import best_first
from streams.domain.precedence import ages_of, with_job
from streams.domain.tracing.links import Medium, Sighting, is_linking
from streams.domain.tracing.tree import trace_of
from streams.services.likeness import StoredLikeness

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemas.jobs import Job
    from schemas.traces import Trace
    from streams.ports.fingerprint_store import FingerprintStore
    from streams.readmodel.model import ReadModel
    from streams.services.results import Results

__all__ = ["MOST_MEDIA", "MOST_READ", "Traces"]

#: Media items of a cluster that its tree has at the most: nobody reads a larger one, and each is read from its result.
MOST_MEDIA = 200
#: Media items that are looked at for that, at the most: thousands may share nothing but opening titles with one.
MOST_READ = 400
#: Matches of one reference that are looked at, newest first: an input that was searched anew has several.
MOST_MATCHES = 1000


class _Found(NamedTuple):
    """What is known of a media item, and what its newest result found."""

    medium: Medium
    sightings: tuple[Sighting, ...]


class Traces:
    """Tells who copied from whom. Every method may be called from any thread.

    Args:
        model: What is known.
        results: What jobs found, as people have decided since.
        store: Holds the fingerprints, by which media are compared as they look.
    """

    def __init__(self, model: ReadModel, results: Results, store: FingerprintStore) -> None:
        self._model = model
        self._results = results
        self._store = store

    def of(self, media_id: str) -> Trace | None:
        """Return the tree of a media item's cluster, worked out now; None where nothing is known of the item.

        Raises:
            OSError: The store of fingerprints is away.
        """
        if not self._is_known(media_id):
            return None
        walk = _Walk(self._model, self._results)
        walk.go(media_id)
        found = walk.cluster
        sightings = [one for each in found.values() for one in each.sightings]
        media = {name: one.medium for name, one in found.items()}
        likeness = StoredLikeness(self._model, self._store)
        return trace_of(media_id, media, sightings, likeness=likeness, complete=walk.complete)

    def _is_known(self, media_id: str) -> bool:
        return self._model.jobs.first_asked(media_id) is not None or bool(self._model.libraries.items_of(media_id))


class _Walk:
    """A walk over matches, in both directions, from one media item to all that are linked to it, the nearest first.

    Attributes:
        cluster: The media items that it came to, by MediaId.
        complete: Whether there are no others.
    """

    def __init__(self, model: ReadModel, results: Results) -> None:
        self._model = model
        self._results = results
        self._read: dict[str, _Found] = {}
        self.cluster: dict[str, _Found] = {}
        self.complete = True

    def go(self, media_id: str) -> None:
        """Go to a media item, and to all that are linked to it."""
        self.cluster[media_id] = self._look_at(media_id)
        waiting = deque([media_id])
        while waiting:
            name = waiting.popleft()
            for other in self._neighbours(name):
                if other in self.cluster:
                    continue
                if len(self.cluster) == MOST_MEDIA or (other not in self._read and len(self._read) == MOST_READ):
                    self.complete = False
                    return
                if self._are_linked(name, other):
                    self.cluster[other] = self._look_at(other)
                    waiting.append(other)

    def _neighbours(self, media_id: str) -> Iterator[str]:
        """Yield the media items of which a media item is a match, or that are matches of it."""
        yield from (one.reference for one in self.cluster[media_id].sightings)
        inputs = self._model.matches.inputs_of(media_id, limit=MOST_MATCHES + 1)
        if len(inputs) > MOST_MATCHES:
            self.complete = False
        yield from dict.fromkeys(inputs[:MOST_MATCHES])

    def _are_linked(self, name: str, other: str) -> bool:
        """Whether what the two share is more than boilerplate, by the newest result of either."""
        one, two = self._look_at(name), self._look_at(other)
        pairs = ((one, two), (two, one))
        return any(
            is_linking(sighting, of_input.medium, of_reference.medium)
            for of_input, of_reference in pairs
            for sighting in of_input.sightings
            if sighting.reference == of_reference.medium.ages.media_id
        )

    def _look_at(self, media_id: str) -> _Found:
        if media_id not in self._read:
            self._read[media_id] = self._found(media_id)
        return self._read[media_id]

    def _found(self, media_id: str) -> _Found:
        items = self._model.libraries.items_of(media_id)
        ages = ages_of(media_id, items, asked=self._model.jobs.first_asked(media_id))
        job = self._model.jobs.result(media_id)
        if job is None:
            return _Found(Medium(ages, max((one.duration for one in items), default=0.0)), ())
        job = self._results.told(job)
        medium = Medium(
            with_job(ages, job),
            job.metrics.duration,
            None if job.verdict is None else job.verdict.kind,
            tuple(union((one.start, one.end) for one in job.boilerplate)),
        )
        return _Found(medium, tuple(self._sightings(job)))

    def _sightings(self, job: Job) -> Iterator[Sighting]:
        """Yield what a job found that is there still, the surest first."""
        there = self._model.matches.references(job.job_id)
        for match in best_first(job.matches):
            if (match.library, match.media_id) in there and match.media_id != job.media_id:
                yield Sighting(job.media_id, match.media_id, match.similarity, match.intervals)
