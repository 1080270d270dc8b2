"""Answers that cost little when they are asked for again."""

from __future__ import annotations

import hashlib
from typing import Any, TypeVar

import msgspec
from litestar import Request, Response
from litestar.openapi.datastructures import ResponseSpec

__all__ = ["UNCHANGED", "with_etag"]

#: What a route says of itself that answers so.
UNCHANGED = {304: ResponseSpec(None, description="What the caller has is what there is.", generate_examples=False)}

T = TypeVar("T")


def with_etag(request: Request[Any, Any, Any], content: T) -> Response[T | None]:
    """Answer with the content and its tag; with nothing but the tag when the caller has that content already."""
    tag = f'"{hashlib.blake2b(msgspec.json.encode(content), digest_size=8).hexdigest()}"'
    if tag in (part.strip().removeprefix("W/") for part in request.headers.get("if-none-match", "").split(",")):
        return Response(None, status_code=304, headers={"ETag": tag})
    return Response(content, headers={"ETag": tag})
