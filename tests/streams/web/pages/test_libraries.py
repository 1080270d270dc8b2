"""The pages of libraries as people see them."""

from __future__ import annotations

from pathlib import Path

import pytest
from litestar.testing import AsyncTestClient
from support.cases import item
from support.examples import TIME
from support.people import seen, token_of, write_tokens
from support.read_model import ReadModel

from schemas.backward import BackwardSearch
from schemas.jobs import JobStatus
from schemas.libraries import Library, LibraryStatus, Purpose
from schemas.policies import Action, Policy
from streams.settings import Settings
from streams.web.pages.libraries import LATEST_PICTURE_S, in_text, picture_at
from streams.web.pages.rendering import PAGE

#: What an admin finds on a library's page, and nobody below.
ADMIN_ONLY = ("Empty…", "Delete…", "Properties", 'data-do="remove"', 'data-do="disable"', 'data-do="describe"')
HOSTILE = "<script>alert('x')</script>"


@pytest.fixture
def films(model: ReadModel) -> Library:
    films = Library(name="films", purpose=Purpose.ORIGINAL, description="all of them", creation_time=TIME)
    model.apply(libraries=[films])
    return films


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state=tmp_path, tokens=write_tokens(tmp_path))


async def test_the_list_counts_what_each_holds_and_leads_to_what_is_marked(
    client: AsyncTestClient, model: ReadModel, films: Library
) -> None:
    marked = [item("a", disabled=True), item("b", quarantined="too many"), item("c")]
    model.apply(items=marked)
    page = await seen(client, "/libraries")
    row = page[page.index('href="/libraries/films"') :]
    assert '<td class="number" data-label="Items">3</td>' in row
    assert '<a href="/libraries/films?marked=disabled">1</a>' in row
    assert '<a href="/libraries/films?marked=quarantined">1</a>' in row
    assert films.description in row


async def test_a_library_shows_its_items_and_what_its_matches_lead_to(
    client: AsyncTestClient, model: ReadModel, films: Library
) -> None:
    policies = [
        Policy(name="strict", library="films", position=20, action=Action.BLOCK),
        Policy(name="first", purpose=films.purpose, position=10, action=Action.ALLOW),
        Policy(name="of another", library="default", action=Action.ALLOW),
    ]
    model.apply(
        items=[item("reel", duration=75.5, metadata={"title": "A film", "of": {"year": 1990}})], policies=policies
    )
    page = await seen(client, "/libraries/films")
    for text in ("reel", "1:15.5", "title: A film", "of: {&#34;year&#34;:1990}", "where no policy holds"):
        assert text in page
    assert page.index(">first<") < page.index(">strict<")
    assert "of another" not in page


async def test_items_are_found_by_their_id_and_by_their_marks(
    client: AsyncTestClient, model: ReadModel, films: Library
) -> None:
    _ = films
    model.apply(items=[item("plain-one"), item("off-one", disabled=True), item("odd-one", quarantined="it matched 60")])
    assert "plain-one" not in (disabled := await seen(client, "/libraries/films", marked="disabled"))
    assert "off-one" in disabled
    assert "it matched 60" in (aside := await seen(client, "/libraries/films", marked="quarantined"))
    assert "off-one" not in aside
    assert "odd-one" not in (found := await seen(client, "/libraries/films", media_id="plain-one"))
    assert "plain-one" in found
    assert "It does not hold this" in await seen(client, "/libraries/films", media_id="plain")
    assert "plain-one" in await seen(client, "/libraries/films", marked="no such mark")


async def test_older_items_are_on_the_next_page_under_the_same_mark(
    client: AsyncTestClient, model: ReadModel, films: Library
) -> None:
    _ = films
    times = [f"2026-11-23T08:00:{number:02}.000Z" for number in range(PAGE + 1)]
    model.apply(items=[item(f"item-{n}-", disabled=True, creation_time=time) for n, time in enumerate(times)])
    first = await seen(client, "/libraries/films", marked="disabled")
    assert "item-0-" not in first
    address = next(part for part in first.split('href="') if "cursor=" in part).split('"')[0].replace("&amp;", "&")
    assert "marked=disabled" in address
    assert "item-0-" in await seen(client, f"/libraries/films{address}")


async def test_a_library_without_anything_says_how_to_fill_it(client: AsyncTestClient, films: Library) -> None:
    _ = films
    assert "mediadna libraries add films" in await seen(client, "/libraries/films")
    assert "None" in await seen(client, "/libraries/films", marked="quarantined")


@pytest.mark.parametrize("role", ["reader", "submitter", "moderator", "admin"])
async def test_controls_are_for_those_who_may(
    client: AsyncTestClient, model: ReadModel, films: Library, role: str
) -> None:
    _ = films
    model.apply(items=[item("reel", quarantined="too many")])
    page = await seen(client, "/libraries/films", role)
    assert ("Add an item" in page) is (role != "reader")
    assert ("/frame?at=" in page) is (role in {"moderator", "admin"})
    assert ("Search backwards</button>" in page) is (role in {"moderator", "admin"})
    assert ('data-do="lift"' in page) is (role == "admin")
    for control in ADMIN_ONLY:
        assert (control in page) is (role == "admin"), control
    assert ("New library" in await seen(client, "/libraries", role)) is (role == "admin")


async def test_pictures_of_a_blocklist_are_veiled_until_somebody_wants_to_see_them(
    client: AsyncTestClient, model: ReadModel, films: Library
) -> None:
    _ = films
    model.apply(
        libraries=[Library(name="forbidden", purpose=Purpose.BLOCKLIST)],
        items=[item("reel"), item("bad", library="forbidden", duration=20.0)],
    )
    page = await seen(client, "/libraries/forbidden", "moderator")
    assert 'class="thumb veiled" data-do="unveil"' in page
    assert "/api/v1/jobs/stored/frame?at=5.0&height=90" in page.replace("&amp;", "&")
    assert "thumb veiled" not in await seen(client, "/libraries/films", "moderator")


def test_a_picture_is_taken_behind_the_opening_and_not_late() -> None:
    assert picture_at(item("short", duration=20.0)) == 5.0
    assert picture_at(item("long", duration=7200.0)) == LATEST_PICTURE_S
    assert picture_at(item("unknown")) == 0.0


def test_metadata_is_written_as_it_came() -> None:
    assert [in_text(value) for value in ("a text", 5, {"a": ["é"]}, None)] == ["a text", "5", '{"a":["é"]}', "null"]


async def test_backward_searches_show_how_far_they_are(
    client: AsyncTestClient, model: ReadModel, films: Library
) -> None:
    _ = films
    under_way = BackwardSearch(
        search_id="b1", media_id="reel", library="films", version=1, status=JobStatus.PROCESSING, items_total=9,
        items_done=4, hits=1, creation_time=TIME, update_time=TIME,
    )  # fmt: skip
    model.apply(searches=[under_way])
    page = await seen(client, "/libraries/films", "moderator")
    for text in ("4 of 9", "1 copy", 'data-do="cancel"'):
        assert text in page
    assert 'data-do="cancel"' not in await seen(client, "/libraries/films", "reader")


async def test_names_and_descriptions_of_strangers_are_shown_and_not_run(
    client: AsyncTestClient, model: ReadModel
) -> None:
    library = Library(name="<b>'\"films", description=HOSTILE, creation_time=TIME)
    held = item(HOSTILE, library=library.name, quarantined=HOSTILE, metadata={HOSTILE: HOSTILE})
    model.apply(libraries=[library], items=[held])
    for path in ("/libraries", "/libraries/%3Cb%3E%27%22films"):
        page = await seen(client, path)
        assert "<script>alert" not in page
        assert "<b>'" not in page
        assert "&lt;script&gt;" in page


async def test_secrets_in_addresses_are_not_shown(client: AsyncTestClient, model: ReadModel, films: Library) -> None:
    _ = films
    address = "https://user:word@media.example/a.mp4?signature=5d67"
    model.apply(items=[item("reel", file_url=address, metadata={"from": address})])
    page = await seen(client, "/libraries/films")
    assert "word" not in page
    assert "5d67" not in page


async def test_a_library_that_is_being_deleted_says_so_and_takes_nothing(
    client: AsyncTestClient, model: ReadModel
) -> None:
    model.apply(libraries=[Library(name="going", status=LibraryStatus.DELETING)])
    page = await seen(client, "/libraries/going")
    assert "It is being deleted" in page
    assert "Empty…" not in page


async def test_a_library_that_is_not_there_is_404_and_a_cursor_of_elsewhere_400(client: AsyncTestClient) -> None:
    headers = {"Authorization": f"Bearer {token_of('reader')}", "Accept": "text/html"}
    assert (await client.get("/libraries/none", headers=headers)).status_code == 404
    answer = await client.get("/libraries/default", params={"cursor": "x"}, headers=headers)
    assert answer.status_code == 400
    assert "<html" in answer.text


async def test_the_live_part_alone_is_answered_to_an_open_page(client: AsyncTestClient, films: Library) -> None:
    _ = films
    part = await seen(client, "/libraries/films", rows="")
    assert "<html" not in part
    assert "Nothing is stored here" in part
