"""Writes the JSON Schemas and the AsyncAPI document into `schemas/json`."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec

from schemas.channels import CHANNELS
from schemas.generators import asyncapi
from schemas.generators.jsonschema import result_schema, topic_schema

__all__ = ["FOLDER", "files", "write"]

#: Where the documents are, in the repository and in the installed package.
FOLDER = Path(__file__).parents[1] / "json"
#: The AsyncAPI document, for people and their tools, and for the page that shows it, which reads no YAML.
ASYNCAPI, ASYNCAPI_JSON = "asyncapi.yaml", "asyncapi.json"


def files() -> dict[str, bytes]:
    """Return the content of every document by the name of its file."""
    schemas = {f"{channel.name}.json": topic_schema(channel) for channel in CHANNELS}
    schemas["media-dna-result.json"] = result_schema()
    texts = {name: json.dumps(schema, indent=2, ensure_ascii=False) + "\n" for name, schema in schemas.items()}
    document = asyncapi.document()
    texts[ASYNCAPI_JSON] = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    return {name: text.encode() for name, text in texts.items()} | {ASYNCAPI: msgspec.yaml.encode(document)}


def write(folder: Path = FOLDER) -> None:
    """Write all documents, and remove what is no longer one."""
    folder.mkdir(parents=True, exist_ok=True)
    documents = files()
    for path in folder.iterdir():
        if path.name not in documents:
            path.unlink()
    for name, content in documents.items():
        (folder / name).write_bytes(content)
