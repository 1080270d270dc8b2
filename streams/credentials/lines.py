"""Lines of the files of tokens and of access keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["EmptyFileError", "lines_of"]


class EmptyFileError(ValueError):
    """A file names nobody: at a start that is a mistake, and later it takes everybody's access back."""


def lines_of(path: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield where each line is, for messages, and its words; what is empty, or begins with `#`, counts for nothing.

    Raises:
        OSError: The file cannot be read.
        ValueError: It is no text.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is no UTF-8 text, from byte {error.start} on: write it anew") from None
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split()
        if words and not words[0].startswith("#"):
            yield f"{path}, line {number}", words
