"""A worker's place in the state folder."""

from __future__ import annotations

from pathlib import Path

from streams.worker.instance_lock import InstanceLock


def test_workers_of_one_state_folder_have_places_of_their_own(tmp_path: Path) -> None:
    one, two = InstanceLock(tmp_path), InstanceLock(tmp_path)
    assert one.folder != two.folder
    one.release()
    two.release()


def test_a_place_that_was_given_back_is_taken_again_with_what_is_in_it(tmp_path: Path) -> None:
    one = InstanceLock(tmp_path)
    (one.folder / "jobs.sqlite").write_bytes(b"kept")
    one.release()
    again = InstanceLock(tmp_path)
    assert (again.folder / "jobs.sqlite").read_bytes() == b"kept"
    again.release()
