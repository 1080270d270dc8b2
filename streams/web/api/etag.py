"""Answers that cost little when they are asked for again, and changes of what the caller has seen alone."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any, TypeVar

import msgspec
from litestar import Request, Response
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import HeaderParameter

__all__ = ["UNCHANGED", "IfMatch", "is_expected", "tag_of", "with_etag"]

#: What a route says of itself that answers so.
UNCHANGED = {304: ResponseSpec(None, description="What the caller has is what there is.", generate_examples=False)}

IfMatch = Annotated[
    str | None,
    HeaderParameter(
        name="If-Match",
        description="`ETag` of what was seen: refused with 412 where somebody else has changed it since. Without it, "
        "whatever is there is changed",
    ),
]

T = TypeVar("T")


def tag_of(content: Any, *, version: str = "") -> str:
    """Return the tag of a content: another one for whatever differs in it; behind its version where it has one."""
    digest = hashlib.blake2b(msgspec.json.encode(content), digest_size=8).hexdigest()
    return f'"{version}-{digest}"' if version else f'"{digest}"'


def is_expected(if_match: str | None, content: Any) -> bool:
    """Whether a content is one that the header `If-Match` names, or that it names none.

    A tag is of the content; that it is weak says that the answer was compressed.
    """
    tags = [part.strip().removeprefix("W/") for part in (if_match or "*").split(",")]
    return "*" in tags or tag_of(content) in tags


def with_etag(request: Request[Any, Any, Any], content: T, *, version: str = "") -> Response[T | None]:
    """Answer with the content and its tag; with nothing but the tag when the caller has that content already.

    Args:
        request: What the caller asks.
        content: What to answer.
        version: What a later change of the content names it by, where that is less than all of it.
    """
    tag = tag_of(content, version=version)
    if tag in (part.strip().removeprefix("W/") for part in request.headers.get("if-none-match", "").split(",")):
        return Response(None, status_code=304, headers={"ETag": tag})
    return Response(content, headers={"ETag": tag})
