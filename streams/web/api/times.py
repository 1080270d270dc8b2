"""Times that callers name in an address: read whatever zone they are written in, refused when they are none.

The read model compares times as texts, which only works for those of our own form. Anything else would be answered
with nothing found, which looks like an answer.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from litestar.exceptions import ClientException

from schemas.clock import format_time, parse_time

__all__ = ["TIME_FORM", "named_time", "time_as_stored"]

#: How a time is to be written, for documents and messages.
TIME_FORM = "ISO 8601, as 2026-11-23T08:00:00Z, or with an offset as 2026-11-23T10:00:00+02:00; UTC without one"
#: Characters of a time that a message repeats.
SHOWN = 40
#: An offset whose plus sign was not written as `%2B`: in an address it means a space.
_SPACE_FOR_PLUS = re.compile(r"([T ]\d\d:?\d\d\S*) (\d\d(?::?\d\d)?)$")


def named_time(text: str, name: str) -> datetime:
    """Read the time that a parameter holds, in UTC.

    Raises:
        ClientException: It is none; the message names the parameter and the form that is wanted.
    """
    try:
        return parse_time(_SPACE_FOR_PLUS.sub(r"\1+\2", text.strip())).astimezone(UTC)
    except (ValueError, OverflowError):  # an offset can lead out of the years that there are
        raise ClientException(f"{name}={text[:SHOWN]!r} is no time: write {TIME_FORM}") from None


def time_as_stored(text: str | None, name: str) -> str | None:
    """Return the time that a parameter holds in the form that the read model's times have; None where it is not given.

    Raises:
        ClientException: It is no time.
    """
    return format_time(named_time(text, name)) if text else None
