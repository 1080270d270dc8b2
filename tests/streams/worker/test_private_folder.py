"""Nobody but its owner gets into the state folder, also into one that was open before."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from streams.settings import Settings
from streams.worker.private_folder import make_private, private_files


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_state_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    state = tmp_path / "below" / "state"
    make_private(state)
    assert mode(state) == 0o700


def test_a_state_folder_that_was_open_is_closed_with_what_is_secret_in_it(tmp_path: Path) -> None:
    state = tmp_path / "state"
    for name in ("worker-0", "milvus", "fingerprints", "media"):
        (state / name).mkdir(parents=True)
        (state / name).chmod(0o755)
    secrets = state / "callback-secrets"
    secrets.write_text("whsec_x", encoding="ascii")
    secrets.chmod(0o644)
    state.chmod(0o777)
    make_private(state)
    assert mode(state) == 0o700
    assert mode(secrets) == 0o600
    assert [mode(state / name) for name in ("worker-0", "milvus", "fingerprints")] == [0o700] * 3
    assert mode(state / "media") == 0o755  # what people put there is theirs


def test_a_folder_that_others_use_too_stays_open_and_what_is_ours_in_it_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared, home = tmp_path / "tmp", tmp_path / "home"
    monkeypatch.setenv("HOME", str(home))
    for folder, open_mode in ((shared, 0o1777), (home, 0o755)):
        (folder / "worker-0").mkdir(parents=True)
        (folder / "worker-0").chmod(0o755)
        (folder / "notes").mkdir()
        folder.chmod(open_mode)
        make_private(folder)
        assert mode(folder) == open_mode
        assert mode(folder / "worker-0") == 0o700
        assert mode(folder / "notes") == mode(tmp_path / "tmp" / "notes")


def test_what_a_link_leads_to_is_left_to_whom_it_belongs(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    elsewhere.chmod(0o755)
    state = tmp_path / "state"
    state.mkdir()
    (state / "fingerprints").symlink_to(elsewhere)
    make_private(state)
    assert mode(elsewhere) == 0o755


@pytest.mark.parametrize(
    ("store", "made"), [("", 0o600), ("{state}/prints", 0o600), ("memory://store", 0o600), ("{tmp}/shared", 0o644)]
)
def test_files_are_their_owners_alone_unless_the_store_lies_elsewhere(tmp_path: Path, store: str, made: int) -> None:
    settings = Settings(state=tmp_path / "state", store=store.format(state=tmp_path / "state", tmp=tmp_path))
    before = os.umask(0o022)
    try:
        with private_files(settings):
            (tmp_path / "file").touch()
        assert mode(tmp_path / "file") == made
        assert os.umask(0o022) == 0o022
    finally:
        os.umask(before)
