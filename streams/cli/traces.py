"""The command that tells who copied from whom."""

from __future__ import annotations

import sys
from collections import defaultdict
from typing import TYPE_CHECKING, Annotated

import typer

from schemas.traces import TraceBecause, trace_sentence
from schemas.verdicts import in_words
from streams.cli.client import Client
from streams.cli.output import AsJson, ExitCode, console, fail, note, print_json, say, shown
from streams.cli.run import load_settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from schemas.traces import Trace, TraceEdge, TraceNode

__all__ = ["trace"]

MediaId = Annotated[str, typer.Argument(metavar="MEDIA_ID", help="The media item.")]
AsGraphml = Annotated[bool, typer.Option("--graphml", help="Print GraphML, for tools that draw graphs.")]

#: What is drawn before a copy that others follow, before the last one, and below either of them; where a terminal has
#: no lines, the second row.
LINES = {False: ("├── ", "└── ", "│   ", "    "), True: ("+-- ", "`-- ", "|   ", "    ")}
#: Digits of a time that are shown: up to the second.
TO_THE_SECOND = 19


def trace(media_id: MediaId, *, as_json: AsJson = False, as_graphml: AsGraphml = False) -> None:
    """Draw who copied from whom: a media item, all that is linked to it by matches, and why.

    Copies stand below what they were made from. One that was made from several stands below each of them.
    """
    if as_json and as_graphml:
        fail("--json and --graphml are two forms of one answer: leave one of them out", ExitCode.USAGE)
    with Client(load_settings()) as client:
        if as_graphml:
            sys.stdout.buffer.write(client.trace_graphml(media_id) + b"\n")
            sys.stdout.buffer.flush()
            return
        found = client.trace(media_id)
    if as_json:
        print_json(found)
        return
    for line in _drawn(found, media_id):
        say(line)
    if not found.complete:
        note("there are more: these are the media items that are nearest to the one that was asked for")


def _drawn(found: Trace, asked: str) -> Iterator[str]:
    """Yield the lines of a tree; of media that lead back to several originals a tree each, the asked one's first."""
    nodes = {one.media_id: one for one in found.nodes}
    copies: dict[str, list[TraceEdge]] = defaultdict(list)
    for edge in found.edges:
        copies[edge.source].append(edge)
    made = {edge.copy for edge in found.edges}
    roots = [name for name in nodes if name not in made]
    drawn: set[str] = set()
    for root in sorted(roots, key=lambda name: name != found.root):
        yield _titled(nodes[root], asked)
        yield from _below(root, nodes, copies, drawn, asked)


def _below(
    source: str, nodes: dict[str, TraceNode], copies: dict[str, list[TraceEdge]], drawn: set[str], asked: str
) -> Iterator[str]:
    """Yield the lines of what was made from a media item; what that led to is drawn once."""
    another, last, beside, blank = LINES[console.options.ascii_only]
    edges = copies[source]
    for number, edge in enumerate(edges):
        follows = number < len(edges) - 1
        indent = beside if follows else blank
        again = edge.copy in drawn
        drawn.add(edge.copy)
        yield f"{another if follows else last}{_titled(nodes[edge.copy], asked)}"
        inner = beside if copies[edge.copy] and not again else blank
        yield from (f"{indent}{inner}{line}" for line in _reasons(edge))
        if again and copies[edge.copy]:
            yield f"{indent}{blank}what was made from it stands above"
        elif not again:
            yield from (f"{indent}{line}" for line in _below(edge.copy, nodes, copies, drawn, asked))


def _titled(node: TraceNode, asked: str) -> str:
    """Write a media item, and what is known of it."""
    times = (("published", node.published), ("first seen", node.first_seen))
    known = [
        *(f"{word} {time[:TO_THE_SECOND].replace('T', ' ')}" for word, time in times if time),
        *([f"{node.duration:.1f} s"] if node.duration else []),
        *([in_words(node.verdict)] if node.verdict else []),
    ]
    mark = " (asked for)" if node.media_id == asked else ""
    return f"{shown(node.media_id)}{mark}{': ' if known else ''}{', '.join(known)}"


def _reasons(edge: TraceEdge) -> Iterable[str]:
    """Yield what a copy has of its source, and why it is of this one."""
    edits = f", {', '.join(edge.transforms)}" if edge.transforms else ""
    yield f"{100 * edge.coverage:.1f} % of it is copied{shown(edits)}; confidence {edge.confidence:.2f}"
    yield from (shown(trace_sentence(one)) for one in edge.why if one.because is not TraceBecause.COVERS)
