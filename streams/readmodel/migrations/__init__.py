"""The numbered migrations of the read model's file: SQL files beside this one, each applied once and in order.

With an embedded broker nothing else knows what is in the file, so a new version takes over what an earlier one wrote.
"""

from __future__ import annotations

import re
from importlib import resources
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

__all__ = ["migrate", "migrations"]

log = structlog.get_logger(__name__)

#: Such as `0004_change_log.sql`: the version of the file that it leads to, and what it is about.
_NAME = re.compile(r"(?P<version>\d{4})_\w+\.sql")


def migrations() -> dict[int, str]:
    """Return the script of every migration by the version that it leads to, in order. The first one makes a new file.

    Raises:
        RuntimeError: Two lead to the same version: one of them has to take another number.
    """
    found: dict[int, str] = {}
    for entry in sorted(resources.files(__name__).iterdir(), key=lambda one: one.name):
        named = _NAME.fullmatch(entry.name)
        if named is None:
            continue
        version = int(named["version"])
        if version in found:
            raise RuntimeError(f"two migrations lead to version {version} of the read model: give {entry.name} another")
        found[version] = entry.read_text(encoding="utf-8")
    return found


def migrate(writer: sqlite3.Connection, path: Path) -> None:
    """Bring a file to the newest version. Each step is a transaction, so one that is cut short is done again.

    Args:
        writer: A connection to the file, outside any transaction.
        path: The file, for messages.

    Raises:
        RuntimeError: The file is of a version that is not known here; it stays as it is.
    """
    known = migrations()
    found = int(writer.execute("PRAGMA user_version").fetchone()[0])
    if found and found not in known:
        raise RuntimeError(
            f"{path} was written by another version of MediaDNA (schema {found}, this one knows "
            f"{min(known)} to {max(known)}): run that version, or move it away to start anew. Jobs are then read again "
            "from Kafka; what an embedded broker has forgotten is lost"
        )
    for version, script in known.items():
        if version <= found:
            continue
        try:
            writer.executescript(f"BEGIN IMMEDIATE; {script} PRAGMA user_version = {version}; COMMIT;")
        except BaseException:
            if writer.in_transaction:
                writer.rollback()
            raise
        if found:
            log.info("read_model_migrated", path=str(path), version=version)
