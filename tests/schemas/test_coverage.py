"""What an answer does not rest on is said in sentences; what is hardly anything is not."""

from __future__ import annotations

import pytest

from schemas.coverage import REASONS, Cause, Coverage, Missed, Unsearched, percent, shortfalls
from schemas.matches import Track


def test_an_answer_that_rests_on_everything_needs_no_words() -> None:
    assert shortfalls(Coverage(picture=1.0, sound=None), ()) == []
    assert shortfalls(Coverage(), ()) == []


def test_a_broken_picture_or_two_need_no_words() -> None:
    missed = (Missed(track=Track.PICTURE, cause=Cause.DAMAGED, seconds=0.5),)
    assert shortfalls(Coverage(picture=0.995, missed=missed), ()) == []


def test_of_several_causes_that_of_most_is_said() -> None:
    missed = (
        Missed(track=Track.PICTURE, cause=Cause.TOO_LARGE, seconds=1.0),
        Missed(track=Track.PICTURE, cause=Cause.DAMAGED, seconds=2.0),
        Missed(track=Track.SOUND, cause=Cause.UNSUPPORTED, seconds=9.0),
    )
    assert shortfalls(Coverage(picture=0.625, sound=0.0, missed=missed), ()) == [
        "37.5 % of the picture was not looked at: it is damaged",
        "100 % of the sound was not looked at: there is no decoder for it",
    ]


def test_each_cause_has_words() -> None:
    assert set(REASONS) == set(Cause)


def test_libraries_are_named_and_references_counted() -> None:
    unsearched = [
        Unsearched(library="films", reason="it was paused"),
        *(Unsearched(library="ads", media_id=f"m{number}", reason="damaged") for number in range(3)),
    ]
    assert shortfalls(Coverage(), unsearched) == [
        "library 'films' was not searched: it was paused",
        "'m0' of library 'ads' and 2 references more were not compared: damaged",
    ]


@pytest.mark.parametrize(("share", "text"), [(1.0, "100 %"), (0.9999, "99.9 %"), (0.5, "50 %"), (0.0, "0 %")])
def test_only_all_is_a_hundred_per_cent(share: float, text: str) -> None:
    assert percent(share) == text
