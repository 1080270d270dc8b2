"""What reference pages are written with: tables, and texts that do not fall out of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fingerprint import parameters

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["code", "meanings", "table", "text"]


def text(words: str) -> str:
    """Return words as they are written in a cell: on one line, and without what would end the cell."""
    return " ".join(words.split()).replace("|", "\\|")


def code(words: str) -> str:
    """Return words as code, as a cell has it; nothing for none."""
    return f"`{text(words)}`" if words else ""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table.

    Args:
        head: The columns' names.
        rows: The cells of each row, in Markdown.
    """
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def meanings(kind: type) -> dict[str, str]:
    """Return the `#:` comments of an enumeration, or of a parameter set, by the names of its members."""
    return {name: text(words) for name, words in parameters.meanings(kind).items()}
