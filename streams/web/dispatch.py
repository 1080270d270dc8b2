"""Tells the vendor's calls, which come to `/`, from everything else."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from litestar.enums import ScopeType

if TYPE_CHECKING:
    from litestar.types import ASGIApp, Receive, Scope, Send

__all__ = ["FrontDoor"]


class FrontDoor:
    """Hands calls to one application, and everything else to the other."""

    def __init__(self, *, calls: ASGIApp, other: ASGIApp) -> None:
        self._calls = calls
        self._other = other

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand over what comes."""
        application = self._calls if _is_call(scope) else self._other
        await application(scope, receive, send)


def _is_call(scope: Scope) -> bool:
    """Tell a call: it names an action, in a header or in the address, or it is posted to where nothing else is."""
    if scope["type"] != ScopeType.HTTP or scope["path"] != "/":
        return False
    if scope["method"] == "POST" or any(name == b"x-acs-action" for name, _ in scope["headers"]):
        return True
    return "Action" in parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
