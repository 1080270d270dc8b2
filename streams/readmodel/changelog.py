"""Which log the changes of a read model are numbered in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from streams.readmodel.database import Database

__all__ = ["log_id_of"]

#: Where Linux says which run of the machine this is: another text after each start of it.
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def log_id_of(database: Database) -> str:
    """Return the id of a file's log of changes: hex digits, random, and the same as long as its numbers hold.

    A power cut may take the file's last transactions, and their numbers are then given a second time, to other changes.
    Who has seen the first ones would take the second ones for seen. So a new run of the machine begins a new log.
    """
    boot = BOOT_ID.read_text(encoding="ascii").strip()
    with database.write() as writer:
        writer.execute("UPDATE change_log SET id = lower(hex(randomblob(8))), boot = ? WHERE boot != ?", (boot, boot))
        found: str = writer.execute("SELECT id FROM change_log").fetchone()["id"]
        return found
