"""What differs between a library's items and what is stored, and that mending it removes nothing that is held."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.domain.reconciliation import (
    ENDED_PARTS_AGE_S,
    STRAY_AGE_MS,
    UNKNOWN_PARTS_AGE_S,
    Difference,
    DifferenceKind,
    Held,
    LookedAt,
    Stock,
    VersionKey,
    compare,
    is_excessive,
    left_parts,
)

ALGORITHM = "mediadna-2"
NOW_MS = 1_800_000_000_000
OLD = NOW_MS - STRAY_AGE_MS
YOUNG = OLD + 1

Kinds = list[tuple[DifferenceKind, str, int]]


def looked(held: dict[str, Held], *under_way: VersionKey, before: dict[str, int] | None = None) -> LookedAt:
    versions = {media_id: item.version for media_id, item in held.items()} if before is None else before
    return LookedAt(before=versions, held=held, under_way=frozenset(under_way))


def found(of: LookedAt, stock: Stock) -> Kinds:
    differences = compare("films", of, stock, algorithm=ALGORITHM, now_ms=NOW_MS)
    assert {one.library for one in differences} <= {"films"}
    return [(one.kind, one.media_id, one.version) for one in differences]


def test_what_is_held_and_stored_whole_is_no_difference() -> None:
    stock = Stock(windows={("a", OLD): 5}, fingerprints={("a", OLD)})
    assert found(looked({"a": Held(OLD, 5, ALGORITHM)}), stock) == []


def test_an_item_without_its_fingerprint_is_told_whatever_windows_it_has() -> None:
    stock = Stock(windows={("a", OLD): 5})
    assert found(looked({"a": Held(OLD, 5)}), stock) == [(DifferenceKind.FINGERPRINT_MISSING, "a", OLD)]


@pytest.mark.parametrize(("windows", "has", "lacks"), [(5, 4, True), (5, 0, True), (5, 6, False), (0, 0, False)])
def test_an_item_lacks_windows_when_the_index_has_fewer_than_its_job_stored(
    windows: int, has: int, *, lacks: bool
) -> None:
    stock = Stock(windows={("a", OLD): has} if has else {}, fingerprints={("a", OLD)})
    expected = [(DifferenceKind.WINDOWS_MISSING, "a", OLD)] if lacks else []
    assert found(looked({"a": Held(OLD, windows, ALGORITHM)}), stock) == expected


@pytest.mark.parametrize(("has", "lacks"), [(0, True), (1, False)])
def test_an_item_whose_job_is_not_known_lacks_windows_when_it_has_none(has: int, *, lacks: bool) -> None:
    stock = Stock(windows={("a", OLD): has} if has else {}, fingerprints={("a", OLD)})
    assert bool(found(looked({"a": Held(OLD)}), stock)) is lacks


def test_windows_of_another_version_are_no_windows_of_the_item() -> None:
    stock = Stock(windows={("a", OLD - 1): 5}, fingerprints={("a", OLD)})
    assert found(looked({"a": Held(OLD, 5)}), stock) == [
        (DifferenceKind.WINDOWS_MISSING, "a", OLD),
        (DifferenceKind.NOT_HELD, "a", OLD - 1),
    ]


def test_a_fingerprint_of_another_algorithm_is_told_and_its_windows_are_not_missed() -> None:
    stock = Stock(fingerprints={("a", OLD)})
    assert found(looked({"a": Held(OLD, 5, "mediadna-1")}), stock) == [(DifferenceKind.FINGERPRINT_OUTDATED, "a", OLD)]


def test_an_item_that_was_stored_while_stock_was_taken_is_not_missed() -> None:
    assert found(looked({"a": Held(OLD, 5)}, before={}), Stock()) == []
    assert found(looked({"a": Held(OLD, 5)}, before={"a": OLD - 7}), Stock()) == []


@pytest.mark.parametrize(("version", "left"), [(OLD, True), (YOUNG, False)])
def test_a_version_that_no_item_holds_is_left_behind_once_it_is_old(version: int, *, left: bool) -> None:
    for stock in (Stock(windows={("a", version): 1}), Stock(fingerprints={("a", version)})):
        assert found(looked({}), stock) == ([(DifferenceKind.NOT_HELD, "a", version)] if left else [])


def test_a_version_that_a_job_works_on_is_not_left_behind() -> None:
    assert found(looked({}, ("a", OLD)), Stock(windows={("a", OLD): 1})) == []


@pytest.mark.parametrize(
    ("age", "unfinished", "ended", "left"),
    [
        (ENDED_PARTS_AGE_S, (), ("job",), True),
        (ENDED_PARTS_AGE_S - 1, (), ("job",), False),
        (UNKNOWN_PARTS_AGE_S - 1, (), (), False),
        (UNKNOWN_PARTS_AGE_S, (), (), True),
        (UNKNOWN_PARTS_AGE_S, ("job",), (), False),
    ],
)
def test_parts_are_left_behind_when_they_are_old_and_no_job_needs_them(
    age: float, unfinished: tuple[str, ...], ended: tuple[str, ...], *, left: bool
) -> None:
    now = 1_800_000_000.0
    assert bool(left_parts([("job", now - age)], unfinished=unfinished, ended=ended, now_s=now)) is left


@pytest.mark.parametrize(("differences", "entries", "excessive"), [(20, 20, False), (21, 41, True), (21, 42, False)])
def test_many_differences_are_excessive_when_they_are_most_of_a_library(
    differences: int, entries: int, *, excessive: bool
) -> None:
    assert is_excessive(differences, entries) is excessive


@dataclass
class Service:
    """A library in whatever state crashes have left it."""

    held: dict[str, Held]
    under_way: frozenset[VersionKey]
    stock: Stock

    def look(self) -> list[Difference]:
        of = looked(self.held, *self.under_way)
        return compare("films", of, self.stock, algorithm=ALGORITHM, now_ms=NOW_MS)

    def mend(self, difference: Difference) -> None:
        key = difference.key
        match difference.kind:
            case DifferenceKind.NOT_HELD:
                self.stock.windows.pop(key, None)
                self.stock.fingerprints.discard(key)
            case DifferenceKind.WINDOWS_MISSING:
                assert key in self.stock.fingerprints  # what the windows are made of
                self.stock.windows[key] = self.held[difference.media_id].windows or 1
            case _:  # a job stores it anew, as a newer version
                version = NOW_MS
                self.held[difference.media_id] = Held(version, 3, ALGORITHM)
                self.stock.fingerprints.add((difference.media_id, version))
                self.stock.windows[difference.media_id, version] = 3


ids = st.sampled_from(["a", "b", "c", "d"])
versions = st.sampled_from([OLD - 2, OLD - 1, OLD, YOUNG, NOW_MS])
keys = st.tuples(ids, versions)
items = st.builds(Held, versions, st.none() | st.integers(0, 3), st.sampled_from(["", ALGORITHM, "mediadna-1"]))
stocks = st.builds(Stock, st.dictionaries(keys, st.integers(1, 4)), st.sets(keys))
services = st.builds(Service, st.dictionaries(ids, items), st.frozensets(keys), stocks)


@given(services)
def test_nothing_that_is_held_under_way_or_young_is_ever_removed(service: Service) -> None:
    for one in service.look():
        if one.kind is DifferenceKind.NOT_HELD:
            item = service.held.get(one.media_id)
            assert item is None or item.version != one.version
            assert one.key not in service.under_way
            assert one.version <= NOW_MS - STRAY_AGE_MS


@given(services)
def test_what_was_mended_differs_no_more(service: Service) -> None:
    for one in service.look():
        service.mend(one)
    left = service.look()
    assert {one.kind for one in left} <= {DifferenceKind.NOT_HELD}  # what newer versions have taken the place of
    for one in left:
        service.mend(one)
    assert service.look() == []


@given(services)
def test_every_item_can_be_matched_after_the_mends(service: Service) -> None:
    for one in service.look():
        service.mend(one)
    for media_id, item in service.held.items():
        assert (media_id, item.version) in service.stock.fingerprints
        assert service.stock.windows.get((media_id, item.version), 0) >= (item.windows or 0)
