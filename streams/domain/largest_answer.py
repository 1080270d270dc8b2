"""How much of what was found is told: as much as one event holds, the surest first.

A job and its complete event are one event each, and have to be writable whatever was found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from schemas.limits import LARGEST_MATCH, LARGEST_MATCHES
from schemas.matches import best_first
from schemas.result import interval_size, match_size

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schemas.matches import Interval, Match

__all__ = ["capped"]


def capped(matches: Sequence[Match]) -> tuple[tuple[Match, ...], str]:
    """Return the matches that are told, the surest first, and what to say of those that are not.

    Of a match that alone has too many intervals the longest are kept; of too many matches the surest.

    Returns:
        The matches, and a sentence on what is left out; empty when nothing is.
    """
    shortened = [_shortened(match) for match in best_first(matches)]
    kept: list[Match] = []
    room = LARGEST_MATCHES
    for match in shortened:
        room -= match_size(match)
        if room < 0:
            break
        kept.append(match)
    before = sum(len(match.intervals) for match in matches)
    after = sum(len(match.intervals) for match in shortened)
    return tuple(kept), _left_out(len(shortened) - len(kept), before - after)


def _shortened(match: Match) -> Match:
    if match_size(match) <= LARGEST_MATCH:
        return match
    room = LARGEST_MATCH - match_size(msgspec.structs.replace(match, intervals=()))
    kept: set[int] = set()
    for number in sorted(range(len(match.intervals)), key=lambda number: -_length(match.intervals[number])):
        room -= interval_size(match.intervals[number])
        if room < 0:
            break
        kept.add(number)
    return msgspec.structs.replace(match, intervals=tuple(match.intervals[number] for number in sorted(kept)))


def _length(interval: Interval) -> float:
    return interval.input_end - interval.input_start


def _left_out(matches: int, intervals: int) -> str:
    parts = [
        f"{count} {what}" for count, what in ((matches, "weaker matches"), (intervals, "shorter intervals")) if count
    ]
    return f"{' and '.join(parts)} are left out: one event holds no more" if parts else ""
