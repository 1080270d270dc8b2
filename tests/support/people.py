"""People with a token of each role, who look at pages."""

from __future__ import annotations

from pathlib import Path

from litestar import Litestar
from litestar.testing import AsyncTestClient

from streams.web.auth.roles import Role

__all__ = ["seen", "token_of", "write_tokens"]


def token_of(role: str) -> str:
    """Return the token of somebody of a role."""
    return f"token-of-the-{role}"


def write_tokens(folder: Path) -> Path:
    """Write a file of tokens, one for each role; its holder is called as the role is."""
    path = folder / "tokens"
    path.write_text("".join(f"{token_of(role)} {role} {role}\n" for role in Role))
    path.chmod(0o600)
    return path


async def seen(client: AsyncTestClient[Litestar], path: str, role: str = "admin", **parameters: str) -> str:
    """Return a page as somebody of a role sees it."""
    headers = {"Authorization": f"Bearer {token_of(role)}", "Accept": "text/html"}
    answer = await client.get(path, params=parameters or None, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.text
