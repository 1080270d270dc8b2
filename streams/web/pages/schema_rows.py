"""Schemas as people read them: a row for each field, those of nested values below the field that holds them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["FieldRow", "kind_of", "resolved", "rows_of"]

Json = dict[str, Any]

#: Where schemas are, in OpenAPI's documents as in AsyncAPI's.
PLACE = "#/components/schemas/"
#: How deep fields are written out: what is deeper has a place of its own, or is rarely looked for.
DEEPEST = 4
#: Limits of a value, and how they are told.
LIMITS = (
    ("minimum", "at least {}"),
    ("maximum", "at most {}"),
    ("minLength", "at least {} characters"),
    ("maxLength", "at most {} characters"),
    ("maxItems", "at most {} entries"),
    ("default", "otherwise {}"),
)
#: Keys of which one holds several schemas.
SEVERAL = ("anyOf", "oneOf", "allOf")
#: What says nothing where it stands as a default.
NOTHING: tuple[Any, ...] = (None, "", [], {})


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One field of a schema.

    Attributes:
        name: What it is called.
        depth: How many fields it is in.
        kind: Of what type it is.
        required: Whether it is always there.
        description: What it is.
        limits: What values there may be.
    """

    name: str
    depth: int
    kind: str
    required: bool
    description: str
    limits: str


def rows_of(schema: Json, schemas: dict[str, Json]) -> list[FieldRow]:
    """Return the fields of a schema, each before those that are in it.

    Args:
        schema: The schema; it may be a list of what has fields, or refer to it.
        schemas: All schemas of the document.
    """
    return _rows(schema, schemas, 0, ())


def resolved(schema: Json, schemas: dict[str, Json]) -> Json:
    """Return what a schema refers to, or itself."""
    reference = schema.get("$ref")
    return schemas.get(reference.removeprefix(PLACE), {}) if isinstance(reference, str) else schema


def kind_of(schema: Json, schemas: dict[str, Json]) -> str:
    """Return in a few words of what type a value is; its choices where there are some."""
    known = resolved(schema, schemas)
    if "enum" in known:
        return " or ".join(f"`{one}`" for one in known["enum"])
    for several in SEVERAL:
        if several in known:
            return " or ".join(dict.fromkeys(kind_of(one, schemas) for one in known[several]))
    kind = known.get("type", "anything")
    if kind == "array":
        items = known.get("items", {})
        if isinstance(items, list):  # so many values, one after the other
            return f"list of {', '.join(kind_of(one, schemas) for one in items)}"
        return f"list of {kind_of(items, schemas)}" if items else "list"
    if kind == "object" and "title" in known:
        return str(known["title"])
    kinds = kind if isinstance(kind, list) else [kind]
    return " or ".join(map(str, kinds))


def _rows(schema: Json, schemas: dict[str, Json], depth: int, within: tuple[str, ...]) -> list[FieldRow]:
    holder, within = _holder(schema, schemas, within)
    if holder is None or depth == DEEPEST:
        return []
    required = set(holder.get("required", ()))
    rows = []
    for name, one in holder["properties"].items():
        known = resolved(one, schemas)
        description = one.get("description") or known.get("description", "")
        kind = kind_of(one, schemas)
        rows.append(FieldRow(name, depth, kind, name in required, description, _limits(one, known)))
        rows += _rows(one, schemas, depth + 1, within)
    return rows


def _holder(schema: Json, schemas: dict[str, Json], within: tuple[str, ...]) -> tuple[Json | None, tuple[str, ...]]:
    """Return what has the fields of a value, and all schemas on the way there; None where nothing has, or once more."""
    while True:
        name = schema.get("$ref")
        if isinstance(name, str):
            if name in within:
                return None, within
            within = (*within, name)
            schema = resolved(schema, schemas)
        if "properties" in schema:
            return schema, within
        inner = schema.get("items") if isinstance(schema.get("items"), dict) else None
        for several in SEVERAL:
            inner = inner or next((one for one in schema.get(several, ()) if one.get("type") != "null"), None)
        if inner is None:
            return None, within
        schema = inner


def _limits(schema: Json, known: Json) -> str:
    """Return what is said of the values that a field may have."""
    both = {**known, **schema}
    told = [words.format(both[key]) for key, words in LIMITS if key in both and both[key] not in NOTHING]
    return ", ".join(told)
