"""What was done to a source to make a copy of it, as far as the intervals between the two show it."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from fingerprint.intervals import covered_s, overlap_s, union
from streams.domain.cuts import cuts_in

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from fingerprint.intervals import Span
    from schemas.matches import Interval
    from streams.domain.tracing.links import Link

__all__ = ["Edit", "edits_of", "own_edits", "shared", "transforms_of", "undone"]

#: Share of what a copy has of its source from which an edit of the picture counts: single intervals are mistaken at
#: times.
EDIT_SHARE = 0.25
#: A copy that begins, or ends, by no more than this from its source's own bounds was not cut there, seconds: bounds are
#: right within half a second, and black at the end matches nothing.
BORDER_S = 2.0
#: Two places of one source are the same within this, seconds: each is right within half a second.
SAME_PLACE_S = 1.0
#: Speeds are known to about a hundredth: less than twice that is none, and speeds that differ by less are the same.
SPEED_ERROR = 0.02
#: What was put into another picture is taken back by cropping, and the other way round; all others by themselves.
UNDONE = {"cropped": "inserted", "inserted": "cropped"}
#: Begins the names of turns; degrees follow.
ROTATED = "rotated:"
FULL_TURN = 360
#: A place shows where this much of the second before it and of the second behind it is there.
LEAST_SHOWN = 0.75


class Edit(NamedTuple):
    """One thing that was done to a source.

    Attributes:
        kind: A name as intervals have it; or `speed`, `cut`, `begins`, `ends`.
        first: The speed; or where in the source it is, seconds: of a cut, where it leaves off.
        second: Of a cut: where in the source it goes on, seconds.
        at: Where in the copy it is, seconds; None: it is in no one place.
    """

    kind: str
    first: float = 0.0
    second: float = 0.0
    at: float | None = None

    def __str__(self) -> str:
        """Write it as reasons have it."""
        if self.kind == "cut":
            return f"cut:{self.first:.1f}-{self.second:.1f}"
        if self.kind == "speed":
            return f"speed:{self.first:.2f}"
        return self.kind if self.at is None else f"{self.kind}:{self.first:.1f}"

    def undoes(self, other: Edit) -> bool:
        """Whether it takes another edit back, as far as can be told: what was cropped and then framed shows neither."""
        if self.kind == "speed":
            return other.kind == "speed" and abs(self.first * other.first - 1.0) <= SPEED_ERROR
        return self.at is None and self.kind == undone(other.kind)

    def is_same(self, other: Edit) -> bool:
        """Whether another edit of the same source is the same, as far as can be told."""
        if self.kind != other.kind:
            return False
        error = SPEED_ERROR * self.first if self.kind == "speed" else SAME_PLACE_S
        return abs(self.first - other.first) <= error and abs(self.second - other.second) <= error


def undone(name: str) -> str:
    """Return what takes an edit of the picture back, and what it looks like from its copy's side."""
    degrees = name.removeprefix(ROTATED)
    if degrees != name and degrees.isdigit():
        return f"{ROTATED}{(FULL_TURN - int(degrees)) % FULL_TURN}"
    return UNDONE.get(name, name)


def edits_of(link: Link, duration: float) -> tuple[Edit, ...]:
    """Return what was done to a source.

    Args:
        link: What the copy has of it.
        duration: Of the source, seconds; 0: not known.
    """
    return _edits(link.intervals, duration)


def own_edits(link: Link, duration: float, shown: Iterable[Interval]) -> tuple[Edit, ...]:
    """Return what was done to a source, as far as it must show in a copy of the copy.

    Args:
        link: What the copy has of the source.
        duration: Of the source, seconds; 0: not known.
        shown: What the copy's own copy has of it: there it is the reference.
    """
    spans = union((one.reference_start, one.reference_end) for one in shown)
    seen = [one for one in link.intervals if overlap_s((one.input_start, one.input_end), spans) > SAME_PLACE_S]
    if not seen:
        return ()
    return tuple(one for one in _edits(seen, duration) if one.at is None or _is_shown(one, one.at, spans))


def shared(edits: Sequence[Edit], others: Sequence[Edit]) -> tuple[tuple[Edit, ...], tuple[Edit, ...]]:
    """Return which edits are among others of the same source, and which are not."""
    among = tuple(one for one in edits if any(map(one.is_same, others)))
    return among, tuple(one for one in edits if one not in among)


def transforms_of(intervals: Iterable[Interval], least_s: float = 0.0) -> tuple[str, ...]:
    """Return the edits of the picture that cover so many seconds at the least, those of most first."""
    spans: dict[str, list[Span]] = defaultdict(list)
    for one in intervals:
        for name in one.transforms:
            spans[name].append((one.input_start, one.input_end))
    seconds = {name: covered_s(each) for name, each in spans.items()}
    lasting = (name for name in seconds if seconds[name] >= least_s)
    return tuple(sorted(lasting, key=lambda name: (-seconds[name], name)))


def _edits(intervals: Sequence[Interval], duration: float) -> tuple[Edit, ...]:
    whole = covered_s((one.input_start, one.input_end) for one in intervals)
    cuts = [Edit("cut", one.reference_from, one.reference_to, one.input_at) for one in cuts_in(intervals)]
    names = [Edit(name) for name in transforms_of(intervals, EDIT_SHARE * whole)]
    return (*names, *_speed(intervals), *cuts, *_borders(intervals, duration))


def _speed(intervals: Collection[Interval]) -> list[Edit]:
    """Return the speed of the longest interval, where that is another one."""
    longest = max(intervals, key=lambda one: (one.input_end - one.input_start, -one.input_start, one.speed))
    return [Edit("speed", longest.speed)] if abs(longest.speed - 1.0) >= SPEED_ERROR else []


def _borders(intervals: Collection[Interval], duration: float) -> list[Edit]:
    """Return where in the source the copy begins and ends, where the source itself does not."""
    first = min(intervals, key=lambda one: (one.reference_start, one.input_start))
    last = max(intervals, key=lambda one: (one.reference_end, -one.input_end))
    begins = [Edit("begins", first.reference_start, at=first.input_start)]
    ends = [Edit("ends", last.reference_end, at=last.input_end)]
    return [
        *(begins if first.reference_start > BORDER_S else ()),
        *(ends if duration - last.reference_end > BORDER_S else ()),
    ]


def _is_shown(edit: Edit, at: float, spans: Sequence[Span]) -> bool:
    """Whether spans of a copy hold the place of an edit, with what lies at its sides."""
    before, behind = (overlap_s(side, spans) / SAME_PLACE_S for side in _sides(at))
    if edit.kind == "begins":
        return behind >= LEAST_SHOWN
    if edit.kind == "ends":
        return before >= LEAST_SHOWN
    return before >= LEAST_SHOWN and behind >= LEAST_SHOWN


def _sides(at: float) -> tuple[Span, Span]:
    return (at - SAME_PLACE_S, at), (at, at + SAME_PLACE_S)
