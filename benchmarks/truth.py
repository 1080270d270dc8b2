"""What a benchmark holds, and what a detector answers: the files `truth.json` and `<detector>.jsonl`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = [
    "Answer", "Found", "Query", "Reference", "Segment", "Span", "TrueSpan", "Truth", "read_answers", "read_truth",
    "write_answers", "write_truth",
]  # fmt: skip

#: A span of a file, seconds.
Span = tuple[float, float]


class TrueSpan(msgspec.Struct, frozen=True):
    """A span of a query that is a span of a reference."""

    ref: str
    q: Span
    r: Span
    audio: bool = True


class Query(msgspec.Struct, frozen=True):
    """A query, and what it copies.

    Attributes:
        id: The stem of its file.
        file: Path in the benchmark's folder.
        attack: What was done to it.
        family: The kind of attack; `negative` for a query that copies nothing.
        hard: Whether it is hard to find.
        layout: `whole`, `spliced` into foreign footage, `two` references, `recut` or `negative`.
        modality: What it keeps of the reference: `av`, `video` or `audio`.
        truth: What it copies.
    """

    id: str
    file: str
    attack: str
    family: str
    hard: bool
    layout: str
    modality: str
    truth: tuple[TrueSpan, ...] = ()


class Reference(msgspec.Struct, frozen=True):
    """A video of the library."""

    file: str
    duration: float
    audio: bool
    source: str = ""


class Truth(msgspec.Struct, frozen=True):
    """A whole benchmark."""

    seed: int
    refs: dict[str, Reference]
    queries: tuple[Query, ...]


class Segment(msgspec.Struct, frozen=True):
    """A span of a query that a detector takes for a span of a reference."""

    q: Span
    r: Span
    similarity: float


class Found(msgspec.Struct, frozen=True):
    """A reference that a detector takes a query for a copy of."""

    ref: str
    similarity: float
    segments: tuple[Segment, ...]


class Answer(msgspec.Struct, frozen=True):
    """What a detector answers about one query."""

    query: str
    matches: tuple[Found, ...]


def read_truth(bench: Path) -> Truth:
    """Return the truth of the benchmark in a folder."""
    return msgspec.json.decode((bench / "truth.json").read_bytes(), type=Truth)


def write_truth(bench: Path, truth: Truth) -> None:
    """Write the truth, which makes the benchmark complete."""
    (bench / "truth.json").write_bytes(msgspec.json.format(msgspec.json.encode(truth), indent=1))


def read_answers(path: Path) -> list[Answer]:
    """Return a detector's answers."""
    return msgspec.json.Decoder(Answer).decode_lines(path.read_bytes())


def write_answers(path: Path, answers: Iterable[Answer]) -> None:
    """Write a detector's answers, one line each."""
    path.write_bytes(msgspec.json.Encoder().encode_lines(list(answers)))
