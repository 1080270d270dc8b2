"""What the engine stores and answers for real footage, written down: no change of code may change it unseen.

`make golden` writes `tests/fingerprint/golden.json` anew. It belongs to a change that means to change what is stored or
answered, and to new versions of what decodes and reckons (PyAV, OpenCV, ONNX Runtime, NumPy, SciPy, essentia, as
`requirements.txt` locks them): the difference that version control shows is what to explain in the change.

Everything is compared to the bit. That holds on every x86-64 processor with AVX2: with and without AVX-512 (NumPy,
OpenCV, OpenBLAS and FFmpeg told to do without it) the same numbers came out.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import wave
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from fingerprint.codec import unpack
from fingerprint.engine import ALGORITHM, Query, fingerprint_media, match
from fingerprint.index.memory import MemoryIndex
from fingerprint.media.decode import SoundBlock, SoundWish, decode
from fingerprint.media.limits import DEFAULT_LIMITS
from streams.demo.edit import Edit, Piece, make_copy
from streams.demo.footage import VIDEOS, fetch
from support.nodes import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from fingerprint.engine import Fingerprint
    from schemas.matches import Match

__all__ = [
    "COPIES",
    "FASTER",
    "FILE",
    "FOOTAGE",
    "Recipe",
    "answers",
    "first_look",
    "make_golden_copy",
    "play_faster",
    "read",
    "stored_form",
]

#: What is written down.
FILE = REPOSITORY / "tests" / "fingerprint" / "golden.json"

#: The originals; all of them are in the library that is searched.
FOOTAGE = tuple(video.name for video in VIDEOS)

#: Bytes before the compressed body of a stored fingerprint: five that name it, and the format's version.
HEAD_BYTES = 6

#: Hex digits of a digest: enough to tell two contents apart.
DIGITS = 16

#: How often a copy is made before the encoder counts as another one.
TRIES = 6

#: Name of the copy whose sound is played faster, and thus higher.
FASTER = "faster"

#: How much faster; the engine tries other speeds only where nothing fits unchanged.
FASTER_SPEED = 1.05

#: Which seconds of the trailer it plays.
FASTER_SPAN_S = (5.0, 15.0)

#: Samples a second that its sound is decoded to.
FASTER_RATE_HZ = 22_050


@dataclass(frozen=True)
class Recipe:
    """How an edited copy is made.

    Attributes:
        spans: What it shows: name of the footage, and seconds of start and end.
        edit: What is done to all of it; None for what a copy has in any case.
    """

    spans: tuple[tuple[str, float, float], ...]
    edit: Edit | None = None

    @property
    def suffix(self) -> str:
        """What the copy's file name ends with."""
        return ".m4a" if self.edit is not None and not self.edit.picture else ".mp4"

    def pieces(self, footage: Mapping[str, Path]) -> tuple[Piece, ...]:
        """Return the spans as pieces of files."""
        return tuple(Piece(footage[name], start, end) for name, start, end in self.spans)


#: Copies, each of which takes another way through the engine.
COPIES = {
    "mirrored": Recipe((("trailer", 30.0, 42.0),), Edit(mirrored=True)),
    "reordered": Recipe((("trailer", 38.0, 46.0), ("trailer", 10.0, 18.0), ("trailer", 26.0, 34.0))),
    "sound only": Recipe((("trailer", 30.0, 42.0),), Edit(picture=False)),
    "spliced": Recipe((("bikes", 0.0, 6.0), ("trailer", 30.0, 44.0))),
}


def play_faster(footage: Mapping[str, Path], target: Path) -> Path:
    """Write a copy whose sound is faster and higher, as a WAV file: no codec, so no bit depends on one."""
    wish = SoundWish(rate=FASTER_RATE_HZ)
    parts = decode(footage["trailer"], *FASTER_SPAN_S, picture=None, sound=wish)
    samples = np.concatenate([part.samples for part in parts if isinstance(part, SoundBlock)])
    with wave.open(str(target), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(round(FASTER_RATE_HZ * FASTER_SPEED))
        file.writeframes(np.rint(np.clip(samples, -1.0, 1.0) * 32767).astype("<i2").tobytes())
    return target


def stored_form(query: Query) -> dict[str, Any]:
    """Return digests of what is stored of a media item: its fingerprint's file, array by array, and the index's rows.

    zlib's own bytes stay out: they differ between its builds. The pictures that a query keeps for a second look are
    told of as well, since answers hang on them.
    """
    fingerprint = query.fingerprint
    file = fingerprint.to_bytes()
    return {
        "digest": fingerprint.digest,
        "file": _digest(file[:HEAD_BYTES] + zlib.decompress(file[HEAD_BYTES:])),
        "arrays": {name: _array(array) for name, array in sorted(unpack("fingerprint", file).items())},
        "rows": _rows(fingerprint),
        "stills": [_array(piece.keyframes.data) for piece in query.pieces],
    }


def answers(query: Query, library: MemoryIndex) -> dict[str, Any]:
    """Return what the engine answers: for the media, and for its stored fingerprint alone."""
    stored = Query.of_fingerprint(query.fingerprint)
    return {"media": _as_json(match(query, library, library)), "stored": _as_json(match(stored, library, library))}


def first_look(query: Query, library: MemoryIndex) -> list[Any]:
    """Return what the engine answers while media still comes in, without looking for every edit."""
    return _as_json(match(query, library, library, thorough=False))


def read() -> dict[str, Any]:
    """Return what is written down."""
    return dict(json.loads(FILE.read_text(encoding="utf-8")))


def main() -> None:
    """Write it down anew."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        footage = fetch()
        made = _copies(footage, folder)
        copies = {name: _digest(made[name].read_bytes()) for name in COPIES}
        queries = {name: _query(path, folder) for name, path in (footage | made).items()}
        library = MemoryIndex()
        for item in FOOTAGE:
            library.add(item, queries[item].fingerprint)
        items = {item: _written(item, query, library) for item, query in queries.items()}
    FILE.write_text(
        json.dumps({"algorithm": ALGORITHM, "copies": copies, "items": items}, indent=1) + "\n", encoding="utf-8"
    )
    sys.stdout.write(f"{FILE} holds what the engine stores and answers now: see what has changed in it\n")


def make_golden_copy(name: str, footage: Mapping[str, Path], folder: Path) -> Path:
    """Make a copy, and make it anew until it is the one that is written down.

    x264 writes, of the same pictures and with one thread, other bytes once in twenty times, and then does so as long
    as its process lives: so each try has a process of its own. What is compared here is what the engine makes of
    media, so the media has to be the same.

    Raises:
        ValueError: The copy was never the one that is written down: there is another encoder here.
    """
    expected = read()["copies"][name]
    path = folder / f"{name}{COPIES[name].suffix}"
    paths = {source: str(place) for source, place in footage.items()}
    order = json.dumps({"name": name, "footage": paths, "target": str(path)})
    environment = {**os.environ, "PYTHONPATH": f"{REPOSITORY}:{REPOSITORY / 'tests'}"}
    for _ in range(TRIES):
        subprocess.run([sys.executable, "-m", "support.golden", order], check=True, env=environment)
        if _digest(path.read_bytes()) == expected:
            return path
    raise ValueError(f"the copy '{name}' is another one each time: `make golden` writes down those of this encoder")


def _copies(footage: Mapping[str, Path], folder: Path) -> dict[str, Path]:
    made = {FASTER: play_faster(footage, folder / "faster.wav")}
    for name, recipe in COPIES.items():
        made[name] = folder / f"{name}{recipe.suffix}"
        make_copy(recipe.pieces(footage), made[name], recipe.edit)
    return made


def _written(name: str, query: Query, library: MemoryIndex) -> dict[str, Any]:
    written = {"stored": stored_form(query), "answers": answers(query, library)}
    return written | {"first look": first_look(query, library)} if name in COPIES else written


def _as_json(found: Sequence[Match]) -> list[Any]:
    return list(msgspec.json.decode(msgspec.json.encode(found)))  # lists where a match has tuples


def _query(path: Path, folder: Path) -> Query:
    return fingerprint_media(path, DEFAULT_LIMITS, Path(tempfile.mkdtemp(dir=folder)))


def _rows(fingerprint: Fingerprint) -> dict[str, dict[str, str]]:
    return {
        track: {
            "numbers": _array(rows.numbers),
            "starts": _array(rows.starts_ms),
            "ends": _array(rows.ends_ms),
            "vectors": _array(rows.vectors),
        }
        for track, rows in fingerprint.windows().items()
    }


def _array(array: NDArray[Any]) -> str:
    """Return an array's type, shape and content, in one line."""
    shape = "x".join(map(str, array.shape))
    return f"{array.dtype.str} {shape} {_digest(np.ascontiguousarray(array).tobytes())}"


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:DIGITS]


def _make_ordered(order: dict[str, Any]) -> None:
    recipe = COPIES[order["name"]]
    footage = {name: Path(place) for name, place in order["footage"].items()}
    make_copy(recipe.pieces(footage), Path(order["target"]), recipe.edit)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _make_ordered(json.loads(sys.argv[1]))
    else:
        main()
