"""What comes apart when a link goes: the part that hangs together without it, and nothing where a way is left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.domain.clusters import days_until, parted

Link = tuple[str, str]
LINKS = st.sets(st.tuples(*[st.sampled_from("abcdefgh")] * 2).filter(lambda link: link[0] != link[1]), min_size=1)


def around(links: Iterable[Link], name: str) -> list[str]:
    return [two if one == name else one for one, two in links if name in (one, two)]


def linked_with(links: Iterable[Link], name: str) -> set[str]:
    """Return all that is linked to a name: by looking at all links until nothing is added."""
    found = {name}
    while True:
        more = found | {other for one in found for other in around(links, one)}
        if more == found:
            return found
        found = more


@given(LINKS)
def test_what_comes_apart_is_what_no_way_is_left_to(links: set[Link]) -> None:
    one, other = min(links)
    left = links - {(one, other)}
    part = parted(one, other, lambda name: around(left, name))
    sides = linked_with(left, one), linked_with(left, other)
    assert part is None if other in sides[0] else part in sides


def test_a_copy_that_goes_is_found_without_a_look_at_the_thousands_that_stay() -> None:
    asked: list[str] = []

    def star(name: str) -> Iterator[str]:
        for number in range(10_000 if name == "film" else 0):
            asked.append(name)
            yield f"copy {number}"

    assert parted("film", "gone", star) == {"gone"}
    assert parted("gone", "film", star) == {"gone"}
    assert len(asked) <= 2


@pytest.mark.parametrize("now", ["2026-03-01T23:30:00.000Z", "2026-03-02T00:30:00.000+01:00"])
def test_days_end_with_today_by_utc(now: str) -> None:
    assert days_until(now, 3) == ["2026-02-27", "2026-02-28", "2026-03-01"]
    assert days_until(now, 1) == ["2026-03-01"]
