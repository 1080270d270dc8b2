"""The JSON Schemas and the AsyncAPI document: up to date, right about our messages, and complete."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from schemas.channels import CHANNELS, Channel, Use
from schemas.cloudevents import output_headers
from schemas.deadletter import HEADERS
from schemas.errors import ErrorCode
from schemas.generators import asyncapi
from schemas.generators.document import FOLDER, files, write
from schemas.generators.examples import DEAD_LETTER
from schemas.generators.jsonschema import result_schema, topic_schema
from schemas.wire import InvalidEvent, decode, decode_transcode_event
from streams.adapters.kafka.topics import Topics

DOCUMENT = asyncapi.document()
MADE = files()
WITH_PAYLOAD = [channel for channel in CHANNELS if channel.payloads]


def validator(schema: dict[str, Any]) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(schema)


def of(name: str) -> dict[str, Any]:
    return topic_schema(next(channel for channel in CHANNELS if channel.name == name))


def references(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for child in node.values():
            yield from references(child)
    elif isinstance(node, list):
        for child in node:
            yield from references(child)


def resolve(document: Any, reference: str) -> Any:
    assert reference.startswith("#/"), f"{reference} leads out of the document"
    for part in reference[2:].split("/"):
        document = document[part]
    return document


def at_draft_07(schema: dict[str, Any]) -> jsonschema.Draft7Validator:
    """A validator of one of the document's schemas, in the dialect that AsyncAPI builds on."""
    return jsonschema.Draft7Validator({**schema, "components": DOCUMENT["components"]})


def test_the_files_are_what_the_code_makes() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(MADE)
    stale = [name for name, content in MADE.items() if (FOLDER / name).read_bytes() != content]
    assert not stale, f"run `make schemas`: {stale}"


def test_writing_replaces_what_is_old(tmp_path: Path) -> None:
    (tmp_path / "gone.json").write_text("{}")
    (tmp_path / "jobs.json").write_text("{}")
    write(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == MADE


@pytest.mark.parametrize("name", [name for name in MADE if name.endswith(".json") and name != "asyncapi.json"])
def test_every_schema_is_valid_whole_and_named(name: str) -> None:
    schema = json.loads(MADE[name])
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"urn:mediadna:schema:{name.removesuffix('.json')}"
    assert schema["title"]
    assert schema["description"]
    for reference in references(schema):
        assert resolve(schema, reference)


def test_there_is_a_schema_for_every_topic_of_the_service() -> None:
    assert {f"mediadna.{name.removesuffix('.json')}" for name in MADE} >= set(Topics.of("mediadna").all())


@pytest.mark.parametrize("channel", WITH_PAYLOAD, ids=lambda channel: channel.name)
def test_every_field_says_what_it_is(channel: Channel) -> None:
    self_explaining = {"Start", "ErrorCode", "ErrorMessage", "EncryptType", "Codec", "WatermarkId", "StartTime"}
    self_explaining |= {"FinishTime", "EventType"}
    silent = {
        f"{name}.{field}"
        for name, definition in topic_schema(channel)["$defs"].items()
        for field, schema in definition.get("properties", {}).items()
        if "description" not in schema and field not in self_explaining and name != "Span"
    }
    assert not silent


@pytest.mark.parametrize("channel", WITH_PAYLOAD, ids=lambda channel: channel.name)
def test_the_examples_hold_against_the_schemas_and_are_read_by_the_service(channel: Channel) -> None:
    schema = topic_schema(channel)
    assert len(schema["examples"]) == len(channel.payloads)
    for kind, example in zip(channel.payloads, schema["examples"], strict=True):
        validator(schema).validate(example)
        value = json.dumps(example).encode()
        read = decode_transcode_event([], value).event if channel.use is Use.INPUT else decode(value, kind)
        assert isinstance(read, kind)


def test_the_example_of_a_dead_letter_is_one() -> None:
    with pytest.raises(InvalidEvent, match="`Status`"):
        decode_transcode_event([], json.dumps(DEAD_LETTER).encode())
    assert not validator(of("transcode-complete")).is_valid(DEAD_LETTER)


@pytest.mark.parametrize(
    "changes",
    [{"VideoId": 5}, {"VideoId": ""}, {"Status": "done"}, {"Duration": {}}, {"Size": -1}, {"EventType": "Other"}],
    ids=lambda changes: next(iter(changes)),
)
def test_the_schema_refuses_what_the_service_refuses(changes: dict[str, object]) -> None:
    schema = of("transcode-complete")
    event = {**schema["examples"][0], **changes}
    assert not validator(schema).is_valid(event)
    with pytest.raises(InvalidEvent):
        decode_transcode_event([], json.dumps(event).encode())


def test_the_schema_lets_unknown_fields_pass() -> None:
    schema = of("transcode-complete")
    validator(schema).validate({**schema["examples"][0], "Preprocess": True})


def test_the_string_in_the_complete_event_holds_what_its_schema_says() -> None:
    schema = of("job-complete")
    data = schema["$defs"]["AIMediaDNAComplete"]["properties"]["Data"]
    assert data["contentMediaType"] == "application/json"
    held = json.loads(schema["examples"][0]["Data"])
    validator({**data["contentSchema"], "$defs": schema["$defs"]}).validate(held)
    validator(result_schema()).validate(held)
    assert held["VideoDNA"]


def test_every_error_code_is_explained_to_consumers() -> None:
    code = of("job-complete")["$defs"]["AIMediaDNAComplete"]["properties"]["Code"]
    assert all(f"`{member}`: " in code["description"] for member in ErrorCode)


def test_the_asyncapi_files_are_yaml_and_json_of_the_document() -> None:
    assert msgspec.yaml.decode(MADE["asyncapi.yaml"]) == DOCUMENT
    assert json.loads(MADE["asyncapi.json"]) == DOCUMENT
    assert DOCUMENT["asyncapi"].startswith("3.")


def test_every_reference_in_the_document_leads_somewhere_in_it() -> None:
    assert len({*references(DOCUMENT)}) > 20
    for reference in references(DOCUMENT):
        assert resolve(DOCUMENT, reference)


def test_the_document_names_exactly_the_topics_of_the_service() -> None:
    assert {channel["address"] for channel in DOCUMENT["channels"].values()} == set(Topics.of("mediadna").all())
    compacted = {
        channel["address"]
        for channel in DOCUMENT["channels"].values()
        if "compact" in channel["bindings"]["kafka"].get("topicConfiguration", {}).get("cleanup.policy", [])
    }
    assert compacted == Topics.of("mediadna").compacted


def test_every_channel_is_used_and_every_operation_uses_messages_of_its_channel() -> None:
    used = set()
    for operation in DOCUMENT["operations"].values():
        assert operation["action"] in {"send", "receive"}
        channel = operation["channel"]["$ref"]
        used.add(channel)
        assert operation["messages"]
        assert all(message["$ref"].startswith(f"{channel}/messages/") for message in operation["messages"])
    assert used == {f"#/channels/{name}" for name in DOCUMENT["channels"]}


@pytest.mark.parametrize("name", DOCUMENT["components"]["messages"])
def test_every_message_is_described_and_its_example_holds(name: str) -> None:
    message = DOCUMENT["components"]["messages"][name]
    assert message["title"]
    assert message["summary"]
    assert message["bindings"]["kafka"]["key"]["description"]
    (example,) = message["examples"]
    at_draft_07(message["payload"]).validate(example["payload"])
    if "headers" in message:
        at_draft_07(message["headers"]).validate(example["headers"])
    else:
        assert "headers" not in example


@pytest.mark.parametrize("name", DOCUMENT["components"]["schemas"])
def test_every_schema_in_the_document_is_of_the_dialect_that_asyncapi_builds_on(name: str) -> None:
    schema = DOCUMENT["components"]["schemas"][name]
    jsonschema.Draft7Validator.check_schema(schema)
    assert "prefixItems" not in json.dumps(schema)


def test_a_span_in_the_document_has_two_ends() -> None:
    schema = at_draft_07({"$ref": "#/components/schemas/ChunkResult"})
    (example,) = DOCUMENT["components"]["messages"]["ChunkResult"]["examples"]
    assert schema.is_valid({**example["payload"], "Spans": [[0.0, 30.0], [30.0, 41.5]]})
    assert not schema.is_valid({**example["payload"], "Spans": [[0.0]]})
    assert not schema.is_valid({**example["payload"], "Spans": [["0", "30"]]})


def test_the_headers_that_are_sent_are_the_ones_that_are_described() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    sent = [name for name, _ in output_headers("t", "i", "2026-11-23T08:00:00.000Z", "00-a-b-01")]
    assert list(schemas["outputHeaders"]["properties"]) == sent
    assert list(schemas["deadLetterHeaders"]["properties"]) == list(HEADERS)
