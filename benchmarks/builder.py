"""Builds a small benchmark from the demo's footage, for who has no folder of videos and no `make.py`."""

from __future__ import annotations

import random
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.truth import Query, Reference, TrueSpan, Truth, write_truth
from fingerprint.media.probe import probe
from streams.demo.edit import Edit, Piece, make_copy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["ATTACKS", "FOREIGN", "LIBRARY", "Attack", "build_small"]

#: Which footage is the library, and which is spliced in and must not be found. `bunny` is left out: it may show what
#: the trailer of the same film shows.
LIBRARY, FOREIGN = ("trailer", "globe", "card"), ("bikes", "carphone")


@dataclass(frozen=True)
class Attack:
    """One way in which a copy differs."""

    name: str
    family: str
    edit: Edit
    hard: bool = False
    modality: str = "av"
    suffix: str = ".mp4"


ATTACKS = (
    Attack("reencode", "compression", Edit()),
    Attack("low_rate", "compression", Edit(bit_rate=60_000, sound_bit_rate=16_000)),
    Attack("small", "format", Edit(width=192, height=108, bit_rate=80_000)),
    Attack("fps10", "format", Edit(fps=10)),
    Attack("letterbox", "geometry", Edit(width=320, height=320)),
    Attack("vertical", "geometry", Edit(width=240, height=426), hard=True),
    Attack("mirrored", "rotation", Edit(mirrored=True)),
    Attack("logo", "overlay", Edit(logo=True)),
    Attack("logo+mirrored", "overlay", Edit(logo=True, mirrored=True, bit_rate=100_000), hard=True),
    Attack("muted", "sound", Edit(sound=False), modality="video"),
    Attack("sound_late", "sound", Edit(sound_late_s=0.3)),
    Attack("sound_only", "sound", Edit(picture=False), modality="audio", suffix=".m4a"),
)

#: Seconds of a copied span, and of the foreign spans before and behind it.
SPAN_S, FOREIGN_S = (5.0, 15.0), (2.0, 3.5)

#: Spans that a re-cut is made of, and seconds of each.
RECUT_SPANS, RECUT_S = 3, 4.0


def build_small(
    footage: Mapping[str, Path], bench: Path, *, seed: int, per_attack: int, attacks: Sequence[Attack] = ATTACKS
) -> Truth:
    """Build a benchmark in a folder; the same seed gives the same one.

    Args:
        footage: Videos by name.
        bench: Folder to fill.
        seed: Draws the spans.
        per_attack: Queries for each attack.
        attacks: What is done to copies.
    """
    draw = random.Random(seed)
    for name in ("refs", "queries"):
        (bench / name).mkdir(parents=True, exist_ok=True)
    references = {name: _reference(footage[name], bench) for name in LIBRARY}
    queries = [
        _query(f"q{number:04d}", attack, draw, footage, bench)
        for number, attack in enumerate(attack for attack in attacks for _ in range(per_attack))
    ]
    queries += [_negative(f"n{number:04d}", footage[name], bench) for number, name in enumerate(FOREIGN)]
    truth = Truth(seed, references, tuple(queries))
    write_truth(bench, truth)
    return truth


def _reference(video: Path, bench: Path) -> Reference:
    info = probe(shutil.copy(video, bench / "refs" / video.name))
    return Reference(f"refs/{video.name}", info.duration, info.has_sound, video.name)


def _query(name: str, attack: Attack, draw: random.Random, footage: Mapping[str, Path], bench: Path) -> Query:
    layout = draw.choice(("whole", "spliced", "recut")) if attack.modality != "audio" else "whole"
    source = "trailer" if layout == "recut" or attack.family == "sound" else draw.choice(LIBRARY)
    pieces = _pieces(layout, footage[source], draw)
    if layout == "spliced":
        before, behind = (Piece(footage[foreign], 0.0, draw.uniform(*FOREIGN_S)) for foreign in FOREIGN)
        pieces = [before, *pieces, behind]
    file = f"queries/{name}{attack.suffix}"
    made = make_copy(pieces, bench / file, attack.edit)
    truth = tuple(TrueSpan(source, one.copy, one.original) for one in made if one.source == footage[source])
    return Query(name, file, attack.name, attack.family, attack.hard, layout, attack.modality, truth)


def _pieces(layout: str, source: Path, draw: random.Random) -> list[Piece]:
    duration = probe(source).duration
    if layout == "recut":
        cell = duration / (2 * RECUT_SPANS)
        starts = [number * cell for number in draw.sample(range(2 * RECUT_SPANS), RECUT_SPANS)]
        return [Piece(source, start, start + RECUT_S) for start in starts]
    length = min(duration, draw.uniform(*SPAN_S))
    start = draw.uniform(0, duration - length)
    return [Piece(source, start, start + length)]


def _negative(name: str, video: Path, bench: Path) -> Query:
    file = f"queries/{name}.mp4"
    make_copy([Piece(video)], bench / file)
    return Query(name, file, "none", "negative", hard=False, layout="negative", modality="av")
