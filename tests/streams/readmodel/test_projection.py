"""Projections: each hears of its own topics, and of others' what is news there."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing

import msgspec
import pytest
from support.examples import job
from support.read_model import ReadModel

from schemas.channels import CHANNELS
from schemas.jobs import Job
from streams.readmodel.model import PROJECTIONS
from streams.readmodel.projection import News, Projection, Projections, Record


class Kept(Projection):
    """Keeps what its topic says, and that it was told."""

    name = "kept"
    topics = ("jobs", "items")

    def __init__(self) -> None:
        self.held: dict[str, bytes | None] = {}
        self.told: list[str] = []

    def apply(self, writer: sqlite3.Connection, record: Record) -> Iterable[News]:  # noqa: ARG002 (keeps it by itself)
        self.told.append(f"{record.channel} {record.name}")
        if record.name in self.held and self.held[record.name] == record.value:
            return
        self.held[record.name] = record.value
        yield News("kept", record.name)


class Follows(Kept):
    """Follows another feature's topic, and tells of the same as that."""

    name = "follows"
    topics = ("matches",)
    follows = ("jobs",)


def said(channel: str, key: str, value: bytes | None = b"{}") -> Record:
    return Record(channel, key=key.encode(), value=value)


@pytest.fixture
def writer() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as connection:
        yield connection


def test_who_follows_hears_only_what_was_news_to_the_owner(writer: sqlite3.Connection) -> None:
    owner, follower = Kept(), Follows()
    both = Projections((owner, follower))
    for _ in range(2):
        both.apply(writer, [said("jobs", "a")])
    assert owner.told == ["jobs a"] * 2
    assert follower.told == ["jobs a"]


def test_who_overhears_hears_also_what_its_owner_has_no_use_for(writer: sqlite3.Connection) -> None:
    class Overhears(Follows):
        overhears = ("jobs",)

    follower = Overhears()
    both = Projections((Kept(), follower))
    for _ in range(2):
        both.apply(writer, [said("jobs", "a")])
    assert follower.told == ["jobs a"] * 2


def test_who_follows_hears_every_tombstone(writer: sqlite3.Connection) -> None:
    follower = Follows()
    both = Projections((Kept(), follower))
    for _ in range(2):
        both.apply(writer, [said("jobs", "a", None)])
    assert follower.told == ["jobs a"] * 2


def test_what_two_tell_of_one_message_is_told_once(writer: sqlite3.Connection) -> None:
    both = Projections((Kept(), Follows()))
    assert both.apply(writer, [said("jobs", "a"), said("jobs", "b")]) == [News("kept", "a"), News("kept", "b")]


def test_a_batch_is_applied_by_topic_in_the_order_of_the_projections_and_within_one_as_it_came(
    writer: sqlite3.Connection,
) -> None:
    owner = Kept()
    batch = [said("matches", "m"), said("items", "i"), said("jobs", "b"), said("jobs", "a")]
    news = Projections((owner, Follows())).apply(writer, batch)
    assert owner.told == ["jobs b", "jobs a", "items i"]
    assert [one.subject for one in news] == ["b", "a", "i", "m"]


def test_a_topic_has_one_owner() -> None:
    with pytest.raises(ValueError, match="jobs is a topic of kept and of kept"):
        Projections((Kept(), Kept()))


def test_a_topic_that_is_followed_has_an_owner() -> None:
    with pytest.raises(ValueError, match="follows follows jobs, which is no projection's topic"):
        Projections((Follows(),))


def test_every_channel_that_is_followed_is_one_of_the_service() -> None:
    assert set(Projections(PROJECTIONS).channels) <= {channel.name for channel in CHANNELS}


def test_a_value_is_read_once_however_many_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    record = Record("jobs", key=b"j", value=msgspec.json.encode(job("j")))
    assert record.decoded(Job) == job("j")
    monkeypatch.delattr(msgspec.json, "decode")
    assert record.decoded(Job) == job("j")


@pytest.mark.parametrize("value", [b"", b"{", b"[]", b'{"JobId": 7}'])
def test_what_somebody_else_wrote_is_passed_over(model: ReadModel, value: bytes) -> None:
    foreign = [Record(channel, key=None, value=value) for channel in model.channels if channel != "dead-letter"]
    assert model.project(foreign, {}) == []
    assert model.jobs.page().jobs == []
