"""Answers that cost little when they are asked for again."""

from __future__ import annotations

import hashlib
from typing import Any, TypeVar

import msgspec
from litestar import Request, Response
from litestar.openapi.datastructures import ResponseSpec

__all__ = ["UNCHANGED", "etag_of", "with_etag"]

#: What a route says of itself that answers so.
UNCHANGED = {304: ResponseSpec(None, description="What the caller has is what there is.", generate_examples=False)}

T = TypeVar("T")


def with_etag(request: Request[Any, Any, Any], content: T, *, version: str = "") -> Response[T | None]:
    """Answer with the content and its tag; with nothing but the tag when the caller has that content already.

    Args:
        request: What the caller asks.
        content: What to answer.
        version: What a later change of the content names it by, where that is less than all of it.
    """
    tag = etag_of(content, version=version)
    if tag in (part.strip().removeprefix("W/") for part in request.headers.get("if-none-match", "").split(",")):
        return Response(None, status_code=304, headers={"ETag": tag})
    return Response(content, headers={"ETag": tag})


def etag_of(content: object, *, version: str = "") -> str:
    """Return the tag of a content, behind its version where it has one."""
    digest = hashlib.blake2b(msgspec.json.encode(content), digest_size=8).hexdigest()
    return f'"{version}-{digest}"' if version else f'"{digest}"'
