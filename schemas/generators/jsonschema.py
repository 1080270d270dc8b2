"""JSON Schemas of the values on each topic, made from the structs, with their comments as descriptions."""

from __future__ import annotations

import enum
import inspect
import re
from typing import TYPE_CHECKING, Any

import msgspec

from schemas import (
    backward,
    boilerplate,
    cases,
    commands,
    deadletter,
    deliveries,
    deployment,
    errors,
    events,
    jobs,
    keys,
    libraries,
    matches,
    policies,
    quarantines,
    recurring,
    result,
    tasks,
    verdicts,
)
from schemas.errors import ErrorCode
from schemas.events import AIMediaDNAComplete
from schemas.generators.examples import examples_of
from schemas.result import MediaDNAResult

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schemas.channels import Channel

__all__ = ["DIALECT", "components", "result_schema", "schema_id", "topic_schema"]

#: The dialect that the schema files are written in.
DIALECT = "https://json-schema.org/draft/2020-12/schema"

#: A `#:` comment of one or more lines, and the name that it stands above.
_NOTE = re.compile(r"((?:^ *#: .*\n)+)^ *(\w+)\b", re.MULTILINE)

_MODULES = (
    backward,
    boilerplate,
    cases,
    commands,
    deadletter,
    deliveries,
    deployment,
    errors,
    events,
    jobs,
    keys,
    libraries,
    matches,
    policies,
    quarantines,
    result,
    tasks,
    verdicts,
)
_TYPES: dict[str, type] = {
    name: kind
    for module in (
        backward,
        boilerplate,
        cases,
        commands,
        deadletter,
        deliveries,
        deployment,
        errors,
        events,
        jobs,
        keys,
        libraries,
        matches,
        policies,
        quarantines,
        recurring,
        result,
        tasks,
        verdicts,
    )
    for name, kind in vars(module).items()
    if isinstance(kind, type) and issubclass(kind, (msgspec.Struct, enum.Enum))
}


def schema_id(name: str) -> str:
    """Return the id of a schema: a name, since the service has no fixed address."""
    return f"urn:mediadna:schema:{name}"


def topic_schema(channel: Channel) -> dict[str, Any]:
    """Return the schema of a topic's values, complete in itself."""
    head = {
        "$schema": DIALECT,
        "$id": schema_id(channel.name),
        "title": channel.title,
        "description": channel.description,
    }
    if not channel.payloads:
        return head
    definitions = components(channel.payloads, "#/$defs/{name}")
    refs = [{"$ref": f"#/$defs/{kind.__name__}"} for kind in channel.payloads]
    body = refs[0] if len(refs) == 1 else {"oneOf": refs}
    examples = [example for kind in channel.payloads for example in examples_of(kind)]
    return {**head, **body, "examples": examples, "$defs": definitions}


def result_schema() -> dict[str, Any]:
    """Return the schema of what `Data` of a complete event holds, complete in itself."""
    return {
        "$schema": DIALECT,
        "$id": schema_id("media-dna-result"),
        "title": "MediaDNA result",
        "description": "What the string in `Data` of a complete event holds.",
        "$ref": "#/$defs/MediaDNAResult",
        "examples": examples_of(MediaDNAResult),
        "$defs": components((MediaDNAResult,), "#/$defs/{name}"),
    }


def components(kinds: Iterable[type], ref_template: str) -> dict[str, Any]:
    """Return the schemas of types and of all that they are made of, by name and sorted by it.

    Args:
        kinds: Structs.
        ref_template: How one schema names another, with `{name}` in it.
    """
    kinds = tuple(kinds)
    if AIMediaDNAComplete in kinds:
        kinds = (*kinds, MediaDNAResult)
    _, found = msgspec.json.schema_components(kinds, ref_template=ref_template)
    schemas: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(found))  # tuples as the lists that they become
    for name, schema in schemas.items():
        _describe(schema, _TYPES[name])
    if AIMediaDNAComplete in kinds:
        _describe_completion(schemas["AIMediaDNAComplete"]["properties"], ref_template.format(name="MediaDNAResult"))
    return dict(sorted(schemas.items()))


def _describe_completion(properties: dict[str, Any], result: str) -> None:
    """Say what is in the event's strings."""
    properties["Code"]["description"] += "\n\n" + _meanings(ErrorCode)
    properties["Data"] |= {"contentMediaType": "application/json", "contentSchema": {"$ref": result}}


def _describe(schema: dict[str, Any], kind: type) -> None:
    """Put the comments of a type into its schema."""
    schema["description"] = inspect.cleandoc(kind.__doc__ or "")
    if issubclass(kind, enum.Enum):
        schema["description"] = f"{schema['description']}\n\n{_meanings(kind)}".strip()
        return
    if not issubclass(kind, msgspec.Struct):
        return
    notes = _notes(kind)
    properties = schema.get("properties", {})
    if kind.__struct_config__.tag_field is not None:
        properties[kind.__struct_config__.tag_field]["description"] = "Tells what kind of message, or of work, this is."
    for field in msgspec.structs.fields(kind):
        properties[field.encode_name].pop("discriminator", None)  # OpenAPI's word: each kind's tag says it already
        if field.name in notes:
            properties[field.encode_name]["description"] = notes[field.name]
        if "$ref" in properties[field.encode_name]:
            _beside_reference(properties, field.encode_name)


def _beside_reference(properties: dict[str, Any], name: str) -> None:
    """Keep what stands beside a reference from being ignored, as it is in the older dialects that many tools know."""
    beside = properties[name]
    reference = beside.pop("$ref")
    properties[name] = {"allOf": [{"$ref": reference}], **beside} if beside else {"$ref": reference}


def _meanings(kind: type[enum.Enum]) -> str:
    """Return what each member of an enumeration stands for, a line each."""
    notes = _notes(kind)
    return "\n".join(f"`{member.value}`: {notes[member.name]}" for member in kind if member.name in notes)


def _notes(kind: type) -> dict[str, str]:
    """Return the `#:` comments of a type's fields or members, those of its bases included."""
    notes: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        if base.__module__.partition(".")[0] == "schemas":
            for comment, name in _NOTE.findall(inspect.getsource(base)):
                lines = (line.strip().removeprefix("#:").strip() for line in comment.splitlines())
                notes[name] = " ".join(lines)
    return notes
