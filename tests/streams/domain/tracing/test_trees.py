"""What holds of every tree, whatever copied from what, and in whatever order it is told."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from support.lineages import Work, copied, joined, media_of, original, sightings_of

from schemas.matches import Interval, Track
from schemas.traces import MOST_TRACE_REASONS, Trace, TraceBecause, TraceReason, trace_sentence
from streams.domain.precedence import Ages, age_order, is_younger
from streams.domain.tracing.links import Medium, Sighting
from streams.domain.tracing.tree import trace_of

NAMES = "ABCDEFGH"
TIMES = st.sampled_from(["", "2026-11-23T08:00:00.000Z", "2026-11-23T09:00:00.000Z", "2026-11-24T08:00:00.000Z"])
PLACES = st.floats(0.0, 100.0)
SPANS = st.tuples(PLACES, PLACES, PLACES, PLACES)


@st.composite
def intervals(draw: st.DrawFn) -> Interval:
    first, last, source_first, source_last = draw(SPANS)
    return Interval(
        input_start=first,
        input_end=last,
        reference_start=source_first,
        reference_end=source_last,
        similarity=draw(st.floats(0.0, 1.0)),
        track=draw(st.sampled_from(Track)),
        speed=draw(st.sampled_from([0.5, 1.0, 1.25])),
        transforms=tuple(draw(st.lists(st.sampled_from(["mirrored", "cropped", "rotated:90"]), max_size=2))),
    )


@st.composite
def clusters(draw: st.DrawFn) -> tuple[dict[str, Medium], list[Sighting]]:
    """Media of any times, with matches of any kind between any of them: also such as no engine finds."""
    media = {
        name: Medium(
            Ages(name, draw(TIMES), draw(TIMES), draw(TIMES)),
            draw(st.sampled_from([0.0, 60.0, 100.0])),
            boilerplate=draw(st.sampled_from([(), ((0.0, 10.0),)])),
        )
        for name in NAMES[: draw(st.integers(1, len(NAMES)))]
    }
    names = st.sampled_from(NAMES)
    spans = st.lists(intervals(), max_size=3).map(tuple)
    return media, draw(st.lists(st.builds(Sighting, names, names, st.floats(0.0, 1.0), spans), max_size=12))


def is_without_cycles(trace: Trace) -> bool:
    rank = {node.media_id: number for number, node in enumerate(trace.nodes)}
    return all(rank[edge.source] < rank[edge.copy] for edge in trace.edges)


@given(clusters(), st.data())
def test_nothing_is_its_own_source_and_the_order_in_which_things_are_told_does_not_matter(
    cluster: tuple[dict[str, Medium], list[Sighting]], data: st.DataObject
) -> None:
    media, sightings = cluster
    asked = data.draw(st.sampled_from(sorted(media)))
    trace = trace_of(asked, media, sightings)
    assert is_without_cycles(trace)
    assert {one.media_id for one in trace.nodes} == set(media)
    assert trace.root in media
    assert trace.root not in {edge.copy for edge in trace.edges}
    assert len({(edge.copy, edge.source) for edge in trace.edges}) == len(trace.edges)
    for edge in trace.edges:
        assert edge.intervals
        assert 0.0 <= edge.confidence <= 1.0
        assert 0.0 < edge.coverage <= 1.0
        assert 0 < len(edge.why) <= MOST_TRACE_REASONS
    shuffled = dict(data.draw(st.permutations(list(media.items()))))
    assert trace_of(asked, shuffled, data.draw(st.permutations(sightings))) == trace


@st.composite
def lineages(draw: st.DrawFn) -> list[Work]:
    """Works of which each is an original, a copy of one before it, or made of two before it."""
    works = [original("A")]
    for name in NAMES[1 : draw(st.integers(1, len(NAMES) - 1))]:
        of = draw(st.sampled_from(works))
        edits = draw(st.lists(st.sampled_from(["mirrored", "cropped", "negative"]), unique=True))
        match draw(st.integers(0, 3)):
            case 0:
                works.append(original(name, 300.0))
            case 1:
                works.append(copied(of, name, *edits))
            case 2:
                works.append(copied(of, name, *edits, spans=[(0.1 * of.seconds, 0.9 * of.seconds)]))
            case _:
                works.append(joined(name, of, draw(st.sampled_from(works))))
    return works


@given(lineages(), st.booleans())
def test_everything_that_shares_something_with_older_media_has_a_source(works: list[Work], turned: bool) -> None:  # noqa: FBT001 (drawn)
    trace = trace_of("A", media_of(works), sightings_of(works, turned=turned))
    copies = {edge.copy for edge in trace.edges}
    earlier: set[str] = set()
    for work in works:
        originals = {piece.of for piece in work.pieces}
        assert (work.name in copies) == bool(originals & earlier)
        earlier |= originals


@given(st.permutations(["mirrored", "cropped", "negative", "scaled", "inserted"]))
def test_a_chain_of_whatever_edits_is_a_chain(edits: list[str]) -> None:
    works = [original("A")]
    for name, edit in zip(NAMES[1:], edits, strict=False):
        works.append(copied(works[-1], name, edit))
    trace = trace_of(works[-1].name, media_of(works), sightings_of(works))
    assert [(edge.copy, edge.source) for edge in trace.edges] == list(zip(NAMES[1:6], NAMES[:5], strict=True))


@given(st.tuples(TIMES, TIMES, TIMES), st.tuples(TIMES, TIMES, TIMES))
def test_the_order_by_age_says_what_verdicts_say(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    first, second = Ages("A", *one), Ages("B", *other)
    for older, younger in ((first, second), (second, first)):
        if is_younger(younger, older):
            assert age_order(older) < age_order(younger)


@given(st.sampled_from(TraceBecause))
def test_every_reason_is_a_sentence(because: TraceBecause) -> None:
    said: dict[str, Any] = {"other": "B", "edits": ("mirrored",), "share": 0.5, "other_share": 0.25}
    sentence = trace_sentence(TraceReason(because=because, **said))
    assert sentence.strip() == sentence
    assert len(sentence) > len("B")


def test_a_popular_original_with_two_hundred_copies_is_no_matter_of_minutes() -> None:
    works = [original("A")]
    works += [copied(works[0], f"B{number:03}", "mirrored", spans=[(0.0, 300.0 + number)]) for number in range(199)]
    trace = trace_of("A", media_of(works), sightings_of(works))
    assert len(trace.edges) == 199
    assert all(len(edge.why) <= MOST_TRACE_REASONS for edge in trace.edges)
    assert len(msgspec.json.encode(trace)) < 1_000_000
