"""Names of collections and literals in filters: from any text of a user to what Milvus accepts, and back."""

from __future__ import annotations

import re

from schemas.matches import Track

__all__ = ["collection_name", "library_of", "literal"]

#: Begins the name of every collection of ours; rises when rows are no longer comparable or laid out differently.
PREFIX = "dna1"


def collection_name(library: str, track: Track) -> str:
    """Return the collection that holds the windows of one track of a library.

    Milvus allows letters, digits and underscores: every other byte is written as an underscore and two hex digits,
    so that no two libraries meet in one collection.
    """
    escaped = re.sub(rb"[^A-Za-z0-9]", lambda match: b"_%02x" % match[0][0], library.encode())
    return f"{PREFIX}_{track}_{escaped.decode()}"


def library_of(collection: str) -> str | None:
    """Return the library whose windows a collection holds; None when it is not one of ours."""
    match = re.fullmatch(rf"{PREFIX}_({'|'.join(Track)})_([A-Za-z0-9_]*)", collection)
    if match is None:
        return None
    return re.sub(rb"_([0-9a-f]{2})", lambda code: bytes([int(code[1], 16)]), match[2].encode()).decode()


def literal(text: str) -> str:
    """Return the text as a string literal of a filter expression."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return f'"{escaped}"'
