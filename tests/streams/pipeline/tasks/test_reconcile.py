"""What worker processes tell of store and index, and what they put back and remove."""

from __future__ import annotations

import os
import time
import uuid
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.clips import Clips
from support.whole_job import make_context, run_job

from fingerprint.engine import ALGORITHM
from fingerprint.model import Fingerprint
from fingerprint.types import ReferenceKey, Windows
from schemas.matches import Track
from schemas.tasks import ListLibrary, RepairLibrary, SurveyStores, Task, TaskOutcome
from streams.adapters.storage.fsspec_store import FileStore
from streams.domain.inventory import Inspection, Inventory, Page, Repairs
from streams.domain.search_scope import Assignment, Scope
from streams.pipeline.tasks.context import TaskContext
from streams.pipeline.tasks.run import run_task
from streams.ports.task_report import TaskReport

VECTOR = np.eye(1, 8, dtype=np.float32)


@pytest.fixture
def context(tmp_path: Path, clips: Clips) -> TaskContext:
    return make_context(tmp_path, clips.folder)


def do(
    context: TaskContext, kind: type[ListLibrary | RepairLibrary], library: str = "default", **inspection: object
) -> TaskReport:
    """Do a task as a worker process does, with a budget that a slow machine does not use up unless one is given."""
    return answer(context, kind(job_id="doctor", library=library), **inspection)


def answer(context: TaskContext, task: Task, **inspection: object) -> TaskReport:
    scope = Scope(inspection=Inspection(**{"budget_s": 600.0, **inspection}))
    report = run_task(Assignment(task=task, scope=scope), context)
    assert report.result.outcome is TaskOutcome.DONE
    return report


def repair(context: TaskContext, library: str = "default", **inspection: object) -> Repairs:
    found = do(context, RepairLibrary, library, **inspection).repairs
    assert found is not None
    return found


def inventories(context: TaskContext, budget_s: float = 600.0) -> list[Inventory]:
    found: list[Inventory] = []
    page: Page | None = Page()
    while page is not None:
        inventory = do(context, ListLibrary, budget_s=budget_s, page=page).inventory
        assert inventory is not None
        found.append(inventory)
        page = inventory.next
    return found


def put_stray(context: TaskContext, media_id: str, version: int, library: str = "default") -> ReferenceKey:
    """Store a fingerprint and a window of which no job knows."""
    key = ReferenceKey(library, media_id, version)
    context.store.put(key, Fingerprint(1.0).to_bytes())
    number = np.zeros(1, np.int32)
    context.vectors.upsert(key, Track.PICTURE, Windows(number, number, number + 1, VECTOR))
    return key


def test_a_survey_names_libraries_parts_and_cut_off_writes(context: TaskContext, tmp_path: Path) -> None:
    put_stray(context, "video", 1, "films")
    context.store.put(ReferenceKey("store only", "video", 1), b"x")
    context.store.put_part("job", 0, b"x")
    os.utime(tmp_path / "fingerprints" / "parts" / "job" / "000000", (100.0, 100.0))
    cut = tmp_path / "fingerprints" / "libraries" / "films" / f"x.{uuid.uuid4().hex}"
    cut.write_bytes(b"")
    survey = answer(context, SurveyStores(job_id="doctor"), writes_before=time.time() + 60).survey
    assert survey is not None
    assert (survey.libraries, survey.parts) == (("films", "store only"), (("job", 100.0),))
    assert (survey.writes, survey.algorithm) == ((str(cut),), ALGORITHM)


def test_an_inventory_lists_windows_and_fingerprints_of_one_library(context: TaskContext) -> None:
    put_stray(context, "a", 1)
    put_stray(context, "a", 2)
    put_stray(context, "other", 1, "films")
    context.store.put(ReferenceKey("default", "b", 3), b"x")
    (found,) = inventories(context)
    assert sorted(found.windows) == [("a", 1, 1), ("a", 2, 1)]
    assert found.fingerprints == (("a", 1), ("a", 2), ("b", 3))


@pytest.mark.parametrize("most", [1, 2, 3, 5000])
def test_an_inventory_without_time_goes_on_where_it_ended(
    context: TaskContext, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr("streams.pipeline.tasks.reconcile.ENTRIES_A_REPORT", most)
    keys = [put_stray(context, media_id, version) for media_id in "abcd" for version in (1, 2)]
    pages = inventories(context, budget_s=0.0 if most == 1 else 600.0)
    windows: Counter[tuple[str, int]] = Counter()
    for page in pages:
        windows.update({(media_id, version): count for media_id, version, count in page.windows})
    assert windows == {key[1:]: 1 for key in keys}
    assert [one for page in pages for one in page.fingerprints] == [key[1:] for key in keys]
    assert (len(pages) > 1) == (most < 16)


def test_windows_are_put_back_from_the_fingerprint_as_they_were(context: TaskContext, clip: Path) -> None:
    job = run_job(context, clip)
    key = ReferenceKey("default", job.media_id, job.version)
    stored = context.vectors.count("default")
    assert stored == job.metrics.windows > 0
    context.vectors.delete_version(key)
    assert repair(context, restore=(key[1:],)).restored == (key[1:],)
    assert context.vectors.count_versions("default").windows == {key[1:]: stored}


def test_a_fingerprint_that_is_gone_or_damaged_cannot_be_put_back(context: TaskContext) -> None:
    context.store.put(ReferenceKey("default", "damaged", 1), b"\x89MDNA\x01nonsense")
    found = repair(context, restore=(("gone", 1), ("damaged", 1)))
    assert (found.restored, [one[:2] for one in found.unusable]) == ((), [("gone", 1), ("damaged", 1)])
    assert ["not in the store" in found.unusable[0][2], "damaged" in found.unusable[1][2]] == [True, True]


def test_windows_of_an_item_that_is_removed_meanwhile_are_not_put_back(
    context: TaskContext, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = run_job(context, clip)
    key = ReferenceKey("default", job.media_id, job.version)
    read = FileStore.get

    def removed_after_reading(store: FileStore, wanted: ReferenceKey) -> bytes | None:
        data = read(store, wanted)
        context.vectors.delete_version(wanted)
        store.delete(wanted)
        return data

    monkeypatch.setattr(FileStore, "get", removed_after_reading)
    found = repair(context, restore=(key[1:],))
    assert (found.restored, context.vectors.count("default")) == ((), 0)
    assert "removed meanwhile" in found.unusable[0][2]


def test_what_is_named_is_removed_and_nothing_else(context: TaskContext) -> None:
    put_stray(context, "a", 1)
    put_stray(context, "a", 2)
    put_stray(context, "a", 1, "films")
    found = repair(context, remove=(("a", 1),), drop_empty=True)
    assert found.removed == (("a", 1),)
    assert context.vectors.count_versions("default").windows == {("a", 2): 1}
    assert [key.version for key in context.store.keys("default")] == [2]
    assert context.vectors.count("films") == len(list(context.store.keys("films"))) == 1
    assert repair(context, remove=(("a", 1),)).removed == (("a", 1),)


def test_a_librarys_place_goes_with_the_last_that_was_in_it(context: TaskContext) -> None:
    put_stray(context, "a", 1, "films")
    put_stray(context, "a", 2, "films")
    repair(context, "films", remove=(("a", 1),), drop_empty=True)
    assert (context.vectors.libraries(), context.store.libraries()) == (["films"], ["films"])
    repair(context, "films", remove=(("a", 2),), drop_empty=True)
    assert (context.vectors.libraries(), context.store.libraries()) == ([], [])


def test_parts_that_were_written_since_stay(context: TaskContext, tmp_path: Path) -> None:
    for job_id in ("old", "new"):
        context.store.put_part(job_id, 0, b"x")
    os.utime(tmp_path / "fingerprints" / "parts" / "old" / "000000", (100.0, 100.0))
    found = repair(context, parts=(("old", 100.0), ("new", 100.0), ("gone", 100.0)))
    assert found.parts == ("old", "gone")
    assert list(context.store.jobs_with_parts()) == ["new"]


def test_cut_off_writes_are_removed_when_a_time_is_given(context: TaskContext, tmp_path: Path) -> None:
    context.store.put(ReferenceKey("default", "video", 1), b"x")
    cut = tmp_path / "fingerprints" / f"x.{uuid.uuid4().hex}"
    cut.write_bytes(b"")
    repair(context)
    assert cut.exists()
    repair(context, writes_before=time.time() + 60)
    assert (cut.exists(), context.store.get(ReferenceKey("default", "video", 1))) == (False, b"x")


def test_a_repair_without_time_does_one_and_names_it(context: TaskContext, clip: Path) -> None:
    job = run_job(context, clip)
    for version in (1, 2):
        put_stray(context, "stray", version)
    wanted = {"restore": ((job.media_id, job.version),) * 2, "remove": (("stray", 1), ("stray", 2))}
    found = repair(context, budget_s=0.0, **wanted)
    assert (len(found.restored), found.removed) == (1, (("stray", 1),))


def test_a_store_that_fails_lets_the_task_be_tried_again(context: TaskContext) -> None:
    class Away(FileStore):
        def libraries(self) -> list[str]:
            raise OSError("away")

    store = Away(context.store._fs, context.store._root)  # type: ignore[attr-defined] # the store of tests is this one
    report = run_task(Assignment(task=SurveyStores(job_id="doctor")), replace(context, store=store))
    assert (report.result.outcome, "away" in report.result.message) == (TaskOutcome.RETRY, True)
