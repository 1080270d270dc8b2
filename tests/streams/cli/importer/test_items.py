"""What can be imported of what was found."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from schemas.jobs import SaveType
from streams.cli.importer.items import Fault, Item, plan_of

items = st.lists(
    st.builds(
        Item,
        location=st.sampled_from([f"file:///{name}.mp4" for name in "abc"]),
        media_id=st.sampled_from("abc"),
        library=st.sampled_from(["default", "ads"]),
    )
)


@given(items)
def test_a_library_gets_each_name_once_and_nothing_is_dropped_without_a_word(found: list[Item]) -> None:
    plan = plan_of(found)
    names = [(item.library, item.media_id) for item in plan.items]
    assert len(names) == len(set(names))
    for item in found:
        kept = item in plan.items
        told = any(fault.where == item.location and item.media_id in fault.reason for fault in plan.faults)
        assert kept or told


def test_names_and_places_beyond_their_limits_are_faults() -> None:
    wrong = [
        Item("file:///a.mp4", "m" * 257, "default"),
        Item("file:///a.mp4", "m", "l" * 101),
        Item("file:///" + "a" * 5000, "m", "default"),
        Item("file:///a.mp4", "", "default"),
        Item("file:///a.mp4", "..", "default"),
    ]
    plan = plan_of([*wrong, Fault("line 3", "no JSON"), Item("file:///b.mp4", "m", "default")])
    assert [item.location for item in plan.items] == ["file:///b.mp4"]
    assert len(plan.faults) == 6


@given(items, st.integers(0, 3))
def test_an_item_has_the_same_key_in_every_run_and_another_for_every_attempt(found: list[Item], attempt: int) -> None:
    keys = {(item.library, item.media_id, item.location): item.key(attempt) for item in found}
    assert len(set(keys.values())) == len(keys)
    for item in found:
        assert item.key(attempt) == Item(item.location, item.media_id, item.library, size=7).key(attempt)
        assert item.key(attempt) != item.key(attempt + 1)
        assert item.key(attempt).isascii()


def test_what_is_asked_for_otherwise_has_another_key() -> None:
    item = Item("file:///a.mp4", "a", "default", {"year": 2020, "title": "A"})
    same = Item("file:///a.mp4", "a", "default", {"title": "A", "year": 2020}, size=7, origin="a.mp4")
    others = [
        Item("file:///a.mp4", "a", "default", {"year": 2021}),
        Item("file:///a.mp4", "a", "default"),
        Item("file:///a.mp4", "a", "default", publish_time="2026-11-23T08:00:00.000Z"),
        Item("file:///a.mp4", "a", "default", start_time="2026-11-23T08:00:00.000Z"),
    ]
    assert item.key(0) == same.key(0) == item.key(0, save_type=SaveType.ONLYSAVE)
    assert len({item.key(0), item.key(0, save_type=SaveType.SAVE), *(other.key(0) for other in others)}) == 6


def test_a_name_that_is_no_text_is_a_fault_and_ends_nothing() -> None:
    plan = plan_of([Item("file:///caf%E9.mp4", "caf\udce9", "default"), Item("file:///b.mp4", "b", "default")])
    assert [item.media_id for item in plan.items] == ["b"]
    (fault,) = plan.faults
    assert "UTF-8" in fault.reason
