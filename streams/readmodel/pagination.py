"""Cursors: where a page of a list ends, as a word that only the list itself understands."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    import sqlite3

__all__ = ["BadCursor", "page_of", "read_cursor"]


class BadCursor(ValueError):  # noqa: N818 (says what is wrong)
    """A page cursor that this list did not give out."""


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


def page_of(name: str, rows: list[sqlite3.Row], limit: int) -> tuple[list[sqlite3.Row], str | None]:
    """Cut a page off, and return it with the cursor of the next one, if there is more.

    Args:
        name: The list's.
        rows: One more than the page has, when there are so many. First comes what the list is sorted by, then what
            tells rows apart that are equal in that.
        limit: How many rows the page has at the most.
    """
    if len(rows) <= limit:
        return rows, None
    first, second = rows[limit - 1][:2]
    cursor = base64.urlsafe_b64encode(msgspec.json.encode((name, first, second))).decode().rstrip("=")
    return rows[:limit], cursor
