"""Manifests: CSV files with a header, or JSON lines, that name one media item a line.

The fields are `location` (a path, relative to the manifest, or a URL), `MediaId`, `library`, `PublishTime` and
`StartTime` (ISO 8601 with a zone) and `metadata` (a JSON object). All but the first may be missing. What else a line
holds becomes metadata.
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import fsspec
import msgspec

from schemas.clock import zoned_time
from schemas.publication import told_publish_time
from streams.cli.importer.items import Fault, Item

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["MANIFEST_SUFFIXES", "read_manifest"]

#: Names of manifest files end with one of these.
MANIFEST_SUFFIXES = (".csv", ".jsonl", ".ndjson")
#: How fields may be called, in small letters and without what separates words.
FIELDS = {
    "location": "location",
    "url": "location",
    "fileurl": "location",
    "mediaid": "media_id",
    "library": "library",
    "metadata": "metadata",
    "publishtime": "publish_time",
    "starttime": "start_time",
}


def read_manifest(place: str, library: str, locate: Callable[[str], str]) -> Iterator[Item | Fault]:
    """Read a manifest, line by line.

    Args:
        place: Path or URL.
        library: Where items go that name no library.
        locate: Makes a location of the manifest one that the service can read.

    Raises:
        OSError: The manifest cannot be read.
        ValueError: It is no text, or a CSV file without a column for locations.
    """
    rows = _csv_rows if place.lower().endswith(".csv") else _json_rows
    with fsspec.open(place, "rt", encoding="utf-8-sig", newline="") as file:
        for number, row in rows(file):
            origin = f"{place}, line {number}"
            try:
                yield _item(row, library, locate, origin)
            except ValueError as error:
                yield Fault(origin, str(error))


def _csv_rows(file: Iterable[str]) -> Iterator[tuple[int, object]]:
    reader = csv.DictReader(file, strict=True)
    try:
        names = [FIELDS.get(_plain(name)) for name in reader.fieldnames or ()]
    except csv.Error as error:
        raise ValueError(f"the first line is none of a CSV file: {error}") from error
    if "location" not in names:
        raise ValueError("the first line of the CSV names no column 'location': name the columns there")
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield reader.line_num, str(error)
            return
        if None in row:
            yield reader.line_num, "the line has more fields than the first line names"
        else:
            yield reader.line_num, {name: value for name, value in row.items() if value}


def _json_rows(file: Iterable[str]) -> Iterator[tuple[int, object]]:
    for number, line in enumerate(file, 1):
        if line.strip():
            try:
                yield number, msgspec.json.decode(line, type=dict[str, Any])
            except (ValueError, RecursionError) as error:
                yield number, f"this is no JSON object: {error}"


def _item(row: object, library: str, locate: Callable[[str], str], origin: str) -> Item:
    """Make an item of a line.

    Raises:
        ValueError: The line is no such thing; the message says why.
    """
    if not isinstance(row, dict):
        raise ValueError(str(row))  # noqa: TRY004 (what the line is, is its reader's to say)
    fields: dict[str, Any] = {}
    rest: dict[str, Any] = {}
    for name, value in row.items():
        known = FIELDS.get(_plain(name))
        if known is None:
            rest[name] = value
        elif value is not None:
            fields[known] = value
    location = locate(_text(fields, "location"))
    metadata = {**rest, **_metadata(fields.get("metadata"))}
    return Item(
        location=location,
        media_id=_text(fields, "media_id", default=_stem(location)),
        library=_text(fields, "library", default=library),
        metadata=metadata,
        publish_time=told_publish_time(fields.get("publish_time"), metadata),
        start_time=_broadcast_start(fields.get("start_time", "")),
        origin=origin,
        derived="media_id" not in fields,
    )


def _text(fields: dict[str, Any], name: str, default: str = "") -> str:
    value = fields.get(name, default)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"the field {name!r} is missing or no text")
    return value.strip()


def _broadcast_start(value: object) -> str:
    try:
        return "" if value == "" else zoned_time(str(value))
    except ValueError as error:
        raise ValueError(f"the field 'start_time': {error}") from error


def _metadata(value: object) -> dict[str, Any]:
    if value is None:
        return {}
    if isinstance(value, str):
        try:
            return msgspec.json.decode(value, type=dict[str, Any])
        except (ValueError, RecursionError) as error:
            raise ValueError(f"the field 'metadata' is no JSON object: {error}") from error
    if not isinstance(value, dict):
        raise ValueError('the field \'metadata\' is no JSON object: write it as {"key": "value"}')  # noqa: TRY004 (a line's fault as all others)
    return value


def _plain(name: str) -> str:
    return name.strip().lower().replace("_", "").replace("-", "").replace(" ", "")


def _stem(location: str) -> str:
    name = unquote(urlsplit(location).path.rstrip("/").rpartition("/")[2])
    return name.rpartition(".")[0] or name
