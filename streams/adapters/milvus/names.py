"""Names of collections and literals in filters: from any text of a user to what Milvus accepts, and back."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from schemas.matches import Track

__all__ = ["CollectionNames", "literal"]

#: Begins the name of every collection of ours; other programs may use the same Milvus.
PREFIX = "dna"
#: Stands between the parts of a name; the escaped text of a part never holds it.
SEPARATOR = "__"
#: Characters that Milvus allows in a name.
NAME_LENGTH = 255


@dataclass(frozen=True)
class CollectionNames:
    """Names the collections of one fingerprint algorithm, whose rows cannot be compared with another's.

    Milvus allows letters, digits and underscores: every other byte, and the underscore, is written as an underscore
    and two hex digits, so that no two libraries meet in one collection. A name that would be too long ends in a hash;
    the library's name then stands in the collection's properties only.
    """

    algorithm: str

    def of(self, library: str, track: Track) -> str:
        """Return the collection that holds the windows of one track of a library."""
        name = SEPARATOR.join((self._prefix(), track, _escape(library)))
        if len(name) <= NAME_LENGTH:
            return name
        return SEPARATOR.join((self._prefix(), track, "", hashlib.sha256(library.encode()).hexdigest()))

    def is_ours(self, collection: str) -> bool:
        """Whether a collection holds windows of this algorithm."""
        return collection.startswith(tuple(f"{self._prefix()}{SEPARATOR}{track}{SEPARATOR}" for track in Track))

    def library(self, collection: str) -> str | None:
        """Return the library whose windows a collection of ours holds; None when the name is too short to say it."""
        _prefix, _algorithm, _track, escaped, *digest = collection.split(SEPARATOR)
        return None if digest else _unescape(escaped)

    def _prefix(self) -> str:
        return f"{PREFIX}{SEPARATOR}{_escape(self.algorithm)}"


def literal(text: str) -> str:
    """Return the text as a string literal of a filter expression."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return f'"{escaped}"'


def _escape(text: str) -> str:
    return re.sub(rb"[^A-Za-z0-9]", lambda match: b"_%02x" % match[0][0], text.encode()).decode()


def _unescape(escaped: str) -> str:
    return re.sub(rb"_([0-9a-f]{2})", lambda code: bytes([int(code[1], 16)]), escaped.encode()).decode()
