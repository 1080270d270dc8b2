"""Which of two older media items a copy was made from, where both explain the same of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from schemas.traces import TraceBecause, TraceReason
from streams.domain.tracing.edits import edits_of, own_edits, shared
from streams.domain.tracing.links import Link, Links

if TYPE_CHECKING:
    from collections.abc import Mapping

    from streams.domain.tracing.edits import Edit
    from streams.domain.tracing.links import Medium

__all__ = ["Candidate", "Choice", "Chooser", "Likeness"]

#: How alike the pictures of a copy and of its source are as they are, on the spans that they share: 1 for the same
#: pictures. None: that is not known, as of sound, or where one of the two is not stored.
Likeness = Callable[[Link], float | None]

#: What covers less than this share of what the other one covers does not explain the same.
MUCH_LESS = 0.75
#: What covers less by this share of the other's seconds, and by these seconds, covers less: bounds are right within
#: half a second, and both spans have two.
LESS_SHARE, LESS_S = 0.05, 2.0
#: Share of a source's own edits that its copies show: one or the other is not recognised.
SHOWN_SHARE = 0.8
#: Likenesses that differ by less are the same. Measured on chains of the videos to tune with: of what a copy was made
#: from, and of what that was made from, they differ by 0.007 at the least, for the edit that shows least.
LOOKS_ALIKE = 0.003
#: Likenesses that differ by more than this count for more than an edit that does not show: each is worked out along
#: intervals, and one that places the copy wrongly shows other edits and is unlike at once. Chosen: several times what
#: compressing once more costs.
LOOKS_CLEARLY_ALIKE = 0.02
#: Similarities that differ by less are the same: those of copies that differ in nothing vary by a few hundredths.
ALIKE = 0.05
#: Digits behind the point of shares.
SHARE_DIGITS = 4
#: Edits that a reason names: a trailer has hundreds of cuts.
MOST_EDITS = 12
#: How sure a choice is by what decided it, 0..1: chosen so that what intervals show counts more than how alike media
#: are, and a coin where nothing tells; not measured. With an edit that two copies share it is open whether both are of
#: something that is not stored.
CERTAINTY = {
    TraceBecause.COVERS_MORE: 0.9,
    TraceBecause.EDITS_SHOW: 0.9,
    TraceBecause.EDITS_MISSING: 0.9,
    TraceBecause.LOOKS_LIKE: 0.9,
    TraceBecause.SHARED_EDITS: 0.6,
    TraceBecause.MORE_ALIKE: 0.7,
    TraceBecause.AS_GOOD: 0.5,
}


class Candidate(NamedTuple):
    """What a copy may have been made from.

    Attributes:
        link: What the copy has of it.
        seconds: How much of the copy that no other source explains yet it covers.
    """

    link: Link
    seconds: float


class Choice(NamedTuple):
    """Which of two candidates it was.

    Attributes:
        chosen: The one that it was.
        reasons: Why, of that one against the other.
        certainty: How sure that is, 0..1.
    """

    chosen: Candidate
    reasons: tuple[TraceReason, ...]
    certainty: float


class Chooser:
    """Chooses between candidates; what was done to each source is worked out once.

    Args:
        media: All of the cluster, by MediaId.
        links: What each shares with each older one.
        likeness: How alike the pictures of two of them are.
    """

    def __init__(self, media: Mapping[str, Medium], links: Links, likeness: Likeness) -> None:
        self._media = media
        self._links = links
        self._likeness = likeness
        self._likenesses: dict[tuple[str, str], float | None] = {}
        self._edits: dict[tuple[str, str], tuple[Edit, ...]] = {}

    def choose(self, older: Candidate, younger: Candidate) -> Choice:
        """Return which of two candidates a copy was made from.

        One that covers much less of the copy is none. What was done to make the younger one of the older one decides
        next: where the copy shows it, and differs less from the younger one, it was made from that; where it does not
        show, it was not, unless what was done since takes it back, or the copy clearly looks more like the younger one:
        then an interval is mistaken. Then the one that the copy looks more like: each edit takes a copy further away
        from all that came before it. Failing that, the one that covers more, then the surer one, then the older.
        """
        much_more = self._covering(older, younger, MUCH_LESS)
        decided = much_more or self._by_edits(older, younger) or self._by_looks(older, younger)
        return decided or self._covering(older, younger, 1.0 - LESS_SHARE) or self._by_similarity(older, younger)

    def _covering(self, older: Candidate, younger: Candidate, least: float) -> Choice | None:
        """Choose the one that covers more, where the other one covers less than a share of that."""
        more, less = (older, younger) if older.seconds >= younger.seconds else (younger, older)
        if less.seconds >= least * more.seconds or more.seconds - less.seconds <= LESS_S:
            return None
        length = max(self._media[more.link.copy].duration, *(one.link.spans[-1][1] for one in (more, less)))
        shares = [min(1.0, round(one.seconds / length, SHARE_DIGITS)) for one in (more, less)]
        return _choice(more, less, TraceBecause.COVERS_MORE, share=shares[0], other_share=shares[1])

    def _by_edits(self, older: Candidate, younger: Candidate) -> Choice | None:
        """Choose by whether the copy shows what was done to make the younger candidate; None: that says nothing."""
        between = self._links.get(younger.link.source, {}).get(older.link.source)
        if between is None:
            return None
        own = own_edits(between, self._media[between.source].duration, younger.link.intervals)
        against_older, against_younger = self._of(older.link), self._of(younger.link)
        seen, missing = shared(own, against_older)
        # Only beside an edit that shows: of none, to have been left alone is likelier than to have been put right.
        taken_back = tuple(one for one in missing if seen and any(since.undoes(one) for since in against_younger))
        missing = tuple(one for one in missing if one not in taken_back)
        if not own:
            return None
        if len(missing) > (1.0 - SHOWN_SHARE) * len(own):
            if self._looks_clearly_more_like(younger, older):
                return None
            choice = _choice(older, younger, TraceBecause.EDITS_MISSING, edits=_words(missing))
            if not seen:
                return choice
            hint = TraceReason(because=TraceBecause.SHARED_EDITS, other=younger.link.source, edits=_words(seen))
            return choice._replace(reasons=(*choice.reasons, hint), certainty=CERTAINTY[TraceBecause.SHARED_EDITS])
        if len(against_younger) < len(against_older) + 2 * len(taken_back):  # it, and what took it back
            return _choice(younger, older, TraceBecause.EDITS_SHOW, edits=_words(seen))
        return None

    def _looks_clearly_more_like(self, one: Candidate, other: Candidate) -> bool:
        alike, less = self._like(one.link), self._like(other.link)
        return alike is not None and less is not None and alike - less >= LOOKS_CLEARLY_ALIKE

    def _by_looks(self, older: Candidate, younger: Candidate) -> Choice | None:
        """Choose the one whose pictures the copy's are more like; None: they are as like, or it is not known."""
        like_older, like_younger = self._like(older.link), self._like(younger.link)
        if like_older is None or like_younger is None or abs(like_older - like_younger) < LOOKS_ALIKE:
            return None
        more, less = (older, younger) if like_older > like_younger else (younger, older)
        share, other_share = (
            min(1.0, max(0.0, round(one, SHARE_DIGITS))) for one in sorted((like_older, like_younger), reverse=True)
        )
        return _choice(more, less, TraceBecause.LOOKS_LIKE, share=share, other_share=other_share)

    def _by_similarity(self, older: Candidate, younger: Candidate) -> Choice:
        """Choose the one that the copy is more like; of equal ones the older."""
        more, less = (older, younger) if older.link.similarity >= younger.link.similarity else (younger, older)
        alike = [round(one.link.similarity, SHARE_DIGITS) for one in (more, less)]
        if alike[0] - alike[1] <= ALIKE:
            return _choice(older, younger, TraceBecause.AS_GOOD)
        return _choice(more, less, TraceBecause.MORE_ALIKE, share=alike[0], other_share=alike[1])

    def _like(self, link: Link) -> float | None:
        key = (link.copy, link.source)
        if key not in self._likenesses:
            self._likenesses[key] = self._likeness(link)
        return self._likenesses[key]

    def _of(self, link: Link) -> tuple[Edit, ...]:
        key = (link.copy, link.source)
        if key not in self._edits:
            self._edits[key] = edits_of(link, self._media[link.source].duration)
        return self._edits[key]


def _choice(
    chosen: Candidate,
    other: Candidate,
    because: TraceBecause,
    *,
    edits: tuple[str, ...] = (),
    share: float | None = None,
    other_share: float | None = None,
) -> Choice:
    reason = TraceReason(because=because, other=other.link.source, edits=edits, share=share, other_share=other_share)
    return Choice(chosen, (reason,), CERTAINTY[because])


def _words(edits: tuple[Edit, ...]) -> tuple[str, ...]:
    return tuple(map(str, edits[:MOST_EDITS]))
