"""Examples of the OpenAPI document: bodies to send as they are, and answers as a running service gives them."""

from __future__ import annotations

from typing import Any

__all__ = ["BODIES", "SAMPLES", "sample"]

Json = dict[str, Any]

#: Where schemas are in the document.
PLACE = "#/components/schemas/"
#: A time, as answers write it, and the span of one day for what has a beginning and an end.
TIME, LATER = "2026-11-23T08:00:00.000Z", "2026-11-23T08:02:11.000Z"

#: Bodies to send, by their schemas.
BODIES: dict[str, Json] = {
    "NewJob": {"media_id": "holiday-clip", "url": "https://media.example/holiday-clip.mp4", "search": ["films"]},
    "Upload": {"media_id": "holiday-clip", "library": "films", "save_type": "forcesave"},
    "NewLibrary": {"name": "films", "purpose": "blocklist", "description": "films that we hold no licence for"},
    "LibraryChanges": {"description": "films of this year", "match_threshold": 0.6},
    "NewItem": {
        "media_id": "film-0042",
        "url": "https://media.example/film-0042.mp4",
        "metadata": {"title": "The Film"},
        "publish_time": "2026-11-23T08:00:00Z",
    },
    "ItemChanges": {"disabled": True},
    "NewPolicy": {
        "name": "long copies",
        "library": "films",
        "position": 10,
        "when": {"similarity": 0.8, "matched_seconds": 30},
        "action": "block",
    },
    "PolicyState": {"library": "films", "position": 10, "when": {"similarity": 0.9}, "action": "review"},
    "PolicyOrder": {"names": ["long copies", "short copies"]},
    "NewDecision": {"decision": "copy", "note": "the whole second act"},
    "NewDecisions": {
        "decisions": [{"case_id": "b1946ac92492d2347c6235b4d2611184", "decision": "not_a_match", "note": "a trailer"}]
    },
    "NewAssignee": {"assignee": "ada"},
    "NewPromotion": {"library": "spots", "media_id": "autumn-sale"},
    "SaidOfBoilerplate": {
        "library": "films",
        "media_id": "film-0042",
        "start": 0,
        "end": 31.5,
        "boilerplate": False,
        "note": "the song is licensed by itself",
    },
    "NewExamination": {"library": "films", "mend": False},
}

#: What stands in examples for fields of these names.
SAMPLES: dict[str, Any] = {
    "job_id": "5f0c2d9be1a34b16a7d2c3e4f5061728",
    "media_id": "holiday-clip",
    "library": "films",
    "reference": "film-0042",
    "root": "film-0042",
    "copy": "holiday-clip",
    "other": "film-0042-mirrored",
    "confidence": 0.93,
    "coverage": 0.32,
    "first_seen": TIME,
    "published": TIME,
    "source_time": TIME,
    "copy_time": LATER,
    "edits": ["mirrored"],
    "complete": True,
    "medium": "evening-2026-11-23",
    "ad": "spot-30s",
    "clock_start": TIME,
    "clock_end": "2026-11-23T08:00:30.000Z",
    "case_id": "b1946ac92492d2347c6235b4d2611184",
    "search_id": "0d2b4f3c9a1e4c5d",
    "cluster_id": "film-0042",
    "last_seen": LATER,
    "size": 3,
    "growth": 3,
    "day": "2026-11-23",
    "letter_id": "mediadna.transcode-complete-0-17",
    "decision_id": "b1946ac92492d2347c6235b4d2611184-1",
    "run_id": "8c1f2b7d",
    "name": "films",
    "created": TIME,
    "opened": TIME,
    "updated": LATER,
    "completed": LATER,
    "started": TIME,
    "ended": LATER,
    "time": TIME,
    "when": TIME,
    "since": TIME,
    "start": TIME,
    "from": TIME,
    "to": LATER,
    "next": "WyIyMDI2LTExLTIzIiwgNDJd",
    "next_attempt": LATER,
    "url": "https://media.example/holiday-clip.mp4",
    "url_check": "9f2c",
    "callback_url": "https://receiver.example/done",
    "code": "0",
    "message": "",
    "digest": "1f0e5c7a9b3d2468",
    "algorithm": "1",
    "description": "films that we hold no licence for",
    "duration": 131.2,
    "cpu_seconds": 12.4,
    "matched_seconds": 42.0,
    "similarity": 0.93,
    "match_threshold": 0.5,
    "input_coverage": 0.32,
    "reference_coverage": 0.01,
    "input_start": 12.0,
    "input_end": 54.0,
    "reference_start": 1830.5,
    "reference_end": 1872.5,
    "picture": 1.0,
    "sound": 1.0,
    "seen": 1.0,
    "policy": "long copies",
    "who": "ada",
    "assignee": "ada",
    "caller": "uploads",
    "note": "the whole second act",
    "topic": "mediadna.transcode-complete",
    "place": "mediadna.transcode-complete, partition 0, offset 17",
    "closed_because": None,
    "quarantined": "",
    "text": '{"EventType": "StreamTranscodeComplete"}',
    "value": "eyJFdmVudFR5cGUiOiAiU3RyZWFtVHJhbnNjb2RlQ29tcGxldGUifQ==",
    "key": "holiday-clip",
    "variable": "MEDIADNA_SLOTS",
    "error": "",
    "transforms": ["mirrored"],
}
#: Of each kind of value, where nothing more is known.
PLAIN: dict[str, Any] = {"string": "text", "integer": 3, "number": 1.5, "boolean": False, "null": None}


def sample(schema: Json, schemas: dict[str, Json], name: str = "", within: tuple[str, ...] = ()) -> Any:
    """Return an example of what a schema describes.

    Args:
        schema: The schema.
        schemas: All schemas of the document, by name.
        name: The field that it is in.
        within: The schemas that it is in: one that holds itself is not written out again.
    """
    if "$ref" in schema:
        return _referred(schema["$ref"].removeprefix(PLACE), schemas, name, within)
    given = schema.get("examples") or schema.get("enum")
    if given:
        return given[0]
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            first = schema[several][0]
            if "examples" in first:
                return first["examples"][0]
            if name in SAMPLES and not (_is_object(first, schemas) and SAMPLES[name] is not None):
                return SAMPLES[name]
            return sample(first, schemas, name, within)
    kind = schema.get("type")
    if kind == "object":
        fields = schema.get("properties", {})
        made = {field: sample(one, schemas, field, within) for field, one in fields.items()}
        return {field: value for field, value in made.items() if value is not ...}
    if kind == "array" and not isinstance(SAMPLES.get(name), list):
        value = sample(schema.get("items", {}), schemas, name, within)
        return [] if value is ... else [value]
    value = SAMPLES.get(name, PLAIN.get(str(kind), {}))
    return value if _fits(value, str(kind)) else PLAIN.get(str(kind), {})


def _referred(key: str, schemas: dict[str, Json], name: str, within: tuple[str, ...]) -> Any:
    if key in within:
        return ...  # left out
    if key in BODIES:
        return BODIES[key]
    return sample(schemas[key], schemas, name, (*within, key))


def _is_object(schema: Json, schemas: dict[str, Json]) -> bool:
    """Whether a schema is of an object with fields of its own: a number of the same name is no example of it."""
    return bool(schemas.get(schema.get("$ref", "").removeprefix(PLACE), schema).get("type") == "object")


def _fits(value: Any, kind: str) -> bool:
    """Whether a value is of a JSON type."""
    if kind in {"integer", "number"}:
        return isinstance(value, int if kind == "integer" else (int, float)) and not isinstance(value, bool)
    kinds: dict[str, type] = {"string": str, "boolean": bool, "array": list}
    return isinstance(value, kinds[kind]) if kind in kinds else True
