"""The migrations of the read model's file: what an earlier version wrote is taken over, and nothing of it is lost."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from support.examples import job

from streams.readmodel import migrations as package
from streams.readmodel.database import Database
from streams.readmodel.migrations import migrations
from streams.readmodel.model import Change, ReadModel

#: The tables of version 3, before which no file is taken over.
OLDEST = 3


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A file as version 3 made and filled it."""
    path = tmp_path / "jobs.sqlite"
    known = job("j1")
    with closing(sqlite3.connect(path)) as file:
        file.executescript(f"BEGIN; {migrations()[OLDEST]} PRAGMA user_version = {OLDEST}; COMMIT;")
        row = ("j1", "video", "default", "success", "api", 1, known.creation_time, known.update_time)
        file.execute("INSERT INTO jobs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", (*row, msgspec.json.encode(known)))
        file.execute("INSERT INTO offsets VALUES ('mediadna.jobs', 2, 17)")
        file.execute("INSERT INTO changes (kind, subject) VALUES ('job', 'j1')")
        file.commit()
    return path


def schema(path: Path) -> set[tuple[str, str]]:
    with closing(sqlite3.connect(path)) as file:
        return set(file.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))


def version(path: Path) -> int:
    with closing(sqlite3.connect(path)) as file:
        found: int = file.execute("PRAGMA user_version").fetchone()[0]
        return found


def test_a_file_of_version_3_is_taken_over_with_all_that_is_in_it(old: Path) -> None:
    with closing(ReadModel(old)) as model:
        assert model.job("j1") == job("j1")
        assert model.offset("mediadna.jobs", 2) == 17
        assert model.changes_since(0) == [Change(1, "job", "j1")]
        assert model.log_id
        assert [change.id for change in model.apply(jobs=[job("j2")])] == [2]


def test_a_file_that_was_taken_over_is_like_a_new_one(old: Path, tmp_path: Path) -> None:
    for path in (old, tmp_path / "new.sqlite"):
        Database(path).close()
    assert schema(old) == schema(tmp_path / "new.sqlite")
    assert version(old) == version(tmp_path / "new.sqlite") == max(migrations())


def test_a_file_is_taken_over_once(old: Path) -> None:
    with closing(ReadModel(old)) as model:
        log_id = model.log_id
    with closing(ReadModel(old)) as model:
        assert model.log_id == log_id


def test_a_migration_that_breaks_leaves_the_file_as_it_was(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = schema(old)
    broken = {**migrations(), max(migrations()) + 1: "CREATE TABLE half (done TEXT); INSERT INTO nothing VALUES (1);"}
    one_step = {number: script for number, script in broken.items() if number in {OLDEST, max(broken)}}
    monkeypatch.setattr(package, "migrations", lambda: one_step)
    with pytest.raises(sqlite3.OperationalError, match="nothing"):
        Database(old)
    assert (schema(old), version(old)) == (before, OLDEST)
    monkeypatch.undo()
    with closing(ReadModel(old)) as model:
        assert model.job("j1") is not None


def test_steps_that_were_done_before_one_broke_are_not_done_again(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    newest = max(migrations())
    broken = {**migrations(), newest + 1: "INSERT INTO nothing VALUES (1);"}
    monkeypatch.setattr(package, "migrations", lambda: broken)
    with pytest.raises(sqlite3.OperationalError):
        Database(old)
    assert version(old) == newest


@pytest.mark.parametrize("strange", [1, 2, 9999])
def test_a_file_of_a_version_that_is_not_known_is_left_alone(old: Path, strange: int) -> None:
    with closing(sqlite3.connect(old)) as file:
        file.execute(f"PRAGMA user_version = {strange}")
    before = schema(old)
    with pytest.raises(RuntimeError, match="run that version"):
        Database(old)
    assert (schema(old), version(old)) == (before, strange)


def test_migrations_are_numbered_without_a_gap_from_the_oldest_version_on() -> None:
    assert list(migrations()) == list(range(OLDEST, OLDEST + len(migrations())))


def test_two_migrations_to_one_version_are_an_error_that_names_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("0003_tables.sql", "0004_one.sql", "0004_other.sql"):
        (tmp_path / name).write_text("")
    monkeypatch.setattr(package.resources, "files", lambda _: tmp_path)
    with pytest.raises(RuntimeError, match=r"0004_other\.sql"):
        migrations()
