"""Who copied from whom, laid out for SVG: a line for each media item, from left to right by when it was first seen."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

from streams.web.pages.rendering import share

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from schemas.traces import Trace, TraceEdge, TraceNode

__all__ = ["PlotEdge", "PlotNode", "Tick", "TracePlot", "tree_order"]

#: Units that the drawing is wide, and where in it the first and the last media item stand: names need the rest.
WIDTH, FIRST, LAST = 1000.0, 14.0, 600.0
#: Units above the first line, from a line's name to the first of its edits, and from one to the next; below a line.
TOP, NAME, STEP, GAP = 40.0, 15.0, 14.0, 12.0
#: Units from a media item to its name.
BESIDE = 12.0
#: Characters of a name and of edits that have room there; one that is drawn wide, as Chinese is, counts for two.
MOST_SHOWN = 46
#: Marks of the axis of time, from the first media item to the last.
TICKS = 4
#: From how many seconds on between the first and the last media item the axis says days alone.
DAYS_S = 4 * 86_400.0


@dataclass(frozen=True)
class Tick:
    """A mark on the axis of time."""

    x: float
    text: str


@dataclass(frozen=True)
class PlotEdge:
    """What a copy has of a source: a line from that, and the edits beside the copy.

    Attributes:
        edge: What is drawn.
        path: The line, as SVG has it: with a corner from the source below which the copy stands, else straight.
        is_main: Whether it is that.
        x: Where the edits are written.
        y: The same, downwards.
        text: How much, and the edits, as there is room for.
    """

    edge: TraceEdge
    path: str
    is_main: bool
    x: float
    y: float
    text: str


@dataclass(frozen=True)
class PlotNode:
    """A media item.

    Attributes:
        node: What is drawn.
        x: Where it stands: by when it was first seen.
        y: Its line, downwards.
        text: Its name, as there is room for.
        is_asked: Whether it is the one that was asked for.
        edges: What it was made from.
    """

    node: TraceNode
    x: float
    y: float
    text: str
    is_asked: bool
    edges: tuple[PlotEdge, ...]


@dataclass(frozen=True)
class TracePlot:
    """A tree of who copied from whom.

    Attributes:
        nodes: From the top down: copies below what they were made from.
        ticks: The axis of time; none where all came at one time, or nobody knows when.
        height: Units that the drawing is high.
        in_words: The drawing for who cannot see it.
    """

    nodes: tuple[PlotNode, ...]
    ticks: tuple[Tick, ...]
    height: float
    in_words: str

    @property
    def width(self) -> float:
        """Units that the drawing is wide."""
        return WIDTH

    @classmethod
    def of(cls, trace: Trace, asked: str) -> Self:
        """Lay a tree out.

        Args:
            trace: The tree.
            asked: MediaId of the media item that was asked for.
        """
        made_from = _made_from(trace.edges)
        ordered = tree_order(trace)
        places: dict[str, tuple[float, float]] = {}
        across, y = _Across.of(trace.nodes), TOP
        for node in ordered:
            places[node.media_id] = across.place(node), y
            y += NAME + STEP * len(made_from[node.media_id]) + GAP
        nodes = tuple(
            PlotNode(
                node,
                *places[node.media_id],
                _cut(node.media_id),
                node.media_id == asked,
                tuple(_drawn(number, edge, places) for number, edge in enumerate(made_from[node.media_id])),
            )
            for node in ordered
        )
        return cls(nodes, across.ticks, y, _in_words(trace))


def tree_order(trace: Trace) -> list[TraceNode]:
    """Return media as a tree is read: each once, behind what it has most of, the asked one's tree first."""
    made_from = _made_from(trace.edges)
    copies: dict[str, list[TraceNode]] = defaultdict(list)
    for node in trace.nodes:
        for edge in made_from[node.media_id][:1]:
            copies[edge.source].append(node)
    waiting = [node for node in reversed(trace.nodes) if not made_from[node.media_id]]
    waiting.sort(key=lambda node: node.media_id == trace.root)  # the last one is the next: the root, then the oldest
    ordered: list[TraceNode] = []
    while waiting:
        node = waiting.pop()
        ordered.append(node)
        waiting += reversed(copies[node.media_id])
    return ordered


@dataclass(frozen=True)
class _Across:
    """The axis of time: the first and the last moment, seconds since 1970; None where no time is known."""

    first: float | None
    last: float

    @classmethod
    def of(cls, nodes: Sequence[TraceNode]) -> Self:
        times = [time for node in nodes if (time := _seconds(node)) is not None]
        return cls(min(times, default=None), max(times, default=0.0))

    @property
    def span(self) -> float:
        return 0.0 if self.first is None else self.last - self.first

    @property
    def ticks(self) -> tuple[Tick, ...]:
        return tuple(self._ticks())

    def place(self, node: TraceNode) -> float:
        """Return where a media item stands; one of which no time is known stands where the first one does."""
        time = _seconds(node)
        if time is None or self.first is None or not self.span:
            return FIRST
        return round(FIRST + (time - self.first) / self.span * (LAST - FIRST), 2)

    def _ticks(self) -> Iterator[Tick]:
        if self.first is None or not self.span:
            return
        for number in range(TICKS + 1):
            moment = datetime.fromtimestamp(self.first + self.span * number / TICKS, UTC)
            text = f"{moment:%Y-%m-%d}" if self.span >= DAYS_S else f"{moment:%m-%d %H:%M}"
            yield Tick(round(FIRST + (LAST - FIRST) * number / TICKS, 2), text)


def _made_from(edges: Sequence[TraceEdge]) -> Mapping[str, list[TraceEdge]]:
    """Return what each copy was made from, that of which it has most first."""
    found: dict[str, list[TraceEdge]] = defaultdict(list)
    for edge in edges:
        found[edge.copy].append(edge)
    for several in found.values():
        several.sort(key=lambda edge: -edge.coverage)  # of equals the older source stays first
    return found


def _drawn(number: int, edge: TraceEdge, places: Mapping[str, tuple[float, float]]) -> PlotEdge:
    """Draw a line from a source to its copy.

    Args:
        number: Of the edge among those of its copy, from 0 on.
        edge: The edge.
        places: Where media stand.
    """
    (x, y), (from_x, from_y) = places[edge.copy], places[edge.source]
    path = f"M{from_x:g} {from_y:g}V{y:g}H{x:g}" if number == 0 else f"M{from_x:g} {from_y:g}L{x:g} {y:g}"
    edits = ", ".join((f"{share(edge.coverage)} of it", *edge.transforms))
    return PlotEdge(edge, path, number == 0, x + BESIDE, y + NAME + STEP * number, _cut(edits))


def _seconds(node: TraceNode) -> float | None:
    """Return when a media item was first seen, seconds since 1970."""
    if not node.first_seen:
        return None
    return datetime.fromisoformat(node.first_seen).timestamp()


def _cut(text: str) -> str:
    """Return as much of a text as there is room for."""
    room = MOST_SHOWN
    for place, character in enumerate(text):
        room -= 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if room < 0:
            return f"{text[: place - 1]}…"
    return text


def _in_words(trace: Trace) -> str:
    media, copies = len(trace.nodes), len({edge.copy for edge in trace.edges})
    more = "" if trace.complete else ", of a larger cluster"
    return f"Who copied from whom, from left to right by when each was first seen: {media} media, {copies} copies{more}"
