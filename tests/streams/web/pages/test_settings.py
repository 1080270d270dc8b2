"""The page of settings."""

from __future__ import annotations

from pathlib import Path

import pytest
from litestar.testing import AsyncTestClient
from support.people import seen, token_of, write_tokens

from streams.settings import Settings, listed


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("MEDIADNA_CALLBACK_URL", "https://user:word@receiver.example/?token=5d67")
    return Settings(state=tmp_path, tokens=write_tokens(tmp_path))


async def test_every_setting_is_there_with_what_it_is_and_where_it_comes_from(
    client: AsyncTestClient, settings: Settings
) -> None:
    page = await seen(client, "/settings")
    for one in listed(settings):
        assert f"<code>{one.variable}</code>" in page
    assert "prefix of every topic" in page
    row = page[page.index("MEDIADNA_CALLBACK_URL") :]
    assert "environment" in row[: row.index("</tr>")]
    row = page[page.index("MEDIADNA_TOPIC_PREFIX") :]
    assert "default" in row[: row.index("</tr>")]


async def test_no_secret_of_an_address_is_shown(client: AsyncTestClient) -> None:
    page = await seen(client, "/settings")
    assert "https://***@receiver.example/?token=***" in page
    assert "word@" not in page
    assert "5d67" not in page


async def test_it_is_for_admins_and_nobody_else_is_led_there(client: AsyncTestClient) -> None:
    headers = {"Authorization": f"Bearer {token_of('moderator')}", "Accept": "text/html"}
    assert (await client.get("/settings", headers=headers)).status_code == 403
    assert 'href="/settings"' not in await seen(client, "/audit", "moderator")
    assert 'href="/settings"' in await seen(client, "/audit", "admin")
