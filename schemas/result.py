"""The complete event, and the result that it carries as JSON inside a string, as ApsaraVideo VOD does.

Numbers inside the result are strings, in seconds or 0..1. `Library` and what follows it are ours: a consumer that
knows only the vendor's fields reads the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import msgspec

from schemas.boilerplate import SharedSpan
from schemas.coverage import Cause, Coverage, Missed, Unsearched
from schemas.events import AIMediaDNAComplete
from schemas.jobs import JobStatus
from schemas.limits import LONGEST_NAME
from schemas.matches import Interval, Match, Track, best_first
from schemas.policies import Action, Ruling, strongest
from schemas.verdicts import Verdict, VerdictKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from schemas.jobs import Job

__all__ = [
    "BoilerplateInfo",
    "CoverageInfo",
    "DetailItem",
    "FingerprintInfo",
    "MediaDNAResult",
    "MissedInfo",
    "Span",
    "UnsearchedInfo",
    "VerdictInfo",
    "VideoDNAItem",
    "action_of",
    "boilerplate_of",
    "complete_event",
    "coverage_of",
    "interval_size",
    "match_size",
    "matches_of",
    "result_of",
    "rulings_of",
    "unsearched_of",
    "verdict_of",
]

#: Digits behind the point of times (milliseconds, finer than any picture) and of similarities, shares and speeds.
TIME_DIGITS, SHARE_DIGITS = 3, 4
#: Bytes that a policy's name takes at most: a character takes four as UTF-8, and so does a quote inside `Data`.
LONGEST_POLICY = 4 * LONGEST_NAME


class Span(msgspec.Struct, rename="pascal", frozen=True):
    """A span of one media item, seconds on its own clock."""

    start: str
    duration: str

    @classmethod
    def of(cls, start: float, end: float) -> Self:
        """Return the span between two times. What is rounded are the times, so that start + duration meets the end."""
        start, end = round(start, TIME_DIGITS), round(end, TIME_DIGITS)
        return cls(_number(start, TIME_DIGITS), _number(end - start, TIME_DIGITS))

    @property
    def times(self) -> tuple[float, float]:
        """Start and end."""
        start = float(self.start)
        return start, round(start + float(self.duration), TIME_DIGITS)


class DetailItem(msgspec.Struct, rename="pascal", frozen=True, kw_only=True):
    """One interval; the fields after `Duplication` are ours."""

    #: The span of the input.
    input: Span
    #: The span of the reference that it copies.
    duplication: Span
    #: How alike the spans are, 0..1; 0.5 is the line between a copy and a chance likeness.
    similarity: str = "1.0"
    #: `picture`, `sound` or `both`.
    track: Track = Track.BOTH
    #: The copy's speed over the reference's.
    speed: str = "1.0"
    #: Edits that were seen, most certain first, with commas between them.
    transform: str = ""


class VideoDNAItem(msgspec.Struct, rename="pascal", frozen=True, kw_only=True):
    """One match; the fields after `Detail` are ours."""

    #: MediaId of the reference.
    primary_key: str
    #: Confidence that the input copies this reference, 0..1.
    similarity: str
    #: The intervals.
    detail: tuple[DetailItem, ...]
    #: Where the reference is.
    library: str = "default"
    #: Covered share of the input's duration, 0..1.
    input_coverage: str = "0.0"
    #: Covered share of the reference's duration, 0..1.
    duplication_coverage: str = "0.0"
    #: What carried the match: `picture`, `sound` or `both`.
    track: Track = Track.BOTH
    #: What the match leads to; not there in results of before there were policies.
    action: Action | msgspec.UnsetType = msgspec.UNSET
    #: The policy that decided; empty: the library's purpose alone did.
    policy: str | msgspec.UnsetType = msgspec.UNSET
    #: Whether the reference is the copy: it is younger than the input. Only there where that is so.
    younger: bool | msgspec.UnsetType = msgspec.UNSET


class FingerprintInfo(msgspec.Struct, rename="pascal", frozen=True, kw_only=True):
    """What fingerprint the result rests on."""

    #: Name and version.
    algorithm: str
    #: Of the fingerprint, hex: the same for the same media.
    digest: str
    #: Of the media, seconds.
    duration: str


class MissedInfo(msgspec.Struct, rename="pascal", frozen=True, kw_only=True):
    """A part of a track that was not looked at."""

    #: `picture` or `sound`.
    track: Track
    #: Why.
    cause: Cause
    #: How much of the track.
    seconds: str


class CoverageInfo(msgspec.Struct, rename="pascal", frozen=True, kw_only=True, omit_defaults=True):
    """Which shares of the input were looked at."""

    #: Of the picture, 0..1; not there without a picture, or where it is not known, as of a fingerprint file.
    picture: str | None = None
    #: Of the sound, 0..1; not there without sound, or where it is not known.
    sound: str | None = None
    #: What was not looked at, and why.
    missed: tuple[MissedInfo, ...] = ()


class UnsearchedInfo(msgspec.Struct, rename="pascal", frozen=True, kw_only=True, omit_defaults=True):
    """A library, or a reference of one, that was to be searched and was not."""

    #: The library.
    library: str
    #: MediaId of the reference; not there where it is the whole library.
    primary_key: str = ""
    #: Why, for a person.
    reason: str


class VerdictInfo(msgspec.Struct, rename="pascal", frozen=True, kw_only=True):
    """Whether the input is an original or a copy; what is younger than the input makes it no copy."""

    #: `original`, `copy`, `partial_copy`, `recut` or `compilation`.
    kind: VerdictKind
    #: Share of the input that no interval of an older reference covers, 0..1.
    own_share: str
    #: MediaIds of the older references that it copies; those that say most of it first.
    of: tuple[str, ...] = ()
    #: Edits that were seen in what it copies, those of most of it first, with commas between them.
    transform: str = ""


class BoilerplateInfo(msgspec.Struct, rename="pascal", frozen=True, kw_only=True):
    """A span of the input that many references share, such as titles: it links nothing by itself."""

    #: Where it lies in the input.
    input: Span
    #: How many references of one library hold it.
    references: str


class MediaDNAResult(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The content of `Data`. Numbers are strings, in seconds or 0..1.

    It can be read from a vendor's own result too: what is ours has defaults.
    """

    #: What the input copies, the most certain first; empty when nothing matched.
    video_dna: tuple[VideoDNAItem, ...] = msgspec.field(name="VideoDNA", default=())
    #: What the result rests on; not there when the input could not be fingerprinted.
    fingerprint: FingerprintInfo | None = msgspec.field(name="Fingerprint", default=None)
    #: Which shares of the input were looked at; not there where that is not known.
    coverage: CoverageInfo | None = msgspec.field(name="Coverage", default=None)
    #: What was to be searched and was not; not there when everything was.
    unsearched: tuple[UnsearchedInfo, ...] = msgspec.field(name="Unsearched", default=())
    #: The strongest action of the matches; `allow` where nothing matched. Not there where nothing was searched.
    action: Action | None = msgspec.field(name="Action", default=None)
    #: Whether the input is an original or a copy. Not there where nothing was searched.
    verdict: VerdictInfo | None = msgspec.field(name="Verdict", default=None)
    #: Spans of the input that many references share, in order. Not there where there are none.
    boilerplate: tuple[BoilerplateInfo, ...] = msgspec.field(name="Boilerplate", default=())

    def to_json(self) -> str:
        """Return the result as JSON; `VideoDNA` is always there, and empty when nothing matched."""
        content: dict[str, object] = {"VideoDNA": self.video_dna}
        if self.fingerprint is not None:
            content["Fingerprint"] = self.fingerprint
        if self.coverage is not None:
            content["Coverage"] = self.coverage
        if self.unsearched:
            content["Unsearched"] = self.unsearched
        if self.action is not None:
            content["Action"] = self.action
        if self.verdict is not None:
            content["Verdict"] = self.verdict
        if self.boilerplate:
            content["Boilerplate"] = self.boilerplate
        return msgspec.json.encode(content).decode()

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Read `Data`.

        Raises:
            msgspec.DecodeError: The text is no such JSON.
        """
        return msgspec.json.decode(text, type=cls)


def result_of(job: Job) -> MediaDNAResult:
    """Return what a job found, in the vendor's form. What a person had dismissed when it ended is left out."""
    ruled = {(ruling.library, ruling.reference): ruling for ruling in job.rulings}
    reported = [match for match in job.matches if not _is_dismissed(ruled, match)]
    fingerprint = None
    if job.digest:
        fingerprint = FingerprintInfo(
            algorithm=job.algorithm, digest=job.digest, duration=_number(job.metrics.duration, TIME_DIGITS)
        )
    return MediaDNAResult(
        video_dna=tuple(_item(match, ruled.get((match.library, match.media_id))) for match in best_first(reported)),
        fingerprint=fingerprint,
        coverage=None if job.coverage == Coverage() else _coverage(job.coverage),
        unsearched=tuple(
            UnsearchedInfo(library=one.library, primary_key=one.media_id, reason=one.reason) for one in job.unsearched
        ),
        action=action_of(job),
        verdict=None if job.verdict is None else _verdict(job.verdict),
        boilerplate=tuple(_boilerplate(span) for span in job.boilerplate),
    )


def complete_event(job: Job) -> AIMediaDNAComplete:
    """Return the one event that says how the job ended. A cancelled job is reported as failed, with its own code.

    It depends on the job alone: sent again after a crash, it is the same to the byte.
    """
    ended = job.complete_time or job.update_time
    return AIMediaDNAComplete(
        event_time=ended,
        job_id=job.job_id,
        media_id=job.media_id,
        status="success" if job.status is JobStatus.SUCCESS else "fail",
        code=job.code,
        message=job.message,
        complete_time=ended,
        extend=job.request.extend,
        data=result_of(job).to_json(),
    )


def matches_of(result: MediaDNAResult) -> tuple[Match, ...]:
    """Read the matches back out of a result."""
    return tuple(
        Match(
            media_id=item.primary_key,
            library=item.library,
            similarity=float(item.similarity),
            track=item.track,
            input_coverage=float(item.input_coverage),
            reference_coverage=float(item.duplication_coverage),
            intervals=tuple(_interval(detail) for detail in item.detail),
        )
        for item in result.video_dna
    )


def rulings_of(result: MediaDNAResult) -> tuple[Ruling, ...]:
    """Read back out of a result what the matches led to."""
    return tuple(
        Ruling(
            library=item.library,
            reference=item.primary_key,
            action=item.action,
            policy=item.policy or "",
            younger=item.younger is True,
        )
        for item in result.video_dna
        if item.action is not msgspec.UNSET
    )


def verdict_of(result: MediaDNAResult, found: Verdict | None) -> Verdict | None:
    """Read a verdict back out of a result; None of one that tells none.

    Args:
        result: What was told.
        found: What the matches that were told say: a result has no reasons.
    """
    told = result.verdict
    if told is None:
        return None
    return Verdict(
        kind=told.kind,
        own_share=float(told.own_share),
        of=told.of,
        transforms=_names(told.transform),
        reasons=() if found is None else found.reasons,
    )


def boilerplate_of(result: MediaDNAResult) -> tuple[SharedSpan, ...]:
    """Read the spans that many references share back out of a result."""
    return tuple(
        SharedSpan(
            start=float(one.input.start),
            end=round(float(one.input.start) + float(one.input.duration), TIME_DIGITS),
            references=int(one.references),
        )
        for one in result.boilerplate
    )


def coverage_of(result: MediaDNAResult) -> Coverage:
    """Read the shares that were looked at back out of a result."""
    told = result.coverage or CoverageInfo()
    return Coverage(
        picture=None if told.picture is None else float(told.picture),
        sound=None if told.sound is None else float(told.sound),
        missed=tuple(Missed(track=one.track, cause=one.cause, seconds=float(one.seconds)) for one in told.missed),
    )


def unsearched_of(result: MediaDNAResult) -> tuple[Unsearched, ...]:
    """Read what was not searched back out of a result."""
    return tuple(
        Unsearched(library=one.library, media_id=one.primary_key, reason=one.reason) for one in result.unsearched
    )


def match_size(match: Match) -> int:
    """Return the bytes that a match takes at most wherever it is written: on a topic, or inside `Data`."""
    bare = msgspec.structs.replace(match, intervals=())
    longest = LONGEST_POLICY * "x"
    ruling = Ruling(
        library=match.library,
        reference=match.media_id,
        action=Action.REVIEW,
        policy=longest,
        shadow_action=Action.REVIEW,
        shadow_policy=longest,
        dismissed=True,
        permitted=True,
        retroactive=True,
        younger=True,
    )
    ruled = len(msgspec.json.encode(ruling)) + 1
    return _size(bare, _item(bare, ruling)) + ruled + sum(interval_size(interval) for interval in match.intervals)


def interval_size(interval: Interval) -> int:
    """Return the bytes that an interval takes at most wherever it is written, with the comma behind it."""
    return _size(interval, _detail(interval))


def _size(plain: msgspec.Struct, shown: msgspec.Struct) -> int:
    """The bytes of the larger form, and of a comma: plain JSON, or JSON inside a string, which writes quotes longer."""
    inside = msgspec.json.encode(msgspec.json.encode(shown).decode())
    return max(len(msgspec.json.encode(plain)), len(inside)) + 1


def _boilerplate(span: SharedSpan) -> BoilerplateInfo:
    where = Span(start=_number(span.start, TIME_DIGITS), duration=_number(span.end - span.start, TIME_DIGITS))
    return BoilerplateInfo(input=where, references=str(span.references))


def _coverage(coverage: Coverage) -> CoverageInfo:
    return CoverageInfo(
        picture=None if coverage.picture is None else _number(coverage.picture, SHARE_DIGITS),
        sound=None if coverage.sound is None else _number(coverage.sound, SHARE_DIGITS),
        missed=tuple(
            MissedInfo(track=one.track, cause=one.cause, seconds=_number(one.seconds, TIME_DIGITS))
            for one in coverage.missed
        ),
    )


def action_of(job: Job) -> Action | None:
    """Return the action of a job's matches together; None of one that searched nothing, or is older than the rules."""
    if job.status is not JobStatus.SUCCESS or not job.request.save_type.searches or (job.matches and not job.rulings):
        return None
    decisive = strongest(job.rulings)
    return Action.ALLOW if decisive is None else decisive.effective


def _is_dismissed(ruled: Mapping[tuple[str, str], Ruling], match: Match) -> bool:
    ruling = ruled.get((match.library, match.media_id))
    return ruling is not None and ruling.dismissed


def _item(match: Match, ruling: Ruling | None = None) -> VideoDNAItem:
    return VideoDNAItem(
        primary_key=match.media_id,
        similarity=_number(match.similarity, SHARE_DIGITS),
        detail=tuple(_detail(interval) for interval in match.intervals),
        library=match.library,
        input_coverage=_number(match.input_coverage, SHARE_DIGITS),
        duplication_coverage=_number(match.reference_coverage, SHARE_DIGITS),
        track=match.track,
        action=msgspec.UNSET if ruling is None else ruling.effective,
        policy=msgspec.UNSET if ruling is None else ruling.policy,
        younger=True if ruling is not None and ruling.younger else msgspec.UNSET,
    )


def _verdict(verdict: Verdict) -> VerdictInfo:
    return VerdictInfo(
        kind=verdict.kind,
        own_share=_number(verdict.own_share, SHARE_DIGITS),
        of=verdict.of,
        transform=",".join(verdict.transforms),
    )


def _detail(interval: Interval) -> DetailItem:
    return DetailItem(
        input=Span.of(interval.input_start, interval.input_end),
        duplication=Span.of(interval.reference_start, interval.reference_end),
        similarity=_number(interval.similarity, SHARE_DIGITS),
        track=interval.track,
        speed=_number(interval.speed, SHARE_DIGITS),
        transform=",".join(interval.transforms),
    )


def _interval(detail: DetailItem) -> Interval:
    input_start, input_end = detail.input.times
    reference_start, reference_end = detail.duplication.times
    return Interval(
        input_start=input_start,
        input_end=input_end,
        reference_start=reference_start,
        reference_end=reference_end,
        similarity=float(detail.similarity),
        track=detail.track,
        speed=float(detail.speed),
        transforms=_names(detail.transform),
    )


def _names(transform: str) -> tuple[str, ...]:
    return tuple(name for name in transform.split(",") if name)


def _number(value: float, digits: int) -> str:
    """Write a number as the vendor does: a plain decimal with at least one digit behind the point."""
    text = f"{value:.{digits}f}".rstrip("0")
    text += "0" if text.endswith(".") else ""
    return "0.0" if text == "-0.0" else text
