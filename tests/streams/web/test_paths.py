"""Names in addresses, whatever they hold."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from litestar.testing import AsyncTestClient
from support.inline import InlineService

from schemas.libraries import Library
from streams.web.paths import in_path

API = "/api/v1"

#: All but what holds control characters, and the two names that every client takes out of an address.
names = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).filter(lambda name: name not in {".", ".."})


@pytest.mark.parametrize("media_id", ["shows/one/2026", "/", "a%2Fb", "50 %", "../up", "a?b#c", "ü"])
async def test_a_media_item_is_reached_whatever_its_id_holds(
    client: AsyncTestClient, inline: InlineService, media_id: str
) -> None:
    await inline.store(media_id)
    place = f"{API}/libraries/default/items/{in_path(media_id)}"
    assert (await client.get(f"{API}/media/{in_path(media_id)}/result")).json()["media_id"] == media_id
    assert (await client.get(place)).json()["media_id"] == media_id
    assert (await client.patch(place, json={"disabled": True})).json()["disabled"] is True
    assert (await client.delete(place)).status_code == 204
    assert (await client.delete(f"{API}/media/{in_path(media_id)}")).status_code == 204
    assert inline.model.jobs.of_media(media_id) == []


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=names)
async def test_what_is_asked_for_is_what_the_route_hears_of(client: AsyncTestClient, name: str) -> None:
    answer = await client.get(f"{API}/jobs/{in_path(name)}")
    assert (answer.status_code, answer.json()["detail"]) == (404, f"there is no job {name!r}")


async def test_a_library_whose_name_holds_a_slash_has_a_page_that_the_list_leads_to(
    client: AsyncTestClient, inline: InlineService
) -> None:
    inline.model.apply(libraries=[Library(name="films/2026")])
    assert 'href="/libraries/films%2F2026"' in (await client.get("/libraries")).text
    assert ">films/2026</bdi></h1>" in (await client.get("/libraries/films%2F2026")).text


@pytest.mark.parametrize("path", ["/api/v1/%6Aobs", "/api/v1/jobs/", "//api/v1/jobs"])
async def test_an_address_may_be_written_in_more_ways_than_one(client: AsyncTestClient, path: str) -> None:
    assert (await client.get(f"http://127.0.0.1:6066{path}")).status_code == 200
