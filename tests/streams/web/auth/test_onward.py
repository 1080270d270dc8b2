"""Where a person goes on to once they have logged in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar.testing import AsyncTestClient
from support.inline import InlineService
from support.web_app import shared_app

from streams.settings import Settings
from streams.web.auth.onward import LONGEST_ONWARD, own_place

PLACE = "http://127.0.0.1:6066"
TOKEN = "token-of-a-reader"  # noqa: S105
PAGE = {"Accept": "text/html"}
#: What browsers leave out of an address before they look at it, and take for a slash.
LEFT_OUT, SLASHES = "\t\n\r", "\\"


@pytest.fixture
async def shut(inline: InlineService, tmp_path: Path) -> AsyncIterator[AsyncTestClient]:
    """A service that asks for tokens."""
    (tmp_path / "tokens").write_text(f"{TOKEN} reader\n")
    settings = Settings(state=tmp_path, tokens=tmp_path / "tokens")
    async with AsyncTestClient(shared_app(inline.services(settings)), base_url=PLACE) as client:
        yield client


def as_browsers_read(place: str) -> str:
    """Return an address as a browser takes it."""
    place = "".join(one for one in place.strip("".join(map(chr, range(33)))) if one not in LEFT_OUT)
    return place.replace(SLASHES, "/")


@pytest.mark.parametrize(
    "place",
    [
        "/jobs/j1",
        "/?status=fail&copies=yes",
        "/?media_id=a%26b%3Dc%20d&library=%C3%BC",
        "/libraries/films%2F2026?cursor=abc%3D%3D",
        "/?media_id=https://a.example/?x=1%26y=2",
        "/?q=a+b",
    ],
)
async def test_path_and_query_are_kept_over_a_login(shut: AsyncTestClient, place: str) -> None:
    sent = await shut.get(f"{PLACE}{place}", headers=PAGE, follow_redirects=False)
    form = (await shut.get(sent.headers["location"])).text
    onward = form.split('name="onward" value="')[1].split('"')[0].replace("&amp;", "&")
    assert onward == place
    wrong = await shut.post("/login", data={"token": "wrong", "onward": onward}, headers={"Origin": PLACE})
    assert f'value="{place.replace("&", "&amp;")}"' in wrong.text
    entered = await shut.post(
        "/login", data={"token": TOKEN, "onward": onward}, headers={"Origin": PLACE}, follow_redirects=False
    )
    assert (entered.status_code, entered.headers["location"]) == (303, place)


async def test_of_a_place_that_is_too_long_the_path_is_kept(shut: AsyncTestClient) -> None:
    sent = await shut.get("/libraries", params={"x": "y" * LONGEST_ONWARD}, headers=PAGE, follow_redirects=False)
    assert sent.headers["location"] == "/login?onward=/libraries"


async def test_bytes_that_are_no_text_are_kept_as_they_came(shut: AsyncTestClient) -> None:
    sent = await shut.get(f"{PLACE}/?media_id=%FF", headers=PAGE, follow_redirects=False)
    assert sent.headers["location"] == "/login?onward=/%3Fmedia_id%3D%25FF"


@given(
    st.text(st.sampled_from("/\\\t\n\r .:@?#%aé\x00")),
    st.sampled_from(["", "/", "//", "/\\", "\\", "/\t/", "http:", "javascript:", "/ /"]),
)
def test_whatever_is_sent_along_leads_to_this_service(rest: str, start: str) -> None:
    place = own_place(f"{start}{rest}")
    reached = urlsplit(urljoin(PLACE, as_browsers_read(place)))
    assert (reached.scheme, reached.netloc) == ("http", "127.0.0.1:6066")
    assert place.isascii()
    assert place.isprintable()


@pytest.mark.parametrize("place", ["/", "/jobs/j1", "/?a=b&c=%20", "/a//b", "/a/../b?x=//c"])
def test_places_of_this_service_stay_as_they_are(place: str) -> None:
    assert own_place(place) == place
