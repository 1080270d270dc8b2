"""The pages of policies as people see them."""

from __future__ import annotations

from pathlib import Path

import pytest
from litestar.testing import AsyncTestClient
from markupsafe import escape
from support.people import seen, token_of, write_tokens
from support.read_model import ReadModel

from schemas.libraries import Library, Purpose
from schemas.policies import Action, Conditions, Policy, PolicyMode, TrackCondition
from streams.settings import Settings
from streams.web.pages.policies import grouped
from streams.web.paths import in_path

FILMS = Library(name="films", purpose=Purpose.ORIGINAL)
HOSTILE = "<script>alert('x')<\\script>"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state=tmp_path, tokens=write_tokens(tmp_path))


def policy(name: str, position: int = 10, **fields: object) -> Policy:
    of = {} if "purpose" in fields else {"library": "films"}
    return Policy(**{"name": name, "position": position, "action": Action.REVIEW, **of, **fields})  # type: ignore[arg-type]


def test_policies_stand_by_what_they_are_for_and_keep_their_order() -> None:
    policies = [
        policy("waits", 1, library="none"),
        policy("first", 10),
        policy("of-all", 15, purpose=Purpose.ORIGINAL),
        policy("second", 20),
    ]
    groups = grouped(policies, [FILMS, Library(name="default")])
    shown = [(group.library, group.purpose, [one.name for one in group.policies]) for group in groups]
    assert shown == [
        ("films", None, ["first", "second"]),
        ("none", None, ["waits"]),
        ("", Purpose.ORIGINAL, ["of-all"]),
    ]
    assert "no such library" in groups[1].note
    assert groups[2].note == "1 library is of this purpose."


async def test_conditions_are_said_in_words(client: AsyncTestClient, model: ReadModel) -> None:
    when = Conditions(
        similarity=0.8, matched_seconds=20, input_coverage=0.3, reference_coverage=0.001, track=TrackCondition.BOTH
    )
    model.apply(libraries=[FILMS], policies=[policy("much", when=when), policy("any", 20)])
    page = await seen(client, "/policies", "reader")
    assert (
        "at least 80 % sure, 20 s copied, 30 % of the input, under 1 % of the reference, picture and sound agree"
        in page
    )
    assert "any match" in page


async def test_of_one_library_all_that_decides_stands_in_one_order_with_what_is_left(
    client: AsyncTestClient, model: ReadModel
) -> None:
    policies = [policy("own", 20), policy("of-all", 10, purpose=Purpose.ORIGINAL), policy("other", library="default")]
    model.apply(libraries=[FILMS], policies=policies)
    page = await seen(client, "/policies", library="films")
    assert page.index(">of-all<") < page.index(">own<")
    assert ">other<" not in page
    assert 'Where none holds: <span class="action track">' in page


async def test_where_there_are_none_the_page_says_what_holds_then(client: AsyncTestClient) -> None:
    assert "No policies" in await seen(client, "/policies")


@pytest.mark.parametrize("role", ["reader", "moderator", "admin"])
async def test_changing_is_for_admins_and_trying_for_all(client: AsyncTestClient, model: ReadModel, role: str) -> None:
    model.apply(libraries=[FILMS], policies=[policy("first"), policy("second", 20)])
    is_admin = role == "admin"
    page = await seen(client, "/policies", role)
    assert ('data-do="move"' in page) is is_admin
    assert ('value="create"' in page) is is_admin
    assert 'value="preview"' in page
    page = await seen(client, "/policies/first", role)
    for control in ('value="save"', 'data-do="delete"'):
        assert (control in page) is is_admin, control
    assert 'value="preview"' in page


async def test_a_policy_shows_what_is_set_and_carries_the_tag_that_rest_gives_it(
    client: AsyncTestClient, model: ReadModel
) -> None:
    model.apply(libraries=[FILMS], policies=[policy("first", 7, mode=PolicyMode.SHADOW)])
    page = await seen(client, "/policies/first")
    headers = {"Authorization": f"Bearer {token_of('reader')}"}
    tag = (await client.get("/api/v1/policies/first", headers=headers)).headers["etag"]
    assert f'data-tag="{escape(tag)}"' in page
    assert '<option value="library:films" selected>' in page
    assert '<option value="shadow" selected>' in page
    assert 'name="position" type="number" min="0" max="1000000" step="1" required value="7"' in page


async def test_those_in_shadow_are_offered_beside_what_is_active(client: AsyncTestClient, model: ReadModel) -> None:
    model.apply(libraries=[FILMS], policies=[policy("active"), policy("tried", 20, mode=PolicyMode.SHADOW)])
    page = await seen(client, "/policies")
    assert 'data-shadow="tried"' in page
    assert 'data-shadow="active"' not in page


async def test_one_whose_library_is_gone_says_so_and_keeps_its_name_in_the_form(
    client: AsyncTestClient, model: ReadModel
) -> None:
    model.apply(policies=[policy("waits", library="gone")])
    page = await seen(client, "/policies/waits")
    assert "Its library is not there" in page
    assert '<option value="library:gone" selected>gone (not there)</option>' in page


async def test_names_of_strangers_are_shown_and_not_run(client: AsyncTestClient, model: ReadModel) -> None:
    model.apply(policies=[policy(HOSTILE, library="<b>films"), policy("other", 20, library="<b>films")])
    for path in ("/policies", f"/policies/{in_path(HOSTILE)}", "/policies?library=%3Cb%3Efilms"):
        page = await seen(client, path)
        assert "<script>alert" not in page
        assert "<b>films" not in page
        assert "&lt;script&gt;" in page


async def test_a_policy_that_is_not_there_is_404(client: AsyncTestClient) -> None:
    headers = {"Authorization": f"Bearer {token_of('reader')}", "Accept": "text/html"}
    answer = await client.get("/policies/none", headers=headers)
    assert answer.status_code == 404
    assert "there is no policy" in answer.text.lower()
