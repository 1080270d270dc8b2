"""What a request for a job, and what is said of a library's item, may hold: checked where it is let in.

Fields of a certain length are checked by the types that the doors read. Here is what no type can tell: the bytes of
free-form metadata, addresses that the service makes itself, and all of it together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from schemas.errors import TooLargeError
from schemas.limits import (
    DEEPEST_METADATA,
    LARGEST_METADATA,
    LARGEST_REQUEST,
    LONGEST_URL,
    LONGEST_USER_DATA,
    MOST_SEARCHED,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schemas.jobs import JobRequest

__all__ = ["check_metadata", "check_request_size"]


def check_request_size(request: JobRequest) -> None:
    """Check that all that follows from a request can be written.

    Raises:
        TooLargeError: It cannot; the message names the field.
    """
    check_metadata(request.metadata)
    _check(f"the address of the media {request.file_url[:40]!r}...", len(request.file_url), LONGEST_URL, "characters")
    _check("UserData", len(request.user_data or ""), LONGEST_USER_DATA, "characters")
    _check("the list of libraries to search", len(request.search), MOST_SEARCHED, "names")
    _check("the request as JSON", len(msgspec.json.encode(request)), LARGEST_REQUEST, "bytes")


def check_metadata(metadata: dict[str, Any] | None) -> None:
    """Check that an item's metadata can be kept beside all else, and read again wherever it is.

    Raises:
        TooLargeError: It has too many bytes, or is nested too deep.
    """
    if _is_deeper(metadata, DEEPEST_METADATA):
        raise TooLargeError(f"the metadata is nested more than {DEEPEST_METADATA} levels deep: make it flatter")
    _check("the metadata as JSON", len(msgspec.json.encode(metadata)), LARGEST_METADATA, "bytes")


def _check(what: str, size: int, most: int, unit: str) -> None:
    if size > most:
        raise TooLargeError(f"{what} has {size} {unit}, and {most} are the most: send less")


def _is_deeper(value: object, levels: int) -> bool:
    """Whether there are objects or lists below so many levels of them. It needs no stack, however deep they are."""
    level = [value]
    for _ in range(levels):
        level = [child for one in level for child in _children(one) if isinstance(child, dict | list)]
        if not level:
            return False
    return True


def _children(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
