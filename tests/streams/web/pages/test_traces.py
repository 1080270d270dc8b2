"""The page of a trace, and how its tree is drawn."""

from __future__ import annotations

from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar.testing import AsyncTestClient
from support.cases import item
from support.clusters import at, searched
from support.lineages import copied, joined, media_of, original, sightings_of
from support.read_model import ReadModel

from schemas.traces import Trace, TraceEdge, TraceNode
from streams.domain.tracing.tree import trace_of
from streams.web.pages.trace_plot import FIRST, LAST, MOST_SHOWN, TracePlot, tree_order

HOSTILE = "<img src=x onerror=alert(1)>\u202e"
FILM, SONG = original("film"), original("song", 60.0)
MIRRORED = copied(FILM, "mirrored", "mirrored")
CROPPED = copied(MIRRORED, "cropped", "cropped")
MIXED = joined("mixed", copied(FILM, "half", spans=[(0.0, 300.0)]), SONG)
WORKS = (FILM, SONG, MIRRORED, CROPPED, MIXED)


@pytest.fixture
def chain(model: ReadModel) -> ReadModel:
    """A film, a copy of it with a hostile name, and a film that came later and says that it is older."""
    model.apply(
        items=[item("film", creation_time=at(1))],
        jobs=[
            searched(HOSTILE, ["film"], number=4),
            searched("master", ["film"], number=5, publish_time="2001-01-01T00:00:00.000Z"),
            searched("alone", [], number=6),
        ],
    )
    return model


@pytest.mark.usefixtures("chain")
async def test_media_lead_to_their_pages_and_edges_to_the_job_that_found_them(client: AsyncTestClient) -> None:
    page = (await client.get("/media/film/trace")).text
    for text in (
        '<a href="/media/film"><title>',
        '<a href="/media/master"><title>',
        'href="/jobs/j4"',
        'href="/jobs/j5"',
    ):
        assert text in page
    assert "100 % of it, mirrored</text>" in page
    assert "it is older, by what owners say" in page
    assert "3 media, 2 copies" in page
    assert "<img" not in page
    assert "style=" not in page


@pytest.mark.usefixtures("chain")
async def test_the_page_of_a_media_item_leads_to_its_trace_where_it_has_one(client: AsyncTestClient) -> None:
    assert 'href="/media/film/trace"' in (await client.get("/media/film")).text
    assert "/trace" not in (await client.get("/media/alone")).text
    assert "copied from nothing" in (await client.get("/media/alone/trace")).text
    assert (await client.get("/media/nothing/trace")).status_code == 404


@pytest.mark.usefixtures("chain")
async def test_a_cluster_that_is_cut_says_of_how_many(client: AsyncTestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.services.traces.MOST_MEDIA", 2)
    assert "the 2 media that are nearest to it, of 3." in (await client.get("/media/film/trace")).text


def test_media_stand_by_when_they_were_seen_and_copies_below_their_sources() -> None:
    plot = TracePlot.of(trace_of("cropped", media_of(WORKS), sightings_of(WORKS)), "cropped")
    assert [one.node.media_id for one in plot.nodes] == ["film", "mirrored", "cropped", "mixed", "song"]
    across = {one.node.media_id: one.x for one in plot.nodes}
    assert (across["film"], across["song"], across["mixed"]) == (FIRST, (3 * FIRST + LAST) / 4, LAST)
    assert [one.node.media_id for one in plot.nodes if one.is_asked] == ["cropped"]
    assert (plot.ticks[0].x, plot.ticks[0].text) == (FIRST, "11-23 08:00")
    assert plot.ticks[-1].x == LAST


def test_a_copy_of_two_sources_has_a_line_to_each_and_a_text_for_each() -> None:
    plot = TracePlot.of(trace_of("mixed", media_of(WORKS), sightings_of(WORKS)), "mixed")
    places = {one.node.media_id: one for one in plot.nodes}
    main, further = places["mixed"].edges
    assert (main.is_main, main.edge.source, main.text) == (True, "film", "83 % of it")
    assert main.path == f"M{places['film'].x:g} {places['film'].y:g}V{places['mixed'].y:g}H{places['mixed'].x:g}"
    assert (further.is_main, further.edge.source) == (False, "song")
    assert further.path.endswith(f"L{places['mixed'].x:g} {places['mixed'].y:g}")
    assert further.y > main.y > places["mixed"].y


@st.composite
def traces(draw: st.DrawFn) -> Trace:
    """Draw media of which each has some sources among those before it, whenever it was seen."""
    count = draw(st.integers(1, 8))
    names = [f"m{number}" for number in range(count)]
    nodes = tuple(
        TraceNode(
            media_id=name,
            first_seen=draw(st.sampled_from([None, at(0), at(5), at(500)])),
            published=None,
            duration=1.0,
            verdict=None,
        )
        for name in names
    )
    edges = tuple(
        TraceEdge(
            copy=name,
            source=source,
            confidence=1.0,
            coverage=draw(st.floats(0, 1)),
            intervals=(),
            transforms=(),
            why=(),
        )
        for number, name in enumerate(names)
        for source in draw(st.sets(st.sampled_from(names[:number] or [""])))
        if source
    )
    copies = {edge.copy for edge in edges}
    return Trace(root=next(name for name in names if name not in copies), nodes=nodes, edges=edges)


@given(traces())
def test_each_media_item_is_drawn_once_within_the_drawing_and_behind_its_main_source(trace: Trace) -> None:
    plot = TracePlot.of(trace, trace.root)
    names = [one.node.media_id for one in plot.nodes]
    assert sorted(names) == sorted(one.media_id for one in trace.nodes)
    assert names == [one.media_id for one in tree_order(trace)]
    assert names[0] == trace.root
    assert sum(len(one.edges) for one in plot.nodes) == len(trace.edges)
    assert all(FIRST <= one.x <= LAST and 0 < one.y < plot.height for one in plot.nodes)
    assert all(one.y < other.y for one, other in pairwise(plot.nodes))
    for one in plot.nodes:
        for drawn in one.edges[:1]:
            assert names.index(drawn.edge.source) < names.index(one.node.media_id)


@pytest.mark.parametrize(("name", "shown"), [("a" * 99, MOST_SHOWN), ("夜" * 99, MOST_SHOWN // 2), ("short", 5)])
def test_names_are_cut_to_the_room_that_there_is(name: str, shown: int) -> None:
    trace = trace_of("film", media_of([original("film")]), [])
    named = msgspec.structs.replace(trace, nodes=(msgspec.structs.replace(trace.nodes[0], media_id=name),), root=name)
    (node,) = TracePlot.of(named, name).nodes
    assert len(node.text) == shown
    assert node.text.endswith("…") == (len(name) > shown)
