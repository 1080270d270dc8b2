"""What the read model says of versions, for comparing it with what is stored."""

from __future__ import annotations

import msgspec
from support.examples import job
from support.read_model import ReadModel

from schemas.jobs import JobStatus, Metrics
from schemas.libraries import LibraryItem
from streams.domain.reconciliation import Held
from streams.readmodel.reconciliation import NAMED, UnfinishedJob


def item(media_id: str, version: int, *, library: str = "default", job_id: str = "j1") -> LibraryItem:
    return LibraryItem(library=library, media_id=media_id, version=version, job_id=job_id)


def test_what_is_held_comes_with_what_its_job_says_of_the_fingerprint(model: ReadModel) -> None:
    model.apply(
        jobs=[job("j1", version=7, metrics=Metrics(windows=12), algorithm="mediadna-2"), job("j2", version=8)],
        items=[
            item("known", 7),
            item("silent", 8, job_id="j2"),
            item("forgotten", 9, job_id="gone"),
            item("other", 1, library="films"),
        ],
    )
    assert model.reconciliation.held("default") == {
        "known": Held(7, 12, "mediadna-2"),
        "silent": Held(8, 0, ""),
        "forgotten": Held(9, None, ""),
    }
    assert model.reconciliation.versions("default") == {"known": 7, "silent": 8, "forgotten": 9}


def test_what_is_asked_of_many_media_items_is_answered_for_all_of_them(model: ReadModel) -> None:
    media_ids = [f"video-{number}" for number in range(NAMED + 3)]
    model.apply(items=[item(media_id, number) for number, media_id in enumerate(media_ids)])
    assert model.reconciliation.held_of("default", [*media_ids, "unknown"]) == {
        media_id: number for number, media_id in enumerate(media_ids)
    }
    assert model.reconciliation.held_of("films", media_ids) == {}
    assert model.reconciliation.held_of("default", []) == {}


def test_jobs_are_told_apart_by_whether_they_have_ended(model: ReadModel) -> None:
    under_way = job("j1", JobStatus.PROCESSING, media_id="a", version=3)
    waiting = msgspec.structs.replace(under_way, job_id="j2", status=JobStatus.INIT, version=4)
    model.apply(jobs=[under_way, waiting, job("j3", JobStatus.FAIL, media_id="a", version=2), job("j4", media_id="b")])
    rows = model.reconciliation
    assert sorted(rows.unfinished()) == [
        UnfinishedJob("j1", "default", "a", 3, under_way.update_time),
        UnfinishedJob("j2", "default", "a", 4, under_way.update_time),
    ]
    assert rows.under_way_of(["a", "b"]) == {("a", 3), ("a", 4)}
    assert rows.under_way_of(["b"]) == set()
    assert rows.given_up(["a", "b"]) == {("a", 2), ("b", 1)}
    assert rows.ended(["j1", "j3", "j4", "unknown"]) == {"j3", "j4"}
