"""PDQ hashes of one picture a second, compared as vPDQ does, with votes on the offset.

Query pictures are hashed in all eight ways they can be turned and mirrored.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.tools import FFMPEG, run
from benchmarks.truth import Segment

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["Hashes", "Pdq"]

#: Side that pictures are squeezed to before they are hashed: PDQ looks at 64 x 64 of it.
SIDE = 256

#: Bits of 256 that two hashes of one picture may differ in, and the least quality: vPDQ's own values.
MOST_BITS, LEAST_QUALITY = 31, 50

#: Seconds that agree on an offset from which a pair is a copy.
LEAST_VOTES = 2


@dataclass(frozen=True)
class Hashes:
    """The pictures worth comparing of a file.

    Attributes:
        seconds: Which second each is of, int64 `(n,)`.
        turned: Its hash as it is, and in seven other ways, uint64 `(n, 8, 4)`.
    """

    seconds: NDArray[np.int64]
    turned: NDArray[np.uint64]


class Pdq:
    """`pdqhash`, used the vPDQ way."""

    programs: tuple[str, ...] = ("ffmpeg",)

    def fingerprint(self, media: Path, scratch: Path) -> Hashes | None:  # noqa: ARG002 (kept in memory)
        """See `Peer`."""
        import pdqhash  # noqa: PLC0415 (optional)

        seconds, turned = [], []
        for second, picture in enumerate(_pictures(media)):
            hashes, quality = pdqhash.compute_dihedral(picture)
            if quality >= LEAST_QUALITY:
                seconds.append(second)
                turned.append(np.packbits(np.array(hashes, np.uint8), axis=1).view(np.uint64))
        if not seconds:
            return None
        return Hashes(np.array(seconds, np.int64), np.stack(turned))

    def match(self, query: Hashes, reference: Hashes) -> list[Segment]:
        """See `Peer`."""
        return [
            segment
            for way in range(query.turned.shape[1])
            for segment in _agreeing(query.turned[:, way], query.seconds, reference)
        ]


def _pictures(media: Path) -> NDArray[np.uint8]:
    """Return one picture a second, uint8 `(n, side, side, 3)`."""
    shape = f"fps=1,scale={SIDE}:{SIDE}:flags=area"
    raw = run([*FFMPEG, "-i", str(media), "-an", "-vf", shape, "-pix_fmt", "rgb24", "-f", "rawvideo", "-"]).stdout
    return np.frombuffer(raw, np.uint8).reshape(-1, SIDE, SIDE, 3)


def _agreeing(hashes: NDArray[np.uint64], seconds: NDArray[np.int64], reference: Hashes) -> list[Segment]:
    """Return the spans that enough like pictures agree on, by offset."""
    bits = np.bitwise_count(hashes[:, None] ^ reference.turned[None, :, 0]).sum(2, dtype=np.int64)
    rows, columns = np.nonzero(bits <= MOST_BITS)
    at, offsets = seconds[rows], reference.seconds[columns] - seconds[rows]
    found = []
    while len(at):
        values, votes = np.unique(offsets, return_counts=True)
        offset = int(values[np.argmax(votes)])
        near = np.abs(offsets - offset) <= 1
        count = len(np.unique(at[near]))
        if count >= LEAST_VOTES:
            start, end = float(at[near].min()), float(at[near].max() + 1)
            span = (max(0.0, start + offset), end + offset)
            found.append(Segment((start, end), span, count / (count + LEAST_VOTES)))
        at, offsets = at[~near], offsets[~near]
    return found
