"""Why it matched, in words that a person understands, and as a piece of page that nobody can break out of."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest
from litestar.testing import AsyncTestClient
from support.cases import decided, found, id_of, item
from support.examples import MATCH
from support.inline import InlineService

from schemas.cases import DecisionKind
from schemas.evidence import (
    ComparedPictures,
    Explanation,
    IntervalEvidence,
    PictureEvidence,
    PointSet,
    SoundEvidence,
    SoundStretch,
    Threshold,
    TrackPoints,
)
from schemas.matches import Track
from schemas.policies import Action
from streams.domain.evidence_errors import BusyError
from streams.web.pages.evidence import picture_words, sound_words

LIMITS = {"min_inliers": 7.0, "max_chance_inliers": 3.0, "even_log_odds": 9.0}
HOSTILE = "<img src=x onerror=alert(1)>\u202e\"'"
PICTURE = PictureEvidence(
    moments=44,
    agreeing=42,
    tolerance_s=0.8,
    moving=30,
    moving_alike=28,
    compared=[ComparedPictures(input=1.0, reference=66.0, common_features=count) for count in (31, 33, 2)],
    by_look=10.0,
)
SOUND = SoundEvidence(
    peaks=1520,
    common=1388,
    by_chance=3.2,
    most_elsewhere=9,
    pitch_steps=-3,
    offsets_s=[0.0],
    counts=[1388],
    stretch=SoundStretch(start=0.0, end=8.0, peaks=100, common=90, elsewhere=6.0),
)
TOLD = Explanation(
    input_duration=20.0,
    reference_duration=1200.0,
    intervals=[
        IntervalEvidence(
            number=1, interval=MATCH.intervals[0], found_again=True, log_odds=40.0, picture=PICTURE, sound=SOUND
        )
    ],
    stored_similarity=0.97,
    picture=TrackPoints(inside=PointSet(input=(1.0,), reference=(66.0,), weight=(2.0,), total=5, thinned="1 of 5")),
    thresholds=[
        Threshold(
            track=Track.PICTURE, stage="s", name=name, value=value, unit="count", meaning="It is.", source="measured"
        )
        for name, value in LIMITS.items()
    ],
)


class Telling:
    """Tells what a test says, or raises it."""

    def __init__(self, answer: Explanation | Exception) -> None:
        self.answer = answer

    async def run(self, order: bytes) -> bytes:
        assert order
        if isinstance(self.answer, Exception):
            raise self.answer
        return msgspec.msgpack.encode(self.answer)


@pytest.fixture
def inline(inline: InlineService) -> InlineService:
    inline.carrier = Telling(TOLD)
    return inline


def know(inline: InlineService, reference: str = "film", **fields: Any) -> str:
    """Let a case be known; return its id."""
    match = msgspec.structs.replace(MATCH, media_id=reference, library="films")
    inline.apply(items=[item(reference)], jobs=[found("j1", {reference: Action.BLOCK}, matches=(match,), **fields)])
    return id_of(reference)


async def fragment(client: AsyncTestClient[Any], case_id: str, **headers: str) -> Any:
    return await client.get(f"/cases/{case_id}/evidence", headers={"Accept": "text/html", **headers})


def test_the_picture_is_told_in_numbers_and_what_they_are_held_against() -> None:
    words = " ".join(picture_words(PICTURE, LIMITS))
    assert "42 of 44 moments look or move like their place in the reference, within 0.8 s." in words
    assert "Something moves in 30 of them; 28 of these move alike." in words
    assert "3 pairs of pictures were compared closely: 2 of 3 have features in common, 32 on average." in words
    assert "At least 7 are needed; unrelated pictures have 3 at the most." in words


def test_a_picture_with_nothing_in_common_says_so() -> None:
    none = msgspec.structs.replace(
        PICTURE, moving=0, compared=[ComparedPictures(input=1.0, reference=2.0, common_features=2)]
    )
    words = " ".join(picture_words(none, LIMITS))
    assert "1 pair of pictures was compared closely: none has enough features in common (2 at the most)." in words
    assert "moves" not in words
    assert picture_words(msgspec.structs.replace(none, moments=0), LIMITS) == (
        "No moment of the picture is described in it.",
    )


def test_the_sound_is_told_in_numbers_and_what_chance_gives() -> None:
    words = " ".join(sound_words(SOUND))
    assert (
        "1,388 of 1,520 peaks coincide at one offset; chance gives about 3, and the best other offset nearby 9."
        in words
    )
    assert "It was found by 8 s in which 90 of 100 peaks coincide, against 6 at another offset." in words
    assert "3/36 of an octave lower" in words
    unknown = msgspec.structs.replace(SOUND, by_chance=None, most_elsewhere=None, stretch=None, pitch_steps=0)
    assert sound_words(unknown) == ("1,388 of 1,520 peaks coincide at one offset.",)
    assert sound_words(msgspec.structs.replace(SOUND, peaks=0)) == ("Nothing sounds in it.",)


async def test_the_piece_of_page_has_words_plot_and_thresholds(
    client: AsyncTestClient[Any], inline: InlineService
) -> None:
    answer = await fragment(client, know(inline))
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/html")
    assert "<html" not in answer.text
    for part in ("42 of 44 moments", "1,388 of 1,520 peaks", "40 log-odds", "<svg viewBox", "drawn: 1", "min_inliers"):
        assert part in answer.text
    assert "97 %" in answer.text
    for forbidden in ("style=", "<script", "onload", " id="):
        assert forbidden not in answer.text


async def test_who_has_it_already_is_told_so(client: AsyncTestClient[Any], inline: InlineService) -> None:
    case_id = know(inline)
    tag = (await fragment(client, case_id)).headers["etag"]
    again = await fragment(client, case_id, **{"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")


async def test_names_and_words_of_strangers_are_text(client: AsyncTestClient[Any], inline: InlineService) -> None:
    span = msgspec.structs.replace(MATCH.intervals[0], transforms=(HOSTILE,))
    one = msgspec.structs.replace(TOLD.intervals[0], interval=span)
    inline.carrier.answer = msgspec.structs.replace(TOLD, intervals=[one], notes=[HOSTILE])  # type: ignore[attr-defined]
    answer = await fragment(client, know(inline, HOSTILE, media_id="video"))
    assert answer.status_code == 200, answer.text
    assert "<img" not in answer.text
    assert answer.text.count("&lt;img src=x onerror=alert(1)&gt;") == 2


async def test_a_match_that_cannot_be_looked_at_again_says_why_and_shows_its_intervals(
    client: AsyncTestClient[Any], inline: InlineService
) -> None:
    bare = Explanation(intervals=[IntervalEvidence(number=1, interval=MATCH.intervals[0])], thresholds=TOLD.thresholds)
    inline.carrier.answer = bare  # type: ignore[attr-defined]
    text = (await fragment(client, know(inline))).text
    assert "was not kept" in text or "removed" in text
    assert re.search(r"0:00\.0 . 0:05\.0 is 1:05\.0 . 1:10\.0 of the reference", text)
    assert "No points:" in text
    assert "The stored fingerprints alone make this" not in text


async def test_a_case_of_which_no_match_is_known_is_answered_in_words(
    client: AsyncTestClient[Any], inline: InlineService
) -> None:
    inline.apply(items=[item("film")], decisions=decided([DecisionKind.ESCALATE], "film"))
    answer = await fragment(client, id_of("film"))
    assert answer.status_code == 200
    assert "Nothing is known of this case&#39;s match any more" in answer.text


async def test_no_case_is_404_and_too_many_at_once_is_503(client: AsyncTestClient[Any], inline: InlineService) -> None:
    assert (await fragment(client, "none")).status_code == 404
    inline.carrier.answer = BusyError()  # type: ignore[attr-defined]
    answer = await fragment(client, know(inline))
    assert answer.status_code == 503
    assert answer.headers["retry-after"]


async def test_fifty_intervals_are_all_there(client: AsyncTestClient[Any], inline: InlineService) -> None:
    many = [msgspec.structs.replace(TOLD.intervals[0], number=number) for number in range(1, 51)]
    inline.carrier.answer = msgspec.structs.replace(TOLD, intervals=many, left_out=7)  # type: ignore[attr-defined]
    text = (await fragment(client, know(inline))).text
    assert text.count('<section class="why">') == 50
    assert "7 shorter intervals are not told of here." in text


async def test_the_stylesheet_is_served(client: AsyncTestClient[Any]) -> None:
    answer = await client.get("/static/offset_plot.css")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/css")
