"""Who copied from whom: a table of shapes of clusters, with the tree that each comes out as, and the reasons."""

from __future__ import annotations

import msgspec
import pytest
from support.lineages import Work, at, copied, joined, media_of, original, sightings_of

from schemas.traces import Trace, TraceBecause
from streams.domain.precedence import Ages
from streams.domain.tracing.links import Medium
from streams.domain.tracing.tree import trace_of

A, D = original("A"), original("D", 400.0)
MIRRORED = copied(A, "B", "mirrored")
CUT = copied(A, "B", spans=[(0.0, 200.0), (300.0, 600.0)])
TRIMMED = copied(A, "B", spans=[(100.0, 350.0)])
FAST = copied(A, "B", speed=1.25)
CROPPED_TOO = copied(MIRRORED, "C", "cropped")
HALF = copied(A, "half", spans=[(0.0, 300.0)])
INTRO = joined("B", original("I", 90.0), A)

#: The works, the oldest first, and the edges that come out, `copy<source`.
SHAPES: dict[str, tuple[list[Work], str]] = {
    "one alone": ([A], ""),
    "a copy": ([A, copied(A, "B")], "B<A"),
    "chain by an edit of the picture": ([A, MIRRORED, CROPPED_TOO], "B<A C<B"),
    "chain whose last link is an exact copy": ([A, MIRRORED, copied(MIRRORED, "C")], "B<A C<B"),
    "chain by a cut": ([A, CUT, copied(CUT, "C", "cropped")], "B<A C<B"),
    "chain by where it begins and ends": ([A, TRIMMED, copied(TRIMMED, "C", "negative")], "B<A C<B"),
    "chain by speed": ([A, FAST, copied(FAST, "C", "cropped")], "B<A C<B"),
    "chain by what was put before": ([A, INTRO, copied(INTRO, "C")], "B<A C<B"),
    "chain by a part of the copy": ([A, MIRRORED, copied(MIRRORED, "C", spans=[(90.0, 300.0)])], "B<A C<B"),
    "a part that shows no cut of the copy": ([A, CUT, copied(CUT, "C", spans=[(20.0, 180.0)])], "B<A C<A"),
    "star": ([A, MIRRORED, copied(A, "C", "cropped"), copied(A, "E", spans=[(50.0, 150.0)])], "B<A C<A E<A"),
    "star of exact copies": ([A, copied(A, "B"), copied(A, "C")], "B<A C<A"),
    "star beside a copy that left a part out": ([A, CUT, copied(A, "C")], "B<A C<A"),
    "star beside a trimmed copy": ([A, TRIMMED, copied(A, "C", "mirrored")], "B<A C<A"),
    "mixture": ([A, D, joined("M", HALF, D)], "M<D M<A"),
    "mixture with copies of its sources about": (
        [A, MIRRORED, D, joined("M", copied(MIRRORED, "x", spans=[(0.0, 300.0)]), D)],
        "B<A M<D M<B",
    ),
    "copy of a mixture": (
        [A, D, joined("M", HALF, D), joined("N", HALF, D)],
        "M<D M<A N<M",
    ),
    "missing link": (
        [A, copied(A, "B", "mirrored", "cropped"), copied(A, "C", "mirrored", "negative")],
        "B<A C<A",
    ),
    "missing root": ([MIRRORED, CROPPED_TOO], "C<B"),
    "two roots": ([A, D, copied(D, "E"), MIRRORED], "E<D B<A"),
    "deep chain": (
        [
            A,
            MIRRORED,
            CROPPED_TOO,
            copied(CROPPED_TOO, "E", spans=[(30.0, 500.0)]),
            copied(copied(CROPPED_TOO, "x", spans=[(30.0, 500.0)]), "F", "negative"),
        ],
        "B<A C<B E<C F<E",
    ),
    "chain and star": ([A, MIRRORED, copied(A, "C", "negative"), copied(MIRRORED, "E", "cropped")], "B<A C<A E<B"),
}  # fmt: skip


def edges(trace: Trace) -> str:
    return " ".join(f"{one.copy}<{one.source}" for one in trace.edges)


def traced(works: list[Work], asked: str | None = None, *, turned: bool = False) -> Trace:
    return trace_of(asked or works[-1].name, media_of(works), sightings_of(works, turned=turned))


def because(trace: Trace, copy: str, other: str = "") -> set[TraceBecause]:
    """Return what is said of a copy's edges, about another media item."""
    return {one.because for edge in trace.edges if edge.copy == copy for one in edge.why if one.other == other}


@pytest.mark.parametrize("turned", [False, True], ids=["copies were inputs", "originals were inputs"])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_cluster_comes_out_as_it_was_made(shape: str, turned: bool) -> None:  # noqa: FBT001 (a parameter)
    works, expected = SHAPES[shape]
    assert edges(traced(works, turned=turned)) == expected


def test_a_chain_says_which_edits_of_the_link_the_copy_shows() -> None:
    trace = traced(SHAPES["chain by an edit of the picture"][0])
    assert trace.root == "A"
    shown = next(one for one in trace.edges[1].why if one.other == "A")
    assert (shown.because, shown.edits) == (TraceBecause.EDITS_SHOW, ("mirrored",))
    cut = next(one for one in traced([A, CUT, copied(CUT, "C")]).edges[1].why if one.other == "A")
    assert cut.edits == ("cut:200.0-300.0",)
    trimmed = next(one for one in traced([A, TRIMMED, copied(TRIMMED, "C")]).edges[1].why if one.other == "A")
    assert trimmed.edits == ("begins:100.0", "ends:350.0")
    fast = next(one for one in traced([A, FAST, copied(FAST, "C")]).edges[1].why if one.other == "A")
    assert fast.edits == ("speed:1.25",)


def test_a_star_says_which_edits_of_the_other_copy_do_not_show() -> None:
    trace = traced([A, MIRRORED, copied(A, "C", "cropped")])
    (missing,) = [one for one in trace.edges[1].why if one.other == "B"]
    assert (missing.because, missing.edits) == (TraceBecause.EDITS_MISSING, ("mirrored",))


def test_two_copies_of_something_that_is_nowhere_stored_each_say_what_they_share() -> None:
    trace = traced(SHAPES["missing link"][0])
    assert because(trace, "B", "C") == {TraceBecause.SHARED_EDITS}
    assert because(trace, "C", "B") == {TraceBecause.SHARED_EDITS, TraceBecause.EDITS_MISSING}
    shared = [one.edits for edge in trace.edges for one in edge.why if one.because is TraceBecause.SHARED_EDITS]
    assert shared == [("mirrored",), ("mirrored",)]
    sure = traced([A, MIRRORED, copied(A, "C", "cropped")]).edges[1].confidence
    assert trace.edges[1].confidence < sure


def test_what_nothing_tells_apart_is_of_the_older_and_not_sure() -> None:
    trace = traced(SHAPES["star of exact copies"][0])
    assert because(trace, "C", "B") == {TraceBecause.AS_GOOD}
    assert [one.confidence for one in trace.edges] == [0.9, 0.45]


def test_a_mixture_has_each_source_for_its_span() -> None:
    of_d, of_a = traced(SHAPES["mixture"][0]).edges
    assert [(one.input_start, one.input_end) for one in of_a.intervals] == [(0.0, 300.0)]
    assert [(one.input_start, one.input_end) for one in of_d.intervals] == [(300.0, 700.0)]
    assert (of_a.coverage, of_d.coverage) == (0.4286, 0.5714)


def test_a_source_that_covers_little_more_than_another_is_not_there_for_its_fringe() -> None:
    fringe = joined("C", copied(MIRRORED, "x"), copied(A, "y", spans=[(0.0, 40.0)]))
    assert edges(traced([A, MIRRORED, fringe])) == "B<A C<B"


def test_a_source_that_came_after_its_copy_takes_its_place_by_publish_time_alone() -> None:
    copy, late = copied(A, "B", "mirrored"), A
    works = [copy, late]
    trace = trace_of("A", media_of(works), sightings_of(works))
    assert (edges(trace), trace.root) == ("A<B", "B")
    assert because(trace, "A") == {TraceBecause.COVERS, TraceBecause.FIRST_SEEN}
    told = trace_of("A", media_of(works, published={"A": "2020-01-01T00:00:00.000Z"}), sightings_of(works))
    assert (edges(told), told.root) == ("B<A", "A")
    assert because(told, "B") == {TraceBecause.COVERS, TraceBecause.PUBLISHED, TraceBecause.CAME_LATER}
    times = [(one.source_time, one.copy_time) for one in told.edges[0].why if one.source_time]
    assert times == [("2020-01-01T00:00:00.000Z", at(0)), (at(1), at(0))]


@pytest.mark.parametrize(
    ("first", "second", "expected", "said"),
    [
        (Ages("A", seen=at(0), stored=at(0)), Ages("B", seen=at(0), stored=at(1)), "B<A", TraceBecause.STORED_FIRST),
        (Ages("A", seen=at(0), stored=at(1)), Ages("B", seen=at(0), stored=at(0)), "A<B", TraceBecause.STORED_FIRST),
        (Ages("A", seen=at(0)), Ages("B", seen=at(0)), "B<A", TraceBecause.TIME_UNKNOWN),
        (Ages("A", seen=at(0)), Ages("B"), "A<B", TraceBecause.TIME_UNKNOWN),
    ],
)
def test_media_of_one_time_or_of_none_are_in_an_order_all_the_same(
    first: Ages, second: Ages, expected: str, said: TraceBecause
) -> None:
    media = {one.media_id: Medium(one, 600.0) for one in (first, second)}
    trace = trace_of("A", media, sightings_of([A, copied(A, "B")]))
    assert edges(trace) == expected
    assert said in {one.because for one in trace.edges[0].why}


def test_the_root_is_the_one_that_the_asked_item_leads_back_to() -> None:
    works = SHAPES["two roots"][0]
    assert [traced(works, one).root for one in ("A", "B", "D", "E")] == ["A", "A", "D", "D"]


def test_edits_are_named_as_the_copy_was_made_also_where_the_original_was_the_input() -> None:
    turned = sightings_of([A, copied(A, "B", "inserted", "rotated:90", speed=1.25)], turned=True)
    (edge,) = trace_of("B", media_of([A, copied(A, "B", speed=1.25)]), turned).edges
    assert (edge.transforms, edge.intervals[0].speed) == (("cropped", "rotated:270"), 1.25)


def test_what_lies_in_boilerplate_of_either_of_the_two_links_nothing() -> None:
    titles = copied(A, "B", spans=[(0.0, 30.0)])
    episode = joined("C", titles, D)
    media = media_of([A, episode])
    assert edges(trace_of("C", media, sightings_of([A, episode]))) == "C<A"
    for name in ("A", "C"):
        shared = media | {name: media[name]._replace(boilerplate=((0.0, 30.0),))}
        trace = trace_of("C", shared, sightings_of([A, episode]))
        assert (edges(trace), trace.root) == ("", "C")


def test_of_one_pair_in_two_libraries_the_match_that_covers_most_counts() -> None:
    works = [A, copied(A, "B")]
    (whole,) = sightings_of(works)
    part = whole._replace(intervals=tuple(msgspec.structs.replace(one, input_end=9.0) for one in whole.intervals))
    for given in ([whole, part], [part, whole]):
        assert trace_of("B", media_of(works), given).edges[0].coverage == 1.0


def test_the_source_that_the_copy_is_more_like_is_its_own_where_nothing_else_tells() -> None:
    works = [A, copied(A, "B"), copied(A, "C")]
    found = [one._replace(similarity=0.7) if one.reference == "A" else one for one in sightings_of(works)]
    trace = trace_of("C", media_of(works), found)
    assert edges(trace) == "B<A C<B"
    assert because(trace, "C", "A") == {TraceBecause.MORE_ALIKE}


def test_a_copy_is_of_what_it_looks_most_like_where_no_edit_tells() -> None:
    works = [A, copied(A, "B"), copied(A, "C")]
    for likenesses, expected in (({"A": 0.80, "B": 0.81}, "B<A C<B"), ({"A": 0.81, "B": 0.80}, "B<A C<A")):
        trace = trace_of("C", media_of(works), sightings_of(works), likeness=lambda one, of=likenesses: of[one.source])
        assert edges(trace) == expected
        (reason,) = (one for one in trace.edges[-1].why if one.because is TraceBecause.LOOKS_LIKE)
        assert (reason.share, reason.other_share) == (0.81, 0.80)


@pytest.mark.parametrize("likenesses", [{"A": 0.80, "B": None}, {"A": None, "B": 0.8}, {"A": 0.8, "B": 0.801}])
def test_likenesses_that_are_not_known_or_the_same_tell_nothing(likenesses: dict[str, float | None]) -> None:
    works = [A, copied(A, "B"), copied(A, "C")]
    trace = trace_of("C", media_of(works), sightings_of(works), likeness=lambda one: likenesses[one.source])
    assert because(trace, "C", "B") == {TraceBecause.AS_GOOD}


@pytest.mark.parametrize(("of_a", "expected"), [(0.89, "B<A C<A"), (0.5, "B<A C<B")])
def test_an_edit_of_another_copy_that_does_not_show_counts_for_more_than_looks_unless_these_are_clear(
    of_a: float, expected: str
) -> None:
    works = [A, copied(A, "B", "mirrored"), copied(A, "C")]
    trace = trace_of("C", media_of(works), sightings_of(works), likeness=lambda one: {"A": of_a, "B": 0.9}[one.source])
    assert edges(trace) == expected


def test_an_edit_that_was_taken_back_is_not_missed_beside_one_that_shows() -> None:
    cropped = copied(A, "B", "cropped", spans=[(30.0, 100.0)])
    works = [A, cropped, copied(cropped, "C", "inserted")]
    found = [
        one._replace(intervals=tuple(msgspec.structs.replace(each, transforms=()) for each in one.intervals))
        if (one.input, one.reference) == ("C", "A")
        else one
        for one in sightings_of(works)
    ]
    trace = trace_of("C", media_of(works), found)
    assert edges(trace) == "B<A C<B"
    assert because(trace, "C", "A") == {TraceBecause.EDITS_SHOW}
