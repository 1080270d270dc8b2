"""What the decoder answers, task by task: here it works in a thread of this process, over the same connection."""

from __future__ import annotations

import io
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fingerprint.engine import fingerprint_chunk, plan_chunks
from fingerprint.media.limits import MediaLimits
from fingerprint.media.probe import probe
from schemas.errors import ErrorCode
from streams.adapters.decoder import work as module
from streams.adapters.decoder.channel import Channel
from streams.adapters.decoder.messages import (
    LARGEST_ANSWER,
    LARGEST_QUESTION,
    LARGEST_READ,
    Answer,
    Block,
    Described,
    Fault,
    Fingerprint,
    Fingerprinted,
    NoMemory,
    Probe,
    Question,
    Read,
    Ready,
    Refused,
    Unreadable,
)
from streams.adapters.decoder.work import work
from streams.cage.report import CageReport

LIMITS = MediaLimits()
REPORT = CageReport(landlock=0, seccomp=False, no_new_privileges=False)


class Parent:
    """The other end of the connection."""

    def __init__(self, connection: socket.socket) -> None:
        self.channel = Channel(connection, expects=Answer, largest=LARGEST_ANSWER)
        self.reads: list[Read] = []

    def ask(self, task: msgspec.Struct, file: Path | None = None, serve: bytes | None = None) -> Any:
        """Return the answer to a task; the media comes along as a file, or is served."""
        if file is None:
            self.channel.send(task)
        else:
            with file.open("rb") as opened:
                self.channel.send(task, (opened.fileno(),))
        while isinstance(answer := self.channel.receive(), Read):
            self.reads.append(answer)
            self.channel.send(
                Unreadable() if serve is None else Block(data=serve[answer.offset : answer.offset + answer.size])
            )
        return answer


@pytest.fixture
def parent() -> Iterator[Parent]:
    ours, theirs = socket.socketpair()
    channel = Channel(theirs, expects=Question, largest=LARGEST_QUESTION)
    decoder = threading.Thread(target=work, args=(channel, REPORT))
    decoder.start()
    parent = Parent(ours)
    yield parent
    parent.channel.close()
    decoder.join()
    channel.close()


@pytest.fixture
def ready(parent: Parent) -> Parent:
    """A decoder that has said that it is ready."""
    answer = parent.channel.receive()
    assert isinstance(answer, Ready)
    assert answer.report == REPORT
    assert answer.mapped > 0
    return parent


def descriptors() -> int:
    """Return how many files this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


def test_media_that_comes_as_a_file_is_described_and_the_file_closed(ready: Parent, clip: Path) -> None:
    before = descriptors()
    answer = ready.ask(Probe(limits=LIMITS, size=None), clip)
    assert isinstance(answer, Described)
    with clip.open("rb") as file:
        assert answer.info == probe(file, LIMITS)
    assert descriptors() == before
    assert ready.reads == []


def test_media_that_is_served_gives_the_same_fingerprint_and_is_asked_for_in_pieces(ready: Parent, clip: Path) -> None:
    data = clip.read_bytes()
    start, end = plan_chunks(probe(io.BytesIO(data), LIMITS))[0]
    answer = ready.ask(
        Fingerprint(limits=LIMITS, size=len(data), start=start, end=end, several_clocks=False), serve=data
    )
    assert isinstance(answer, Fingerprinted)
    assert answer.chunk == fingerprint_chunk(io.BytesIO(data), start, end, LIMITS).to_bytes()
    assert ready.reads
    assert all(0 < read.size <= LARGEST_READ and read.offset + read.size <= len(data) for read in ready.reads)


def test_media_that_cannot_be_used_is_refused_with_its_code(ready: Parent, tmp_path: Path) -> None:
    text = tmp_path / "a.mp4"
    text.write_text("no media at all")
    answer = ready.ask(Probe(limits=LIMITS, size=None), text)
    assert isinstance(answer, Refused)
    assert answer.code == ErrorCode.RESOURCE_CONTENT_BAD


def test_media_that_is_not_served_any_more_is_a_fault_of_nobody_here(ready: Parent) -> None:
    answer = ready.ask(Probe(limits=LIMITS, size=1000))
    assert answer == Fault(message="the media was not served", trace="")


@pytest.mark.parametrize(
    ("error", "kind"),
    [(MemoryError(), NoMemory), (KeyError("a mistake"), Fault)],
    ids=["memory", "mistake"],
)
def test_what_goes_wrong_is_told_and_the_next_task_done(
    ready: Parent, clip: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, kind: type
) -> None:
    def fail(*_: object) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(module, "probe", fail)
        answer = ready.ask(Probe(limits=LIMITS, size=None), clip)
    assert isinstance(answer, kind)
    assert not isinstance(answer, Fault) or answer.message == "KeyError: 'a mistake'"
    assert isinstance(ready.ask(Probe(limits=LIMITS, size=None), clip), Described)


def test_a_task_without_media_is_a_mistake_of_who_asks(ready: Parent) -> None:
    answer = ready.ask(Probe(limits=LIMITS, size=None))
    assert isinstance(answer, Fault)
    assert "neither a file nor its size came along" in answer.message


def test_a_message_that_is_no_task_is_told(ready: Parent) -> None:
    answer = ready.ask(Block(data=b""))
    assert isinstance(answer, Fault)
    assert "Block is no task" in answer.message
