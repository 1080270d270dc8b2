"""Numbers that are kept are those that counting anew gives, whatever has happened, and also of an old file."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
from support.cases import decided, found, item
from support.examples import MATCH, job
from support.read_model import GoneDelivery, GoneItem, GoneLibrary, GoneOutcome, JobTombstone, ReadModel

from schemas.cases import Assignment, DecisionKind
from schemas.deliveries import Delivery, DeliveryStatus
from schemas.errors import ErrorCode
from schemas.ids import case_id
from schemas.jobs import Job, JobStatus, Metrics
from schemas.libraries import Library
from schemas.policies import Action, Outcome
from streams.readmodel import overview
from streams.readmodel.usage import LONGEST_MS

LIBRARIES, MEDIA, REFERENCES = ("films", "ads"), ("Video", "other", "film"), ("film", "series")
Row = dict[str, Any]
#: Ever so long ago: nothing that a test tells is dropped.
LONG = 10**4


@pytest.fixture(autouse=True)
def _nothing_is_too_old(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overview.Span, "kept", property(lambda span: LONG * span.parts * span.step))


def table(file: sqlite3.Connection, name: str) -> list[Row]:
    return [dict(row) for row in file.execute(f"SELECT * FROM {name}")]  # noqa: S608 (our own names)


def numbers(file: sqlite3.Connection, name: str, *keys: str) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """Return a table of numbers, without those that are all 0."""
    rows = table(file, name)
    kept = {tuple(row.pop(key) for key in keys): tuple(row.values()) for row in rows}
    return {key: values for key, values in kept.items() if any(values)}


def counted(keys: Iterable[tuple[Any, ...]]) -> dict[tuple[Any, ...], tuple[int]]:
    return {key: (number,) for key, number in Counter(keys).items()}


def recounted(file: sqlite3.Connection) -> dict[str, dict[tuple[Any, ...], tuple[Any, ...]]]:
    """Return every table of numbers, counted anew from what it is of."""
    jobs, items, cases = (table(file, name) for name in ("jobs", "items", "cases"))
    dismissed = {
        frozenset((pair["media_id"], pair["reference"]))
        for pair in table(file, "decided_pairs")
        if pair["state"] == "dismissed"
    }
    matches = table(file, "matches")
    assert [row["dismissed"] for row in matches] == [
        frozenset((row["media_id"], row["reference"])) in dismissed for row in matches
    ]
    best: dict[str, float] = {}
    for match in matches:
        best[match["job_id"]] = max(match["similarity"], best.get(match["job_id"], 0.0))
    held = Counter(row["library"] for row in items)
    return {
        "job_counts": counted((row["library"], row["status"], row["code"]) for row in jobs),
        "media_names": {
            (media_id,): (media_id.casefold(), number)
            for media_id, number in Counter(row["media_id"] for row in jobs).items()
        },
        "matched_jobs": {
            (row["job_id"],): (row["created"], row["library"], row["name"], best[row["job_id"]])
            for row in jobs
            if row["job_id"] in best
        },
        "item_counts": {
            (library,): (
                number,
                sum(row["disabled"] for row in items if row["library"] == library),
                sum(row["quarantined"] for row in items if row["library"] == library),
            )
            for library, number in held.items()
        },
        "delivery_counts": counted((row["status"],) for row in table(file, "deliveries")),
        "case_counts": counted((row["state"], row["action"], row["assignee"], row["library"]) for row in cases),
        "usage_sums": used(table(file, "usage")),
        "activity": happened(file, jobs),
    }


def used(rows: list[Row]) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    sums: dict[tuple[Any, ...], list[int]] = {}
    for row in rows:
        for digits in (10, 13):
            total = sums.setdefault((digits, row["completed"][:digits], row["library"]), [0, 0, 0])
            total[0] += 1
            total[1] += row["milliseconds"] if 0 <= row["milliseconds"] <= LONGEST_MS else 0
            total[2] += row["cpu_milliseconds"]
    return {key: tuple(total) for key, total in sums.items()}


def happened(file: sqlite3.Connection, jobs: list[Row]) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    facts: list[tuple[str, str, str, int]] = []
    for row in jobs:
        if row["completed"]:
            facts.append((row["completed"], "ended", row["status"], 1))
            facts.append((row["completed"], "found", "", row["found"]))
            if row["status"] == "fail":
                facts.append((row["completed"], "failed", row["code"], 1))
            if row["status"] == "success":
                taken = datetime.fromisoformat(row["completed"]) - datetime.fromisoformat(row["created"])
                facts.append((row["completed"], "latency", f"{max(0.0, taken.total_seconds() * 1000):.1e}", 1))
    for row in table(file, "usage"):
        fits = 0 <= row["milliseconds"] <= LONGEST_MS
        facts.append((row["completed"], "media", "", row["milliseconds"] if fits else 0))
    facts += [(row["updated"], "outcome", row["action"], 1) for row in table(file, "outcomes")]
    sums: Counter[tuple[Any, ...]] = Counter()
    for time, what, label, amount in facts:
        for digits in (13, 16):
            sums[digits, time[:digits], what, label] += amount
    return {key: (amount,) for key, amount in sums.items() if amount}


def check(path: Path) -> None:
    """Hold what is kept against what is counted."""
    with closing(sqlite3.connect(path)) as file:
        file.row_factory = sqlite3.Row
        expected = recounted(file)
        kept = {
            "job_counts": numbers(file, "job_counts", "library", "status", "code"),
            "media_names": {(row["media_id"],): (row["name"], row["jobs"]) for row in table(file, "media_names")},
            "matched_jobs": numbers(file, "matched_jobs", "job_id"),
            "item_counts": numbers(file, "item_counts", "library"),
            "delivery_counts": numbers(file, "delivery_counts", "status"),
            "case_counts": numbers(file, "case_counts", "state", "action", "assignee", "library"),
            "usage_sums": numbers(file, "usage_sums", "unit", "period", "library"),
            "activity": numbers(file, "activity", "digits", "start", "what", "label"),
        }
        for name, known in expected.items():
            assert kept[name] == known, name


def time(random: Random) -> str:
    return (
        f"2026-11-{random.randrange(23, 26)}T0{random.randrange(3)}:0{random.randrange(3)}:00.{random.randrange(10)}00Z"
    )


def told_job(random: Random) -> Job | JobTombstone:
    job_id, media_id = f"j{random.randrange(12)}", random.choice(MEDIA)
    if random.random() < 0.2:
        return JobTombstone(job_id)
    if random.random() < 0.4:
        actions = {random.choice(REFERENCES): random.choice(list(Action)) for _ in range(2)}
        return found(job_id, actions, media_id=media_id, version=random.randrange(9), update_time=time(random))
    status = random.choice(list(JobStatus))
    updated = time(random)
    return job(
        job_id,
        status,
        media_id=media_id,
        library=random.choice(LIBRARIES),
        update_time=updated,
        complete_time=random.choice((updated, None)),
        callback_url=random.choice((None, "https://receiver.example")),
        code=random.choice(list(ErrorCode)) if status is JobStatus.FAIL else ErrorCode.OK,
        metrics=Metrics(duration=random.choice((0.0, 12.3456, 1e9))),
        matches=random.choice(((), (MATCH,), (MATCH, MATCH))),
    )


def step(random: Random) -> dict[str, list[Any]]:
    """Return something that happens."""
    library, reference, media_id = random.choice(LIBRARIES), random.choice(REFERENCES), random.choice(MEDIA)
    delivery = Delivery(
        job_id=f"j{random.randrange(12)}",
        media_id=media_id,
        url="https://receiver.example",
        creation_time=time(random),
        update_time=time(random),
        status=random.choice(list(DeliveryStatus)),
        revision=random.randrange(4),
    )
    kinds = random.choices(list(DecisionKind), k=random.randrange(1, 4))
    stored = item(reference, library, version=random.randrange(9), disabled=random.random() < 0.3)
    return random.choice([
        {"jobs": [told_job(random)]},
        {"jobs": [told_job(random), told_job(random)]},
        {"items": [msgspec.structs.replace(stored, quarantined=random.choice(("", "too many")))]},
        {"items": [GoneItem(library, reference)]},
        {"libraries": [Library(name=library)]},
        {"libraries": [GoneLibrary(library)]} if random.random() < 0.3 else {"items": [stored]},
        {"deliveries": [random.choice((delivery, delivery, GoneDelivery(delivery.job_id)))]},
        {"decisions": decided(kinds, reference, media_id=media_id)},
        {"assignments": [
            Assignment(case_id=case_id(media_id, "films", reference), assignee=random.choice(("", "anna", "bert")))
        ]},
        {"outcomes": [
            Outcome(media_id=media_id, action=random.choice(list(Action)), job_id="j1", event_time=time(random))
        ]},
        {"outcomes": [GoneOutcome(media_id)]},
    ])  # fmt: skip


@pytest.mark.parametrize("seed", range(6))
def test_whatever_happens_what_is_kept_is_what_is_there(model: ReadModel, tmp_path: Path, seed: int) -> None:
    random = Random(seed)
    for number in range(200):
        model.apply(**step(random))
        if number % 10 == 0:
            check(tmp_path / "jobs.sqlite")
    check(tmp_path / "jobs.sqlite")


def test_an_old_file_is_counted_when_it_is_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "jobs.sqlite"
    with closing(sqlite3.connect(path)) as file:
        file.executescript(Path(__file__).with_name("schema_5.sql").read_text(encoding="utf-8"))
        for number in range(60):
            known = told_job(Random(number))
            if isinstance(known, JobTombstone):
                continue
            known = msgspec.structs.replace(known, job_id=f"old-{number}")
            row = (known.job_id, known.media_id, known.request.library, known.status.value, "api", known.version)
            file.execute(
                "INSERT INTO jobs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*row, known.creation_time, known.update_time, msgspec.json.encode(known)),
            )
            file.executemany(
                "INSERT OR REPLACE INTO matches VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (one.library, one.media_id, known.job_id, known.media_id, known.creation_time, one.similarity)
                    for one in (known.matches if known.status is JobStatus.SUCCESS else ())
                ],
            )
        file.commit()
    ReadModel(path).close()
    check(path)
    with closing(ReadModel(path)) as model:  # and goes on from there
        model.apply(jobs=[JobTombstone("old-0"), JobTombstone("ended"), job("old-1", JobStatus.FAIL)])
    check(path)
