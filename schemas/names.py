"""What media items and libraries may be called: one rule for every door.

A name becomes part of keys, of addresses and of lines that people read. What one door let in and another one refuses
could be asked for and never be looked at or taken away again. So events, REST, the vendor's calls, imports and settings
all ask here. What topics hold under other names, from before there were these rules, is read as it is.
"""

from __future__ import annotations

import unicodedata

from schemas.limits import LONGEST_MEDIA_ID, LONGEST_NAME

__all__ = ["NO_CONTROL", "NO_CONTROL_OR_SLASH", "in_words", "is_addressable", "library_fault", "media_fault"]

#: Characters that no name holds, as they stand in a class of a pattern: those of Unicode's category Cc.
CONTROL = r"\x00-\x1f\x7f-\x9f"
#: What of the rules a JSON Schema can say of a MediaId, and of a library's name.
NO_CONTROL, NO_CONTROL_OR_SLASH = rf"^[^{CONTROL}]+$", rf"^[^/{CONTROL}]+$"
#: Names that mean "here" and "one above" in an address: browsers, proxies and programs take them out on the way,
#: however they are written.
STEPS = frozenset({".", ".."})


def is_addressable(name: str) -> bool:
    """Tell whether an address can hold a name as one of its parts."""
    return name not in STEPS


def media_fault(media_id: str) -> str:
    """Return why nothing new may be called so, as what stands behind "which"; empty where it may."""
    return _fault(media_id, LONGEST_MEDIA_ID)


def library_fault(name: str) -> str:
    """Return why no new library may be called so, as what stands behind "which"; empty where it may."""
    return _fault(name, LONGEST_NAME) or ("holds a slash" if "/" in name else "")


def in_words(what: str, name: str, fault: str) -> str:
    """Return a sentence for who wanted to call something so.

    Args:
        what: Such as "a library".
        name: What it was to be called.
        fault: Of `media_fault` or `library_fault`.
    """
    shown = name if len(name) <= LONGEST_MEDIA_ID else f"{name[:40]}…"
    return f"{what} cannot be called {shown!r}, which {fault}: give it another name"


def _fault(name: str, longest: int) -> str:
    if not name.strip():
        return "holds nothing that can be seen"
    if len(name) > longest:
        return f"has {len(name)} characters, and {longest} are the most"
    if any(unicodedata.category(character) == "Cc" for character in name):
        return "holds a control character"
    if any(unicodedata.category(character) == "Cs" for character in name):
        return "is no valid UTF-8"
    return "" if is_addressable(name) else "is taken out of every address on its way"
