"""A web API that moderators decide through: anna and ben, and carl, who only reads."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from litestar.testing import AsyncTestClient

from schemas.policies import Action
from streams.settings import Settings
from support.cases import found, id_of, item
from support.web_app import shared_app

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from httpx import Response

    from streams.web.services import Services
    from support.inline import InlineService

__all__ = ["FILM", "TOKENS", "decide", "moderated", "moderator", "of", "problem", "shown"]

FILM = id_of("film")
TOKENS = {"anna": "moderator", "ben": "moderator", "carl": "reader"}


def moderated(folder: Path) -> Settings:
    """Return settings with a token for each of them."""
    lines = [f"the-token-of-{name} {role} {name}\n" for name, role in TOKENS.items()]
    (folder / "tokens").write_text("".join(lines))
    return Settings(state=folder, tokens=folder / "tokens", rate_limit="1000000/second")


@asynccontextmanager
async def moderator(services: Services, inline: InlineService) -> AsyncIterator[AsyncTestClient[Any]]:
    """Yield a client of anna's, a moderator; a film and a series are found in a video."""
    inline.apply(
        items=[item("film"), item("series")], jobs=[found("j1", {"film": Action.BLOCK, "series": Action.REVIEW})]
    )
    async with AsyncTestClient(shared_app(services), base_url="http://127.0.0.1:6066") as client:
        client.headers["Authorization"] = "Bearer the-token-of-anna"
        yield client


def of(name: str) -> dict[str, str]:
    """Return the header that says who calls."""
    return {"Authorization": f"Bearer the-token-of-{name}"}


async def decide(client: AsyncTestClient[Any], decision: str, case_id: str = FILM, **more: Any) -> Response:
    """Decide on a case."""
    headers = more.pop("headers", {})
    return await client.post(f"/api/v1/cases/{case_id}/decisions", json={"decision": decision, **more}, headers=headers)


async def shown(client: AsyncTestClient[Any], case_id: str = FILM) -> dict[str, Any]:
    """Return a case as it is shown."""
    answer = await client.get(f"/api/v1/cases/{case_id}")
    assert answer.status_code == 200, answer.text
    case: dict[str, Any] = answer.json()
    return case


def problem(answer: Response, status: int) -> str:
    """Return what a problem document says."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told: dict[str, Any] = answer.json()
    return str(told["detail"]) + str(told.get("errors", ""))
