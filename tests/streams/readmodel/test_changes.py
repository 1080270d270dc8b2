"""The log of changes has a name that holds as long as its numbers do."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from support.read_model import ReadModel

from streams.readmodel import changes


def test_every_new_file_has_a_log_of_its_own(tmp_path: Path) -> None:
    with closing(ReadModel(tmp_path / "one.sqlite")) as one, closing(ReadModel(tmp_path / "two.sqlite")) as two:
        assert one.changes.log_id != two.changes.log_id


def log_id(path: Path) -> str:
    with closing(ReadModel(path)) as model:
        return model.changes.log_id


def test_a_log_goes_on_after_a_restart_of_the_worker_and_ends_with_one_of_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    boot = tmp_path / "boot_id"
    boot.write_text("first\n")
    monkeypatch.setattr(changes, "BOOT_ID", boot)
    first, again = (log_id(tmp_path / "a.sqlite") for _ in range(2))
    boot.write_text("second\n")
    rebooted, then = (log_id(tmp_path / "a.sqlite") for _ in range(2))
    assert (first == again, first == rebooted, rebooted == then) == (True, False, True)
