"""The importer over a service in memory: every item once, however often it is started."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.coverage import Coverage, Unsearched
from schemas.ids import keyed_job_id
from schemas.jobs import JobStatus, SaveType
from streams.cli.importer.items import Item
from streams.cli.importer.runner import Importer, Outcome, Refused, Taken


@dataclass
class MemoryJob:
    job_id: str
    media_id: str
    status: JobStatus = JobStatus.INIT
    code: str = "0"
    message: str = ""
    duration: float = 0.0
    cpu_seconds: float = 0.0
    coverage: Coverage = Coverage()  # noqa: RUF009 (frozen)
    unsearched: list[Unsearched] = field(default_factory=list)


@dataclass
class MemoryService:
    """Ends a job when it is looked at for the second time; those whose media is broken, in failure."""

    broken: set[str] = field(default_factory=set)
    unwanted: set[str] = field(default_factory=set)
    taken: set[str] = field(default_factory=set)
    jobs: dict[str, MemoryJob] = field(default_factory=dict)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    looked_at: set[str] = field(default_factory=set)
    most_under_way: int = 0

    def ask(self, body: dict[str, Any], key: str, *, replace: bool = True) -> MemoryJob:
        if not replace and body["media_id"] in self.taken:
            raise Taken("that is the MediaId of another one")
        if body["media_id"] in self.unwanted:
            raise Refused("there is no such library")
        self.bodies.append(body)
        job_id = keyed_job_id(key)
        job = self.jobs.setdefault(job_id, MemoryJob(job_id, body["media_id"]))
        self.most_under_way = max(self.most_under_way, sum(not one.status.ended for one in self.jobs.values()))
        return job

    def under_key(self, key: str) -> MemoryJob | None:
        return self.jobs.get(keyed_job_id(key))

    def job(self, job_id: str) -> MemoryJob:
        job = self.jobs[job_id]
        if job_id in self.looked_at:
            broken = job.media_id in self.broken
            job.status = JobStatus.FAIL if broken else JobStatus.SUCCESS
            job.code = "InvalidParameter.ResourceContentBad" if broken else "0"
            job.duration, job.cpu_seconds = 60.0, 2.0
        self.looked_at.add(job_id)
        return job


def items(count: int) -> list[Item]:
    return [Item(f"file:///{number}.mp4", f"m{number}", "default", {"year": 2020}) for number in range(count)]


def imported(service: MemoryService, found: list[Item], **options: Any) -> list[Outcome]:
    importer = Importer(service, pause=lambda _: None, **options)
    return [outcome for outcome in importer.run(found) if outcome is not None]


@given(count=st.integers(0, 30), at_a_time=st.integers(1, 8))
def test_every_item_ends_once_with_a_few_under_way_at_a_time(count: int, at_a_time: int) -> None:
    service = MemoryService()
    outcomes = imported(service, items(count), at_a_time=at_a_time)
    assert sorted(outcome.item.media_id for outcome in outcomes) == sorted(item.media_id for item in items(count))
    assert all(outcome.succeeded and not outcome.earlier for outcome in outcomes)
    assert service.most_under_way <= at_a_time


@given(stops=st.lists(st.integers(0, 20), max_size=4), at_a_time=st.integers(1, 8))
def test_stopped_anywhere_and_started_again_every_item_has_one_job(stops: list[int], at_a_time: int) -> None:
    service = MemoryService()
    for stop in stops:
        run = Importer(service, at_a_time=at_a_time, pause=lambda _: None).run(items(12))
        for _ in zip(range(stop), run, strict=False):
            pass
    outcomes = imported(service, items(12), at_a_time=at_a_time)
    assert len(service.jobs) == len(outcomes) == 12
    assert all(outcome.succeeded for outcome in outcomes)


def test_an_item_is_asked_for_on_the_lane_of_imports_with_what_is_known_of_it() -> None:
    service = MemoryService()
    imported(service, items(1), save_type=SaveType.FORCESAVE)
    assert service.bodies == [
        {
            "media_id": "m0",
            "url": "file:///0.mp4",
            "library": "default",
            "save_type": "forcesave",
            "metadata": {"year": 2020},
            "lane": "import",
        }
    ]


@pytest.mark.parametrize("field", ["publish_time", "start_time"])
def test_an_item_is_asked_for_with_when_it_was_published_or_broadcast_where_that_is_known(field: str) -> None:
    service = MemoryService()
    known: dict[str, Any] = {field: "2026-11-23T08:00:00.000Z"}
    imported(service, [replace(one, **known) for one in items(1)])
    assert {**service.bodies[0], **known} == service.bodies[0]
    assert {"publish_time", "start_time"} & service.bodies[0].keys() == {field}


def test_what_failed_stays_failed_until_it_is_to_be_tried_anew() -> None:
    service = MemoryService(broken={"m1"})
    first = imported(service, items(3))
    assert [(one.item.media_id, one.code) for one in first if not one.succeeded] == [
        ("m1", "InvalidParameter.ResourceContentBad")
    ]
    again = imported(service, items(3))
    assert len(service.jobs) == 3
    assert all(one.earlier for one in again)
    service.broken.clear()
    assert all(one.succeeded for one in imported(service, items(3), retry_failed=True))
    assert len(service.jobs) == 4
    assert all(one.succeeded and one.earlier for one in imported(service, items(3)))


def test_what_fails_anew_is_tried_once_in_a_run() -> None:
    service = MemoryService(broken={"m0"})
    for run in range(3):
        outcomes = imported(service, items(1), retry_failed=True)
        assert [one.status for one in outcomes] == ["fail"]
        assert len(service.jobs) == run + 1


def test_what_the_service_does_not_take_is_told_and_the_rest_goes_on() -> None:
    service = MemoryService(unwanted={"m1"})
    outcomes = {one.item.media_id: one for one in imported(service, items(3))}
    assert (outcomes["m1"].status, outcomes["m1"].message) == ("refused", "there is no such library")
    assert outcomes["m0"].succeeded
    assert outcomes["m2"].succeeded


def test_what_nobody_has_named_takes_no_other_ones_place_unless_it_may() -> None:
    service = MemoryService(taken={"m0", "m1"})
    found = [replace(items(1)[0], derived=True), *items(2)[1:], replace(items(3)[2], derived=True)]
    refused, named, free = sorted(imported(service, found), key=lambda one: one.item.media_id)
    assert (refused.status, "--replace" in refused.message) == ("refused", True)
    assert named.succeeded
    assert free.succeeded
    assert all(one.succeeded for one in imported(service, found, replace=True))
