"""The SQLite file of the read model."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from streams.readmodel.database import Database
from streams.readmodel.migrations import migrations

SCHEMAS = {"positions": migrations("positions")}
INSERT = "INSERT INTO offsets VALUES (?, 0, 1)"


def topics(database: Database) -> list[str]:
    return [row["topic"] for row in database.read().execute("SELECT topic FROM offsets ORDER BY topic")]


def test_what_was_written_is_there_after_the_file_was_closed(tmp_path: Path) -> None:
    with closing(Database(tmp_path / "a.sqlite", SCHEMAS)) as database, database.write() as writer:
        writer.execute(INSERT, ("one",))
    with closing(Database(tmp_path / "a.sqlite", SCHEMAS)) as database:
        assert topics(database) == ["one"]


def test_a_block_that_raises_leaves_nothing(tmp_path: Path) -> None:
    with closing(Database(tmp_path / "a.sqlite", SCHEMAS)) as database:
        with pytest.raises(sqlite3.IntegrityError), database.write() as writer:
            writer.executemany(INSERT, [("one",), ("one",)])
        assert topics(database) == []


def test_threads_write_one_after_the_other_and_read_meanwhile(tmp_path: Path) -> None:
    with closing(Database(tmp_path / "a.sqlite", SCHEMAS)) as database:

        def work(number: int) -> int:
            with database.write() as writer:
                writer.execute(INSERT, (f"{number:02d}",))
            return len(topics(database))

        with ThreadPoolExecutor(8) as threads:
            assert max(threads.map(work, range(40))) == 40


def test_a_file_of_another_version_is_left_alone_and_the_error_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA user_version = 99")
    with pytest.raises(RuntimeError, match=r"newer version.* run that version"):
        Database(path, SCHEMAS)
    with closing(sqlite3.connect(path)) as other:
        assert other.execute("PRAGMA user_version").fetchone() == (99,)
