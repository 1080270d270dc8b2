"""The page of recurring content as people see it."""

from __future__ import annotations

from pathlib import Path

import pytest
from litestar.testing import AsyncTestClient
from support.airings import AD_LIBRARY
from support.people import seen, token_of, write_tokens
from support.read_model import ReadModel
from support.recurring import shows, stored

from schemas.libraries import Library, Purpose
from streams.settings import Settings
from streams.web.pages.rendering import PAGE

HOSTILE = "<script>alert('x')</script>"
SECRET = Library(name="secret", purpose=Purpose.BLOCKLIST)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state=tmp_path, tokens=write_tokens(tmp_path))


@pytest.fixture
def known(model: ReadModel) -> str:
    """Three shows have a sting in common, of which one is called oddly; return the sting's id."""
    model.apply(libraries=[AD_LIBRARY, SECRET])
    shows(model, {"one": {"sting": (100.0, 20.0)}, "two": {"sting": (3600.0, 20.0)}, HOSTILE: {"sting": (0.0, 20.0)}})
    (one,) = model.recurring.page().items
    return one.id


async def test_it_says_what_recurs_where_and_how_often(client: AsyncTestClient, known: str) -> None:
    page = await seen(client, "/recurring", "moderator")
    for text in (
        '<td class="number" data-label="Seconds">20.0</td>',
        '<td class="number" data-label="Media">3</td>',
        'href="/media/one"',
        "1:40.0 to 2:00.0",
        "1:00:00.0",
        f'id="dismiss-{known}"',
        'data-script="promote"',
        '<option value="ads">ads</option>',
        'data-frame="/api/v1/jobs/job-one/frame?at=110.0&amp;height=90"',
        'data-live="recurring"',
    ):
        assert text in page
    assert page.count("data-frame=") == 3
    assert page.index('value="ads">ads<') < page.index(
        'value="shows">shows</option></select></label>\n      <label>MediaId'
    )
    assert HOSTILE not in page
    assert "&lt;script&gt;" in page


@pytest.mark.usefixtures("known")
async def test_readers_are_offered_nothing_to_do(client: AsyncTestClient) -> None:
    page = await seen(client, "/recurring", "reader")
    assert 'href="/media/one"' in page
    for text in ("data-do=", "data-script=", "data-frame=", "What to do"):
        assert text not in page


async def test_what_was_decided_is_on_a_page_of_its_own(client: AsyncTestClient, known: str) -> None:
    headers = {"Authorization": f"Bearer {token_of('moderator')}"}
    assert (await client.post(f"/api/v1/recurring/{known}/dismiss", headers=headers)).status_code == 200
    assert "Nothing recurs yet" in await seen(client, "/recurring", "moderator")
    page = await seen(client, "/recurring", "moderator", state="dismissed")
    assert f'id="reopen-{known}"' in page
    assert '<bdi class="name">moderator</bdi>' in page
    assert "None" in await seen(client, "/recurring", state="promoted")


@pytest.mark.usefixtures("known")
async def test_it_is_filtered_by_medium_and_library(client: AsyncTestClient) -> None:
    assert 'href="/media/two"' in await seen(client, "/recurring", medium="two", library="shows")
    for other in ({"medium": "three"}, {"library": "ads"}, {"library": "nowhere"}):
        assert "Nothing with this filter" in await seen(client, "/recurring", **other)
    assert 'href="/media/two"' in await seen(client, "/recurring", state="odd")


@pytest.mark.usefixtures("known")
async def test_pictures_of_what_must_not_be_published_are_veiled(client: AsyncTestClient, model: ReadModel) -> None:
    model.apply(items=[stored("one", "secret")])
    assert 'class="thumb veiled" data-do="unveil"' in await seen(client, "/recurring", "moderator")


async def test_a_long_list_goes_on(client: AsyncTestClient, model: ReadModel) -> None:
    many = {f"span-{number}": (number * 30.0, 20.0) for number in range(PAGE + 1)}
    shows(
        model,
        {
            "one": many,
            "two": {n: (2 * s + 7, d) for n, (s, d) in many.items()},
            "three": {n: (3 * s, d) for n, (s, d) in many.items()},
        },
    )
    assert "Those with fewer occurrences" in await seen(client, "/recurring")


@pytest.mark.usefixtures("known")
async def test_the_live_part_comes_alone_when_it_is_asked_for(client: AsyncTestClient) -> None:
    part = await seen(client, "/recurring", rows="")
    assert "<table" in part
    assert "<html" not in part
