"""Cursors: where a page of a list ends, as a word that only the list itself understands."""

from __future__ import annotations

import base64
import binascii

import msgspec

__all__ = ["BadCursor", "read_cursor", "write_cursor"]


class BadCursor(ValueError):  # noqa: N818 (says what is wrong)
    """A page cursor that this list did not give out."""


def write_cursor(name: str, first: str, second: str) -> str:
    """Return the cursor of what follows a row.

    Args:
        name: The list's.
        first: What the list is sorted by.
        second: What tells rows apart that are equal in that.
    """
    return base64.urlsafe_b64encode(msgspec.json.encode((name, first, second))).decode().rstrip("=")


def read_cursor(name: str, cursor: str) -> tuple[str, str]:
    """Return the row that a cursor stands at.

    Raises:
        BadCursor: The cursor is none of this list's.
    """
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        data = base64.b64decode(padded.encode(), altchars=b"-_", validate=True)
        of, first, second = msgspec.json.decode(data, type=tuple[str, str, str])
    except (binascii.Error, ValueError, RecursionError) as error:
        raise BadCursor("this cursor is none of this list's: leave it out to start from the newest entry") from error
    if of != name:
        raise BadCursor("this cursor comes from another list: leave it out to start from the newest entry")
    return first, second
