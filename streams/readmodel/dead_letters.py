"""What the read model knows of dead letters: inputs that could not be used."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec

from schemas.deadletter import DeadLetterReplay, is_reference
from streams.readmodel.pagination import page_of, read_cursor
from streams.readmodel.projection import News, Projection

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from streams.readmodel.database import Database
    from streams.readmodel.projection import Record

__all__ = ["DeadLetter", "DeadLetterPage", "DeadLetterProjection", "DeadLetterRows"]

#: Letters that are kept; the topic has the older ones for as long as Kafka keeps them.
KEPT_DEAD_LETTERS = 10_000

Headers = tuple[tuple[str, bytes], ...]


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """An input that could not be used, as it came or by reference, with headers that say why."""

    key: bytes | None
    value: bytes | None
    headers: Headers
    replayed: str = ""

    @property
    def id(self) -> str:
        """The same for the same letter, wherever it is read."""
        content = msgspec.msgpack.encode((self.key, self.value, self.headers))
        return hashlib.blake2b(content, digest_size=16).hexdigest()

    def header(self, name: str) -> str:
        """Return a header's text; empty when there is none."""
        return next((value.decode(errors="replace") for key, value in reversed(self.headers) if key == name), "")

    @property
    def truncated(self) -> bool:
        """Whether this is the beginning of a large input alone, whose whole is where it came from."""
        return is_reference(self.headers)

    @property
    def place(self) -> str:
        """Where the input was read, for a person."""
        topic, partition, offset = (self.header(f"x-original-{name}") for name in ("topic", "partition", "offset"))
        return f"topic {topic}, partition {partition}, offset {offset}"

    @property
    def time(self) -> str:
        """When it was put aside, UTC."""
        return self.header("x-error-time")


class DeadLetterPage(msgspec.Struct, frozen=True):
    """A page of letters, newest first, and the cursor of the next one."""

    dead_letters: list[DeadLetter]
    next: str | None = None


class DeadLetterRows:
    """Answers about dead letters. Every method may be called from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, letter_id: str) -> DeadLetter | None:
        """Return a letter."""
        row = self._database.one("SELECT doc, replayed FROM letters WHERE letter_id = ?", letter_id)
        return None if row is None else _letter(row)

    def count(self) -> int:
        """Return how many letters there are; at the most those that are kept."""
        row = self._database.one("SELECT count(*) AS letters FROM letters")
        return 0 if row is None else int(row["letters"])

    def page(self, *, cursor: str | None = None, limit: int = 50) -> DeadLetterPage:
        """Return a page of letters, newest first.

        Raises:
            BadCursor: The cursor is none of this list's.
        """
        condition = ""
        values: tuple[str, ...] = ()
        if cursor is not None:
            condition, values = "WHERE (time, letter_id) < (?, ?)", read_cursor("letters", cursor)
        rows = self._database.all(
            f"SELECT time, letter_id, doc, replayed FROM letters {condition} "  # noqa: S608 (no user's text)
            "ORDER BY time DESC, letter_id DESC LIMIT ?",
            *values,
            limit + 1,
        )
        rows, following = page_of("letters", rows, limit)
        return DeadLetterPage([_letter(row) for row in rows], following)


class DeadLetterProjection(Projection):
    """Keeps the newest dead letters, and which of them have been sent again."""

    name = "dead_letters"
    topics = ("dead-letter", "replays")

    def apply(self, writer: sqlite3.Connection, record: Record) -> Iterable[News]:
        """Take over a letter, or that one has been sent again."""
        if record.channel == "dead-letter":
            return _apply_letter(writer, DeadLetter(key=record.key, value=record.value, headers=record.headers))
        replay = record.decoded(DeadLetterReplay)
        return [] if replay is None else _apply_replay(writer, replay)


def _apply_letter(writer: sqlite3.Connection, letter: DeadLetter) -> list[News]:
    doc = msgspec.msgpack.encode((letter.key, letter.value, letter.headers))
    letter_id = letter.id
    cursor = writer.execute(
        "INSERT OR IGNORE INTO letters VALUES (?, ?, ?, (SELECT time FROM replays WHERE letter_id = ?))",
        (letter_id, letter.time, doc, letter_id),
    )
    if not cursor.rowcount:
        return []
    writer.execute(
        "DELETE FROM letters WHERE letter_id IN "
        "(SELECT letter_id FROM letters ORDER BY time DESC, letter_id DESC LIMIT -1 OFFSET ?)",
        (KEPT_DEAD_LETTERS,),
    )
    return [News("letter", letter_id)]


def _apply_replay(writer: sqlite3.Connection, replay: DeadLetterReplay) -> list[News]:
    """Note that a letter has been sent again, unless that is known; which of the two is read first does not matter."""
    noted = writer.execute("INSERT OR IGNORE INTO replays VALUES (?, ?)", (replay.letter_id, replay.replay_time))
    if not noted.rowcount:
        return []
    writer.execute("UPDATE letters SET replayed = ? WHERE letter_id = ?", (replay.replay_time, replay.letter_id))
    return [News("letter", replay.letter_id)]


def _letter(row: sqlite3.Row) -> DeadLetter:
    key, value, headers = msgspec.msgpack.decode(row["doc"], type=tuple[bytes | None, bytes | None, Headers])
    return DeadLetter(key=key, value=value, headers=headers, replayed=row["replayed"] or "")
