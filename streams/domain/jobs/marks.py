"""What is said of a library's item, by a person or by the flood guard: pure, as the rest of the state machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from schemas.quarantines import Quarantine
from streams.domain.jobs.step import Step

if TYPE_CHECKING:
    from schemas.commands import MarkItem
    from schemas.libraries import LibraryItem
    from streams.domain.jobs.record import MediaRecord

__all__ = ["on_mark"]


def on_mark(record: MediaRecord, command: MarkItem, *, now: str) -> Step:
    """Set what is said of a library's item."""
    item = record.items.get(command.library)
    if item is None:
        return Step(record)
    marks = command.marks
    said = {"disabled": marks.disabled, "metadata": marks.metadata, "publish_time": marks.publish_time}
    changed: dict[str, object] = {name: value for name, value in said.items() if value is not None}
    when = command.requested_time or now
    moved = marks.quarantined is not None and _is_news(item, marks.quarantined, when)
    if moved:
        changed |= {"quarantined": marks.quarantined} | ({} if marks.quarantined else {"released_time": when})
    if not changed:  # another match of a reference that is set aside already: nobody need hear of it
        return Step(record)
    item = msgspec.structs.replace(item, **changed, update_time=now)
    told = (_told(item, when),) if moved else ()
    return Step(record.with_item(item), items=(item,), quarantines=told)


def _is_news(item: LibraryItem, reason: str, when: str) -> bool:
    """Whether an item is set aside, or lifted, that was not so before; not by what comes from before it was lifted."""
    if bool(reason) == bool(item.quarantined):
        return False
    return not reason or when > item.released_time


def _told(item: LibraryItem, when: str) -> Quarantine:
    """Return the event; its time, and so its id, is the command's, which stays the same when that comes once more."""
    return Quarantine(
        library=item.library,
        media_id=item.media_id,
        active=bool(item.quarantined),
        reason=item.quarantined,
        event_time=when,
    )
