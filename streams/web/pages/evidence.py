"""Why it matched, for people: a piece of a page, with its words and its plot."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template

from streams.domain.evidence_errors import NothingToExplainError
from streams.web.api.etag import with_etag
from streams.web.auth.authenticator import needs
from streams.web.auth.roles import Role
from streams.web.pages.offset_plot import OffsetPlot
from streams.web.services import Services

if TYPE_CHECKING:
    from schemas.evidence import Evidence, IntervalEvidence, PictureEvidence, SoundEvidence

__all__ = ["EvidencePage", "IntervalWords", "evidence_fragment"]

#: Where the piece of page is made.
TEMPLATE = "partials/evidence.html"
#: Pitches are told in these steps an octave.
STEPS_PER_OCTAVE = 36


@dataclass(frozen=True)
class IntervalWords:
    """An interval and, in words, what speaks for it.

    Attributes:
        evidence: The interval, and what was seen of it.
        picture: Sentences about its picture.
        sound: Sentences about its sound.
        together: What both come to.
    """

    evidence: IntervalEvidence
    picture: tuple[str, ...]
    sound: tuple[str, ...]
    together: str


@dataclass(frozen=True)
class EvidencePage:
    """What the piece of page shows."""

    evidence: Evidence
    intervals: tuple[IntervalWords, ...]
    plot: OffsetPlot
    close_up: OffsetPlot | None

    @classmethod
    def of(cls, evidence: Evidence) -> Self:
        """Put evidence into words, and lay out its plots."""
        limits = {one.name: one.value for one in evidence.thresholds}
        words = tuple(
            IntervalWords(
                one,
                () if one.picture is None else picture_words(one.picture, limits),
                () if one.sound is None else sound_words(one.sound),
                _together(one, limits, looked_again=evidence.looked_again),
            )
            for one in evidence.intervals
        )
        return cls(evidence, words, OffsetPlot.of(evidence), OffsetPlot.close_up(evidence))


@get("/cases/{case_id:str}/evidence", include_in_schema=False, opt=needs(Role.READER))
async def evidence_fragment(
    case_id: FromPath[str], services: NamedDependency[Services], request: Request[Any, Any, Any]
) -> Response[Any]:
    """Show why a case's pair matches: a piece of page, for the page of the case."""
    try:
        evidence = await services.evidence.of_case(case_id)
    except NothingToExplainError as error:
        return Template(TEMPLATE, context={"case_id": case_id, "evidence": None, "reason": str(error)})
    known = with_etag(request, evidence)
    if known.status_code == 304:  # noqa: PLR2004 (Not Modified)
        return known
    page = await asyncio.to_thread(EvidencePage.of, evidence)
    context = {"case_id": case_id, "evidence": page}
    return Template(TEMPLATE, context=context, headers=dict(known.headers))


def picture_words(picture: PictureEvidence, limits: dict[str, float]) -> tuple[str, ...]:
    """Say what the picture says for an interval.

    Args:
        picture: What was seen.
        limits: What it is held against, by name.
    """
    if not picture.moments:
        return ("No moment of the picture is described in it.",)
    place = f"like their place in the reference, within {picture.tolerance_s:g} s"
    words = [f"{picture.agreeing:,} of {picture.moments:,} moments look or move {place}."]
    if picture.moving:
        words.append(f"Something moves in {picture.moving} of them; {picture.moving_alike} of these move alike.")
    if picture.compared:
        words.append(_compared_words(picture, limits))
    return tuple(words)


def _compared_words(picture: PictureEvidence, limits: dict[str, float]) -> str:
    """Say what a closer look at some pictures has shown."""
    needed, chance = limits["min_inliers"], limits["max_chance_inliers"]
    common = [one.common_features for one in picture.compared]
    enough = [count for count in common if count >= needed]
    pairs = "pair of pictures was" if len(common) == 1 else "pairs of pictures were"
    words = f"{len(common)} {pairs} compared closely: "
    if enough:
        words += (
            f"{len(enough)} of {len(common)} have features in common, {round(sum(enough) / len(enough))} on average. "
        )
    else:
        words += f"none has enough features in common ({max(common)} at the most). "
    return words + f"At least {needed:g} are needed; unrelated pictures have {chance:g} at the most."


def sound_words(sound: SoundEvidence) -> tuple[str, ...]:
    """Say what the sound says for an interval."""
    if not sound.peaks:
        return ("Nothing sounds in it.",)
    chance = "" if sound.by_chance is None else f"; chance gives about {sound.by_chance:,.0f}"
    best = "" if sound.most_elsewhere is None else f", and the best other offset nearby {sound.most_elsewhere:,}"
    words = [f"{sound.common:,} of {sound.peaks:,} peaks coincide at one offset{chance}{best}."]
    if sound.stretch is not None:
        found = sound.stretch
        share = f"{found.common:,} of {found.peaks:,} peaks coincide, against {found.elsewhere:,.0f} at another offset"
        words.append(f"It was found by {found.end - found.start:.0f} s in which {share}.")
    if sound.pitch_steps:
        way = "higher" if sound.pitch_steps > 0 else "lower"
        words.append(f"It is {abs(sound.pitch_steps)}/{STEPS_PER_OCTAVE} of an octave {way} than the reference.")
    return tuple(words)


def _together(one: IntervalEvidence, limits: dict[str, float], *, looked_again: bool) -> str:
    """Say what an interval's evidence comes to."""
    if not looked_again:
        return ""
    if one.log_odds is None:
        return "The stored fingerprints alone do not give this interval."
    even = limits["even_log_odds"]
    return f"Together: {one.log_odds:,.0f} log-odds, where {even:g} is the line between a copy and a chance likeness."
