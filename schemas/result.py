"""The complete event, and the result that it carries as JSON inside a string, as ApsaraVideo VOD does.

Numbers inside the result are strings, in seconds or 0..1. `Library` and what follows it are ours: a consumer that
knows only the vendor's fields reads the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from schemas.clock import utc_now
from schemas.events import AIMediaDNAComplete
from schemas.jobs import JobStatus
from schemas.matches import Interval, Match, Track

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schemas.jobs import Job

__all__ = [
    "DetailItem",
    "FingerprintInfo",
    "MediaDNAResult",
    "Span",
    "VideoDNAItem",
    "complete_event",
    "matches_of",
    "result_of",
]

#: Bytes of `Extend` that are echoed, as the vendor limits it.
EXTEND_BYTES = 512


class Span(msgspec.Struct, rename="pascal", frozen=True):
    """A span of one media item."""

    start: str
    duration: str


class DetailItem(msgspec.Struct, rename="pascal", frozen=True, kw_only=True, omit_defaults=True):
    """One interval."""

    input: Span
    duplication: Span
    similarity: str
    track: str
    speed: str
    transform: str = ""


class VideoDNAItem(msgspec.Struct, rename="pascal", frozen=True, kw_only=True):
    """One match."""

    primary_key: str
    similarity: str
    detail: tuple[DetailItem, ...]
    library: str
    input_coverage: str
    duplication_coverage: str
    track: str


class FingerprintInfo(msgspec.Struct, rename="pascal", frozen=True, kw_only=True):
    """What fingerprint the result rests on."""

    algorithm: str
    digest: str
    duration: str


class MediaDNAResult(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The content of `Data`."""

    video_dna: tuple[VideoDNAItem, ...] = msgspec.field(name="VideoDNA", default=())
    fingerprint: FingerprintInfo | None = msgspec.field(name="Fingerprint", default=None)

    def to_json(self) -> str:
        """Return the result as JSON; `VideoDNA` is always there, and empty when nothing matched."""
        content: dict[str, object] = {"VideoDNA": self.video_dna}
        if self.fingerprint is not None:
            content["Fingerprint"] = self.fingerprint
        return msgspec.json.encode(content).decode()


def result_of(job: Job) -> MediaDNAResult:
    """Return what a job found, in the vendor's form."""
    fingerprint = None
    if job.digest:
        fingerprint = FingerprintInfo(
            algorithm=job.algorithm, digest=job.digest, duration=_number(job.metrics.duration, 3)
        )
    return MediaDNAResult(video_dna=tuple(_item(match) for match in _best_first(job.matches)), fingerprint=fingerprint)


def complete_event(job: Job) -> AIMediaDNAComplete:
    """Return the one event that says how the job ended. A cancelled job is reported as failed, with its own code."""
    extend = job.request.extend
    if extend is not None:
        extend = extend.encode()[:EXTEND_BYTES].decode(errors="ignore")
    return AIMediaDNAComplete(
        event_time=utc_now(),
        job_id=job.job_id,
        media_id=job.media_id,
        status="success" if job.status is JobStatus.SUCCESS else "fail",
        code=job.code,
        message=job.message,
        complete_time=job.complete_time or job.update_time,
        extend=extend,
        data=result_of(job).to_json(),
    )


def matches_of(result: MediaDNAResult) -> tuple[Match, ...]:
    """Read the matches back out of a result."""
    return tuple(
        Match(
            media_id=item.primary_key,
            library=item.library,
            similarity=float(item.similarity),
            track=Track(item.track),
            input_coverage=float(item.input_coverage),
            reference_coverage=float(item.duplication_coverage),
            intervals=tuple(_interval(detail) for detail in item.detail),
        )
        for item in result.video_dna
    )


def _best_first(matches: Iterable[Match]) -> list[Match]:
    return sorted(matches, key=lambda match: (-match.similarity, match.library, match.media_id))


def _item(match: Match) -> VideoDNAItem:
    return VideoDNAItem(
        primary_key=match.media_id,
        similarity=_number(match.similarity, 4),
        detail=tuple(_detail(interval) for interval in match.intervals),
        library=match.library,
        input_coverage=_number(match.input_coverage, 4),
        duplication_coverage=_number(match.reference_coverage, 4),
        track=match.track,
    )


def _detail(interval: Interval) -> DetailItem:
    return DetailItem(
        input=_span(interval.input_start, interval.input_end),
        duplication=_span(interval.reference_start, interval.reference_end),
        similarity=_number(interval.similarity, 4),
        track=interval.track,
        speed=_number(interval.speed, 4),
        transform=",".join(interval.transforms),
    )


def _interval(detail: DetailItem) -> Interval:
    return Interval(
        input_start=float(detail.input.start),
        input_end=float(detail.input.start) + float(detail.input.duration),
        reference_start=float(detail.duplication.start),
        reference_end=float(detail.duplication.start) + float(detail.duplication.duration),
        similarity=float(detail.similarity),
        track=Track(detail.track),
        speed=float(detail.speed),
        transforms=tuple(name for name in detail.transform.split(",") if name),
    )


def _span(start: float, end: float) -> Span:
    return Span(_number(start, 3), _number(end - start, 3))


def _number(value: float, digits: int) -> str:
    """Write a number as the vendor does: a plain decimal with at least one digit behind the point."""
    return str(round(value, digits) + 0.0)
