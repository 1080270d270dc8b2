"""Headers that protect answers in a browser: the same on pages, on the API, on errors and on the vendor's replies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from litestar.datastructures import MutableScopeHeaders

if TYPE_CHECKING:
    from litestar.types import Message, Scope

__all__ = ["add_protective_headers"]

#: Scripts, styles and connections of a page come from this service alone; nothing is ever framed.
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "media-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
#: What is no page loads nothing, whatever is in it.
DATA_POLICY = "default-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
#: On every answer. `same-origin` and not `no-referrer`, with which browsers send `Origin: null` with our own forms.
EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
#: Behind TLS a browser is told to come back with TLS only, for a year: seconds.
TRANSPORT_SECURITY = "max-age=31536000"
#: Answers are private. What carries a tag may be kept by who asked, who then asks each time whether it still holds.
TAGGED, UNTAGGED = "private, no-cache", "no-store"


async def add_protective_headers(message: Message, scope: Scope) -> None:
    """Add the headers to an answer before it is sent. For `before_send`, which answers without a route pass too."""
    if message["type"] != "http.response.start":
        return
    headers = MutableScopeHeaders.from_message(message)
    for name, value in EVERYWHERE.items():
        headers[name] = value
    is_page = headers.get("content-type", "").startswith("text/html")
    headers["Content-Security-Policy"] = PAGE_POLICY if is_page else DATA_POLICY
    headers.setdefault("Cache-Control", TAGGED if "etag" in headers else UNTAGGED)
    if scope["scheme"] == "https":
        headers["Strict-Transport-Security"] = TRANSPORT_SECURITY
