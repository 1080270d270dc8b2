"""Where media came from: who copied from whom, in a cluster of copies, and what that rests on."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from schemas.matches import Interval
from schemas.verdicts import VerdictKind

__all__ = [
    "MOST_TRACE_REASONS",
    "Trace",
    "TraceBecause",
    "TraceEdge",
    "TraceNode",
    "TraceReason",
    "around_other",
    "trace_sentence",
]

#: Reasons that an edge gives at the most: a popular original has a hundred rivals, and those beaten first say enough.
MOST_TRACE_REASONS = 12


class TraceBecause(StrEnum):
    """What a reason for an edge says: of its source, against its copy, or against another source of the same copy."""

    #: So much of the copy's duration comes from the source: `share`.
    COVERS = "covers"
    #: The source is older by what owners say of publish times: `source_time` against `copy_time`.
    PUBLISHED = "published"
    #: The source was first seen here earlier: `source_time` against `copy_time`.
    FIRST_SEEN = "first_seen"
    #: The source came here later than its copy, and its publish time decides: when each was first seen here.
    CAME_LATER = "came_later"
    #: Both are of one time, and a library held the source first.
    STORED_FIRST = "stored_first"
    #: No time tells which of the two is older.
    TIME_UNKNOWN = "time_unknown"
    #: The copy shows the edits, `edits`, that the source has against `other`, and fewer against the source itself.
    EDITS_SHOW = "edits_show"
    #: The copy does not show the edits, `edits`, that `other` has against the source.
    EDITS_MISSING = "edits_missing"
    #: The copy shares some edits, `edits`, with `other`, and each has its own: a link between them may not be stored.
    SHARED_EDITS = "shared_edits"
    #: The source covers more of the copy, `share`, than `other` does, `other_share`.
    COVERS_MORE = "covers_more"
    #: The copy's pictures look more like the source's, `share`, than like those of `other`, `other_share`.
    LOOKS_LIKE = "looks_like"
    #: It is surer that the copy has something of the source, `share`, than of `other`, `other_share`.
    MORE_ALIKE = "more_alike"
    #: Nothing tells the source from `other`, which is younger.
    AS_GOOD = "as_good"


class TraceReason(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that an edge rests on. What it says nothing of is not there."""

    #: What it says.
    because: TraceBecause
    #: MediaId of another media item that the copy might have been made from.
    other: str = ""
    #: Of the copy's duration, or how alike they are, 0..1.
    share: float | None = None
    #: The same of the other media item.
    other_share: float | None = None
    #: Edits: names as intervals have them, or `speed:1.25`, `cut:30.0-60.0`, `begins:20.0`, `ends:50.0`, with seconds
    #: of the older of the two that the edit is between.
    edits: tuple[str, ...] = ()
    #: Of the source, UTC.
    source_time: str = ""
    #: Of the copy, UTC.
    copy_time: str = ""


class TraceNode(msgspec.Struct, frozen=True, kw_only=True):
    """A media item of a cluster."""

    #: The media item.
    media_id: str
    #: When it was first seen here, UTC; null: not known.
    first_seen: str | None
    #: When it was published, as its owner says, UTC; null: nobody has said.
    published: str | None
    #: Seconds of media; 0: not known.
    duration: float
    #: What its newest result says that it is; null: it was not searched.
    verdict: VerdictKind | None


class TraceEdge(msgspec.Struct, frozen=True, kw_only=True):
    """What a copy has from a source."""

    #: MediaId of the copy.
    copy: str
    #: MediaId of what it was made from.
    source: str
    #: How sure it is that the copy was made from this source, and from no other that is known, 0..1.
    confidence: float
    #: Share of the copy's duration that comes from the source, 0..1.
    coverage: float
    #: The spans: the input is the copy, and the reference its source.
    intervals: tuple[Interval, ...]
    #: Edits that were seen between the two, those of most of it first.
    transforms: tuple[str, ...]
    #: Why this source, and no other.
    why: tuple[TraceReason, ...]


class Trace(msgspec.Struct, frozen=True, kw_only=True):
    """The tree of who copied from whom."""

    #: MediaId of the oldest media item that copies nothing, of those that the asked one leads back to.
    root: str
    #: The media items, the oldest first.
    nodes: tuple[TraceNode, ...]
    #: From copies to their sources, those of the oldest copy first.
    edges: tuple[TraceEdge, ...]
    #: Whether that is the whole cluster: one of very many media items is cut.
    complete: bool = True


def trace_sentence(reason: TraceReason) -> str:
    """Return a reason as a person reads it, about the source of its edge."""
    return "".join(around_other(reason))


def around_other(reason: TraceReason) -> tuple[str, str, str]:
    """Return the same sentence in three: what stands before the name of the other media item, it, and what follows it.

    Names come from strangers: a page isolates each from the text around it.
    """
    edits = ", ".join(reason.edits)
    share, other_share = (f"{100 * (one or 0):.1f} %" for one in (reason.share, reason.other_share))
    times = f"{reason.source_time}, the copy {reason.copy_time}"
    before, behind = {
        TraceBecause.COVERS: (f"{share} of the copy is of it", ""),
        TraceBecause.PUBLISHED: (f"it is older, by what owners say: of {times}", ""),
        TraceBecause.FIRST_SEEN: (f"it was first seen here earlier: {times}", ""),
        TraceBecause.CAME_LATER: (f"it came here later, {times}: the publish time decides", ""),
        TraceBecause.STORED_FIRST: ("both are of one time, and it was stored first", ""),
        TraceBecause.TIME_UNKNOWN: ("no time tells which of the two is older", ""),
        TraceBecause.EDITS_SHOW: ("the copy shows how it differs from ", f": {edits}"),
        TraceBecause.EDITS_MISSING: ("the copy does not show how ", f" differs from it: {edits}"),
        TraceBecause.SHARED_EDITS: ("the copy shares with ", f": {edits}; what both are of may not be stored"),
        TraceBecause.COVERS_MORE: (f"it covers more of the copy, {share}, than ", f", {other_share}"),
        TraceBecause.LOOKS_LIKE: (f"its pictures look more like it, {share}, than like ", f", {other_share}"),
        TraceBecause.MORE_ALIKE: (f"the copy is more like it, {share}, than like ", f", {other_share}"),
        TraceBecause.AS_GOOD: ("nothing tells it from ", ", which is younger"),
    }[reason.because]
    return before, reason.other, behind
