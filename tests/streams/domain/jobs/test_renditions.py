"""Which renditions are noted: the first ones, within the limits, and they stay noted."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from schemas.events import Rendition
from schemas.limits import LARGEST_RENDITIONS, MOST_RENDITIONS
from streams.domain.jobs.renditions import noted

SOME = st.lists(
    st.integers(0, 12_000).map(lambda length: Rendition(status="success", file_url="f" * length)), max_size=100
)


def size(renditions: tuple[Rendition, ...]) -> int:
    return sum(len(msgspec.json.encode(rendition)) for rendition in renditions)


@given(SOME)
def test_the_first_renditions_are_noted_as_far_as_there_is_room(renditions: list[Rendition]) -> None:
    kept = noted(renditions)
    assert kept == tuple(renditions[: len(kept)])
    assert len(kept) <= MOST_RENDITIONS
    assert size(kept) <= LARGEST_RENDITIONS
    if len(kept) < min(len(renditions), MOST_RENDITIONS):
        assert size((*kept, renditions[len(kept)])) > LARGEST_RENDITIONS


@given(SOME, SOME)
def test_what_is_noted_stays_noted_when_others_come_behind_it(first: list[Rendition], second: list[Rendition]) -> None:
    kept = noted(first)
    assert noted((*kept, *second))[: len(kept)] == kept
    assert noted(kept) == kept
