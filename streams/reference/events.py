"""The page of topics, and of the events on those that others write or read."""

from __future__ import annotations

from typing import Any

from schemas.channels import CHANNELS, PARTITIONS, PREFIX, Channel, Use
from schemas.deadletter import HEADERS, REFERENCE_HEADERS
from schemas.generators.jsonschema import result_schema, topic_schema
from streams.reference.markdown import code, table, text

__all__ = ["events_page"]

Json = dict[str, Any]

_INTRODUCTION = (
    "Values are JSON, and consumers ignore fields that they do not know. The same as JSON Schema, complete with what "
    "is between workers, is in [schemas/json](../../schemas/json); [asyncapi.yaml](../../schemas/json/asyncapi.yaml) "
    "describes all of it.\n"
)
_USES = {
    Use.INPUT: "Topics that others write",
    Use.OUTPUT: "Topics that others read",
    Use.INTERNAL: "Topics between workers",
}


def events_page() -> str:
    """Return the page."""
    parts = [
        f"# Topics and events\n\nNames begin with `{PREFIX}` unless `MEDIADNA_TOPIC_PREFIX` says otherwise.",
        f" Every topic has {PARTITIONS} partitions. {_INTRODUCTION}",
    ]
    for use, title in _USES.items():
        found = [channel for channel in CHANNELS if channel.use is use]
        parts.append(f"\n## {title}\n\n{_topics(found)}")
        if use is not Use.INTERNAL:
            parts.extend(_messages(channel) for channel in found if channel.payloads)
    parts.append(f"\n### What `Data` of a complete event holds\n\n{_definitions(result_schema())}")
    headers = [(code(name), text(meaning)) for name, meaning in {**HEADERS, **REFERENCE_HEADERS}.items()]
    parts.append(f"\n### Headers of dead letters\n\n{table(('header', 'meaning'), headers)}")
    return "".join(parts)


def _topics(channels: list[Channel]) -> str:
    rows = [
        (
            code(channel.address),
            text(channel.description),
            text(channel.key),
            "the newest of each key" if channel.compacted else "as Kafka keeps them",
        )
        for channel in channels
    ]
    return table(("topic", "what is on it", "key", "kept"), rows)


def _messages(channel: Channel) -> str:
    return f"\n### {channel.title}: `{channel.address}`\n\n{_definitions(topic_schema(channel))}"


def _definitions(schema: Json) -> str:
    """Return a table for each message of a schema, and for each part that they are made of."""
    parts = [_definition(name, one) for name, one in schema["$defs"].items() if "properties" in one]
    return "\n".join(parts)


def _definition(name: str, schema: Json) -> str:
    required = set(schema.get("required", ()))
    rows = [
        (
            code(field) + ("" if field in required else " (optional)"),
            _type(one),
            text(one.get("description", "")).replace("\\|", "or"),
        )
        for field, one in schema["properties"].items()
    ]
    return f"**{name}.** {text(schema['description'])}\n\n{table(('field', 'type', 'meaning'), rows)}"


def _type(schema: Json) -> str:
    """Return in a few words what a value is."""
    for several in ("anyOf", "allOf", "oneOf"):
        if several in schema:
            return " or ".join(dict.fromkeys(_type(one) for one in schema[several]))
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "enum" in schema:
        return " or ".join(code(str(one)) for one in schema["enum"])
    if "prefixItems" in schema:  # a list of so many values, one after the other
        return f"list of {', '.join(_type(one) for one in schema['prefixItems'])}"
    kind = str(schema.get("type", "anything"))
    if places := schema.get("prefixItems"):
        return "list of " + " and ".join(dict.fromkeys(_type(place) for place in places))
    if "prefixItems" in schema:
        return f"list of {', '.join(_type(one) for one in schema['prefixItems'])}"
    return f"list of {_type(schema['items'])}" if kind == "array" and "items" in schema else kind
