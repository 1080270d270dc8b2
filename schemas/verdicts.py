"""Original or copy: what all matches of a job say of its media item together, and the reasons."""

from __future__ import annotations

from enum import StrEnum

import msgspec

__all__ = [
    "MOST_NAMED",
    "MOST_REASONS",
    "Because",
    "Reason",
    "Verdict",
    "VerdictKind",
    "around_name",
    "as_sentence",
    "in_words",
]

#: References that a verdict names at the most: names are long, and the matches beside it tell of all of them.
MOST_NAMED = 50
#: Reasons that a verdict gives at the most: a trailer has hundreds of cuts, and a few of them show what it is.
MOST_REASONS = 24


class VerdictKind(StrEnum):
    """What a media item is beside those that are older."""

    #: Nothing older is copied.
    ORIGINAL = "original"
    #: One older reference covers nearly all of it, in its own order.
    COPY = "copy"
    #: Spans of one older reference, in its own order.
    PARTIAL_COPY = "partial_copy"
    #: Spans of one older reference in another order, or with parts left out between them.
    RECUT = "recut"
    #: Spans of several older references.
    COMPILATION = "compilation"


class Because(StrEnum):
    """What a reason says."""

    #: So much of the input is covered by the intervals of one reference: `share`.
    COVERS = "covers"
    #: At `input_at` the reference goes back, from `reference_from` to `reference_to`.
    GOES_BACK = "goes_back"
    #: At `input_at` a part of the reference is left out, from `reference_from` to `reference_to`.
    LEAVES_OUT = "leaves_out"
    #: The intervals in which an edit, `edit`, was seen cover so much of the input: `share`.
    EDIT = "edit"
    #: No interval has any picture.
    SOUND_ONLY = "sound_only"
    #: No interval has any sound.
    PICTURE_ONLY = "picture_only"
    #: The reference is younger than the input: it is the copy, and its intervals link nothing.
    YOUNGER = "younger"
    #: All that the reference shares with the input many references share: its intervals link nothing.
    BOILERPLATE = "boilerplate"


class Reason(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that a verdict rests on, which the intervals show. What it says nothing of is not there."""

    #: What it says.
    because: Because
    #: MediaId of the reference.
    reference: str = ""
    #: Of the input's duration, 0..1.
    share: float | None = None
    #: In the input, seconds.
    input_at: float | None = None
    #: In the reference, seconds: where a span ends, and
    reference_from: float | None = None
    #: where the span that follows in the input begins.
    reference_to: float | None = None
    #: Name of an edit, as intervals have it.
    edit: str = ""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What a media item is beside those that are older."""

    #: What it is.
    kind: VerdictKind
    #: Share of the input that no interval of an older reference covers, 0..1.
    own_share: float
    #: MediaIds of the older references that it copies; those that say most of it first.
    of: tuple[str, ...] = ()
    #: Edits that were seen in what it copies, those of most of it first.
    transforms: tuple[str, ...] = ()
    #: What it rests on.
    reasons: tuple[Reason, ...] = ()


def in_words(kind: VerdictKind) -> str:
    """Return a kind as a person reads it."""
    return kind.replace("_", " ")


def as_sentence(reason: Reason) -> str:
    """Return a reason as a person reads it, with the numbers that the intervals show."""
    return "".join(around_name(reason))


def around_name(reason: Reason) -> tuple[str, str, str]:
    """Return the same sentence in three: what stands before the reference's name, the name, and what follows it.

    Names come from strangers: a page isolates each from the text around it.
    """
    share = "" if reason.share is None else f"{100 * reason.share:.1f} %"
    at = f"at {reason.input_at or 0:.1f} s"
    part = f"{reason.reference_from or 0:.1f} s to {reason.reference_to or 0:.1f} s"
    before, behind = {
        Because.COVERS: (f"{share} of it is of ", ""),
        Because.GOES_BACK: (f"{at} ", f" goes back from {part}"),
        Because.LEAVES_OUT: (f"{at} what ", f" has from {part} is left out"),
        Because.EDIT: (f"{share} of it is {reason.edit}", ""),
        Because.SOUND_ONLY: ("only the sound was kept", ""),
        Because.PICTURE_ONLY: ("only the picture was kept", ""),
        Because.YOUNGER: ("", " is younger: it is the copy"),
        Because.BOILERPLATE: ("what ", " shares with it many references share"),
    }[reason.because]
    return before, reason.reference, behind
