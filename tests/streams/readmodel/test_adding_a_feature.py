"""What `docs/reference/adding-a-feature.md` says of the read model: notes on jobs are added by what is in here."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from support.examples import job
from support.read_model import JobTombstone, ReadModel

from streams.readmodel.model import PROJECTIONS
from streams.readmodel.projection import News, Projection, Record


class Note(msgspec.Struct, frozen=True):
    """What a moderator has written on a job."""

    job_id: str
    text: str


class NoteProjection(Projection):
    """Keeps the newest note on each job, until the job is forgotten."""

    name = "notes"
    topics = ("notes",)
    follows = ("jobs",)

    def migrations(self) -> dict[int, str]:
        return {1: "CREATE TABLE notes (job_id TEXT PRIMARY KEY, doc BLOB NOT NULL) WITHOUT ROWID;"}

    def apply(self, writer: sqlite3.Connection, record: Record) -> Iterable[News]:
        if record.is_tombstone:
            gone = writer.execute("DELETE FROM notes WHERE job_id = ?", (record.name,)).rowcount
            return [News("note", record.name)] if gone else []
        note = record.decoded(Note) if record.channel == "notes" else None
        if note is None or note == held(writer, note.job_id):
            return []
        writer.execute("INSERT OR REPLACE INTO notes VALUES (?, ?)", (note.job_id, msgspec.json.encode(note)))
        return [News("note", note.job_id)]


def held(reader: sqlite3.Connection, job_id: str) -> Note | None:
    row = reader.execute("SELECT doc FROM notes WHERE job_id = ?", (job_id,)).fetchone()
    return None if row is None else msgspec.json.decode(row["doc"], type=Note)


def note(job_id: str, text: str) -> Record:
    return Record("notes", key=job_id.encode(), value=msgspec.json.encode(Note(job_id, text)))


@pytest.fixture
def noted(tmp_path: Path) -> Iterator[ReadModel]:
    """A read model with notes, on a file of a version that knew of none."""
    path = tmp_path / "jobs.sqlite"
    with closing(sqlite3.connect(path)) as file:
        file.executescript(Path(__file__).with_name("schema_5.sql").read_text(encoding="utf-8"))
    with closing(ReadModel(path, (*PROJECTIONS, NoteProjection()))) as model:
        yield model


def held_of(model: ReadModel, job_id: str) -> Note | None:
    return held(model._database.read(), job_id)


def test_its_topic_is_followed_and_what_it_tells_is_a_change(noted: ReadModel) -> None:
    assert "notes" in noted.channels
    (change,) = noted.project([note("ended", "a copy")], {("mediadna.notes", 0): 1})
    assert (change.kind, change.subject) == ("note", "ended")
    assert noted.changes.since(change.id - 1) == [change]
    assert held_of(noted, "ended") == Note("ended", "a copy")
    assert noted.offset("mediadna.notes", 0) == 1


def test_the_same_again_is_no_change(noted: ReadModel) -> None:
    noted.project([note("ended", "a copy")], {})
    assert noted.project([note("ended", "a copy")], {}) == []


def test_it_goes_with_what_it_follows(noted: ReadModel) -> None:
    noted.project([note("ended", "a copy")], {})
    noted.apply(jobs=[job("next")])
    assert held_of(noted, "ended") is not None
    noted.apply(jobs=[JobTombstone("ended")])
    assert held_of(noted, "ended") is None
    assert noted.jobs.get("ended") is None
