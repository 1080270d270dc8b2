"""Tokens, the file that holds them, and how often a caller may ask."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas.rights import Right
from streams.web.auth.rate_limit import RateLimit
from streams.web.auth.roles import Grant, Role
from streams.web.auth.tokens import Holder, Tokens

READER, ADMIN = "r" * 20, "a" * 20


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_each_token_has_its_role_and_others_have_none(tmp_path: Path) -> None:
    tokens = Tokens.read(write(tmp_path / "tokens", f"# ours\n\n{READER} reader\n  {ADMIN}\tadmin  \n"))
    assert (tokens.role_of(READER), tokens.role_of(ADMIN)) == (Role.READER, Role.ADMIN)
    assert [tokens.role_of(other) for other in ("", "x", READER[:-1], READER + "x", f"{READER} reader")] == [None] * 5


@pytest.mark.parametrize("line", ["", "#", READER, f"{READER} boss", "short reader", f"{READER} reader a b"])
def test_a_file_that_is_wrong_is_refused_without_telling_a_token(tmp_path: Path, line: str) -> None:
    with pytest.raises(ValueError, match="tokens") as refusal:
        Tokens.read(write(tmp_path / "tokens", line))
    assert READER not in str(refusal.value)


def test_no_token_is_in_the_memory_of_the_list(tmp_path: Path) -> None:
    tokens = Tokens.read(write(tmp_path / "tokens", f"{READER} reader\n"))
    assert READER not in repr(vars(tokens))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("submitter", Holder(Grant(Role.SUBMITTER))),
        ("submitter ann", Holder(Grant(Role.SUBMITTER), "ann")),
        ("submitter+replace", Holder(Grant(Role.SUBMITTER, frozenset({Right.REPLACE})))),
        ("moderator+curate,replace bob@x", Holder(Grant(Role.MODERATOR, frozenset(Right)), "bob@x")),
    ],
)
def test_rights_follow_a_role_and_a_name_the_line(tmp_path: Path, line: str, expected: Holder) -> None:
    tokens = Tokens.read(write(tmp_path / "tokens", f"{READER} {line}\n"))
    assert tokens.holder_of(READER) == expected
    assert str(expected.grant) == line.split(maxsplit=1)[0]


@pytest.mark.parametrize(
    "line",
    [
        f"{READER} submitter+",
        f"{READER} submitter+rule",
        f"{READER} submitter+replace,",
        f"{READER} submitter+replace+curate",
        f"{READER} +replace",
        f"{READER} reader local",
        f"{READER} reader event",
        f"{READER} reader token-0011",
        f"{READER} reader key-0011",
        f"{READER} reader {'n' * 65}",
        f"{READER} reader\n{READER} admin",
    ],
)
def test_no_line_gives_a_right_that_there_is_not_or_the_name_of_somebody_else(tmp_path: Path, line: str) -> None:
    with pytest.raises(ValueError, match="tokens, line") as refusal:
        Tokens.read(write(tmp_path / "tokens", line))
    assert READER not in str(refusal.value)


def test_one_caller_that_asks_too_often_waits_and_others_do_not() -> None:
    limit = RateLimit("3/hour")
    assert [limit.wait("a") for _ in range(3)] == [0, 0, 0]
    assert limit.wait("a") > 0
    assert limit.wait("b") == 0
