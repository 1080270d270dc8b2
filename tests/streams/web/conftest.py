"""A web application over a service without a broker."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from litestar.testing import AsyncTestClient
from support.inline import InlineService
from support.read_model import ReadModel
from support.web_app import shared_app

from streams.settings import Settings
from streams.web.services import Services


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state=tmp_path)


@pytest.fixture
async def inline(model: ReadModel) -> InlineService:
    inline = InlineService(model)
    await inline.libraries.ensure()
    return inline


@pytest.fixture
def services(inline: InlineService, settings: Settings) -> Services:
    return inline.services(settings)


@pytest.fixture
async def client(services: Services) -> AsyncIterator[AsyncTestClient]:
    async with AsyncTestClient(shared_app(services), base_url="http://127.0.0.1:6066") as client:
        client.headers["X-Requested-With"] = "tests"  # what a program sends that has no token
        yield client
