"""Failures of the surroundings are told as such, by what is away."""

from __future__ import annotations

import errno
import sqlite3

import pytest

from streams.ports.errors import Neighbour, NeighbourAwayError, away_from, is_disk_full, store_errors


@pytest.mark.parametrize(
    ("error", "full"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), True),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), True),
        (sqlite3.OperationalError("database or disk is full"), True),
        (RuntimeError("[Errno 28] No space left on device: wal"), True),
        (OSError(errno.EIO, "Input/output error"), False),
        (TimeoutError(), False),
    ],
)
def test_a_full_disk_is_told_by_whatever_says_so(error: Exception, full: bool) -> None:  # noqa: FBT001
    assert is_disk_full(error) is full
    away = away_from(Neighbour.MILVUS, error)
    assert away.neighbour is (Neighbour.DISK if full else Neighbour.MILVUS)
    assert str(away)


def test_an_error_without_a_text_is_told_by_its_name() -> None:
    assert str(away_from(Neighbour.KAFKA, TimeoutError())) == "TimeoutError"


@pytest.mark.parametrize("error", [PermissionError("no"), ConnectionError("gone"), ValueError("a client's own kind")])
def test_whatever_a_file_system_raises_means_that_the_store_is_away(error: Exception) -> None:
    with pytest.raises(NeighbourAwayError, match="s3://bucket") as away, store_errors("s3://bucket"):
        raise error
    assert away.value.neighbour is Neighbour.STORE


def test_a_missing_file_is_an_answer_to_who_reads_and_a_failure_to_who_writes() -> None:
    with pytest.raises(FileNotFoundError), store_errors("/place", reading=True):
        raise FileNotFoundError
    with pytest.raises(NeighbourAwayError), store_errors("/place"):
        raise FileNotFoundError
