"""Policies over REST."""

from __future__ import annotations

from typing import Any

import pytest
from litestar.testing import AsyncTestClient
from support.examples import MATCH, job
from support.inline import InlineService

from schemas.clock import utc_now
from schemas.libraries import Library, Purpose

API = "/api/v1/policies"
#: As the documents show one.
BLOCK = {
    "name": "block-uploads-of-films",
    "library": "films",
    "position": 10,
    "mode": "active",
    "when": {
        "similarity": 0.8,
        "matched_seconds": 20,
        "input_coverage": 0.3,
        "reference_coverage": 0,
        "track": "both",
    },
    "action": "block",
}
PLACE = f"{API}/block-uploads-of-films"


@pytest.fixture(autouse=True)
def libraries(inline: InlineService) -> None:
    """A library of films and one of advertisements."""
    inline.apply(libraries=[Library(name="films"), Library(name="spots", purpose=Purpose.ADS)])


async def make(client: AsyncTestClient, name: str, **fields: Any) -> dict[str, Any]:
    answer = await client.post(API, json={"name": name, "library": "films", "action": "track", **fields})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def names(client: AsyncTestClient, **params: str) -> list[str]:
    return [one["name"] for one in (await client.get(API, params=params)).json()["policies"]]


async def test_a_policy_is_made_as_documented_and_shown_as_it_was_sent(client: AsyncTestClient) -> None:
    made = await client.post(API, json=BLOCK)
    assert (made.status_code, made.headers["location"]) == (201, PLACE)
    shown = await client.get(PLACE)
    assert (shown.json(), shown.headers["etag"]) == (made.json(), made.headers["etag"])
    times = {"created", "updated"}
    assert {name: value for name, value in shown.json().items() if name not in times} == BLOCK
    assert shown.json().keys() - BLOCK.keys() == times
    unchanged = await client.get(PLACE, headers={"If-None-Match": shown.headers["etag"]})
    assert unchanged.status_code == 304
    assert (await client.get(API)).json() == {"policies": [made.json()], "missing_libraries": []}


async def test_what_is_not_said_of_a_policy_has_its_default(client: AsyncTestClient) -> None:
    made = await make(client, "ads", library=None, purpose="ads")
    assert "library" not in made
    assert (made["purpose"], made["mode"], made["position"]) == ("ads", "active", 100)
    assert made["when"] == {
        "similarity": 0,
        "matched_seconds": 0,
        "input_coverage": 0,
        "reference_coverage": 0,
        "track": "any",
    }


@pytest.mark.parametrize(
    ("wrong", "status", "named"),
    [
        ({"when": {"similarity": 1.5}}, 400, "when.similarity"),
        ({"when": {"similarity": -0.1}}, 400, "when.similarity"),
        ({"when": {"matched_seconds": -1}}, 400, "when.matched_seconds"),
        ({"when": {"input_coverage": 2}}, 400, "when.input_coverage"),
        ({"when": {"reference_coverage": "much"}}, 400, "when.reference_coverage"),
        ({"when": {"track": "smell"}}, 400, "when.track"),
        ({"when": {"likeness": 1}}, 400, "likeness"),
        ({"position": -1}, 400, "position"),
        ({"action": "destroy"}, 400, "action"),
        ({"mode": "on"}, 400, "mode"),
        ({"colour": "red"}, 400, "colour"),
        ({"library": "gone"}, 404, "there is no library 'gone'"),
        ({"purpose": "ads"}, 400, "not both"),
        ({"library": None}, 400, "library or a purpose"),
    ],
)
async def test_a_policy_that_is_not_valid_is_refused_with_what_is_wrong_and_changes_nothing(
    client: AsyncTestClient, wrong: dict[str, Any], status: int, named: str
) -> None:
    kept = (await client.post(API, json=BLOCK)).json()
    for answer in (
        await client.post(API, json={**BLOCK, "name": "other", **wrong}),
        await client.put(PLACE, json={**BLOCK, **wrong}),
        await client.post(f"{API}/preview", json={**BLOCK, **wrong}),
    ):
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
        assert named in answer.text
    assert (await client.get(API)).json()["policies"] == [kept]


@pytest.mark.parametrize("name", ["", "a/b", "a\u0000", "x" * 101, ".", "..", "preview", "reorder"])
async def test_a_name_that_no_address_can_hold_is_refused(client: AsyncTestClient, name: str) -> None:
    answer = await client.post(API, json={**BLOCK, "name": name})
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert await names(client) == []


async def test_a_name_is_given_once(client: AsyncTestClient) -> None:
    await make(client, "one")
    again = await client.post(API, json={**BLOCK, "name": "one"})
    assert (again.status_code, "another name" in again.json()["detail"]) == (409, True)
    assert (await client.get(f"{API}/one")).json()["action"] == "track"


async def test_a_policy_is_replaced_by_what_was_read_and_changed(client: AsyncTestClient) -> None:
    await client.post(API, json=BLOCK)
    seen = await client.get(PLACE)
    tag = {"If-Match": seen.headers["etag"]}
    replaced = await client.put(PLACE, json={**seen.json(), "action": "review"}, headers=tag)
    assert (replaced.status_code, replaced.json()["action"]) == (200, "review")
    assert replaced.json()["created"] == seen.json()["created"]
    late = await client.put(PLACE, json={**seen.json(), "action": "allow"}, headers=tag)
    assert (late.status_code, "read it again" in late.json()["detail"]) == (412, True)
    assert (await client.delete(PLACE, headers=tag)).status_code == 412
    assert (await client.get(PLACE)).headers["etag"] == replaced.headers["etag"]
    several = {"If-Match": f'"other", {replaced.headers["etag"]}'}
    assert (await client.put(PLACE, json={**seen.json(), "action": "track"}, headers=several)).status_code == 200
    assert (await client.put(PLACE, json=BLOCK, headers={"If-Match": "*"})).status_code == 200
    assert (await client.put(PLACE, json=BLOCK)).status_code == 200


async def test_a_policy_keeps_its_name(client: AsyncTestClient) -> None:
    await client.post(API, json=BLOCK)
    refused = await client.put(PLACE, json={**BLOCK, "name": "other"})
    assert (refused.status_code, "keeps its name" in refused.json()["detail"]) == (400, True)
    nameless = {name: value for name, value in BLOCK.items() if name != "name"}
    assert (await client.put(PLACE, json=nameless)).json()["name"] == BLOCK["name"]


async def test_a_policy_is_deleted(client: AsyncTestClient) -> None:
    await client.post(API, json=BLOCK)
    assert (await client.delete(PLACE)).status_code == 204
    assert await names(client) == []


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/none", None),
        ("PUT", "/none", BLOCK | {"name": "none"}),
        ("DELETE", "/none", None),
        ("GET", "/none/shadow", None),
        ("POST", "/reorder", {"names": ["none"]}),
    ],
)
async def test_what_is_not_there_is_not_found(client: AsyncTestClient, method: str, path: str, body: Any) -> None:
    answer = await client.request(method, f"{API}{path}", **({} if body is None else {"json": body}))
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert "'none'" in answer.json()["detail"]


async def test_policies_are_listed_in_their_order_and_by_the_library_that_they_decide_on(
    client: AsyncTestClient,
) -> None:
    await make(client, "last", position=30)
    await make(client, "first", position=10)
    await make(client, "all general ones", position=20, library=None, purpose="general")
    await make(client, "ads", position=1, library=None, purpose="ads")
    assert await names(client) == ["ads", "first", "all general ones", "last"]
    assert await names(client, library="films") == ["first", "all general ones", "last"]
    assert await names(client, library="spots") == ["ads"]
    assert await names(client, library="unknown") == []


async def test_policies_are_given_an_order(client: AsyncTestClient) -> None:
    for name in "abc":
        await make(client, name, position=5)
    answer = await client.post(f"{API}/reorder", json={"names": ["c", "b"]})
    assert answer.status_code == 200
    assert [(one["name"], one["position"]) for one in answer.json()["policies"]] == [("a", 5), ("c", 10), ("b", 20)]
    assert (await client.post(f"{API}/reorder", json={"names": ["a", "none"]})).status_code == 404
    assert (await client.post(f"{API}/reorder", json={"names": ["a", "a"]})).status_code == 400
    assert await names(client) == ["a", "c", "b"]


async def test_policies_of_a_deleted_library_are_listed_with_a_word_about_it(
    client: AsyncTestClient, inline: InlineService
) -> None:
    await client.post(API, json=BLOCK)
    await inline.libraries.delete("films")
    listed = (await client.get(API)).json()
    assert ([one["name"] for one in listed["policies"]], listed["missing_libraries"]) == ([BLOCK["name"]], ["films"])
    assert (await client.put(PLACE, json={**BLOCK, "mode": "off"})).status_code == 200
    await client.post("/api/v1/libraries", json={"name": "films"})
    assert (await client.get(API)).json()["missing_libraries"] == []


async def test_a_preview_answers_what_a_policy_would_do_and_does_nothing(
    client: AsyncTestClient, inline: InlineService
) -> None:
    inline.apply(jobs=[job(matches=(MATCH,), time=utc_now())])
    default = {**BLOCK, "library": "default", "when": {}}
    effect = (await client.post(f"{API}/preview?days=2", json=default)).json()
    assert (effect["days"], effect["examined"], effect["bounded"]) == (2, 1, False)
    assert effect["now"] == {"block": 0, "review": 0, "track": 1, "allow": 0}
    assert effect["then"] == {"block": 1, "review": 0, "track": 0, "allow": 0}
    assert (effect["media_changed"], len(effect["cases"]), len(effect["examples"])) == (1, 1, 1)
    assert (await client.get(API)).json()["policies"] == []
    assert (await client.post(f"{API}/preview?days=0", json=default)).status_code == 400
    assert (await client.post(f"{API}/preview?days=366", json=default)).status_code == 400


async def test_what_a_policy_in_shadow_has_recorded_is_shown(client: AsyncTestClient) -> None:
    await make(client, "tried", mode="shadow")
    answer = await client.get(f"{API}/tried/shadow", params={"days": 3})
    assert (answer.status_code, answer.json()["policy"], answer.json()["days"]) == (200, "tried", 3)
