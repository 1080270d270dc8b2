"""What spans that recur are called."""

from __future__ import annotations

from streams.domain.recurring import Recurring
from streams.domain.recurring_links import Place
from streams.domain.recurring_names import Name, recurring_id, renamed


def span(founded: str, *media: str, start: float = 10.0, end: float = 40.0) -> Recurring:
    return Recurring(founded, tuple(Place(media_id, start, end) for media_id in media))


def test_a_new_span_is_called_by_what_came_first_of_it() -> None:
    (name,) = renamed([span("1", *"abc")], [])
    assert name == Name(recurring_id("1"), "1", span("1", *"abc").occurrences)


def test_a_span_keeps_its_name_when_others_come_and_when_the_first_ones_go() -> None:
    before = renamed([span("1", *"abc")], [])
    later = renamed([span("1", *"abcd")], before)
    gone = renamed([span("2", *"bcd")], later)
    assert {name.id for name in (*before, *later, *gone)} == {recurring_id("1")}


def test_of_spans_that_turn_out_to_be_one_the_oldest_name_stands() -> None:
    known = renamed([span("2", *"abc"), span("3", *"def")], [])
    (name,) = renamed([span("2", *"abcdef")], known)
    assert name.id == recurring_id("2")


def test_the_name_stands_that_somebody_has_decided_on() -> None:
    old, decided = renamed([span("2", *"abc"), span("3", *"def")], [])
    (name,) = renamed([span("2", *"abcdef")], [old, decided._replace(decided=True)])
    assert name.id == recurring_id("3")


def test_what_is_heard_of_late_and_came_first_gives_the_name() -> None:
    (name,) = renamed([span("1", *"abc")], renamed([span("2", *"bc", "d")], []))
    assert name.id == recurring_id("1")


def test_two_spans_that_were_one_have_two_names_and_the_longer_one_keeps_its_own() -> None:
    known = renamed([span("1", *"abc", end=60.0)], [])
    first, second = renamed([span("1", *"abcd", end=20.0), span("1", *"abce", start=20.0, end=60.0)], known)
    assert second.id == recurring_id("1")
    assert first.id != second.id
    assert renamed([span("1", *"abcdf", end=20.0), span("1", *"abce", start=20.0, end=60.0)], [first, second]) == [
        first._replace(places=span("1", *"abcdf", end=20.0).occurrences),
        second,
    ]
