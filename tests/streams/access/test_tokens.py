"""Tokens, the file that holds them, and how often a caller may ask."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from streams.access.limits import RateLimit
from streams.access.roles import Role
from streams.access.tokens import Tokens
from streams.access.watched import WatchedFile

READER, ADMIN = "r" * 20, "a" * 20


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_each_token_has_its_role_and_others_have_none(tmp_path: Path) -> None:
    tokens = Tokens.read(write(tmp_path / "tokens", f"# ours\n\n{READER} reader\n  {ADMIN}\tadmin  \n"))
    assert (tokens.role_of(READER), tokens.role_of(ADMIN)) == (Role.READER, Role.ADMIN)
    assert [tokens.role_of(other) for other in ("", "x", READER[:-1], READER + "x", f"{READER} reader")] == [None] * 5


@pytest.mark.parametrize("line", ["", "#", READER, f"{READER} boss", f"{READER} reader more", "short reader"])
def test_a_file_that_is_wrong_is_refused_without_telling_a_token(tmp_path: Path, line: str) -> None:
    with pytest.raises(ValueError, match="tokens") as refusal:
        Tokens.read(write(tmp_path / "tokens", line))
    assert READER not in str(refusal.value)


def test_no_token_is_in_the_memory_of_the_list(tmp_path: Path) -> None:
    tokens = Tokens.read(write(tmp_path / "tokens", f"{READER} reader\n"))
    assert READER not in repr(vars(tokens))


def test_a_file_is_read_again_when_it_changes_and_an_unusable_one_changes_nothing(tmp_path: Path) -> None:
    path = write(tmp_path / "tokens", f"{READER} reader\n")
    watched = WatchedFile(path, Tokens.read)
    assert watched.value.role_of(ADMIN) is None
    write(path, f"{READER} reader\n{ADMIN} admin\n")
    assert watched.value.role_of(ADMIN) is Role.ADMIN
    write(path, "nonsense\n")
    os.utime(path, (1, 1))
    assert watched.value.role_of(ADMIN) is Role.ADMIN
    path.unlink()
    assert watched.value.role_of(READER) is Role.READER


def test_one_caller_that_asks_too_often_waits_and_others_do_not() -> None:
    limit = RateLimit("3/hour")
    assert [limit.wait("a") for _ in range(3)] == [0, 0, 0]
    assert limit.wait("a") > 0
    assert limit.wait("b") == 0
