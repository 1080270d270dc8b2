"""Where media came from, over REST: as JSON, and as GraphML."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from litestar.testing import AsyncTestClient
from support.cases import item
from support.examples import job
from support.lineages import copied as copy_of
from support.lineages import media_of, original, sightings_of
from support.read_model import ReadModel

from schemas.jobs import JobStatus, Metrics
from schemas.matches import Interval, Match, Track
from streams.domain.tracing.tree import trace_of
from streams.domain.verdicts import judged
from streams.web.api.graphml import GRAPHML, as_graphml

SPACE = "{http://graphml.graphdrawing.org/xmlns}"
FIRST, LATER = "2026-11-23T08:00:00.000Z", "2026-11-23T09:00:00.000Z"
SPAN = Interval(
    input_start=0.0,
    input_end=60.0,
    reference_start=30.0,
    reference_end=90.0,
    similarity=0.9,
    track=Track.BOTH,
    transforms=("mirrored",),
)
#: A name that is markup, as somebody hopes.
HOSTILE = "<b>&\"'</data>"


@pytest.fixture
def copied(model: ReadModel) -> ReadModel:
    """A film, and a copy of a minute of it, with a hostile name."""
    match = Match(
        media_id="film",
        library="films",
        similarity=0.8,
        track=Track.BOTH,
        input_coverage=1.0,
        reference_coverage=0.1,
        intervals=(SPAN,),
    )
    model.apply(
        items=[item("film", duration=600.0, creation_time=FIRST)],
        jobs=[
            judged(job("j1", media_id=HOSTILE, time=LATER, matches=(match,), metrics=Metrics(duration=60.0))),
            job("j2", JobStatus.FAIL, media_id="failed"),
        ],
    )
    return model


def path(media_id: str) -> str:
    return f"/api/v1/media/{media_id}/trace"


@pytest.mark.usefixtures("copied")
async def test_a_tree_has_media_and_from_what_they_were_made_and_why(client: AsyncTestClient) -> None:
    answer = await client.get(path("film"))
    assert answer.status_code == 200, answer.text
    span = {
        "input_start": 0.0,
        "input_end": 60.0,
        "reference_start": 30.0,
        "reference_end": 90.0,
        "similarity": 0.9,
        "track": "both",
        "speed": 1.0,
        "transforms": ["mirrored"],
    }
    assert answer.json() == {
        "root": "film",
        "nodes": [
            {"media_id": "film", "first_seen": FIRST, "published": None, "duration": 600.0, "verdict": None},
            {"media_id": HOSTILE, "first_seen": LATER, "published": None, "duration": 60.0, "verdict": "copy"},
        ],
        "edges": [
            {
                "copy": HOSTILE,
                "source": "film",
                "confidence": 0.8,
                "coverage": 1.0,
                "intervals": [span],
                "transforms": ["mirrored"],
                "why": [
                    {"because": "covers", "share": 1.0},
                    {"because": "first_seen", "source_time": FIRST, "copy_time": LATER},
                ],
            }
        ],
        "complete": True,
    }
    again = await client.get(path("film"), headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.usefixtures("copied")
async def test_a_tree_is_graphml_on_demand(client: AsyncTestClient) -> None:
    answer = await client.get(path("film"), headers={"Accept": GRAPHML})
    assert (answer.status_code, answer.headers["content-type"]) == (200, GRAPHML)
    document = ET.fromstring(answer.content)  # noqa: S314 (our own)
    keys = {one.attrib["id"]: one.attrib for one in document.iter(f"{SPACE}key")}
    assert keys["edge-confidence"] == {
        "id": "edge-confidence", "for": "edge", "attr.name": "confidence", "attr.type": "double",
    }  # fmt: skip
    nodes = {one.attrib["id"]: data_of(one) for one in document.iter(f"{SPACE}node")}
    assert nodes["n0"] == {"node-media_id": "film", "node-first_seen": FIRST, "node-duration": "600.0"}
    assert nodes["n1"]["node-media_id"] == HOSTILE
    (edge,) = document.iter(f"{SPACE}edge")
    assert (edge.attrib["source"], edge.attrib["target"]) == ("n1", "n0")
    said = data_of(edge)
    assert (said["edge-confidence"], said["edge-transforms"]) == ("0.8", "mirrored")
    assert json.loads(said["edge-intervals"])[0]["reference_end"] == 90.0
    assert said["edge-why"].splitlines()[0] == "100.0 % of the copy is of it"
    (graph,) = document.iter(f"{SPACE}graph")
    assert data_of(graph) == {"graph-root": "film", "graph-complete": "true"}
    assert {key for one in document.iter(f"{SPACE}data") if (key := one.attrib["key"])} <= set(keys)
    tag = answer.headers["etag"]
    again = await client.get(path("film"), headers={"Accept": GRAPHML, "If-None-Match": tag})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert (await client.get(path("film"), headers={"If-None-Match": tag})).status_code == 200  # as JSON it has another


def data_of(element: ET.Element) -> dict[str, Any]:
    return {one.attrib["key"]: one.text for one in element.findall(f"{SPACE}data")}


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a\x1bb", "a\\x1bb"),
        ("a\x00", "a\\x00"),
        ("\ufffe", "\\ufffe"),
        ("\r\n", "\\r\n"),
        ("é\U0001f3ac", "é\U0001f3ac"),
    ],
)
def test_what_xml_cannot_hold_is_written_as_codes(name: str, shown: str) -> None:
    works = [original("film"), copy_of(original("film"), name)]
    document = ET.fromstring(as_graphml(trace_of(name, media_of(works), sightings_of(works))))  # noqa: S314 (our own)
    assert [data_of(one)["node-media_id"] for one in document.iter(f"{SPACE}node")] == ["film", shown]


@pytest.mark.usefixtures("copied")
async def test_media_of_which_no_job_has_succeeded_has_a_tree_and_unknown_media_none(client: AsyncTestClient) -> None:
    failed = (await client.get(path("failed"))).json()
    assert (failed["root"], failed["edges"]) == ("failed", [])
    unknown = await client.get(path("nothing"), headers={"Accept": GRAPHML})
    assert (unknown.status_code, unknown.headers["content-type"]) == (404, "application/problem+json")
    assert (unknown.json()["code"], "submit it first" in unknown.text) == ("unknown-media", True)
