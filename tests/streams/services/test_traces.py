"""Clusters are collected from what is known of matches, in both directions, and within bounds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from support.boilerplate import ruling
from support.cases import decided, item
from support.examples import job
from support.lineages import Work, at, copied, intervals_of, original
from support.read_model import GoneItem, JobTombstone, ReadModel

from schemas.boilerplate import SharedSpan
from schemas.cases import DecisionKind
from schemas.jobs import Job, JobStatus, Metrics
from schemas.matches import Match, Track
from schemas.traces import Trace
from schemas.verdicts import VerdictKind
from streams.adapters.storage.fsspec_store import open_store
from streams.domain.verdicts import judged
from streams.ports.fingerprint_store import FingerprintStore
from streams.services.results import Results
from streams.services.traces import Traces

A = original("A")
B = copied(A, "B", "mirrored")
C = copied(B, "C", "cropped")


def searched(work: Work, *references: Work, number: int, **fields: Any) -> Job:
    """Return the job of a work that was searched, and matched some references."""
    matches = tuple(
        Match(
            media_id=one.name,
            library="films",
            similarity=0.9,
            track=Track.BOTH,
            input_coverage=1.0,
            reference_coverage=1.0,
            intervals=tuple(intervals_of(work, one)),
        )
        for one in references
    )
    known: dict[str, Any] = {"matches": matches, "metrics": Metrics(duration=work.seconds), "time": at(number)}
    return judged(job(f"j{number}", JobStatus.SUCCESS, media_id=work.name, **{**known, **fields}))


def edges(trace: Trace | None) -> str:
    return "nothing is known" if trace is None else " ".join(f"{one.copy}<{one.source}" for one in trace.edges)


@pytest.fixture
def store(tmp_path: Path) -> FingerprintStore:
    return open_store(str(tmp_path / "fingerprints"))


@pytest.fixture
def traces(model: ReadModel, store: FingerprintStore) -> Traces:
    return Traces(model, Results(model), store)


@pytest.fixture
def chain(model: ReadModel) -> None:
    """A film, a copy of it, and a copy of that."""
    model.apply(
        items=[item(name, creation_time=at(number)) for number, name in enumerate("ABC")],
        jobs=[searched(A, number=0), searched(B, A, number=1), searched(C, A, B, number=2)],
    )


@pytest.mark.usefixtures("chain")
@pytest.mark.parametrize("asked", ["A", "B", "C"])
def test_the_tree_is_the_same_whichever_of_its_media_is_asked_for(traces: Traces, asked: str) -> None:
    trace = traces.of(asked)
    assert trace is not None
    assert edges(trace) == "B<A C<B"
    assert (trace.root, trace.complete) == ("A", True)
    first, second, _ = trace.nodes
    assert (first.media_id, first.first_seen, first.duration, first.verdict) == (
        "A", at(0), 600.0, VerdictKind.ORIGINAL,
    )  # fmt: skip
    assert second.verdict is VerdictKind.COPY


def test_nothing_is_known_of_a_media_item_without_jobs_and_items(traces: Traces) -> None:
    assert traces.of("A") is None


def test_a_media_item_that_matches_nothing_is_its_own_root(model: ReadModel, traces: Traces) -> None:
    model.apply(items=[item("A", duration=9.0, publish_time=at(7))], jobs=[job("j", JobStatus.FAIL, media_id="B")])
    trace, failed = traces.of("A"), traces.of("B")
    assert trace is not None
    assert failed is not None
    assert (trace.root, edges(trace), trace.nodes[0].duration, trace.nodes[0].published) == ("A", "", 9.0, at(7))
    assert (failed.root, failed.nodes[0].verdict) == ("B", None)


def test_a_source_that_was_stored_later_and_searched_backwards_is_still_the_later_one(
    model: ReadModel, traces: Traces
) -> None:
    model.apply(items=[item("B"), item("A")], jobs=[searched(B, number=0), searched(A, B, number=1)])
    assert edges(traces.of("A")) == "A<B"
    published = job("j1", media_id="A", publish_time="2001-01-01T00:00:00.000Z").request
    told = msgspec.structs.replace(searched(A, B, number=1), request=published, update_time=at(9))
    model.apply(jobs=[told])
    assert edges(traces.of("A")) == edges(traces.of("B")) == "B<A"


@pytest.mark.usefixtures("chain")
def test_a_pair_that_people_dismissed_is_no_link(model: ReadModel, traces: Traces) -> None:
    for media_id, reference in (("C", "A"), ("C", "B")):
        model.apply(decisions=decided([DecisionKind.NOT_A_MATCH], reference, media_id=media_id))
    assert (edges(traces.of("C")), edges(traces.of("A"))) == ("", "B<A")


@pytest.mark.usefixtures("chain")
def test_what_is_gone_links_nothing(model: ReadModel, traces: Traces) -> None:
    model.apply(items=[GoneItem("films", "A")])
    assert edges(traces.of("C")) == "C<B"
    model.apply(jobs=[JobTombstone("j2")], items=[GoneItem("films", "C")])
    assert (edges(traces.of("C")), edges(traces.of("B"))) == ("nothing is known", "")


def test_media_that_share_nothing_but_boilerplate_are_no_cluster(model: ReadModel, traces: Traces) -> None:
    titles = SharedSpan(start=0.0, end=600.0, references=7)
    model.apply(
        items=[item("A"), item("B")],
        jobs=[searched(A, number=0), searched(B, A, number=1, boilerplate=(titles,))],
    )
    assert [len(trace.nodes) for name in "AB" if (trace := traces.of(name))] == [1, 1]


def test_what_people_say_of_boilerplate_makes_links_and_takes_them_away(model: ReadModel, traces: Traces) -> None:
    model.apply(items=[item("A")], jobs=[searched(A, number=0), searched(B, A, number=1)])
    model.apply(boilerplate=[ruling("A", library="films", boilerplate=True)])
    assert edges(traces.of("B")) == ""
    model.apply(boilerplate=[ruling("A", library="films", boilerplate=True, withdrawn=True)])
    assert edges(traces.of("B")) == "B<A"
    titles = SharedSpan(start=0.0, end=600.0, references=7)
    model.apply(
        jobs=[searched(A, number=0), searched(B, A, number=2, boilerplate=(titles,))],
        boilerplate=[ruling("B", library="anywhere", boilerplate=False)],
    )
    assert edges(traces.of("B")) == "B<A"


def test_the_newest_result_of_each_counts(model: ReadModel, traces: Traces) -> None:
    model.apply(items=[item("A")], jobs=[searched(A, number=0), searched(B, A, number=1), searched(B, number=2)])
    assert (edges(traces.of("B")), edges(traces.of("A"))) == ("", "")


@pytest.mark.parametrize(("bound", "most"), [("MOST_MEDIA", 4), ("MOST_READ", 4), ("MOST_MATCHES", 3)])
def test_of_a_large_cluster_the_nearest_media_are_told_and_that_there_are_more(
    model: ReadModel, traces: Traces, monkeypatch: pytest.MonkeyPatch, bound: str, most: int
) -> None:
    copies = [copied(A, f"copy {number}") for number in range(1, 7)]
    model.apply(
        items=[item("A")],
        jobs=[searched(A, number=0), *(searched(one, A, number=n) for n, one in enumerate(copies, 1))],
    )
    whole = traces.of("A")
    assert whole is not None
    assert (len(whole.nodes), whole.complete) == (7, True)
    monkeypatch.setattr(f"streams.services.traces.{bound}", most)
    cut = traces.of("A")
    assert cut is not None
    assert (len(cut.nodes), cut.complete) == (4, False)
