"""Clusters: what hangs together by links, in whatever order media come and go."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.boilerplate import ruling
from support.cases import decided, forget_everything, item
from support.clusters import at, searched
from support.read_model import GoneItem, GoneLibrary, JobTombstone, ReadModel

from schemas.boilerplate import BoilerplateRuling, SharedSpan
from schemas.cases import DecisionKind
from schemas.jobs import Job, JobStatus
from streams.adapters.storage.fsspec_store import open_store
from streams.ports.fingerprint_store import FingerprintStore
from streams.readmodel.cluster_lists import Cluster, ClusterSort
from streams.readmodel.pagination import BadCursor
from streams.services.results import Results
from streams.services.traces import Traces

NOW = "2026-11-25T12:00:00.000Z"
NAMES = "ABCDEFG"


def clusters(model: ReadModel, **wanted: Any) -> list[Cluster]:
    return model.clusters.page(now=NOW, **wanted).clusters


def shown(model: ReadModel) -> set[str]:
    """Return the members of each cluster, by name."""
    return {members(model, one.cluster_id) for one in clusters(model)}


def members(model: ReadModel, media_id: str) -> str:
    return "".join(sorted(one.media_id for one in model.clusters.members(media_id).members))


def jobs(*links: str, later: int = 0) -> list[Job]:
    """Return the jobs of media that were searched: `BA` is B, which matches A; B is asked for an hour after A."""
    return [searched(link[0], link[1:], number=later + NAMES.index(link[0])) for link in links]


@pytest.fixture
def stored(model: ReadModel) -> ReadModel:
    """A library that holds all media, which were first seen hour by hour."""
    model.apply(items=[item(name, creation_time=at(number)) for number, name in enumerate(NAMES)])
    return model


def test_media_that_are_linked_through_others_are_one_cluster_and_those_that_match_nothing_are_in_none(
    stored: ReadModel,
) -> None:
    stored.apply(jobs=jobs("A", "BA", "CB", "D", "ED", "F"))
    assert shown(stored) == {"ABC", "DE"}
    assert clusters(stored)[0] == Cluster(
        cluster_id="A", size=3, root="A", first_seen=at(0), last_seen=at(2), days={"2026-11-23": 3}
    )
    assert stored.clusters.of("C", now=NOW) == clusters(stored)[0]
    assert (stored.clusters.of("F", now=NOW), members(stored, "F")) == (None, "")


def test_a_match_joins_two_clusters_under_the_name_of_the_one_that_was_there_first(stored: ReadModel) -> None:
    stored.apply(jobs=jobs("BA", "ED", "FE"))
    assert [(one.cluster_id, one.size) for one in clusters(stored)] == [("D", 3), ("A", 2)]
    stored.apply(jobs=jobs("GAD"))
    (joined,) = clusters(stored)
    assert (joined.cluster_id, joined.size, joined.last_seen) == ("A", 6, at(6))


def test_what_is_deleted_splits_its_cluster(stored: ReadModel) -> None:
    stored.apply(jobs=jobs("A", "BA", "CA", "DC", "EC"))
    assert shown(stored) == {"ABCDE"}
    stored.apply(jobs=[JobTombstone("j2")], items=[GoneItem("films", "C")])  # the chain's middle
    assert shown(stored) == {"AB"}
    stored.apply(items=[GoneItem("films", "A")])
    assert shown(stored) == set()


def test_of_a_cluster_whose_middle_goes_both_sides_are_clusters_and_one_keeps_the_name(stored: ReadModel) -> None:
    stored.apply(jobs=jobs("A", "BA", "CB", "DC", "ED"))
    stored.apply(jobs=[JobTombstone("j2")])  # C no longer says that it is of B
    assert {one.cluster_id: members(stored, one.cluster_id) for one in clusters(stored)} == {"A": "AB", "C": "CDE"}


def test_a_name_goes_over_to_the_next_one_when_its_member_is_deleted(stored: ReadModel) -> None:
    stored.apply(jobs=jobs("A", "BA", "CAB", "D"))
    stored.apply(jobs=[JobTombstone("j0")], items=[GoneItem("films", "A")])
    assert [(one.cluster_id, one.root, one.size) for one in clusters(stored)] == [("B", "B", 2)]


def test_the_root_is_the_oldest_by_what_owners_say_and_the_name_that_of_who_came_first(stored: ReadModel) -> None:
    stored.apply(jobs=jobs("A", "BA"))
    stored.apply(jobs=[searched("B", "A", number=1, publish_time="2001-01-01T00:00:00.000Z", update_time=at(9))])
    assert [(one.cluster_id, one.root) for one in clusters(stored)] == [("A", "B")]
    stored.apply(items=[item("A", creation_time=at(0), publish_time="2000-01-01T00:00:00.000Z")])
    assert [(one.cluster_id, one.root) for one in clusters(stored)] == [("A", "A")]


def test_a_pair_that_people_dismiss_is_no_link_until_they_take_that_back(stored: ReadModel) -> None:
    stored.apply(jobs=jobs("A", "BA"))
    dismissed, undone = decided(
        [DecisionKind.NOT_A_MATCH, DecisionKind.REOPEN], "B", media_id="A"
    )  # either is the input
    stored.apply(decisions=[dismissed])
    assert shown(stored) == set()
    stored.apply(decisions=[undone])
    assert shown(stored) == {"AB"}


def test_boilerplate_of_either_of_two_links_nothing(stored: ReadModel) -> None:
    titles = (SharedSpan(start=0.0, end=600.0, references=7),)
    stored.apply(jobs=jobs("A", "BA", "CB"))
    stored.apply(jobs=[searched("B", "A", number=3, boilerplate=titles)])
    assert shown(stored) == set()
    stored.apply(jobs=[searched("B", "A", number=4)])
    assert shown(stored) == {"ABC"}


def test_what_people_say_of_boilerplate_parts_media_and_joins_them(stored: ReadModel) -> None:
    stored.apply(jobs=jobs("A", "BA", "CB"))
    stored.apply(boilerplate=[ruling("B", library="films", boilerplate=True)])
    assert shown(stored) == set()
    stored.apply(boilerplate=[ruling("B", library="films", boilerplate=True, withdrawn=True)])
    assert shown(stored) == {"ABC"}
    titles = (SharedSpan(start=0.0, end=600.0, references=7),)
    stored.apply(jobs=[searched("B", "A", number=3, boilerplate=titles)])
    stored.apply(boilerplate=[ruling("A", library="films", boilerplate=False)])
    assert shown(stored) == {"ABC"}


def test_the_newest_result_of_a_media_item_counts(stored: ReadModel) -> None:
    stored.apply(jobs=jobs("A", "BA", "C"))
    stored.apply(jobs=jobs("BC", later=10))
    assert shown(stored) == {"BC"}
    stored.apply(jobs=[JobTombstone("j11")])
    assert shown(stored) == {"AB"}


def test_a_library_that_is_deleted_takes_its_links_along(stored: ReadModel) -> None:
    stored.apply(jobs=jobs("A", "BA", "CB"))
    stored.apply(libraries=[GoneLibrary("films")])
    assert shown(stored) == set()


def test_growth_is_that_of_the_last_days(stored: ReadModel) -> None:
    stored.apply(
        items=[item(name, creation_time=at(48)) for name in "XYZ"],
        jobs=[*jobs("A", "BA", "CA", "DA"), searched("Y", "X", number=49), searched("Z", "X", number=50)],
    )
    assert [one.cluster_id for one in clusters(stored)] == ["A", "X"]
    grown = clusters(stored, sort=ClusterSort.GROWTH, days=2)
    assert [(one.cluster_id, one.growth, one.days) for one in grown] == [("X", 3, {"2026-11-25": 3})]
    assert [one.growth for one in clusters(stored, sort=ClusterSort.GROWTH, days=3)] == [4, 3]
    assert [one.growth for one in clusters(stored, days=1)] == [0, 3]


@pytest.mark.parametrize("sort", list(ClusterSort))
def test_clusters_and_their_members_are_read_page_by_page(stored: ReadModel, sort: ClusterSort) -> None:
    stored.apply(jobs=jobs("A", "BA", "CA", "E", "FE", "G", "DG"))
    found: list[str] = []
    cursor = None
    while not found or cursor:
        page = stored.clusters.page(sort, now=NOW, cursor=cursor, limit=1)
        found += [one.cluster_id for one in page.clusters]
        cursor = page.next
    assert found == ["A", "D", "E"]
    first = stored.clusters.members("A", limit=2)
    rest = stored.clusters.members("A", limit=2, cursor=first.next)
    assert ([one.media_id for one in [*first.members, *rest.members]], rest.next) == (["C", "B", "A"], None)
    with pytest.raises(BadCursor):
        stored.clusters.page(sort, now=NOW, cursor=first.next)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterable[tuple[ReadModel, ReadModel]]:
    """Two read models, for all that a property tries."""
    folder = tmp_path_factory.mktemp("models")
    with closing(ReadModel(folder / "one.sqlite")) as one, closing(ReadModel(folder / "other.sqlite")) as other:
        yield one, other


@pytest.fixture(scope="module")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> FingerprintStore:
    return open_store(str(tmp_path_factory.mktemp("fingerprints")))


def said(name: str, *, boilerplate: bool, withdrawn: bool) -> BoilerplateRuling:
    return ruling(name, library="films", boilerplate=boilerplate, withdrawn=withdrawn)


#: What happens to media: each is searched, once or anew, and matches some; jobs and items go; people overrule what is
#: boilerplate.
STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(NAMES), st.text("ABCDEFG", max_size=3)),
        st.sampled_from(NAMES).map(lambda name: GoneItem("films", name)),
        st.integers(0, 12).map(lambda number: JobTombstone(f"j{number}")),
        st.sampled_from(NAMES).map(lambda name: item(name, creation_time=at(3))),
        st.builds(said, st.sampled_from(NAMES), boilerplate=st.booleans(), withdrawn=st.booleans()),
    ),
    max_size=14,
)


def told(steps: Sequence[Any]) -> list[dict[str, list[Any]]]:
    happened = []
    for number, step in enumerate(steps):
        if isinstance(step, JobTombstone):
            happened.append({"jobs": [step]})
        elif isinstance(step, BoilerplateRuling):
            entry = msgspec.structs.replace(step, entry_id=f"e{number}", when=at(number))
            happened.append({"boilerplate": [entry]})
        elif type(step) is tuple:
            happened.append({"jobs": [searched(*step, number=number)]})
        else:
            happened.append({"items": [step]})
    return happened


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_a_cluster_is_what_the_trace_of_any_of_its_media_shows(
    models: tuple[ReadModel, ReadModel], empty_store: FingerprintStore, steps: list[Any]
) -> None:
    model, _ = models
    forget_everything(model)
    model.apply(items=[item(name, creation_time=at(number)) for number, name in enumerate(NAMES)])
    for step in told(steps):
        model.apply(**step)
    traces = Traces(model, Results(model), empty_store)
    for name in NAMES:
        trace = traces.of(name)
        if trace is None:  # nothing is known of it but that others match it: they are asked instead
            continue
        expected = "".join(sorted(one.media_id for one in trace.nodes))
        assert members(model, name) == (expected if len(expected) > 1 else "")
        cluster = model.clusters.of(name, now=NOW)
        if cluster is not None:
            first = min((one.first_seen or "", one.media_id) for one in trace.nodes)
            assert (cluster.first_seen, cluster.cluster_id, cluster.root) == (*first, trace.nodes[0].media_id)
    recount(model)


def recount(model: ReadModel) -> None:
    """Hold the numbers that are kept against what is counted."""
    with model._database.write() as file:
        rows = [dict(row) for row in file.execute("SELECT * FROM cluster_members")]
        sizes = Counter(row["number"] for row in rows)
        assert sizes == {row["number"]: row["size"] for row in file.execute("SELECT * FROM clusters")}
        days = Counter((row["number"], row["first_seen"][:10]) for row in rows)
        assert days == {(row[0], row[1]): row[2] for row in file.execute("SELECT * FROM cluster_days")}
        assert file.execute("SELECT count(*) FROM cluster_due").fetchone()[0] == 0


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(matched=st.lists(st.text("ABCDEFG", max_size=3), min_size=7, max_size=7), seed=st.integers(0, 2**16))
def test_it_does_not_matter_in_which_order_media_come(
    models: tuple[ReadModel, ReadModel], matched: list[str], seed: int
) -> None:
    steps: list[dict[str, Any]] = [
        *({"items": [item(name, creation_time=at(number))]} for number, name in enumerate(NAMES)),
        *(
            {"jobs": [searched(name, others, number=n)]}
            for n, (name, others) in enumerate(zip(NAMES, matched, strict=True))
        ),
        {"decisions": decided([DecisionKind.NOT_A_MATCH], "A", media_id="B")},
    ]
    for model in models:
        forget_everything(model)
        for step in steps:
            model.apply(**step)
        Random(seed).shuffle(steps)
    assert clusters(models[0]) == clusters(models[1])


def test_a_file_from_before_there_were_clusters_is_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "model.sqlite"
    with closing(ReadModel(path)) as model:
        titles = (SharedSpan(start=0.0, end=600.0, references=7),)
        model.apply(
            items=[item(name, creation_time=at(number)) for number, name in enumerate(NAMES)],
            jobs=[
                *jobs("AC", "BA", "CB"),
                searched("D", "A", number=4),
                searched("A", "", number=5, boilerplate=titles),
            ],
        )
        model.apply(jobs=[searched("F", "E", number=6, status=JobStatus.SUCCESS)])
        before = clusters(model)
        assert {one.cluster_id for one in before} == {"B", "E"}
    with closing(sqlite3.connect(path)) as file:
        for kind, name in file.execute(
            "SELECT type, name FROM sqlite_master WHERE name LIKE 'cluster%' AND type IN ('trigger', 'table') "
            "ORDER BY type DESC"
        ).fetchall():
            file.execute(f"DROP {kind} IF EXISTS {name}")
        file.execute("DELETE FROM schema_versions WHERE feature = 'clusters'")
        file.commit()
    with closing(ReadModel(path)) as model:
        assert clusters(model) == before
        recount(model)
