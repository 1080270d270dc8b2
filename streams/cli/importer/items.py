"""What an import brings in, and what it cannot."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from schemas.jobs import SaveType
from schemas.limits import LONGEST_MEDIA_ID, LONGEST_NAME, LONGEST_URL
from schemas.names import in_words, library_fault, media_fault

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Fault", "Item", "LeftOut", "Plan", "is_text", "plan_of"]


@dataclass(frozen=True)
class Item:
    """One media item to import.

    Attributes:
        location: Where the service reads it.
        media_id: Its name.
        library: Where it goes.
        metadata: What the library keeps beside it.
        publish_time: When it was published, UTC; empty when that is not known.
        start_time: When it was broadcast, from its first second on, UTC; empty when it was not, or nobody knows.
        size: Bytes; 0 when not known.
        origin: Where it was found, for messages.
        derived: Whether the MediaId was made of the location, and nobody has given it: other media may be called so.
    """

    location: str
    media_id: str
    library: str
    metadata: dict[str, Any] = field(default_factory=dict)
    size: int = 0
    origin: str = ""
    derived: bool = False
    publish_time: str = ""
    start_time: str = ""

    def key(self, attempt: int, *, save_type: SaveType = SaveType.ONLYSAVE) -> str:
        """Return the key that the item is asked for under: always the same, so that asking again asks for nothing new.

        A key stands for all that is asked for. So an item whose metadata, publish time or start time has changed in
        the manifest has another one.

        Args:
            attempt: 0; or how often the item has failed before, to have it tried anew.
            save_type: What is done with it besides matching.
        """
        parts = [self.library, self.media_id, self.location, str(attempt)]
        if self.metadata or save_type is not SaveType.ONLYSAVE:
            parts += [save_type.value, msgspec.json.encode(self.metadata, order="deterministic").decode()]
        if self.publish_time:
            parts.append(self.publish_time)
        if self.start_time:
            parts.append(f"start {self.start_time}")  # no publish time looks so
        content = "\x1f".join(parts)
        return f"import-{hashlib.blake2b(content.encode(), digest_size=16).hexdigest()}"


@dataclass(frozen=True)
class Fault:
    """Something that cannot be imported, and why."""

    where: str
    reason: str


@dataclass(frozen=True)
class LeftOut:
    """Something that lies beside the media and is not taken for any, and why: no fault, but to be said."""

    where: str
    reason: str


@dataclass(frozen=True)
class Plan:
    """What an import amounts to.

    Attributes:
        items: What is imported.
        faults: What was meant to be, and cannot be.
        left_out: What was found and is not taken for media.
    """

    items: tuple[Item, ...]
    faults: tuple[Fault, ...]
    left_out: tuple[LeftOut, ...] = ()

    @property
    def bytes(self) -> int:
        """Size of all items whose size is known."""
        return sum(item.size for item in self.items)


def plan_of(found: Iterable[Item | Fault | LeftOut]) -> Plan:
    """Sort out what can be imported: names in their limits, and each only once in a library."""
    items: dict[tuple[str, str], Item] = {}
    faults: list[Fault] = []
    left_out: list[LeftOut] = []
    for one in found:
        if isinstance(one, Fault):
            faults.append(one)
            continue
        if isinstance(one, LeftOut):
            left_out.append(one)
            continue
        problem = _problem(one)
        there = items.get((one.library, one.media_id))
        if there is not None and there.location != one.location:
            problem = (
                f"{there.location} has the MediaId {one.media_id!r} already: give each one of its own in a manifest"
            )
        if problem:
            faults.append(Fault(one.origin or one.location, problem))
        else:
            items.setdefault((one.library, one.media_id), one)
    return Plan(tuple(items.values()), tuple(faults), tuple(left_out))


def _problem(item: Item) -> str:
    limits = (
        ("MediaId", item.media_id, LONGEST_MEDIA_ID),
        ("library", item.library, LONGEST_NAME),
        ("location", item.location, LONGEST_URL),
    )
    for name, value, longest in limits:
        if not value or len(value) > longest:
            return f"the {name} {value[:40]!r} has {len(value)} characters: 1 to {longest} are allowed"
        if not is_text(value):
            return f"the {name} {value[:40]!r} is no valid UTF-8: rename the file, or give a MediaId in a manifest"
    if fault := media_fault(item.media_id):
        return f"{in_words('a media item', item.media_id, fault)} in a manifest"
    if fault := library_fault(item.library):
        return in_words("a library", item.library, fault)
    return ""


def is_text(name: str) -> bool:
    """Tell whether a name can be sent and written down: those of files may be any bytes, which no JSON holds."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
