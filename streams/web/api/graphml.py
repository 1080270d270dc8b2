"""A tree of who copied from whom as GraphML, which tools for graphs read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import msgspec

from schemas.traces import trace_sentence

if TYPE_CHECKING:
    from schemas.traces import Trace, TraceEdge, TraceNode

__all__ = ["GRAPHML", "as_graphml"]

#: What it is asked for by, and answered as.
GRAPHML = "application/graphml+xml"
NAMESPACE = "http://graphml.graphdrawing.org/xmlns"
#: What no XML can hold, and the line ends that readers of XML make others of. Names come from strangers.
NOT_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
#: The data that there is: of what, its name, and its type.
KEYS = (
    ("graph", "root", "string"),
    ("graph", "complete", "boolean"),
    ("node", "media_id", "string"),
    ("node", "first_seen", "string"),
    ("node", "published", "string"),
    ("node", "duration", "double"),
    ("node", "verdict", "string"),
    ("edge", "confidence", "double"),
    ("edge", "coverage", "double"),
    ("edge", "transforms", "string"),
    ("edge", "intervals", "string"),
    ("edge", "why", "string"),
)


def as_graphml(trace: Trace) -> bytes:
    r"""Return a tree as a directed graph, whose edges lead from copies to their sources; what is not known is left out.

    Intervals are JSON, and of reasons there is a line each. What XML cannot hold is written as codes: `\x1b`.
    """
    document = ET.Element("graphml", xmlns=NAMESPACE)
    for of, name, kind in KEYS:
        ET.SubElement(document, "key", {"id": _key(of, name), "for": of, "attr.name": name, "attr.type": kind})
    graph = ET.SubElement(document, "graph", id="trace", edgedefault="directed")
    _say(graph, "graph", {"root": trace.root, "complete": trace.complete})
    ids = {one.media_id: f"n{number}" for number, one in enumerate(trace.nodes)}
    for node in trace.nodes:
        _say(ET.SubElement(graph, "node", id=ids[node.media_id]), "node", _of_node(node))
    for number, edge in enumerate(trace.edges):
        ends = {"id": f"e{number}", "source": ids[edge.copy], "target": ids[edge.source]}
        _say(ET.SubElement(graph, "edge", ends), "edge", _of_edge(edge))
    ET.indent(document)
    written: bytes = ET.tostring(document, encoding="utf-8", xml_declaration=True)
    return written


def _of_node(node: TraceNode) -> dict[str, object]:
    return {name: getattr(node, name) for of, name, _ in KEYS if of == "node"}


def _of_edge(edge: TraceEdge) -> dict[str, object]:
    return {
        "confidence": edge.confidence,
        "coverage": edge.coverage,
        "transforms": ",".join(edge.transforms),
        "intervals": msgspec.json.encode(edge.intervals).decode(),
        "why": "\n".join(map(trace_sentence, edge.why)),
    }


def _say(element: ET.Element, of: str, data: dict[str, object]) -> None:
    for name, value in data.items():
        if value is not None:
            ET.SubElement(element, "data", key=_key(of, name)).text = _text(value)


def _text(value: object) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return NOT_XML.sub(lambda found: ascii(found[0])[1:-1], text)


def _key(of: str, name: str) -> str:
    return f"{of}-{name}"
