"""Clusters over REST: by size, by growth, and what is in one."""

from __future__ import annotations

import pytest
from litestar.testing import AsyncTestClient
from support.cases import item
from support.clusters import at, searched
from support.read_model import ReadModel

API = "/api/v1/clusters"


@pytest.fixture(autouse=True)
def grown(model: ReadModel, monkeypatch: pytest.MonkeyPatch) -> ReadModel:
    """A film with two copies, and a week later a clip with one."""
    monkeypatch.setattr("streams.web.api.clusters.utc_now", lambda: at(7 * 24))
    model.apply(
        items=[item("film", creation_time=at(0)), item("a/b", creation_time=at(7 * 24 - 1))],
        jobs=[
            *(searched(name, ["film"], number=number) for number, name in enumerate(("one", "two"), 1)),
            searched("clip", ["a/b"], number=7 * 24),
            searched("alone", [], number=3),
        ],
    )
    return model


async def test_clusters_are_listed_by_size_and_by_growth(client: AsyncTestClient) -> None:
    largest, other = (await client.get(API)).json()["clusters"]
    assert largest == {
        "cluster_id": "film", "size": 3, "growth": 0, "root": "film", "first_seen": at(0), "last_seen": at(2),
    }  # fmt: skip
    assert (other["cluster_id"], other["size"], other["growth"]) == ("a/b", 2, 2)
    grown = (await client.get(API, params={"sort": "growth"})).json()["clusters"]
    assert [(one["cluster_id"], one["growth"]) for one in grown] == [("a/b", 2)]
    longer = (await client.get(API, params={"sort": "growth", "days": 8})).json()["clusters"]
    assert [(one["cluster_id"], one["growth"]) for one in longer] == [("film", 3), ("a/b", 2)]


@pytest.mark.parametrize("sort", ["size", "growth"])
async def test_a_page_leads_to_the_next_one(client: AsyncTestClient, sort: str) -> None:
    asked = {"sort": sort, "days": 8, "limit": 1}
    first = (await client.get(API, params=asked)).json()
    rest = (await client.get(API, params={**asked, "cursor": first["next"]})).json()
    assert [one["cluster_id"] for one in (*first["clusters"], *rest["clusters"])] == ["film", "a/b"]
    assert rest["next"] is None
    elsewhere = await client.get(API, params={"sort": sort, "days": 8, "cursor": "nonsense"})
    assert (elsewhere.status_code, "leave it out" in elsewhere.text) == (400, True)


async def test_a_cluster_shows_its_media_and_how_it_grew_whichever_of_them_is_asked_for(
    client: AsyncTestClient,
) -> None:
    answer = await client.get(f"{API}/one", params={"days": 8, "limit": 2})
    shown = answer.json()
    assert (shown["cluster_id"], shown["size"], shown["growth"]) == ("film", 3, 3)
    assert [one["members"] for one in shown["days"]] == [3, *[0] * 7]
    assert (shown["days"][0]["day"], shown["days"][-1]["day"]) == (at(0)[:10], at(7 * 24)[:10])
    assert shown["members"] == [{"media_id": "two", "first_seen": at(2)}, {"media_id": "one", "first_seen": at(1)}]
    rest = (await client.get(f"{API}/film", params={"cursor": shown["next"]})).json()
    assert ([one["media_id"] for one in rest["members"]], rest["next"]) == (["film"], None)
    again = await client.get(
        f"{API}/one", params={"days": 8, "limit": 2}, headers={"If-None-Match": answer.headers["etag"]}
    )
    assert again.status_code == 304
    assert (await client.get(f"{API}/a%2Fb")).json()["size"] == 2


@pytest.mark.parametrize("media_id", ["alone", "nothing"])
async def test_what_is_linked_to_nothing_is_in_no_cluster(client: AsyncTestClient, media_id: str) -> None:
    answer = await client.get(f"{API}/{media_id}")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown-cluster")


@pytest.mark.parametrize("wrong", [{"sort": "age"}, {"days": 0}, {"days": 367}])
async def test_what_no_list_is_sorted_by_is_refused(client: AsyncTestClient, wrong: dict[str, str]) -> None:
    assert (await client.get(API, params=wrong)).status_code == 400
