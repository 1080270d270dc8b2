"""The flood guard: whether a reference matches far more media than is usual for it.

A reference that is spoilt (a black film, a channel's ident, a song that everybody uses) matches thousands of uploads,
and a rule that blocks would block them all. So it is set aside: its matches are for people alone, until one of them has
looked at it.

It counts *media items* that were found to copy the reference, each once however many jobs it has had; matches that a
backward search has found do not count. With `at` the time at which the newest of them was asked for:

- **in the hour** are the media asked for after `at - 1 h` and up to `at`; what came before a person has lifted an
  earlier quarantine is left out;
- **usual** is the mean in an hour of the seven days before that hour, or of as many of them as the library has held the
  reference, at least one hour: media in that time, divided by its hours;
- it is a **flood** where the hour has more than `limit` media, and more than ten times what is usual.

So a reference that is popular may match ten times as many as it always has, whatever the limit; and one whose matches
grow by no more than fourfold in a day is never set aside, whatever number that leads to: the mean of a week behind such
a growth is a tenth of what it has come to.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self

from schemas.clock import format_time, parse_time

if TYPE_CHECKING:
    from schemas.libraries import LibraryItem

__all__ = ["TIMES_USUAL", "Observed", "is_flood", "reason_of", "usual_rate"]

#: A rate is a flood beyond so many times the usual one.
TIMES_USUAL = 10
#: The span in which a flood shows.
HOUR = timedelta(hours=1)
#: The span before it that says what is usual: a whole week, since weekends differ from other days.
PAST = timedelta(days=7)
#: What is usual is the mean of this many hours at the least: three copies within the first minute are no 180 an hour.
LEAST_HOURS = 1.0


@dataclass(frozen=True, slots=True)
class Observed:
    """The two spans of time in which a reference's matches are counted; each is without its beginning, with its end.

    Attributes:
        at: When the hour ends, UTC.
        since: When what counts of the hour begins, UTC.
        past_since: When the time begins that says what is usual, UTC.
        past_until: When that ends, UTC: an hour before `at`.
        past_hours: How long that is, hours.
    """

    at: str
    since: str
    past_since: str
    past_until: str
    past_hours: float

    @classmethod
    def of(cls, item: LibraryItem, at: str) -> Self:
        """Return where to count.

        Args:
            item: The reference.
            at: When the newest input that copies it was asked for, UTC.
        """
        end = parse_time(at)
        hour = end - HOUR
        past = min(hour, max(hour - PAST, _time(item.creation_time, hour)))
        return cls(
            at=format_time(end),
            since=format_time(max(hour, _time(item.released_time, hour))),
            past_since=format_time(past),
            past_until=format_time(hour),
            past_hours=(hour - past) / HOUR,
        )


def usual_rate(media: int, hours: float) -> float:
    """Return how many media items match in a usual hour.

    Args:
        media: Media items that matched in the time that says so.
        hours: How long that is.
    """
    return media / max(LEAST_HOURS, hours)


def is_flood(media: int, usual: float, *, limit: int) -> bool:
    """Whether an hour has far more matches than is usual.

    Args:
        media: Media items in the hour.
        usual: Of them in a usual hour.
        limit: So many are no flood, whatever is usual; 0: nothing is.
    """
    return 0 < limit < media and media > TIMES_USUAL * usual


def reason_of(media: int, usual: float, *, limit: int) -> str:
    """Return why a reference is set aside, for a person."""
    return (
        f"{media} media items matched it within an hour; up to {limit} are let pass, and {usual:.1f} are usual for it: "
        "look whether it is what it should be, then lift this, or disable the item"
    )


def _time(text: str, otherwise: datetime) -> datetime:
    return parse_time(text) if text else otherwise
