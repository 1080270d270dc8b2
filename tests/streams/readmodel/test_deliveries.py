"""The delivery log: what follows from jobs, and which of two states counts."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from support.examples import TIME, job
from support.read_model import ReadModel

from schemas.deliveries import Attempt, Delivery, DeliveryStatus
from schemas.jobs import Job, JobRequest
from streams.domain.retry_schedule import after_attempt
from streams.readmodel.deliveries import receiver_of
from streams.readmodel.pagination import BadCursor


def job_of(number: int, **fields: object) -> Job:
    receiver = f"https://r{number % 2}.example/"
    return job(f"j{number:03}", **{"media_id": f"m{number}", "callback_url": receiver, **fields})


def state(model: ReadModel, job_id: str = "j001") -> Delivery:
    found = model.deliveries.get(job_id)
    assert found is not None
    return found


def test_an_older_state_does_not_replace_a_newer_one(model: ReadModel) -> None:
    model.apply(jobs=[job_of(1)])
    first = state(model)
    newer = after_attempt(first, Attempt(time=TIME, status=200), now=TIME, jitter=0.0)
    model.apply(deliveries=[newer, first])
    assert state(model) == newer


def test_a_job_that_comes_again_is_not_delivered_again(model: ReadModel) -> None:
    model.apply(jobs=[job_of(1)])
    done = after_attempt(state(model), Attempt(time=TIME, status=200), now=TIME, jitter=0.0)
    model.apply(deliveries=[done])
    model.apply(jobs=[job_of(1, update_time="2026-11-23T09:00:00.000Z", complete_time="2026-11-23T09:00:00.000Z")])
    assert state(model).status is DeliveryStatus.DELIVERED


def test_an_outcome_that_is_read_before_its_job_counts(model: ReadModel, tmp_path: Path) -> None:
    model.apply(jobs=[job_of(1)])
    done = after_attempt(state(model), Attempt(time=TIME, status=200), now=TIME, jitter=0.0)
    fresh = ReadModel(tmp_path / "fresh.sqlite")
    fresh.apply(deliveries=[done])
    fresh.apply(jobs=[job_of(1)])
    assert state(fresh) == done
    fresh.close()


def test_what_is_due_is_some_of_each_receiver_whose_time_has_come(model: ReadModel) -> None:
    model.apply(jobs=[job_of(number) for number in range(100)])
    later = [
        msgspec.structs.replace(state(model, f"j{number:03}"), next_time="2026-11-24T00:00:00.000Z", revision=1)
        for number in range(96)
    ]
    assert len(model.deliveries.due(TIME, range(4))) == 32
    model.apply(deliveries=later)
    assert {one.job_id for one in model.deliveries.due(TIME, range(4))} == {"j096", "j097", "j098", "j099"}
    assert model.deliveries.due("2026-11-22T00:00:00.000Z", range(4)) == []
    assert model.deliveries.due(TIME, []) == []


def test_pages_lead_through_all_deliveries_newest_first(model: ReadModel) -> None:
    model.apply(jobs=[job_of(number) for number in range(25)])
    found: list[str] = []
    cursor = None
    while True:
        page = model.deliveries.page(cursor=cursor, limit=10)
        found += [one.job_id for one in page.deliveries]
        if (cursor := page.next) is None:
            break
    assert found == [f"j{number:03}" for number in reversed(range(25))]
    assert [one.job_id for one in model.deliveries.page(media_id="m7").deliveries] == ["j007"]
    with pytest.raises(BadCursor):
        model.deliveries.page(cursor="bm9uc2Vuc2U")


def test_what_is_not_wanted_by_anybody_is_not_in_the_log(model: ReadModel) -> None:
    model.apply(jobs=[job_of(1, request=JobRequest(job_id="j001", media_id="m", file_url="file:///a"))])
    assert model.deliveries.page().deliveries == []


def test_a_receiver_is_told_by_its_host() -> None:
    assert receiver_of("https://user:pw@R.example:8080/a?b") == "r.example:8080"
    assert receiver_of("http://[::1") == ""
