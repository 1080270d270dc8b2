"""When media was published, as callers say it: kept with job and item, in UTC, and refused where it is no time."""

from __future__ import annotations

from typing import Any

import pytest
from litestar.testing import AsyncTestClient
from support.inline import InlineService
from support.read_model import ReadModel

API = "/api/v1"
CLIP: dict[str, Any] = {"media_id": "clip", "url": "file:///clip.mp4"}
#: The same moment as people write it, and as it is kept.
SAID, KEPT = "2026-11-23T10:00:00+02:00", "2026-11-23T08:00:00.000Z"


@pytest.mark.parametrize("path", ["jobs", "libraries/default/items"])
async def test_a_job_and_what_it_stores_keep_it_in_utc(
    client: AsyncTestClient, inline: InlineService, path: str
) -> None:
    asked = (await client.post(f"{API}/{path}", json={**CLIP, "publish_time": SAID})).json()
    assert asked["publish_time"] == KEPT
    job = inline.model.jobs.get(asked["job_id"])
    assert job is not None
    assert job.request.publish_time == KEPT


async def test_metadata_may_say_it_and_is_left_as_it_came(client: AsyncTestClient, model: ReadModel) -> None:
    asked = (await client.post(f"{API}/jobs", json={**CLIP, "metadata": {"PublishTime": SAID}})).json()
    assert asked["publish_time"] == KEPT
    job = model.jobs.get(asked["job_id"])
    assert job is not None
    assert (job.request.publish_time, job.request.metadata) == ("", {"PublishTime": SAID})


@pytest.mark.parametrize("wrong", [{"publish_time": "2026-11-23"}, {"metadata": {"PublishTime": "yesterday"}}])
async def test_what_is_no_time_with_a_zone_is_refused_in_words(
    client: AsyncTestClient, inline: InlineService, wrong: dict[str, Any]
) -> None:
    await inline.store("video")
    answers = [
        await client.post(f"{API}/jobs", json={**CLIP, **wrong}),
        await client.post(f"{API}/libraries/default/items", json={**CLIP, **wrong}),
        await client.patch(f"{API}/libraries/default/items/video", json=wrong),
    ]
    for answer in answers:
        problem = answer.json()
        assert (answer.status_code, problem["code"]) == (400, "invalid-request")
        assert "write ISO 8601 with a zone" in problem["detail"]


async def test_an_item_is_told_later_when_it_was_published_and_that_it_is_not_known(
    client: AsyncTestClient, inline: InlineService
) -> None:
    await inline.store("video", metadata={"title": "a"})
    place = f"{API}/libraries/default/items/video"
    assert (await client.patch(place, json={"publish_time": SAID})).json()["publish_time"] == KEPT
    described = (await client.patch(place, json={"metadata": {"PublishTime": "2020-01-01T00:00:00Z"}})).json()
    assert described["publish_time"] == KEPT  # what is said by itself counts before metadata
    assert (await client.patch(place, json={"publish_time": ""})).json()["publish_time"] == "2020-01-01T00:00:00.000Z"
    assert (await client.patch(place, json={"metadata": {}})).json()["publish_time"] == ""
