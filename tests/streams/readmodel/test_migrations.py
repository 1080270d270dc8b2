"""The migrations of the read model's file: what an earlier version wrote is taken over, and nothing of it is lost."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from support.examples import MATCH, job
from support.read_model import ReadModel

from schemas.deliveries import DeliveryStatus
from schemas.events import AIMediaDNAComplete
from schemas.jobs import JobStatus, SaveType
from schemas.wire import decode
from streams.readmodel import migrations as package
from streams.readmodel.changes import Change
from streams.readmodel.database import Database
from streams.readmodel.migrations import ONE_NUMBER, PER_FEATURE, migrations
from streams.readmodel.model import OWN_TABLES, PROJECTIONS

#: The tables of version 3, before which no file is taken over.
OLDEST = 3
#: All features, in the order in which their tables are made.
SCHEMAS = {name: migrations(name) for name in (*OWN_TABLES, *(one.name for one in PROJECTIONS))}
NEWEST = {name: max(scripts) for name, scripts in SCHEMAS.items() if scripts}
USAGE = ("2026-01-01T00:00:00.000Z", "2027-01-01T00:00:00.000Z")


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A file as version 3 made and filled it."""
    path = tmp_path / "jobs.sqlite"
    with closing(sqlite3.connect(path)) as file:
        make(file, OLDEST)
        known = job("j1")
        row = ("j1", "video", "default", "success", "api", 1, known.creation_time, known.update_time)
        file.execute("INSERT INTO jobs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", (*row, msgspec.json.encode(known)))
        file.execute("INSERT INTO offsets VALUES ('mediadna.jobs', 2, 17)")
        file.execute("INSERT INTO changes (kind, subject) VALUES ('job', 'j1')")
        file.commit()
    return path


@pytest.fixture
def before(tmp_path: Path) -> Path:
    """A file as the last version wrote it in which all features had one number."""
    path = tmp_path / "before.sqlite"
    with closing(sqlite3.connect(path)) as file:
        file.executescript(Path(__file__).with_name("schema_5.sql").read_text(encoding="utf-8"))
    return path


def make(file: sqlite3.Connection, number: int) -> None:
    """Make the tables of a version in which all features had one number."""
    scripts = (SCHEMAS[name][each] for name, last in ONE_NUMBER[number].items() for each in range(1, last + 1))
    file.executescript(f"BEGIN; {' '.join(scripts)} PRAGMA user_version = {number}; COMMIT;")


def schema(path: Path) -> set[tuple[str, str]]:
    with closing(sqlite3.connect(path)) as file:
        return set(file.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))


def number(path: Path) -> int:
    with closing(sqlite3.connect(path)) as file:
        found: int = file.execute("PRAGMA user_version").fetchone()[0]
        return found


def versions(path: Path) -> dict[str, int]:
    with closing(sqlite3.connect(path)) as file:
        return dict(file.execute("SELECT feature, version FROM schema_versions"))


def rows(path: Path) -> dict[str, list[dict[str, object]]]:
    """Return all that a file holds, by table; who wrote the log of changes last is of no account."""
    with closing(sqlite3.connect(path)) as file:
        file.row_factory = sqlite3.Row
        tables = {row["name"] for row in file.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        return {
            name: sorted(map(dict, file.execute(f"SELECT * FROM {name}")), key=repr)  # noqa: S608 (our own names)
            for name in tables - {"schema_versions", "change_log", "sqlite_sequence"}
            if not name.startswith("media_name_parts")  # an index, and what SQLite keeps it in
        }


def test_a_file_of_version_3_is_taken_over_with_all_that_is_in_it(old: Path) -> None:
    with closing(ReadModel(old)) as model:
        assert model.jobs.get("j1") == job("j1")
        assert model.offset("mediadna.jobs", 2) == 17
        assert model.changes.since(0) == [Change(1, "job", "j1")]
        assert model.changes.log_id
        assert [change.id for change in model.apply(jobs=[job("j2")])] == [2]


def test_a_file_of_the_version_before_is_taken_over_row_by_row(before: Path) -> None:
    held = rows(before)
    assert all(held.values())  # one of everything
    ReadModel(before).close()
    after = rows(before)
    assert {
        name: [{column: row[column] for column in old} for row, old in zip(after[name], known, strict=True)]
        for name, known in held.items()
    } == held
    later = {name for name in after.keys() - held.keys() if after[name]}
    # What came later knows of nothing yet, but how far jobs have come, and what is kept of what is there.
    assert later == {
        "activity",
        "airing_jobs",
        "airing_pairs",
        "case_jobs",
        "cluster_days",
        "cluster_links",
        "cluster_members",
        "clusters",
        "delivery_counts",
        "item_counts",
        "job_counts",
        "matched_jobs",
        "media_names",
        "usage_sums",
    }
    assert [(row["retroactive"], row["dismissed"]) for row in after["matches"]] == [(0, 0)]  # nothing looked back


def test_how_far_jobs_have_come_is_taken_over_for_cases(old: Path) -> None:
    with closing(sqlite3.connect(old)) as file:
        for number, (status, save_type) in enumerate(
            [("success", SaveType.ONLYSAVE), ("fail", SaveType.SAVE), ("processing", SaveType.SAVE)], 2
        ):
            known = job(f"j{number}", JobStatus(status), version=number, save_type=save_type)
            row = (known.job_id, "video", "default", status, "api", number, known.creation_time, known.update_time)
            file.execute("INSERT INTO jobs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", (*row, msgspec.json.encode(known)))
        file.commit()
    ReadModel(old).close()
    with closing(sqlite3.connect(old)) as file:
        found = file.execute("SELECT job_id, media_id, version, stage FROM case_jobs ORDER BY job_id").fetchall()
    stages = ("searched", "stored", "failed", "under_way")
    assert found == [(f"j{number}", "video", number, stage) for number, stage in enumerate(stages, 1)]


def test_what_a_file_of_the_version_before_holds_is_answered_as_before(before: Path) -> None:
    with closing(ReadModel(before)) as model:
        assert [one.job_id for one in model.jobs.page().jobs] == ["running", "ended"]
        ended = model.jobs.get("ended")
        assert ended is not None
        assert (ended.status, ended.matches) == (JobStatus.SUCCESS, (MATCH,))
        assert [one.match for one in model.matches.live("running")] == [MATCH]
        assert [one.job_id for one in model.matches.page(reference="original").matches] == ["ended"]
        assert decode(model.completions.get("ended") or b"", AIMediaDNAComplete).media_id == "video"
        assert model.key_claims.digest("ended") == "digest"
        assert [one.job_id for one in model.deliveries.page(status=DeliveryStatus.PENDING).deliveries] == ["ended"]
        assert [one.name for one in model.libraries.all()] == ["films"]
        assert model.libraries.media_ids("films", up_to=7) == ["original"]
        (letter,) = model.dead_letters.page().dead_letters
        assert letter.replayed
        assert [one.milliseconds for one in model.usage.by_library(*USAGE)] == [90_000]
        assert (model.offset("mediadna.jobs", 2), model.offset("mediadna.matches", 0)) == (17, 3)
        assert model.changes.last() == 7
        assert [change.id for change in model.apply(jobs=[job("next")])] == [8]


@pytest.mark.parametrize("one_number", ONE_NUMBER)
def test_a_file_that_was_taken_over_is_like_a_new_one(tmp_path: Path, one_number: int) -> None:
    old, new = tmp_path / "old.sqlite", tmp_path / "new.sqlite"
    with closing(sqlite3.connect(old)) as file:
        make(file, one_number)
    for path in (old, new):
        ReadModel(path).close()
    assert schema(old) == schema(new)
    assert number(old) == number(new) == PER_FEATURE
    assert versions(old) == versions(new) == NEWEST


def test_the_file_of_the_version_before_is_then_like_a_new_one(before: Path, tmp_path: Path) -> None:
    for path in (before, tmp_path / "new.sqlite"):
        ReadModel(path).close()
    assert schema(before) == schema(tmp_path / "new.sqlite")
    assert versions(before) == NEWEST


def test_a_file_is_taken_over_once(old: Path) -> None:
    with closing(ReadModel(old)) as model:
        log_id = model.changes.log_id
    with closing(ReadModel(old)) as model:
        assert model.changes.log_id == log_id


NOTES = {1: "CREATE TABLE notes (job_id TEXT PRIMARY KEY); INSERT INTO notes SELECT job_id FROM jobs;"}


def test_a_feature_that_is_new_takes_over_what_the_others_hold(before: Path) -> None:
    Database(before, {**SCHEMAS, "notes": NOTES}).close()
    assert rows(before)["notes"] == [{"job_id": "ended"}, {"job_id": "running"}]
    assert versions(before) == {**NEWEST, "notes": 1}


def test_features_count_their_migrations_each_for_itself(before: Path) -> None:
    Database(before, {**SCHEMAS, "notes": NOTES}).close()
    later = {**NOTES, 2: "ALTER TABLE notes ADD COLUMN text TEXT;"}
    next_version = max(SCHEMAS["jobs"]) + 1
    more_jobs = {**SCHEMAS["jobs"], next_version: "CREATE INDEX jobs_by_source ON jobs (source);"}
    Database(before, {**SCHEMAS, "jobs": more_jobs, "notes": later}).close()
    assert versions(before) == {**NEWEST, "jobs": next_version, "notes": 2}
    assert rows(before)["notes"] == [{"job_id": "ended", "text": None}, {"job_id": "running", "text": None}]


def test_a_migration_that_breaks_leaves_the_tables_as_they_were(old: Path) -> None:
    Database(old, SCHEMAS).close()
    before = schema(old)
    broken = {**SCHEMAS, "notes": {1: "CREATE TABLE half (done TEXT); INSERT INTO nothing VALUES (1);"}}
    with pytest.raises(sqlite3.OperationalError, match="nothing"):
        Database(old, broken)
    assert (schema(old), versions(old)) == (before, NEWEST)
    with closing(ReadModel(old)) as model:
        assert model.jobs.get("j1") is not None


def test_steps_that_were_done_before_one_broke_are_not_done_again(old: Path) -> None:
    with pytest.raises(sqlite3.OperationalError):
        Database(
            old, {**SCHEMAS, "notes": {1: "CREATE TABLE notes (text TEXT);", 2: "INSERT INTO nothing VALUES (1);"}}
        )
    assert versions(old) == {**NEWEST, "notes": 1}
    Database(old, {**SCHEMAS, "notes": {1: "CREATE TABLE notes (text TEXT);", 2: "DROP TABLE notes;"}}).close()
    assert versions(old) == {**NEWEST, "notes": 2}


@pytest.mark.parametrize("strange", [1, 2, 9999])
def test_a_file_of_a_version_that_is_not_known_is_left_alone(old: Path, strange: int) -> None:
    with closing(sqlite3.connect(old)) as file:
        file.execute(f"PRAGMA user_version = {strange}")
    before = schema(old)
    with pytest.raises(RuntimeError, match="run that version"):
        Database(old, SCHEMAS)
    assert (schema(old), number(old)) == (before, strange)


@pytest.mark.parametrize("newer", [{"jobs": 99}, {"notes": 1}])
def test_a_file_whose_features_are_newer_is_left_alone_and_they_are_named(old: Path, newer: dict[str, int]) -> None:
    Database(old, SCHEMAS).close()
    ((feature, version),) = newer.items()
    with closing(sqlite3.connect(old)) as file:
        file.execute("INSERT OR REPLACE INTO schema_versions VALUES (?, ?)", (feature, version))
        file.commit()
    with pytest.raises(RuntimeError, match=f"version {version} of {feature}.*run that version, or a later one"):
        Database(old, SCHEMAS)
    assert versions(old) == {**NEWEST, **newer}


@pytest.mark.parametrize("feature", SCHEMAS)
def test_migrations_of_a_feature_are_numbered_without_a_gap_from_1_on(feature: str) -> None:
    scripts = migrations(feature)
    assert scripts
    assert list(scripts) == list(range(1, len(scripts) + 1))


def test_every_folder_of_migrations_is_a_features() -> None:
    folders = {one.name for one in Path(package.__file__).parent.iterdir() if one.is_dir()} - {"__pycache__"}
    assert folders == set(SCHEMAS)


def test_two_migrations_to_one_version_are_an_error_that_names_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "notes").mkdir()
    for name in ("0001_tables.sql", "0002_one.sql", "0002_other.sql"):
        (tmp_path / "notes" / name).write_text("")
    monkeypatch.setattr(package.resources, "files", lambda _: tmp_path)
    with pytest.raises(RuntimeError, match=r"0002_other\.sql"):
        migrations("notes")
