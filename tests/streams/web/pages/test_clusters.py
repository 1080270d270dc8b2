"""The page of clusters."""

from __future__ import annotations

from pathlib import Path

import pytest
from litestar.testing import AsyncTestClient
from support.cases import item
from support.clusters import at, searched
from support.people import seen, write_tokens
from support.read_model import ReadModel

from streams.settings import Settings

HOSTILE = "<script>alert('x')</script>"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state=tmp_path, tokens=write_tokens(tmp_path))


@pytest.fixture
def grown(model: ReadModel, monkeypatch: pytest.MonkeyPatch) -> ReadModel:
    """A film with two copies, and weeks later a hostile name with one."""
    monkeypatch.setattr("streams.web.pages.clusters.utc_now", lambda: at(20 * 24))
    model.apply(
        items=[item("film", creation_time=at(0)), item(HOSTILE, creation_time=at(20 * 24 - 1))],
        jobs=[
            *(searched(name, ["film"], number=number) for number, name in enumerate(("one", "two"), 1)),
            searched("clip", [HOSTILE], number=20 * 24),
        ],
    )
    return model


@pytest.mark.usefixtures("grown")
async def test_it_shows_the_largest_clusters_and_how_they_grew_day_by_day(client: AsyncTestClient) -> None:
    page = await seen(client, "/clusters", "reader")
    assert page.index('href="/media/film/trace"') < page.index("&lt;script&gt;")
    assert HOSTILE not in page
    assert "none new" in page
    assert 'aria-label="New media a day, 2026-12-07 to 2026-12-13: 2 new"' in page
    assert ">2026-12-12: 1 new</title>" in page
    assert page.count("<rect") == 2
    assert "style=" not in page


@pytest.mark.usefixtures("grown")
@pytest.mark.parametrize(
    ("asked", "films", "clips"),
    [
        ({"sort": "growth"}, 0, 1),
        ({"sort": "growth", "days": "30"}, 1, 1),
        ({"sort": "age", "days": "8"}, 1, 1),
    ],
)
async def test_it_is_sorted_by_growth_over_a_time(
    client: AsyncTestClient, asked: dict[str, str], films: int, clips: int
) -> None:
    page = await seen(client, "/clusters", **asked)
    assert (page.count('href="/media/film/trace"'), page.count("&lt;script&gt;")) == (films, clips)


@pytest.mark.usefixtures("grown")
async def test_more_clusters_are_on_the_next_page(client: AsyncTestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.web.pages.clusters.PAGE", 1)
    first = await seen(client, "/clusters", days="30")
    address = next(part for part in first.split('href="') if "cursor=" in part).split('"')[0].replace("&amp;", "&")
    rest = await seen(client, f"/clusters{address}")
    assert ("/media/film/trace" in first, "/media/film/trace" in rest) == (True, False)
    assert "&lt;script&gt;" in rest


async def test_without_clusters_it_says_when_there_is_one(client: AsyncTestClient) -> None:
    assert "as soon as a job finds" in await seen(client, "/clusters")
    assert "No cluster has grown" in await seen(client, "/clusters", sort="growth")
