"""Lists as files: CSV for spreadsheets, JSON lines for programs; sent a part at a time, never held as a whole."""

from __future__ import annotations

import csv
import io
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import msgspec
from litestar.response import Stream

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from litestar import Request

__all__ = ["BATCH", "FileForm", "as_file", "asked_for", "csv_lines", "json_lines"]

#: Entries that are read at a time for a file of all.
BATCH = 500
#: What a cell begins with that spreadsheets take for a formula, and run.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


class FileForm(StrEnum):
    """The form of a file; its value is the ending of the file's name."""

    CSV = "csv"
    #: One entry a line.
    JSON_LINES = "ndjson"

    @property
    def media_type(self) -> str:
        """What it is asked for by, and answered as."""
        return {FileForm.CSV: "text/csv", FileForm.JSON_LINES: "application/x-ndjson"}[self]


def asked_for(request: Request[Any, Any, Any], *forms: FileForm) -> FileForm | None:
    """Return the form that `Accept` asks for; None where it asks for no file, or does not care."""
    known = {form.media_type: form for form in forms}
    return known.get(request.accept.best_match(["application/json", *known]) or "")


def as_file(parts: AsyncIterator[bytes], form: FileForm, name: str) -> Stream:
    """Answer with a file that is saved under a name.

    Args:
        parts: What is in it.
        form: Its form.
        name: Its name, without its ending: a word of our own, with no quotes in it.
    """
    # The type of the route would win over one that the stream itself is given.
    headers = {
        "Content-Type": f"{form.media_type}; charset=utf-8",
        "Content-Disposition": f'attachment; filename="{name}.{form}"',
    }
    return Stream(parts, headers=headers)


def csv_lines(rows: Iterable[Iterable[object]]) -> bytes:
    """Return rows of cells as lines of CSV; a cell that a spreadsheet would run is made one that it shows."""
    text = io.StringIO()
    csv.writer(text).writerows([_harmless(cell) for cell in row] for row in rows)
    return text.getvalue().encode()


def json_lines(entries: Iterable[object]) -> bytes:
    """Return entries as JSON, one a line."""
    return b"".join(msgspec.json.encode(entry) + b"\n" for entry in entries)


def _harmless(cell: object) -> object:
    """Return a cell that no spreadsheet runs: a name, or a note, can be written by somebody who hopes that it is."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell
