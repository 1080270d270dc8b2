"""Projections: what a feature keeps of the topics, in tables of its own.

A feature brings one `Projection`. It says which topics are the feature's own and which ones of other features it
follows, and takes over one message after the other. Nothing else in the read model knows the feature.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, NamedTuple, TypeVar

import msgspec
import structlog

from streams.readmodel.migrations import migrations

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["News", "Projection", "Projections", "Record"]

log = structlog.get_logger(__name__)

T = TypeVar("T")


class News(NamedTuple):
    """Something that readers may want to show.

    Attributes:
        kind: "job", "match", "library", "item", "letter", "policy", "case", "outcome", "search", "recurring",
            "boilerplate" or "delivery": what readers of live changes tell kinds by.
        subject: What of that kind has changed: an id, or a name.
        library: In which library that is, where it is in one: that of a job, and that of a case's reference.
        state: What it is now, where readers tell such things apart by it: a job's status, a case's state, an outcome's
            action. Empty also where the thing is gone.
    """

    kind: str
    subject: str
    library: str = ""
    state: str = ""


class Record:
    """One message on a topic. However many features hear of it, its value is decoded once.

    Args:
        channel: Which of `schemas.channels.CHANNELS` it is on.
        key: What it is about.
        value: What it says; None on a compacted topic where what the key names is gone.
        headers: Its headers.
        offset: Its place in its partition, for the log.
    """

    def __init__(
        self,
        channel: str,
        *,
        key: bytes | None,
        value: bytes | None,
        headers: tuple[tuple[str, bytes], ...] = (),
        offset: int = 0,
    ) -> None:
        self.channel = channel
        self.key = key
        self.value = value
        self.headers = headers
        self.offset = offset
        self._decoded: dict[type, object] = {}

    @property
    def is_tombstone(self) -> bool:
        """Whether it says that what its key names is gone."""
        return self.value is None and self.key is not None

    @property
    def name(self) -> str:
        """Its key, as text."""
        return (self.key or b"").decode(errors="replace")

    def decoded(self, kind: type[T]) -> T | None:
        """Return the value; None, and a line in the log, where somebody else wrote what is none of ours."""
        if kind not in self._decoded:
            self._decoded[kind] = self._decode(kind)
        found = self._decoded[kind]
        return found if isinstance(found, kind) else None

    def _decode(self, kind: type[T]) -> T | None:
        try:
            return msgspec.json.decode(self.value or b"", type=kind)
        except msgspec.DecodeError as error:
            log.warning("foreign_event", channel=self.channel, offset=self.offset, error=str(error))
            return None


class Projection(ABC):
    """What one feature keeps of the topics. It has no state but its tables.

    Attributes:
        name: The feature's. Its migrations are in the folder of this name, and numbered for themselves.
        topics: Channels that are the feature's own: it hears every message on them.
        follows: Channels of other features. It hears what was news to the one whose topic it is, and every tombstone.
            So a topic that is read again does not bring back what has been taken away since.
        overhears: Of the channels that it follows those of which it hears every message, also what their owner has no
            use for: it knows by itself what it knows already.
    """

    name: ClassVar[str]
    topics: ClassVar[tuple[str, ...]] = ()
    follows: ClassVar[tuple[str, ...]] = ()
    overhears: ClassVar[tuple[str, ...]] = ()

    def migrations(self) -> dict[int, str]:
        """Return the scripts that make and change the feature's tables, by the version of them that each leads to."""
        return migrations(self.name)

    def take_over(self, writer: sqlite3.Connection) -> None:  # noqa: B027 (most have nothing to do)
        """Work out of what others' tables hold what a migration has left to do; called whenever the file is opened."""

    @abstractmethod
    def apply(self, writer: sqlite3.Connection, record: Record) -> Iterable[News]:
        """Take over a message; return what is news in it, nothing where it is known. It may come any number of times.

        All messages of a batch are one transaction, with how far the topics have been read: what is written here is
        there when that is, or not at all.
        """


class Projections:
    """All projections together: who hears of what, and in which order.

    Args:
        members: The projections. A batch's messages are applied by their channel, in the order in which those are
            first named here, so whoever builds on what another knows comes behind it.

    Raises:
        ValueError: A channel is two projections' own, or is followed and is nobody's own.
    """

    def __init__(self, members: Sequence[Projection]) -> None:
        self._owners: dict[str, Projection] = {}
        for member in members:
            for channel in member.topics:
                if channel in self._owners:
                    raise ValueError(f"{channel} is a topic of {self._owners[channel].name} and of {member.name}")
                self._owners[channel] = member
        self._followers: dict[str, list[Projection]] = {channel: [] for channel in self._owners}
        for member in members:
            for channel in member.follows:
                if channel not in self._owners:
                    raise ValueError(f"{member.name} follows {channel}, which is no projection's topic")
                self._followers[channel].append(member)
        self.channels = tuple(self._owners)

    def apply(self, writer: sqlite3.Connection, records: Iterable[Record]) -> list[News]:
        """Let everybody take over the messages of a batch; return what is news, told once for each message."""
        order = {channel: place for place, channel in enumerate(self.channels)}
        return [
            news
            for record in sorted(records, key=lambda one: order[one.channel])
            for news in dict.fromkeys(self._news_of(writer, record))
        ]

    def _news_of(self, writer: sqlite3.Connection, record: Record) -> Iterator[News]:
        news = list(self._owners[record.channel].apply(writer, record))
        yield from news
        for follower in self._followers[record.channel]:
            if news or record.is_tombstone or record.channel in follower.overhears:
                yield from follower.apply(writer, record)
