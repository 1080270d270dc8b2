"""The numbered migrations of the read model's file: SQL files in a folder for each feature, applied once and in order.

With an embedded broker nothing else knows what is in the file, so a new version takes over what an earlier one wrote.
Each feature counts its migrations for itself: two that are worked on at the same time do not take the same number. The
file says in its table `schema_versions` which one each feature has come to.
"""

from __future__ import annotations

import re
from importlib import resources
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping
    from pathlib import Path

    Schemas = Mapping[str, Mapping[int, str]]

__all__ = ["migrate", "migrations"]

log = structlog.get_logger(__name__)

#: Such as `0002_change_log.sql`: the version of the feature's tables that it leads to, and what it is about.
_NAME = re.compile(r"(?P<version>\d{4})_\w+\.sql")

#: SQLite's own number of files in which each feature has one of its own.
PER_FEATURE = 6
_FIRST = dict.fromkeys(
    ("positions", "changes", "completions", "jobs", "matches", "usage", "deliveries", "libraries", "dead_letters"), 1
)
#: SQLite's own number of files from before that, when all features had one together: what it says of each.
ONE_NUMBER: dict[int, dict[str, int]] = {
    3: _FIRST,
    4: {**_FIRST, "changes": 2},
    5: {**_FIRST, "changes": 2, "key_claims": 1},
}


def migrations(feature: str) -> dict[int, str]:
    """Return the script of every migration of a feature by the version that it leads to, in order; none without tables.

    Raises:
        RuntimeError: Two lead to the same version: one of them has to take another number.
    """
    found: dict[int, str] = {}
    folder = resources.files(__name__).joinpath(feature)
    for entry in sorted(folder.iterdir(), key=lambda one: one.name) if folder.is_dir() else ():
        named = _NAME.fullmatch(entry.name)
        if named is None:
            continue
        version = int(named["version"])
        if version in found:
            raise RuntimeError(f"two migrations lead to version {version} of {feature}: give {entry.name} another")
        found[version] = entry.read_text(encoding="utf-8")
    return found


def migrate(writer: sqlite3.Connection, path: Path, schemas: Schemas) -> None:
    """Bring a file to the newest versions. Each step is a transaction, so one that is cut short is done again.

    Args:
        writer: A connection to the file, outside any transaction.
        path: The file, for messages.
        schemas: The migrations of each feature by the version that they lead to. The features are brought up in this
            order, so the first one of a new feature can take over what the tables of those before it hold.

    Raises:
        RuntimeError: The file is of a version that is not known here; it stays as it is.
    """
    number = int(writer.execute("PRAGMA user_version").fetchone()[0])
    found = _found(writer, number, path)
    for feature, version in found.items():
        if version > max(schemas.get(feature, {}), default=0):
            raise _newer(path, f"version {version} of {feature}")
    if number != PER_FEATURE:
        rows = "".join(_noted(feature, version) for feature, version in found.items())
        table = "CREATE TABLE schema_versions (feature TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID;"
        _run(writer, f"{table} {rows} PRAGMA user_version = {PER_FEATURE};")
    for feature, scripts in schemas.items():
        for version, script in scripts.items():
            if version > found.get(feature, 0):
                _run(writer, f"{script} {_noted(feature, version)}")
                if number:
                    log.info("read_model_migrated", path=str(path), feature=feature, version=version)


def _found(writer: sqlite3.Connection, number: int, path: Path) -> dict[str, int]:
    """Return which version the tables of each feature are of; nothing of a new file."""
    if number == PER_FEATURE:
        return {row[0]: row[1] for row in writer.execute("SELECT feature, version FROM schema_versions")}
    if number > PER_FEATURE:
        raise _newer(path, f"schema {number}")
    if number and number not in ONE_NUMBER:
        raise RuntimeError(
            f"{path} was written by MediaDNA from before its first release (schema {number}), of which this version "
            "knows nothing: run that version on it; the file stays as it is"
        )
    return ONE_NUMBER.get(number, {})


def _newer(path: Path, what: str) -> RuntimeError:
    return RuntimeError(
        f"{path} was written by a newer version of MediaDNA ({what}): run that version, or a later one; the file stays "
        "as it is"
    )


def _noted(feature: str, version: int) -> str:
    return f"INSERT OR REPLACE INTO schema_versions VALUES ('{feature}', {version});"  # noqa: S608 (our own names)


def _run(writer: sqlite3.Connection, script: str) -> None:
    try:
        writer.executescript(f"BEGIN IMMEDIATE; {script} COMMIT;")
    except BaseException:
        if writer.in_transaction:
            writer.rollback()
        raise
