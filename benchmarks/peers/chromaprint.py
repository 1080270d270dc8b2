"""Chromaprint: 32 bits of sound every eighth of a second, aligned by a histogram of offsets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np

from benchmarks.tools import BenchmarkError, run
from benchmarks.truth import Segment

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["Chromaprint"]

#: The end of a file is an error to some builds of fpcalc.
FPCALC = ("fpcalc", "-ignore-errors", "-raw", "-json", "-length", "0")

#: Seconds from one code to the next, 1365 samples at 11,025 Hz, and seconds that a code covers.
STEP_S, CODE_S = 1365 / 11025, 2.6

#: Bits of a code, and its highest ones that must be the same for a pair of codes to vote on an offset: as many as
#: Chromaprint's own matcher takes.
BITS, VOTING_BITS = 32, 12

#: Offsets that are looked at, and how many codes they are apart at least: neighbours say the same less sharply.
OFFSETS, APART = 8, 8

#: Codes that differing bits are averaged over: 2 s.
SMOOTH = 16

#: Share of differing bits below which two spans are alike: the best span of unlike sounds keeps just above it on the
#: videos to tune on.
MOST_DIFFERENT = 0.26

#: Shortest span, in codes: 2 s.
LEAST_CODES = 16


class _Printed(msgspec.Struct):
    """What `fpcalc -json` prints."""

    fingerprint: list[int]


class Chromaprint:
    """`fpcalc -raw` of the machine."""

    programs: tuple[str, ...] = ("fpcalc",)

    def fingerprint(self, media: Path, scratch: Path) -> NDArray[np.uint32] | None:  # noqa: ARG002 (kept in memory)
        """See `Peer`. What has no sound has no fingerprint."""
        try:
            printed = run([*FPCALC, str(media)]).stdout
        except BenchmarkError:
            return None
        codes = msgspec.json.decode(printed, type=_Printed).fingerprint
        return np.array(codes, np.int64).astype(np.uint32) if codes else None

    def match(self, query: NDArray[np.uint32], reference: NDArray[np.uint32]) -> list[Segment]:
        """See `Peer`."""
        return [segment for offset in _offsets(query, reference) for segment in _alike(query, reference, offset)]


def _moving(codes: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Return which codes differ from the one before: silence and tones repeat one code, and match any of their kind."""
    return np.append(False, codes[1:] != codes[:-1])


def _offsets(query: NDArray[np.uint32], reference: NDArray[np.uint32]) -> list[int]:
    """Return the offsets, in codes, that most pairs of codes with the same high bits agree on."""
    high = (query >> (BITS - VOTING_BITS))[:, None] == (reference >> (BITS - VOTING_BITS))[None]
    rows, columns = np.nonzero(high & _moving(query)[:, None] & _moving(reference)[None])
    values, votes = np.unique(columns - rows, return_counts=True)
    chosen: list[int] = []
    for offset in values[np.argsort(-votes, kind="stable")].tolist():
        if len(chosen) < OFFSETS and all(abs(offset - other) >= APART for other in chosen):
            chosen.append(offset)
    return chosen


def _alike(query: NDArray[np.uint32], reference: NDArray[np.uint32], offset: int) -> list[Segment]:
    """Return the spans along an offset in which few bits differ."""
    first = max(0, -offset)
    count = min(len(query) - first, len(reference) - first - offset)
    if count < LEAST_CODES:
        return []
    one, other = query[first : first + count], reference[first + offset : first + offset + count]
    different = np.bitwise_count(one ^ other) / BITS
    different[~_moving(one) & ~_moving(other)] = 0.5
    smooth = np.convolve(different, np.ones(SMOOTH) / SMOOTH, "same")
    edges = np.flatnonzero(np.diff(np.concatenate([[0], smooth < MOST_DIFFERENT, [0]]).astype(np.int8)))
    found = []
    for start, end in edges.reshape(-1, 2):
        if end - start >= LEAST_CODES:
            begin, length = (first + int(start)) * STEP_S, int(end - start - 1) * STEP_S + CODE_S
            shifted = begin + offset * STEP_S
            alike = 1 - float(different[start:end].mean()) / (2 * MOST_DIFFERENT)
            found.append(Segment((begin, begin + length), (shifted, shifted + length), min(1.0, max(0.0, alike))))
    return found
