"""Answers that are files: whole, or the range that is asked for (RFC 9110, chapter 14), never in memory as a whole."""

from __future__ import annotations

import asyncio
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from litestar import Response
from litestar.exceptions import HTTPException
from litestar.openapi.datastructures import ResponseSpec
from litestar.response.streaming import ASGIStreamingResponse

from streams.web.api.etag import UNCHANGED

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from litestar import Litestar, Request
    from litestar.response.base import ASGIResponse

    from streams.services.previews import OpenFile

__all__ = ["file_answer", "is_continued", "ranged"]

#: Bytes that are read and sent at a time.
BLOCK_BYTES = 256 * 1024
#: The one form of a range that is answered with one. What names several is answered whole, as it may be.
RANGE = re.compile(r"bytes=(\d{0,19})-(\d{0,19})")


def ranged(media_type: str) -> dict[int, ResponseSpec]:
    """Return what a route says of itself that answers with files of a type."""
    return {
        206: ResponseSpec(
            bytes, description="The range that `Range` asks for.", media_type=media_type, generate_examples=False
        ),
        416: ResponseSpec(None, description="The range lies outside of the file.", generate_examples=False),
        **UNCHANGED,
    }


class _FileResponse(Response[bytes]):
    """Sends the bytes `[first, end)` of a file."""

    def __init__(self, file: OpenFile, first: int, end: int, *, status_code: int, headers: Mapping[str, str]) -> None:
        super().__init__(b"", status_code=status_code, headers=headers, media_type=headers["Content-Type"])
        self._file, self._first, self._end = file, first, end

    def to_asgi_response(self, app: Litestar | None, request: Request[Any, Any, Any], **more: Any) -> ASGIResponse:
        """Return what sends it: see the framework's `Response`."""
        _ = app, more
        return ASGIStreamingResponse(
            iterator=self._blocks(),
            headers={**self.headers, "content-length": str(self._end - self._first)},
            is_head_response=request.method == "HEAD",
            media_type=self.media_type,
            status_code=self.status_code,
        )

    async def _blocks(self) -> AsyncIterator[bytes]:
        at = self._first
        while at < self._end:
            block = await asyncio.to_thread(self._file.read, at, min(BLOCK_BYTES, self._end - at))
            if not block:  # the media itself was shortened: the length that was announced says that some is missing
                return
            at += len(block)
            yield block


def file_answer(
    request: Request[Any, Any, Any], file: OpenFile, *, tag: str, media_type: str, headers: Mapping[str, str]
) -> Response[bytes]:
    """Answer with a file, or with the part of it that is asked for, or that the caller has it already.

    Args:
        request: What the caller asks.
        file: The file.
        tag: Differs for whatever differs in content.
        media_type: What the file is.
        headers: Further headers.

    Raises:
        HTTPException: The range lies outside of the file.
    """
    headers = {**headers, "ETag": tag, "Accept-Ranges": "bytes", "Content-Type": media_type}
    if tag in _tags(request.headers.get("if-none-match", "")):
        return Response(b"", status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    asked = request.headers.get("range", "")
    if request.headers.get("if-range", tag) != tag:  # the caller has a part of something else
        asked = ""
    span = _span(asked, file.size)
    if span is None:
        return _FileResponse(file, 0, file.size, status_code=HTTPStatus.OK, headers=headers)
    first, end = span
    if first >= end:
        raise HTTPException(
            f"the range lies outside of the file, which has {file.size} bytes",
            status_code=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
            headers={"Content-Range": f"bytes */{file.size}", "Accept-Ranges": "bytes"},
        )
    headers["Content-Range"] = f"bytes {first}-{end - 1}/{file.size}"
    return _FileResponse(file, first, end, status_code=HTTPStatus.PARTIAL_CONTENT, headers=headers)


def is_continued(request: Request[Any, Any, Any]) -> bool:
    """Whether a request goes on with a file, of which the beginning was asked for before."""
    asked = request.headers.get("range", "")
    return bool(asked) and not asked.startswith("bytes=0-")


def _tags(header: str) -> list[str]:
    return [part.strip().removeprefix("W/") for part in header.split(",")]


def _span(asked: str, size: int) -> tuple[int, int] | None:
    """Return the bytes `[first, end)` that a header asks for, an empty run where there are none; None for the whole."""
    found = RANGE.fullmatch(asked.strip())
    if found is None or not any(found.groups()):
        return None
    first, last = found.groups()
    if not first:
        return max(0, size - int(last)), size
    if last and int(last) < int(first):
        return None
    return int(first), min(size, int(last) + 1 if last else size)
