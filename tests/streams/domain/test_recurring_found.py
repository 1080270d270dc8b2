"""What recurs in thirty items, from what the matcher finds in their stored fingerprints."""

from __future__ import annotations

import random

import pytest
from support.made_up import joined as put_together
from support.made_up import made_up

from fingerprint.engine import match
from fingerprint.excerpt import excerpt
from fingerprint.index.memory import MemoryIndex
from fingerprint.model import Fingerprint
from fingerprint.query import Query
from streams.domain.recurring import recurring
from streams.domain.recurring_links import Link, Place, joined

ITEMS = 30
#: Seconds of what recurs, and in how many items; a pair is too few.
PLANTED = {"sting": (8.0, 7), "spot": (20.0, 6), "pair": (15.0, 2)}
#: How exact bounds are, seconds, and with a second more where one is carried from item to item.
BOUNDS_S = 1.5


class Stored:
    """Thirty items that are stored one after the other, and what each has in common with those before it."""

    def __init__(self) -> None:
        draw = random.Random(1)
        parts = {name: made_up(seconds, seed) for seed, (name, (seconds, _)) in enumerate(PLANTED.items())}
        has = {name: set(draw.sample(range(ITEMS), times)) for name, (_, times) in PLANTED.items()}
        self.index = MemoryIndex()
        self.items: dict[str, Fingerprint] = {}
        self.places: dict[str, list[Place]] = {name: [] for name in PLANTED}
        self.links: list[Link] = []
        for number in range(ITEMS):
            content = [made_up(6.0 + number % 5, 100 + number)]
            for place, name in enumerate(name for name in PLANTED if number in has[name]):
                start = sum(part.duration for part in content)
                self.places[name].append(Place(f"item-{number:02}", start, start + parts[name].duration))
                content += [parts[name], made_up(6.0, 1000 + 10 * number + place)]
            self._store(f"item-{number:02}", put_together(content))

    def _store(self, media_id: str, item: Fingerprint) -> None:
        for found in match(Query.of_fingerprint(item), self.index, self.index):
            self.links += [
                Link(Place(media_id, *here), Place(found.media_id, *there), f"{media_id} {found.media_id} {here[0]}")
                for here, there in joined(found.intervals)
            ]
        self.index.add(media_id, item)
        self.items[media_id] = item


@pytest.fixture(scope="module")
def stored() -> Stored:
    return Stored()


def test_spans_planted_in_thirty_items_are_proposed_with_all_their_occurrences_and_nothing_else_is(
    stored: Stored,
) -> None:
    found = recurring(stored.links)
    assert len(found) == 2
    for one, name in zip(found, ("sting", "spot"), strict=True):
        assert one.duration == pytest.approx(PLANTED[name][0], abs=BOUNDS_S)
        assert [place.media_id for place in one.occurrences] == [place.media_id for place in stored.places[name]]
        for place, planted in zip(one.occurrences, stored.places[name], strict=True):
            assert place.span == pytest.approx(planted.span, abs=BOUNDS_S)


def test_what_is_cut_out_of_a_stored_fingerprint_is_found_in_every_item_that_has_it(stored: Stored) -> None:
    spot = recurring(stored.links)[1]
    place = spot.occurrences[0]
    ad = excerpt(stored.items[place.media_id], place.start, place.end)
    found = match(Query.of_fingerprint(ad), stored.index, stored.index)
    assert {one.media_id for one in found} == {one.media_id for one in spot.occurrences}
    for one in found:
        (planted,) = (there for there in stored.places["spot"] if there.media_id == one.media_id)
        assert (one.intervals[0].reference_start, one.intervals[-1].reference_end) == pytest.approx(
            planted.span, abs=BOUNDS_S
        )


def test_what_one_medium_has_three_times_is_found_where_another_one_had_it_once() -> None:
    sting = made_up(10.0, 1)
    once = put_together([made_up(12.0, 2), sting, made_up(12.0, 3)])
    thrice = put_together([part for seed in (4, 5, 6) for part in (made_up(15.0, seed), sting)])
    index = MemoryIndex()
    index.add("once", once)

    (found,) = match(Query.of_fingerprint(thrice), index, index)
    links = [Link(Place("thrice", *one), Place("once", *other), "1") for one, other in joined(found.intervals)]

    (one,) = recurring(links)
    assert [place.media_id for place in one.occurrences] == ["once", "thrice", "thrice", "thrice"]
    assert [place.start for place in one.occurrences] == pytest.approx([12.0, 15.0, 40.0, 65.0], abs=BOUNDS_S)
