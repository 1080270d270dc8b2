"""Whether a media item is an original or a copy: pure, of its matches, its duration, and which references are younger.

An answer is the same in whatever order matches come, and each of its reasons can be checked against their intervals.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from fingerprint.intervals import covered_s, overlap_s, union
from schemas.jobs import JobStatus
from schemas.matches import Track
from schemas.verdicts import MOST_NAMED, MOST_REASONS, Because, Reason, Verdict, VerdictKind
from streams.domain.boilerplate import overruled, shared_spans, shows_more
from streams.domain.cuts import cuts_in

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from fingerprint.intervals import Span
    from schemas.boilerplate import BoilerplateRuling
    from schemas.jobs import Job
    from schemas.matches import Interval, Match

__all__ = ["COPY_SHARE", "as_overruled", "counted", "judged", "verdict_on", "with_boilerplate"]

#: From which covered share of the input on one reference alone makes it a copy; the contract names the figure.
COPY_SHARE = 0.9
#: What lies outside of other spans by less than this, seconds, does not: bounds are right within half a second, and a
#: span has two.
BOUNDS_S = 1.0
#: Digits behind the point of shares, as matches have them: who reads 0.9 there reads the same here.
SHARE_DIGITS = 4


class _Link(NamedTuple):
    """An older reference, with what of it the input copies.

    Attributes:
        match: The match.
        intervals: Those that link the two, by their place in the input.
        seconds: How much of the input these cover.
        share: The same, as a share of the input.
        cuts: Where the reference is not shown in its own order, or not in one piece.
    """

    match: Match
    intervals: tuple[Interval, ...]
    seconds: float
    share: float
    cuts: tuple[Reason, ...]

    @property
    def spans(self) -> list[Span]:
        return _spans(self.intervals)

    @property
    def order(self) -> tuple[float | str, ...]:
        """What links are sorted by: the one that covers most comes first, of equals the one in its own order."""
        return -self.share, len(self.cuts), -self.match.similarity, self.match.library, self.match.media_id


def judged(job: Job) -> Job:
    """Return a job with the verdict on its media item; one that has not succeeded, or searched nothing, has none.

    Args:
        job: The job, with its rulings, which say which references are younger, and which pairs are no match, and with
            the spans that many references share.
    """
    if job.status is not JobStatus.SUCCESS or not job.request.save_type.searches:
        return job
    younger = {one.reference for one in job.rulings if one.younger}
    boilerplate = [(span.start, span.end) for span in job.boilerplate]
    verdict = verdict_on(counted(job), job.metrics.duration, younger=younger, boilerplate=boilerplate)
    return msgspec.structs.replace(job, verdict=verdict)


def with_boilerplate(job: Job, *, references: int, rulings: Iterable[BoilerplateRuling] = ()) -> Job:
    """Return a job with the spans of its media that are boilerplate.

    Args:
        job: The job, with its rulings.
        references: How many of one library have to hold a span.
        rulings: What people say of the references that it matches.
    """
    shared = shared_spans(counted(job), job.metrics.duration, references=references)
    return as_overruled(msgspec.structs.replace(job, boilerplate=shared, counted_boilerplate=None), rulings)


def as_overruled(job: Job, rulings: Iterable[BoilerplateRuling]) -> Job:
    """Return a job with the boilerplate that people leave of it now, whatever they said when it ended.

    Args:
        job: The job; one that has a verdict gets the one that follows.
        rulings: What people say of the references that it matches, and of its own media item.
    """
    by_number = job.boilerplate if job.counted_boilerplate is None else job.counted_boilerplate
    now = overruled(by_number, counted(job), rulings, media_id=job.media_id)
    if now == job.boilerplate:
        return job
    changed = msgspec.structs.replace(job, boilerplate=now, counted_boilerplate=None if now == by_number else by_number)
    return changed if job.verdict is None else judged(changed)


def verdict_on(
    matches: Iterable[Match], duration: float, *, younger: Collection[str] = (), boilerplate: Sequence[Span] = ()
) -> Verdict:
    """Return what a media item is beside the older references that it copies.

    One reference that covers nearly all of the input decides alone: the input is a copy where it shows that in its own
    order, else a recut. Failing that, every reference counts for what those that cover more leave of the input: two
    that both have some make a compilation.

    Args:
        matches: What the input copies, in any order; intervals may overlap.
        duration: Of the input, seconds. Where intervals reach further, the input does.
        younger: MediaIds of references that are copies of the input.
        boilerplate: Spans of the input that many references share. What lies in them alone links nothing, and counts
            as the input's own.
    """
    matches = list(matches)
    length = max([duration, *(one.input_end for match in matches for one in match.intervals)])
    common = union(boilerplate)
    links: list[_Link] = []
    idle: list[Reason] = []
    for match in sorted(matches, key=lambda one: (-one.similarity, one.library, one.media_id)):
        if match.media_id in younger:
            idle.append(Reason(because=Because.YOUNGER, reference=match.media_id))
            continue
        link = _linked(match, common, length)
        if link.seconds > 0:
            links.append(link)
        elif common and covered_s(_spans(match.intervals)) > 0:
            idle.append(Reason(because=Because.BOILERPLATE, reference=match.media_id))
    return _verdict(sorted(links, key=lambda one: one.order), idle, length)


def counted(job: Job) -> list[Match]:
    """Return the matches that a verdict rests on: without those with itself, and those that people dismissed."""
    left_out = {(one.library, one.reference) for one in job.rulings if one.dismissed}
    return [
        match
        for match in job.matches
        if match.media_id != job.media_id and (match.library, match.media_id) not in left_out
    ]


def _verdict(links: Sequence[_Link], idle: Sequence[Reason], length: float) -> Verdict:
    """Return the verdict.

    Args:
        links: The older references, those that cover most first.
        idle: What is said of references that link nothing.
        length: Of the input, seconds.
    """
    if not links:
        return Verdict(kind=VerdictKind.ORIGINAL, own_share=1.0, reasons=_told(idle))
    kind, deciding = _decided(links)
    first = [*deciding, *(one for one in links if one not in deciding)]
    copied = _rounded(covered_s(span for link in links for span in link.spans), length)
    edits = _edits([one for link in links for one in link.intervals], length)
    covers = [Reason(because=Because.COVERS, reference=one.match.media_id, share=one.share) for one in deciding]
    cuts = [cut for link in deciding for cut in link.cuts] if kind is VerdictKind.RECUT else []
    return Verdict(
        kind=kind,
        own_share=round(1.0 - copied, SHARE_DIGITS),
        of=tuple(dict.fromkeys(link.match.media_id for link in first))[:MOST_NAMED],
        transforms=tuple(one.edit for one in edits),
        reasons=_told([*covers, *_one_track(links), *edits, *idle, *cuts]),
    )


def _decided(links: Sequence[_Link]) -> tuple[VerdictKind, list[_Link]]:
    """Return the kind, and the references that it rests on."""
    whole = [one for one in links if one.share >= COPY_SHARE]
    if whole:
        in_order = [one for one in whole if not one.cuts]
        return (VerdictKind.COPY, in_order[:1]) if in_order else (VerdictKind.RECUT, whole[:1])
    parts = _contributing(links)
    if len({one.match.media_id for one in parts}) > 1:
        return VerdictKind.COMPILATION, parts
    return (VerdictKind.RECUT if links[0].cuts else VerdictKind.PARTIAL_COPY), [links[0]]


def _contributing(links: Sequence[_Link]) -> list[_Link]:
    """Return the references of which each has something that those before it have not; of copies of each other one."""
    parts: list[_Link] = []
    taken: list[Span] = []
    for link in links:
        if len(parts) == MOST_NAMED:  # it is clear by then what it is
            break
        if not parts or _outside_s(link.spans, taken) > BOUNDS_S:
            parts.append(link)
            taken = union([*taken, *link.spans])
    return parts


def _linked(match: Match, common: Sequence[Span], length: float) -> _Link:
    intervals = tuple(
        sorted(
            (one for one in match.intervals if shows_more((one.input_start, one.input_end), common)),
            key=lambda one: (one.input_start, one.input_end, one.reference_start, one.reference_end, one.track),
        )
    )
    seconds = covered_s(_spans(intervals))
    cuts = tuple(
        Reason(
            because=Because.GOES_BACK if cut.goes_back else Because.LEAVES_OUT,
            reference=match.media_id,
            input_at=cut.input_at,
            reference_from=cut.reference_from,
            reference_to=cut.reference_to,
        )
        for cut in cuts_in(intervals)
    )
    return _Link(match, intervals, seconds, _rounded(seconds, length), cuts)


def _outside_s(spans: Sequence[Span], taken: Sequence[Span]) -> float:
    """Return how much spans cover that others, which are in order and apart, do not: seconds."""
    return sum(end - start - overlap_s((start, end), taken) for start, end in union(spans))


def _edits(intervals: Iterable[Interval], length: float) -> list[Reason]:
    """Return the edits, those of most of the input first."""
    seen: dict[str, list[Span]] = {}
    for one in intervals:
        for name in one.transforms:
            seen.setdefault(name, []).append((one.input_start, one.input_end))
    shares = {name: _rounded(covered_s(spans), length) for name, spans in seen.items()}
    return [
        Reason(because=Because.EDIT, edit=name, share=shares[name])
        for name in sorted(shares, key=lambda name: (-shares[name], name))
    ]


def _one_track(links: Iterable[_Link]) -> list[Reason]:
    """Return that only the picture, or only the sound, was kept, where that is so of all that was copied."""
    tracks = {one.track for link in links for one in link.intervals}
    kept = {frozenset({Track.SOUND}): Because.SOUND_ONLY, frozenset({Track.PICTURE}): Because.PICTURE_ONLY}
    because = kept.get(frozenset(tracks))
    return [] if because is None else [Reason(because=because)]


def _told(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """Return as many reasons as are told; what two libraries say of one media item is said once."""
    return tuple(dict.fromkeys(reasons))[:MOST_REASONS]


def _spans(intervals: Iterable[Interval]) -> list[Span]:
    return [(one.input_start, one.input_end) for one in intervals]


def _rounded(seconds: float, length: float) -> float:
    return min(1.0, round(seconds / length, SHARE_DIGITS)) if length > 0 else 0.0
