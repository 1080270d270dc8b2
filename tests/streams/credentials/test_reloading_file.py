"""Files that say who may do what, while somebody changes them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from streams.credentials.reloading_file import AccessFiles, WatchedFile
from streams.web.auth.roles import Role
from streams.web.auth.tokens import Tokens

READER, ADMIN = "r" * 20, "a" * 20


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "tokens"
    path.write_text(f"{READER} reader\n{ADMIN} admin\n")
    path.chmod(0o600)
    return path


@pytest.fixture
def watched(path: Path) -> WatchedFile[Tokens]:
    return WatchedFile(path, Tokens.read, Tokens.nobody())


def test_a_file_is_read_again_when_it_changes(path: Path, watched: WatchedFile[Tokens]) -> None:
    path.write_text(f"{ADMIN} reader\n")
    assert watched.value.role_of(READER) is None
    assert watched.value.role_of(ADMIN) is Role.READER
    assert watched.problem == ""


@pytest.mark.parametrize("content", ["", "\n\n", "# nobody any more\n", "\ufeff"])
def test_a_file_that_names_nobody_takes_all_access_back(path: Path, watched: WatchedFile[Tokens], content: str) -> None:
    path.write_text(content)
    assert [watched.value.role_of(token) for token in (READER, ADMIN)] == [None, None]
    assert str(path) in watched.problem


def test_a_file_that_is_gone_takes_all_access_back_until_it_is_there_again(
    path: Path, watched: WatchedFile[Tokens]
) -> None:
    path.unlink()
    assert watched.value.role_of(ADMIN) is None
    assert "taken back" in watched.problem
    path.write_text(f"{ADMIN} admin\n")
    assert watched.value.role_of(ADMIN) is Role.ADMIN
    assert watched.problem == ""


def test_a_folder_in_the_place_of_the_file_takes_all_access_back(path: Path, watched: WatchedFile[Tokens]) -> None:
    path.unlink()
    path.mkdir()
    assert watched.value.role_of(ADMIN) is None


@pytest.mark.parametrize("wrong", [f"{READER} king\n".encode(), b"\xff\xfe\n", b"nonsense\n"])
def test_a_wrong_line_changes_nothing_and_is_told_without_a_secret_until_it_is_mended(
    path: Path, watched: WatchedFile[Tokens], wrong: bytes
) -> None:
    path.write_bytes(b"# ours\n" + wrong)
    with capture_logs() as logs:
        assert watched.value.role_of(ADMIN) is Role.ADMIN
        assert str(path) in watched.problem
    assert "what was read before holds" in watched.problem
    assert READER not in watched.problem
    assert [entry["event"] for entry in logs] == ["access_file_not_usable"]
    path.write_text(f"{READER} reader\n")
    assert watched.problem == ""
    assert watched.value.role_of(ADMIN) is None


def test_the_line_that_is_wrong_is_named(path: Path, watched: WatchedFile[Tokens]) -> None:
    path.write_text(f"{ADMIN} admin\n\n{READER} king\n")
    assert f"{path}, line 3" in watched.problem


def test_a_file_that_cannot_be_read_for_now_changes_nothing_and_is_tried_again_without_being_changed(
    path: Path, watched: WatchedFile[Tokens], monkeypatch: pytest.MonkeyPatch
) -> None:
    path.write_text(f"{READER} admin\n")

    def refuse(*_: object, **__: object) -> str:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as refusing:
        refusing.setattr(Path, "read_text", refuse)
        assert watched.value.role_of(ADMIN) is Role.ADMIN
        assert "Permission denied" in watched.problem
    assert watched.value.role_of(READER) is Role.ADMIN
    assert watched.problem == ""


@pytest.mark.parametrize("content", [None, "", "nonsense\n"])
def test_nothing_starts_with_a_file_that_is_not_as_it_should_be(path: Path, content: str | None) -> None:
    path.unlink()
    if content is not None:
        path.write_text(content)
    with pytest.raises((OSError, ValueError), match="tokens"):
        WatchedFile(path, Tokens.read, Tokens.nobody())


def test_a_change_that_keeps_size_and_time_of_the_file_is_noticed(path: Path, watched: WatchedFile[Tokens]) -> None:
    before = path.stat()
    path.write_text(f"{ADMIN} reader\n{READER} admin\n")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert watched.value.role_of(READER) is Role.ADMIN


@pytest.mark.parametrize(("mode", "warnings"), [(0o600, 0), (0o640, 1), (0o644, 1), (0o604, 1)])
def test_a_file_that_others_can_read_is_warned_of_once(path: Path, mode: int, warnings: int) -> None:
    path.chmod(mode)
    with capture_logs() as logs:
        watched = WatchedFile(path, Tokens.read, Tokens.nobody())
        for _ in range(3):
            assert watched.problem == ""
    assert [entry["event"] for entry in logs] == ["access_file_readable_by_others"] * warnings


def test_what_is_wrong_with_each_file_is_told_by_its_name(path: Path) -> None:
    files = AccessFiles()
    files.watch("tokens", path, Tokens.read, Tokens.nobody())
    assert files.problems() == {"tokens": ""}
    path.unlink()
    assert "tokens" in files.problems()["tokens"]
