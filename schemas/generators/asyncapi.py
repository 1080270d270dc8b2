"""The AsyncAPI 3 document that names every topic, complete in itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from schemas.channels import CHANNELS, PARTITIONS, PREFIX, Channel, Headers, Use
from schemas.deadletter import HEADERS, REFERENCE_HEADERS
from schemas.generators.examples import DEAD_LETTER, LARGE_DEAD_LETTER, example_headers, examples_of
from schemas.generators.jsonschema import components

if TYPE_CHECKING:
    import msgspec

__all__ = ["document"]

#: Rises with the contract, not with each release.
VERSION = "1.0.0"
#: Of AsyncAPI's description of Kafka.
BINDING_VERSION = "0.5.0"
#: The messages of the topic whose values may be anything: an input as it came, and a large one by reference.
DEAD_LETTER_MESSAGE, REFERENCE_MESSAGE = "DeadLetter", "DeadLetterByReference"

Json = dict[str, Any]

_ATTRIBUTES: dict[str, str] = {
    "ce_specversion": "Version of CloudEvents: `1.0`.",
    "ce_id": "Id of the event. Derived from what it tells of: an event that comes twice has the same one.",
    "ce_type": "Type of the event.",
    "ce_source": "Where the event comes from.",
    "ce_time": "When it happened, UTC.",
    "content-type": "`application/json`; an input may also be `application/cloudevents+json`.",
}
#: What `ce_type` says on each output.
_CE_TYPES = {
    "Outcome": "mediadna.outcome",
    "Decision": "mediadna.decision",
    "BoilerplateRuling": "mediadna.boilerplate-ruling",
    "Quarantine": "mediadna.quarantine",
    "BackwardSearch": "mediadna.backward-search",
    "AIMediaDNAComplete": "AIMediaDNAComplete",
    "Delivery": "mediadna.delivery",
    "Job": "mediadna.job",
    "LiveMatch": "mediadna.match",
}
_TRACEPARENT = "W3C trace context. One that came in goes out on everything that follows from it."


def document() -> Json:
    """Return the document."""
    return {
        "asyncapi": "3.0.0",
        "info": _info(),
        "defaultContentType": "application/json",
        "servers": {"embedded": _server()},
        "channels": {_camel(channel.name): _channel(channel) for channel in CHANNELS},
        "operations": dict(pair for channel in CHANNELS for pair in _operations(channel)),
        "components": {
            "messages": {name: body for channel in CHANNELS for name, body in _messages(channel).items()},
            "schemas": _schemas(),
        },
    }


def _info() -> Json:
    return {
        "title": "MediaDNA",
        "version": VERSION,
        "description": "Tells which videos copy which. An upload system writes transcode-complete events; a job for "
        "each video is done, and its outcome is written as one AIMediaDNAComplete event.\n\n"
        f"Topic names begin with `{PREFIX}` unless `MEDIADNA_TOPIC_PREFIX` says otherwise. Values are JSON; consumers "
        "ignore fields that they do not know.",
        "license": {"name": "AGPL-3.0-only", "url": "https://www.gnu.org/licenses/agpl-3.0.html"},
    }


def _server() -> Json:
    return {
        "host": "127.0.0.1:9092",
        "protocol": "kafka",
        "description": "The broker that `mediadna up` brings; its address is on the line that says `ready`. Workers on "
        "a cluster take it from `MEDIADNA_KAFKA`.",
    }


def _channel(channel: Channel) -> Json:
    kafka: Json = {"topic": channel.address, "partitions": PARTITIONS, "bindingVersion": BINDING_VERSION}
    if channel.compacted:
        kafka["topicConfiguration"] = {"cleanup.policy": ["compact"]}
    return {
        "address": channel.address,
        "title": channel.title,
        "description": channel.description,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in _names(channel)},
        "bindings": {"kafka": kafka},
    }


def _operations(channel: Channel) -> list[tuple[str, Json]]:
    """What the service does on the topic: it receives, it sends, or, on a topic of its own, both."""
    actions = {Use.INPUT: ["receive"], Use.OUTPUT: ["send"], Use.INTERNAL: ["send", "receive"]}[channel.use]
    name = _camel(channel.name)
    return [
        (
            f"{action}{name[0].upper()}{name[1:]}",
            {
                "action": action,
                "channel": {"$ref": f"#/channels/{name}"},
                "summary": f"The service {'reads' if action == 'receive' else 'writes'}: {channel.title.lower()}.",
                "messages": [{"$ref": f"#/channels/{name}/messages/{message}"} for message in _names(channel)],
            },
        )
        for action in actions
    ]


def _names(channel: Channel) -> list[str]:
    return [kind.__name__ for kind in channel.payloads] or [DEAD_LETTER_MESSAGE, REFERENCE_MESSAGE]


def _messages(channel: Channel) -> dict[str, Json]:
    if channel.payloads:
        return {kind.__name__: _message(channel, kind) for kind in channel.payloads}
    anything = {"description": "The value of the input, as it came: not always JSON."}
    excerpt = {"description": "The first bytes of the value of an input that is too large."}
    summary = f"{channel.title}, held by reference"
    return {
        DEAD_LETTER_MESSAGE: _body(channel, DEAD_LETTER_MESSAGE, channel.title, anything, DEAD_LETTER),
        REFERENCE_MESSAGE: _body(
            channel, REFERENCE_MESSAGE, summary, excerpt, LARGE_DEAD_LETTER, kind=Headers.DEAD_LETTER_REFERENCE
        ),
    }


def _message(channel: Channel, kind: type[msgspec.Struct]) -> Json:
    payload = {"$ref": f"#/components/schemas/{kind.__name__}"}
    summary = (kind.__doc__ or "").partition("\n")[0]
    (example,) = examples_of(kind)
    message = _body(channel, kind.__name__, summary, payload, example)
    if "JobId" in example and channel.use is not Use.INPUT:
        message["correlationId"] = {"description": "The job.", "location": "$message.payload#/JobId"}
    return message


def _body(
    channel: Channel, name: str, summary: str, payload: Json, example: Json | str, *, kind: Headers | None = None
) -> Json:
    kind = kind or channel.headers
    headers = example_headers().get(kind)
    if headers and "ce_type" in headers:
        headers["ce_type"] = _CE_TYPES[name]
    shown = {"name": name, "payload": example}
    message = {
        "name": name,
        "title": channel.title if len(_names(channel)) == 1 else name,
        "summary": summary,
        "contentType": "application/json",
        "payload": payload,
        "bindings": {
            "kafka": {"key": {"type": "string", "description": channel.key}, "bindingVersion": BINDING_VERSION}
        },
        "examples": [{**shown, "headers": headers} if headers else shown],
    }
    if kind is not Headers.NONE:
        message["headers"] = {"$ref": f"#/components/schemas/{kind}"}
    return message


def _schemas() -> dict[str, Json]:
    payloads = [kind for channel in CHANNELS for kind in channel.payloads]
    schemas = components(payloads, "#/components/schemas/{name}")
    trace = {"traceparent": _TRACEPARENT}
    headers = {
        Headers.INPUT: _headers({**_ATTRIBUTES, **trace}, required=()),
        Headers.OUTPUT: _headers({**_ATTRIBUTES, **trace}, required=_ATTRIBUTES),
        Headers.DEAD_LETTER: _headers(HEADERS, required=HEADERS),
        Headers.DEAD_LETTER_REFERENCE: {
            "allOf": [
                {"$ref": f"#/components/schemas/{Headers.DEAD_LETTER}"},
                _headers(REFERENCE_HEADERS, required=REFERENCE_HEADERS),
            ]
        },
    }
    return {name: _older(schema) for name, schema in schemas.items()} | {str(k): v for k, v in headers.items()}


def _headers(descriptions: dict[str, str], *, required: Any) -> Json:
    properties = {name: {"type": "string", "description": text} for name, text in descriptions.items()}
    schema: Json = {"type": "object", "properties": properties}
    return {**schema, "required": list(required)} if required else schema


def _older(schema: Any) -> Any:
    """Write a schema in the dialect that AsyncAPI builds on, draft 07, which names the items of a tuple otherwise."""
    if isinstance(schema, list):
        return [_older(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    older = {name: _older(part) for name, part in schema.items()}
    if "prefixItems" in older:
        older["additionalItems"] = older.pop("items", True)
        older["items"] = older.pop("prefixItems")
    return older


def _camel(name: str) -> str:
    first, *rest = name.split("-")
    return first + "".join(part.capitalize() for part in rest)
