"""Media that nobody has named gets names of which no two are alike."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.cli.names import distinct_names, media_name, media_url


@pytest.mark.parametrize(
    ("places", "names"),
    [
        (["a/clip.mp4"], ["clip"]),
        (["a/one.mp4", "b/two.mp4"], ["one", "two"]),
        (["a/clip.mp4", "b/clip.mp4"], ["a_clip", "b_clip"]),
        (["a/clip.mp4", "a/clip.mov"], ["clip.mp4", "clip.mov"]),
        (["a/clip.mp4", "a/clip"], ["clip.mp4", "clip"]),
        (["x/a/clip.mp4", "y/a/clip.mp4", "other.mp4"], ["x_a_clip", "y_a_clip", "other"]),
        (["a/clip.mp4", "a/clip.mov", "b/clip.mp4"], ["a_clip.mp4", "a_clip.mov", "b_clip.mp4"]),
        (["a/clip.mp4", "b/clip.mp4", "a_clip.mp4"], ["a_clip.mp4", "b_clip.mp4", "a_clip"]),
        (
            ["https://one.example/v/clip.mp4", "https://two.example/v/clip.mp4"],
            ["one.example_v_clip", "two.example_v_clip"],
        ),
        (["s3://one/clip.mp4", "s3://two/clip.mp4"], ["one_clip", "two_clip"]),
        (["https://a.example/get?id=1", "https://a.example/get?id=2"], [None, None]),
        (["https://a.example/get?id=1", "https://a.example/get?id=2", "c.mp4"], [None, None, "c"]),
        (["http://[no/clip.mp4", "b.mp4"], ["clip", "b"]),
    ],
)
def test_names_are_as_short_as_they_can_be_and_differ(places: list[str], names: list[str | None]) -> None:
    assert list(distinct_names(places).values()) == names


def test_the_same_file_is_the_same_thing_however_it_is_written() -> None:
    assert set(distinct_names(["a.mp4", "./a.mp4", str(Path("a.mp4").absolute())]).values()) == {"a"}


def test_a_name_that_is_no_text_stays_what_it_is() -> None:
    place = os.fsdecode(b"caf\xe9.mp4")
    assert media_name(place) == os.fsdecode(b"caf\xe9")
    assert media_url(place).endswith("caf%E9.mp4")


PARTS = st.text("ab._", min_size=1, max_size=3).filter(lambda part: part.strip("."))


@given(st.lists(st.lists(PARTS, min_size=1, max_size=3).map("/".join), unique=True, max_size=8))
def test_no_two_names_are_alike_and_a_file_with_a_name_of_its_own_keeps_it(places: list[str]) -> None:
    names = distinct_names(places)
    given_names = [name for name in names.values() if name is not None]
    assert len(set(given_names)) == len(given_names)
    stems = [media_name(place) for place in places]
    for place, stem in zip(places, stems, strict=True):
        if stems.count(stem) == 1:
            assert names[place] == stem
