"""Which of two media items is older: by what its owner says, else by when it was first seen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.examples import job

from schemas.libraries import LibraryItem
from streams.domain.precedence import Ages, ages_of, is_younger, with_job

EARLY, MIDDLE, LATE = (f"2026-11-{day}T08:00:00.000Z" for day in (21, 22, 23))

times = st.sampled_from(["", EARLY, MIDDLE, LATE])
ages = st.builds(Ages, media_id=st.sampled_from("abc"), published=times, seen=times, stored=times)


@pytest.mark.parametrize(
    ("reference", "item", "younger"),
    [
        (Ages("r", seen=LATE), Ages("i", seen=EARLY), True),
        (Ages("r", seen=EARLY), Ages("i", seen=LATE), False),
        (Ages("r", published=EARLY, seen=LATE), Ages("i", seen=MIDDLE), False),
        (Ages("r", published=LATE, seen=EARLY), Ages("i", seen=MIDDLE), True),
        (Ages("r", seen=EARLY), Ages("i", published=EARLY[:-5] + "000Z", seen=LATE), False),
        (Ages("r"), Ages("i", seen=EARLY), False),
        (Ages("r", seen=LATE), Ages("i"), False),
        (Ages("r", published=EARLY, stored=MIDDLE), Ages("i", published=EARLY), False),
        (Ages("r", published=EARLY, stored=LATE), Ages("i", published=EARLY, stored=MIDDLE), True),
        (Ages("r", published=EARLY, stored=MIDDLE), Ages("i", published=EARLY, stored=LATE), False),
        (Ages("r", published=EARLY, stored=MIDDLE), Ages("i", published=EARLY, stored=MIDDLE), True),
    ],
)
def test_the_younger_one_is_the_copy(reference: Ages, item: Ages, *, younger: bool) -> None:
    assert is_younger(reference, item) is younger


@given(ages, ages)
def test_of_two_at_most_one_is_younger(one: Ages, other: Ages) -> None:
    assert not (is_younger(one, other) and is_younger(other, one))


def item(**fields: object) -> LibraryItem:
    return LibraryItem(**{"library": "films", "media_id": "film", "version": 1, "job_id": "j", **fields})  # type: ignore[arg-type]


def test_a_media_item_was_seen_when_it_was_first_asked_for_or_stored_anywhere() -> None:
    held = [item(creation_time=LATE), item(library="other", creation_time=MIDDLE)]
    assert ages_of("film", held, asked=EARLY) == Ages("film", seen=EARLY, stored=MIDDLE)
    assert ages_of("film", held) == Ages("film", seen=MIDDLE, stored=MIDDLE)
    assert ages_of("film", ()) == Ages("film")


def test_it_was_published_when_its_owner_says() -> None:
    held = [item(publish_time=LATE), item(library="other", metadata={"PublishTime": "2026-11-22T10:00:00+02:00"})]
    assert ages_of("film", held).published == MIDDLE
    asked = job(media_id="film", publish_time=EARLY)
    assert with_job(ages_of("film", held), asked).published == EARLY
    assert with_job(ages_of("film", held), job(media_id="film")).published == MIDDLE
    assert ages_of("film", [item(metadata={"PublishTime": "long ago"})]).published == ""


def test_an_input_that_is_not_stored_was_seen_when_it_was_asked_for() -> None:
    assert with_job(Ages("film"), job(media_id="film", time=LATE)) == Ages("film", seen=LATE)
    assert with_job(Ages("film", seen=EARLY), job(media_id="film", time=LATE)).seen == EARLY


def test_what_is_no_time_is_none() -> None:
    assert ages_of("film", [item(creation_time="yesterday")], asked="soon") == Ages("film")
