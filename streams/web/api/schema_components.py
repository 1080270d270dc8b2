"""The schemas of the OpenAPI document: of every type that a route takes or answers with, under plain names.

They are msgspec's, which decodes by the same types: what its schemas allow is what a route takes. The names are those
of the types, without what only tells them apart in the code.
"""

from __future__ import annotations

import ast
import enum
import inspect
import re
import sys
from functools import cache
from typing import TYPE_CHECKING, Any, get_args

import msgspec
from litestar.datastructures import UploadFile

from streams.web.api.document_texts import FIELDS, RENAMED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["PLACE", "comments_of", "plain_name", "plain_names", "schema_components"]

Json = dict[str, Any]

#: Where schemas are in the document.
PLACE = "#/components/schemas/"
#: What names of types end with that are shown only: the document knows nothing else.
SHOWN = "View"
#: Where a docstring goes on with what is of no use to a caller.
_REST = re.compile(r"\n\s*(Attributes|Args|Raises):\n.*", re.DOTALL)
#: A `#:` comment of one or more lines, and the field that it stands above.
_NOTE = re.compile(r"((?:^ *#: .*\n)+)^ *(\w+)\b", re.MULTILINE)
#: What makes a file of a form a file.
_FILE: Json = {"type": "string", "format": "binary", "contentMediaType": "application/octet-stream"}


def plain_name(key: str) -> str:
    """Return what a schema is called, by what the framework, or msgspec, calls it."""
    key = key.replace(".", "_")
    return RENAMED.get(key, key.removesuffix(SHOWN))


def plain_names(part: Any) -> Any:
    """Return a part of the document with references to schemas under their plain names."""
    if isinstance(part, list):
        return [plain_names(one) for one in part]
    if not isinstance(part, dict):
        return part
    renamed = {name: plain_names(one) for name, one in part.items()}
    reference = renamed.get("$ref")
    if isinstance(reference, str) and reference.startswith(PLACE):
        renamed["$ref"] = PLACE + plain_name(reference.removeprefix(PLACE))
    return renamed


def schema_components(annotations: Iterable[Any]) -> dict[str, Json]:
    """Return the schemas of all types that annotations are made of, by their plain names.

    Raises:
        ValueError: Two of them would have the same name.
    """
    kinds = {kind for annotation in annotations for kind in _kinds(annotation, set())}
    ordered = sorted(kinds, key=lambda kind: (kind.__module__, kind.__name__))
    _, made = msgspec.json.schema_components(ordered, schema_hook=_hook, ref_template=f"{PLACE}{{name}}")
    by_key = {key.replace(".", "_"): kind for kind in ordered for key in (kind.__name__, _key(kind))}
    found: dict[str, Json] = {}
    for key, schema in made.items():
        name = plain_name(key)
        if name in found:
            raise ValueError(f"two schemas are called {name}: give one another name in RENAMED")
        found[name] = {**_told(by_key[key.replace(".", "_")], plain_names(schema)), "title": name}
    return dict(sorted(found.items()))


def comments_of(kind: type) -> dict[str, str]:
    """Return the `#:` comments of a type's fields or members, those that it inherits included."""
    comments: dict[str, str] = {}
    for one in reversed(kind.__mro__):
        if one.__module__.partition(".")[0] in {"schemas", "streams", "fingerprint"}:
            for comment, name in _NOTE.findall(_source_of(one)):
                lines = (line.strip().removeprefix("#:").strip() for line in comment.splitlines())
                comments[name] = " ".join(lines)
    return comments


def _source_of(kind: type) -> str:
    """Return the source of a class. `inspect.getsource` reads and parses the whole module for each class anew."""
    return _sources_in(kind.__module__).get(kind.__name__, "")


@cache
def _sources_in(module: str) -> dict[str, str]:
    """Return the sources of a module's classes by their names."""
    text = inspect.getsource(sys.modules[module])
    nodes = (node for node in ast.parse(text).body if isinstance(node, ast.ClassDef))
    lines = text.splitlines(keepends=True)
    return {node.name: "".join(lines[node.lineno - 1 : node.end_lineno]) for node in nodes}


def _key(kind: type) -> str:
    return f"{kind.__module__}.{kind.__name__}"


def _hook(kind: type) -> Json:
    if kind is UploadFile:
        return dict(_FILE)
    raise NotImplementedError


def _kinds(annotation: Any, seen: set[Any]) -> Iterator[type]:
    """Yield the structs and enumerations that a type is made of, at any depth."""
    if isinstance(annotation, type) and issubclass(annotation, (msgspec.Struct, enum.Enum)) and annotation not in seen:
        seen.add(annotation)
        yield annotation
        if issubclass(annotation, msgspec.Struct):
            for field in msgspec.structs.fields(annotation):
                yield from _kinds(field.type, seen)
    for part in get_args(annotation):
        yield from _kinds(part, seen)


def _told(kind: type, schema: Json) -> Json:
    """Return a schema whose fields say what they are, as far as the code does."""
    comments = comments_of(kind)
    description = _REST.sub("", inspect.cleandoc(schema.get("description", "")))
    schema = {**schema, "description": " ".join(description.split())}
    if issubclass(kind, enum.Enum):
        said = [f"`{one.value}`: {comments[one.name]}" for one in kind if one.name in comments]
        return {"type": "string", **schema, "description": " ".join([schema["description"], *said])}
    if not issubclass(kind, msgspec.Struct):
        return schema
    names = {field.encode_name: field.name for field in msgspec.structs.fields(kind)}
    properties = {
        name: _described(one, comments.get(names.get(name, name), "") or FIELDS.get(name, ""))
        for name, one in schema.get("properties", {}).items()
    }
    return {**schema, "properties": properties} if properties else schema


def _described(schema: Json, description: str) -> Json:
    """Return the schema of a field with what it is: by itself, by what may be in it, or else as given."""
    inner = next((one["description"] for one in schema.get("anyOf", ()) if "description" in one), "")
    description = schema.get("description") or inner or description
    return {**schema, "description": description} if description else schema
