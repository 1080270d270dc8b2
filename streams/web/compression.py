"""Answers that are texts are sent compressed (gzip) to those who take it.

The framework's own middleware compresses whatever comes, streams of events included, keeps a strong ETag on bytes that
are others, heeds no `q=0`, and says `Vary` only where it has compressed. So it is done here, around all applications.

Never compressed are: streams of events, which would come late; parts of a file (ranges); what is small, or compressed
by itself, such as video and pictures; answers without a body.

An ETag is of the content, not of the bytes that carry it, so a compressed answer has it as a weak one (`W/`), and
requests with it, weak or not, are answered as before.

An attacker learns from the sizes of compressed answers (BREACH) where a page holds a secret beside text of theirs, and
they can have a browser ask for it time and again with a person's cookie. Here no answer holds a secret that is worth
it: tokens are in headers alone, there are no secrets against forgery in forms, addresses are shown without what may be
secret in them. And no other site's page makes a browser send the cookie: it is `SameSite=Strict`.
"""

from __future__ import annotations

import asyncio
import zlib
from typing import TYPE_CHECKING, Any, cast

from litestar.datastructures import Headers, MutableScopeHeaders
from litestar.enums import ScopeType

if TYPE_CHECKING:
    from litestar.types import ASGIApp, HTTPResponseStartEvent, Message, Receive, Scope, Send

__all__ = ["Compression"]

#: Bytes below which an answer is one packet on the network anyway.
LEAST_BYTES = 1000
#: Bytes from which on an answer is compressed in a thread: in the event loop it would take longer than a millisecond
#: or two, in which nothing else is answered.
LARGE_BYTES = 64_000
#: Of zlib, 1..9: beyond this texts of ours get hardly smaller, and take twice the time.
LEVEL = 6
#: Window of zlib with gzip's header and trailer.
GZIP = zlib.MAX_WBITS | 16
#: Types of texts, but for those that end with `+json` or `+xml`.
TEXTS = frozenset(
    {
        "application/javascript",
        "application/json",
        "application/yaml",
        "image/svg+xml",
        "text/css",
        "text/html",
        "text/javascript",
        "text/xml",
    }
)
#: What a browser's answer without a body, or a part of one, is told by.
NO_CONTENT, NOT_MODIFIED, PARTIAL, OK = 204, 304, 206, 200


class Compression:
    """Passes requests on to an application, and compresses what it answers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != ScopeType.HTTP or scope["method"] == "HEAD":
            await self._app(scope, receive, send)
            return
        takes_gzip = _takes_gzip(Headers.from_scope(scope).get("accept-encoding", ""))
        await self._app(scope, receive, _Answer(send, compress=takes_gzip))


class _Answer:
    """One answer on its way: held until it is known whether it is worth compressing."""

    def __init__(self, send: Send, *, compress: bool) -> None:
        self._send = send
        self._compress = compress
        self._start: HTTPResponseStartEvent | None = None
        self._gzip: Any = None

    async def __call__(self, message: Message) -> None:
        """Pass on a part of the answer."""
        if message["type"] == "http.response.start":
            if not _is_text(message):
                await self._send(message)
                return
            self._start = message
            return
        if message["type"] != "http.response.body":
            await self._send(message)
            return
        start, self._start = self._start, None
        more = message.get("more_body", False)
        if start is not None and (more or len(message["body"]) >= LEAST_BYTES):
            self._begin(start, whole=not more)
        if self._gzip is None:
            if start is not None:
                await self._send(start)
            await self._send(message)
            return
        body = await self._compressed(message["body"], more=more)
        if start is not None:
            if not more:
                MutableScopeHeaders.from_message(start)["Content-Length"] = str(len(body))
            await self._send(start)
        await self._send(cast("Message", {**message, "body": body}))

    def _begin(self, start: HTTPResponseStartEvent, *, whole: bool) -> None:
        """Say in the headers that the answer depends on what is taken, and that it is compressed, where it is."""
        headers = MutableScopeHeaders.from_message(start)
        length = headers.get("content-length")
        if not whole and length is not None and int(length) < LEAST_BYTES:
            return
        _vary(headers)
        if not self._compress:
            return
        self._gzip = zlib.compressobj(LEVEL, zlib.DEFLATED, GZIP)
        headers["Content-Encoding"] = "gzip"
        if length is not None:
            del headers["content-length"]
        tag = headers.get("etag")
        if tag is not None and not tag.startswith("W/"):
            headers["ETag"] = f"W/{tag}"

    async def _compressed(self, body: bytes, *, more: bool) -> bytes:
        flush = zlib.Z_SYNC_FLUSH if more else zlib.Z_FINISH

        def compress() -> bytes:
            made: bytes = self._gzip.compress(body) + self._gzip.flush(flush)
            return made

        return await asyncio.to_thread(compress) if len(body) > LARGE_BYTES else compress()


def _is_text(start: HTTPResponseStartEvent) -> bool:
    """Whether an answer may be compressed: it is a text, whole, and not compressed yet."""
    headers = MutableScopeHeaders.from_message(start)
    if start["status"] == NOT_MODIFIED:
        _vary(headers)  # as the answer would have had that the caller has kept
    if start["status"] in {NO_CONTENT, NOT_MODIFIED, PARTIAL} or start["status"] < OK:
        return False
    if "content-encoding" in headers or "content-range" in headers:
        return False
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind in TEXTS or kind.endswith(("+json", "+xml"))


def _vary(headers: MutableScopeHeaders) -> None:
    named = headers.get("vary", "")
    if "accept-encoding" not in named.lower():
        headers["Vary"] = f"{named}, Accept-Encoding".removeprefix(", ")


def _takes_gzip(accepted: str) -> bool:
    """Whether a client takes gzip: it names it, or all encodings, and not with a weight of 0."""
    weights: dict[str, float] = {}
    for part in accepted.lower().split(","):
        name, _, parameter = part.partition(";")
        weight = parameter.strip().removeprefix("q=")
        try:
            weights[name.strip()] = float(weight) if weight else 1.0
        except ValueError:
            weights[name.strip()] = 0.0
    return weights.get("gzip", weights.get("*", 0.0)) > 0
