"""Comparing libraries with what is stored: what differs is told and mended, and nothing else is touched."""

from __future__ import annotations

import asyncio
import os
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs
from support.examples import job
from support.read_model import GoneItem, GoneLibrary, ReadModel
from support.stocked import OLD, Stocked

from fingerprint.types import ReferenceKey
from schemas.ids import repair_job_id
from schemas.jobs import UPLOADED, JobSource, JobStatus, Lane, SaveType
from schemas.libraries import Library, LibraryStatus
from schemas.tasks import TaskKind
from streams.domain.reconciliation import DifferenceKind, Outcome
from streams.domain.search_scope import Assignment
from streams.services.reconciliation.doctor import Doctor, DoctorBusyError, Report, RunState
from streams.services.reconciliation.examination import Order

Told = list[tuple[str, str, str]]

DAY_S = 86_400


@pytest.fixture
def stocked(model: ReadModel, tmp_path: Path) -> Stocked:
    stocked = Stocked(model, tmp_path)
    stocked.inline.apply(libraries=[Library(name="default")])
    return stocked


def told(report: Report) -> Told:
    assert (report.state, report.error) == (RunState.DONE, "")
    return [(one.kind.value, one.media_id or one.job_id, one.outcome.value) for one in report.differences]


async def clean(stocked: Stocked) -> bool:
    report = await stocked.examine()
    return told(report) == [] and report.left == 0


async def test_where_all_is_as_it_should_be_nothing_is_told_or_touched(stocked: Stocked) -> None:
    keys = [stocked.hold(media_id) for media_id in "abc"]
    stocked.hold("a", library="films")
    report = await stocked.examine(mend=True)
    assert told(report) == []
    assert (report.libraries, report.items, report.versions, report.left) == (2, 4, 4, 0)
    assert set(stocked.stored()) == set(keys)
    assert TaskKind.REPAIR not in {one.task.kind for one in stocked.done}


async def test_differences_are_only_told_unless_they_are_to_be_mended(stocked: Stocked) -> None:
    lost, held, stray = stocked.hold("lost"), stocked.hold("held"), stocked.store("stray")
    stocked.lose_windows(held)
    stocked.lose_fingerprint(lost)
    before = stocked.stored()
    report = await stocked.examine()
    assert sorted(told(report)) == [
        ("fingerprint_missing", "lost", "found"),
        ("not_held", "stray", "found"),
        ("windows_missing", "held", "found"),
    ]
    assert (report.left, report.outcomes) == (3, {"found": 3})
    assert stocked.stored() == before
    assert stray in before
    assert stocked.inline.waiting == []


async def test_windows_that_are_missing_are_put_back_from_the_fingerprint(stocked: Stocked) -> None:
    whole, part = stocked.hold("whole", windows=4), stocked.hold("part", windows=5)
    stocked.lose_windows(whole)
    stocked.context.vectors._rows = dict(list(stocked.context.vectors._rows.items())[:3])  # type: ignore[attr-defined]
    assert await stocked.examine(mend=True)
    assert stocked.stored() == {whole: (4, True), part: (5, True)}
    assert await clean(stocked)


async def test_an_index_that_was_lost_is_made_anew_whatever_its_size(stocked: Stocked) -> None:
    keys = [stocked.hold(f"video-{number}") for number in range(120)]
    stocked.context.vectors.delete_library("default")
    report = await stocked.examine(mend=True, cautious=True)
    assert (report.outcomes, report.left) == ({"mended": 120}, 0)
    assert set(stocked.stored()) == set(keys)
    assert await clean(stocked)


async def test_a_version_that_no_item_holds_is_removed_with_all_that_is_stored_of_it(stocked: Stocked) -> None:
    held = stocked.hold("video", OLD)
    stocked.store("video", OLD - 5)
    stocked.store("failed")
    stocked.store("windows only")
    stocked.lose_fingerprint(("windows only", OLD))
    stocked.store("file only")
    stocked.lose_windows(("file only", OLD))
    report = await stocked.examine(mend=True)
    assert sorted(told(report)) == [
        ("not_held", "failed", "mended"),
        ("not_held", "file only", "mended"),
        ("not_held", "video", "mended"),
        ("not_held", "windows only", "mended"),
    ]
    assert stocked.stored() == {held: (3, True)}
    assert await clean(stocked)


async def test_what_a_job_is_at_or_has_just_left_stays(stocked: Stocked) -> None:
    under_way, young = stocked.store("under way"), stocked.store("young", OLD + 2 * 3_600_000)
    stocked.job("under way")
    assert told(await stocked.examine(mend=True)) == []
    assert set(stocked.stored()) == {under_way, young}


def meanwhile(stocked: Stocked, kind: TaskKind, happens: Callable[[], object]) -> None:
    """Let something happen once, right after a task of this kind was done."""
    do, left = stocked.inline.do, [happens]
    assert do is not None

    def and_then(assignment: Assignment) -> object:
        report = do(assignment)
        if assignment.task.kind is kind and left:
            left.pop()()
        return report

    stocked.inline.do = and_then  # type: ignore[assignment]


async def test_what_becomes_held_after_stock_was_taken_stays(stocked: Stocked) -> None:
    key = stocked.store("video")
    meanwhile(stocked, TaskKind.INVENTORY, lambda: stocked.hold("video"))
    assert told(await stocked.examine(mend=True)) == []
    assert set(stocked.stored()) == {key}


async def test_what_becomes_held_right_before_it_would_be_removed_stays(
    stocked: Stocked, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = stocked.store("video")
    rows, asked = stocked.inline.model.reconciliation, []

    def held_from_the_second_look_on(media_ids: object) -> set[tuple[str, int]]:
        asked.append(media_ids)
        if len(asked) > 1:
            stocked.hold("video")
        return set()

    monkeypatch.setattr(rows, "under_way_of", held_from_the_second_look_on)
    assert told(await stocked.examine(mend=True)) == []
    assert len(asked) == 2
    assert set(stocked.stored()) == {key}


async def test_an_item_that_is_stored_while_stock_is_taken_is_not_missed(stocked: Stocked) -> None:
    stocked.hold("first")
    meanwhile(stocked, TaskKind.INVENTORY, lambda: stocked.hold("second"))
    assert told(await stocked.examine(mend=True)) == []


async def test_windows_that_are_put_back_while_their_item_is_removed_go_again(stocked: Stocked) -> None:
    key = stocked.hold("video")
    stocked.lose_windows(key)
    meanwhile(stocked, TaskKind.REPAIR, lambda: stocked.inline.apply(items=[GoneItem("default", "video")]))
    await stocked.examine(mend=True)
    assert stocked.stored() == {}


async def test_an_item_that_is_removed_meanwhile_is_not_made_anew(stocked: Stocked) -> None:
    stocked.lose_fingerprint(stocked.hold("video"))
    meanwhile(stocked, TaskKind.REPAIR, lambda: stocked.inline.apply(items=[GoneItem("default", "video")]))
    assert told(await stocked.examine(mend=True)) == []
    assert stocked.inline.model.reconciliation.unfinished() == []


async def test_a_fingerprint_that_is_missing_is_asked_for_once_and_made_anew(stocked: Stocked) -> None:
    key = stocked.hold("video", file_url="file:///original.mp4")
    stocked.lose_fingerprint(key)
    job_id = repair_job_id("default", *key)
    for _ in range(2):
        report = await stocked.examine(mend=True)
        assert told(report) == [("fingerprint_missing", "video", "requested")]
        assert (report.differences[0].job_id, report.left) == (job_id, 0)
    assert [one.job_id for one in stocked.inline.model.reconciliation.unfinished()] == [job_id]
    asked = stocked.inline.model.jobs.get(job_id)
    assert asked is not None
    assert (asked.request.save_type, asked.request.file_url) == (SaveType.ONLYSAVE, "file:///original.mp4")
    assert (asked.request.source, asked.request.lane) == (JobSource.REPAIR, Lane.IMPORT)
    assert asked.request.library == "default"
    await stocked.inline.work()
    item = stocked.inline.model.libraries.item("default", "video")
    assert item is not None
    assert item.version > key[1]


async def test_a_fingerprint_that_cannot_be_read_is_made_anew_as_one_that_is_missing(stocked: Stocked) -> None:
    key = stocked.hold("video")
    stocked.lose_windows(key)
    stocked.context.store.put(ReferenceKey("default", *key), b"\x89MDNA\x01nonsense")
    report = await stocked.examine(mend=True)
    assert told(report) == [("windows_missing", "video", "requested")]
    assert "damaged" in report.differences[0].detail


async def test_what_was_sent_along_has_to_be_sent_again(stocked: Stocked) -> None:
    key = stocked.hold("video", file_url=UPLOADED)
    stocked.lose_fingerprint(key)
    report = await stocked.examine(mend=True)
    assert told(report) == [("fingerprint_missing", "video", "left")]
    assert "sent along" in report.differences[0].reason
    assert "mediadna libraries add" in report.differences[0].reason
    assert stocked.inline.model.libraries.item("default", "video") is not None


async def test_media_that_is_gone_too_is_asked_for_once_and_then_left_with_the_reason(stocked: Stocked) -> None:
    key = stocked.hold("video")
    stocked.lose_fingerprint(key)
    failed = job(repair_job_id("default", *key), JobStatus.FAIL, media_id="video", version=OLD + 1, message="gone")
    stocked.inline.apply(jobs=[failed])
    report = await stocked.examine(mend=True)
    assert told(report) == [("fingerprint_missing", "video", "left")]
    assert "gone" in report.differences[0].reason
    assert stocked.inline.waiting == []


async def test_a_fingerprint_of_another_algorithm_is_made_anew_on_demand_only(stocked: Stocked) -> None:
    stocked.hold("video", algorithm="mediadna-0")
    report = await stocked.examine(mend=True, cautious=True)
    assert told(report) == [("fingerprint_outdated", "video", "left")]
    assert told(await stocked.examine(mend=True)) == [("fingerprint_outdated", "video", "requested")]


async def test_a_sweep_removes_what_is_known_to_be_given_up_and_leaves_what_nobody_knows(stocked: Stocked) -> None:
    held = stocked.hold("video")
    stocked.store("video", OLD - 5)
    unknown, failed = stocked.store("unknown"), stocked.store("failed")
    stocked.job("failed", status=JobStatus.FAIL)
    report = await stocked.examine(mend=True, cautious=True)
    assert sorted(told(report)) == [
        ("not_held", "failed", "mended"),
        ("not_held", "unknown", "left"),
        ("not_held", "video", "mended"),
    ]
    assert set(stocked.stored()) == {held, unknown}
    assert failed not in stocked.stored()


async def test_a_read_model_that_starts_anew_takes_nothing_from_anybody(stocked: Stocked) -> None:
    keys = {stocked.store(f"video-{number}") for number in range(21)}
    stocked.store("other", library="films")
    for order in ({"cautious": True}, {}):
        report = await stocked.examine(mend=True, library="default", **order)
        assert report.outcomes == {"left": 21}
    assert set(stocked.stored()) == keys
    assert "--force" in report.differences[0].reason
    report = await stocked.examine(mend=True, force=True)
    assert (stocked.stored(), stocked.stored("films"), report.left) == ({}, {}, 0)


async def test_a_store_that_is_not_mounted_makes_nothing_anew(stocked: Stocked) -> None:
    keys = [stocked.hold(f"video-{number}") for number in range(21)]
    for key in keys:
        stocked.lose_fingerprint(key)
    report = await stocked.examine(mend=True)
    assert report.outcomes == {"left": 21}
    assert "mounted" in report.differences[0].reason
    assert stocked.inline.waiting == []
    assert (await stocked.examine(mend=True, force=True)).outcomes == {"requested": 21}


async def test_the_place_of_a_library_that_does_not_exist_goes_on_demand_only(stocked: Stocked) -> None:
    stocked.store("video", library="gone")
    stocked.hold("video")
    left = await stocked.examine(mend=True, cautious=True)
    assert [(one.kind, one.library, one.outcome) for one in left.differences] == [
        (DifferenceKind.LIBRARY_UNKNOWN, "gone", Outcome.LEFT)
    ]
    await stocked.examine(mend=True)
    assert (stocked.context.vectors.libraries(), stocked.context.store.libraries()) == (["default"], ["default"])
    assert await clean(stocked)


async def test_what_is_young_in_a_library_that_does_not_exist_stays(stocked: Stocked) -> None:
    young = stocked.store("young", OLD + 2 * 3_600_000, library="gone")
    stocked.store("old", library="gone")
    await stocked.examine(mend=True)
    assert set(stocked.stored("gone")) == {young}


async def test_a_library_that_comes_back_meanwhile_keeps_its_place(stocked: Stocked) -> None:
    stocked.store("old", library="films")
    meanwhile(stocked, TaskKind.REPAIR, lambda: stocked.inline.apply(libraries=[Library(name="films")]))
    await stocked.examine(mend=True)
    assert stocked.stored("films") == {}
    assert stocked.context.vectors.libraries() == ["films"]


async def test_a_library_that_is_being_deleted_is_left_alone(stocked: Stocked) -> None:
    stocked.inline.apply(libraries=[Library(name="films", status=LibraryStatus.DELETING)])
    stocked.store("video", library="films")
    report = await stocked.examine(mend=True)
    assert (told(report), report.libraries) == ([], 1)
    assert len(stocked.stored("films")) == 1


async def test_one_library_is_compared_alone(stocked: Stocked) -> None:
    stocked.store("a")
    stocked.hold("b", library="films")
    stocked.store("c", library="films")
    stocked.context.store.put_part("job", 0, b"x")
    assert told(await stocked.examine(library="films", mend=True)) == [("not_held", "c", "mended")]
    assert len(stocked.stored()) == 1
    stocked.inline.apply(libraries=[GoneLibrary("films")])
    report = await stocked.examine(library="nowhere")
    assert (report.state, "nowhere" in report.error) == (RunState.FAILED, True)


async def test_parts_of_jobs_that_have_ended_or_that_nobody_knows_go_when_they_are_old(
    stocked: Stocked, tmp_path: Path
) -> None:
    ages = {
        "ended": DAY_S // 2,
        "just-ended": 60,
        "unknown": 2 * DAY_S,
        "sent-along": DAY_S // 2,
        "under-way": 9 * DAY_S,
    }
    for job_id, age in ages.items():
        stocked.context.store.put_part(job_id, 0, b"x")
        then = time.time() - age
        os.utime(tmp_path / "fingerprints" / "parts" / job_id / "000000", (then, then))
    recent = job("under-way", JobStatus.PROCESSING, time="2999-01-01T00:00:00.000Z")
    stocked.inline.apply(jobs=[job("ended"), job("just-ended"), recent])
    looked = await stocked.examine()
    assert sorted(told(looked)) == [("parts_left", "ended", "found"), ("parts_left", "unknown", "found")]
    report = await stocked.examine(mend=True, cautious=True)
    assert sorted(told(report)) == [("parts_left", "ended", "mended"), ("parts_left", "unknown", "mended")]
    assert sorted(stocked.context.store.jobs_with_parts()) == ["just-ended", "sent-along", "under-way"]


async def test_what_is_left_of_writes_that_were_cut_off_goes(stocked: Stocked) -> None:
    stocked.hold("video")
    cut = stocked.root / "libraries" / "default" / f"x.{uuid.uuid4().hex}"
    cut.write_bytes(b"")
    os.utime(cut, (100.0, 100.0))
    report = await stocked.examine(mend=True)
    assert [(one.kind, one.detail, one.outcome) for one in report.differences] == [
        (DifferenceKind.WRITES_LEFT, str(cut), Outcome.MENDED)
    ]
    assert not cut.exists()
    assert await clean(stocked)


async def test_a_job_without_progress_for_a_day_is_told_and_left(stocked: Stocked) -> None:
    stocked.inline.apply(jobs=[job("stalled", JobStatus.PROCESSING, time="2026-01-01T00:00:00.000Z")])
    for order in ({}, {"mend": True}):
        report = await stocked.examine(**order)
        assert [(one.kind, one.job_id) for one in report.differences] == [(DifferenceKind.JOB_STALLED, "stalled")]
        assert report.left == 1


async def test_a_store_that_is_away_ends_the_comparison_and_says_why(stocked: Stocked) -> None:
    def away(library: str, **_options: object) -> object:
        raise OSError(f"no way to {library}")

    stocked.hold("video")
    stocked.context.vectors.count_versions = away  # type: ignore[method-assign]
    report = await stocked.examine(mend=True)
    assert (report.state, "no way to default" in report.error) == (RunState.FAILED, True)
    assert len(list(stocked.context.store.keys("default"))) == 1


async def test_there_is_one_comparison_at_a_time(stocked: Stocked) -> None:
    first = stocked.doctor.examine(Order())
    with pytest.raises(DoctorBusyError, match="under way since"):
        stocked.doctor.examine(Order())
    assert (first.state, (await stocked.doctor.wait()).run_id) == (RunState.RUNNING, first.run_id)
    assert stocked.doctor.examine(Order()).run_id != first.run_id
    await stocked.doctor.wait()


async def test_a_comparison_that_is_stopped_says_so(stocked: Stocked) -> None:
    stocked.doctor.examine(Order())
    await asyncio.sleep(0)
    await stocked.doctor.stop()
    assert stocked.doctor.report.state is RunState.FAILED


async def test_more_differences_than_a_person_reads_are_counted(
    stocked: Stocked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streams.services.reconciliation.doctor.SHOWN", 2)
    for number in range(5):
        stocked.store(f"video-{number}")
    report = await stocked.examine()
    assert (len(report.differences), report.outcomes, report.left) == (2, {"found": 5}, 5)


async def swept(stocked: Stocked, leads: Callable[[], bool]) -> Doctor:
    doctor = stocked.another_doctor(sweep_s=0.01, leads=leads)
    doctor.start()
    return doctor


async def eventually(shown: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not shown():
            await asyncio.sleep(0.01)


async def test_the_worker_that_leads_compares_and_mends_by_itself(stocked: Stocked) -> None:
    key = stocked.hold("video")
    stocked.lose_windows(key)
    with capture_logs() as logs:
        doctor = await swept(stocked, lambda: True)
        await eventually(lambda: stocked.stored() == {key: (3, True)})
        await eventually(lambda: any(one["event"] == "comparison_ended" for one in logs))
        await doctor.stop()
    (line,) = [one for one in logs if one["event"] == "difference"]
    assert (line["kind"], line["media_id"], line["outcome"]) == ("windows_missing", "video", "mended")


async def test_other_workers_do_not_compare(stocked: Stocked) -> None:
    asked: list[None] = []
    doctor = await swept(stocked, lambda: asked.append(None) is not None)
    await eventually(lambda: len(asked) > 2)
    await doctor.stop()
    assert doctor.report.state is RunState.NONE


async def test_without_an_interval_nothing_is_compared_by_itself(stocked: Stocked) -> None:
    doctor = stocked.another_doctor(sweep_s=0.0, leads=lambda: True)
    doctor.start()
    await asyncio.sleep(0.05)
    assert doctor.report.state is RunState.NONE
    await doctor.stop()


async def test_what_is_mended_and_what_is_left_shows_in_the_metrics(stocked: Stocked) -> None:
    def mended() -> float:
        return REGISTRY.get_sample_value("mediadna_reconciled_total", {"kind": "windows_missing"}) or 0.0

    before = mended()
    stocked.lose_windows(stocked.hold("video"))
    stocked.store("stray")
    await stocked.examine(mend=True, cautious=True)
    assert mended() == before + 1
    assert REGISTRY.get_sample_value("mediadna_differences", {"kind": "not_held"}) == 1
    assert abs((REGISTRY.get_sample_value("mediadna_reconciliation_time_seconds") or 0) - time.time()) < 60
