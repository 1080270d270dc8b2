"""Names in addresses: one may hold a slash, which is written as `%2F` there.

Routes are matched on the path as it was sent, where such a slash parts nothing. What stands for a name is decoded when
its route is known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from litestar import Litestar
from litestar.enums import ScopeType

if TYPE_CHECKING:
    from litestar.types import ASGIApp, Receive, Scope, Send

__all__ = ["PathApplication", "decode_names", "in_path"]


class PathApplication(Litestar):
    """An application that matches its routes on paths as they were sent; `decode_names` has to be in its middleware."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a request."""
        if scope["type"] == ScopeType.HTTP:
            scope = {**scope, "path": _as_sent(scope)}
        await super().__call__(scope, receive, send)


def in_path(name: str) -> str:
    """Write a name as it stands in an address."""
    return quote(name, safe="")


def decode_names(app: ASGIApp) -> ASGIApp:
    """Decode what stands for names in the path, once its route is known."""

    async def decoding(scope: Scope, receive: Receive, send: Send) -> None:
        parameters: dict[str, Any] = scope["path_params"]
        scope["path_params"] = {
            name: unquote(value) if isinstance(value, str) else value for name, value in parameters.items()
        }
        await app(scope, receive, send)

    return decoding


def _as_sent(scope: Scope) -> str:
    """Return the path with its parts encoded, each in one and the same way however it was written."""
    sent = scope.get("raw_path") or quote(scope["path"]).encode()
    parts = sent.partition(b"?")[0].decode("latin-1").split("/")  # some servers leave the query behind it
    return "/".join(in_path(unquote(part)) for part in parts)
