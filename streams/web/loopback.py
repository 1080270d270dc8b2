"""Guards an API that asks for no token: only this machine's own pages and programs may use it.

A page on another site can make a browser send requests to a loopback address, directly or through a name that it
controls (DNS rebinding). Both show in headers that a page cannot set.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from litestar.exceptions import PermissionDeniedException

if TYPE_CHECKING:
    from litestar import Request

__all__ = ["refuse_foreign_requests"]


async def refuse_foreign_requests(request: Request[Any, Any, Any]) -> None:
    """Refuse what another site's page sends.

    Raises:
        PermissionDeniedException: The request names another host, or comes from another origin.
    """
    host = request.headers.get("host", "")
    if not _is_local(urlsplit(f"//{host}").hostname):
        raise PermissionDeniedException(f"this API answers to loopback addresses only, not to {host!r}")
    origin = request.headers.get("origin")
    if origin is not None and origin != "null" and urlsplit(origin).netloc != host:
        raise PermissionDeniedException(f"pages of {origin} may not use this API")


def _is_local(name: str | None) -> bool:
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name or "").is_loopback
    except ValueError:
        return False
