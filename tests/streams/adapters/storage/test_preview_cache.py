"""What was made is kept within bounds, over restarts, and goes when its job does."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from streams.adapters.storage.preview_cache import BLOCK_BYTES, Draft, PreviewCache
from streams.ports.errors import Neighbour, NeighbourAwayError


def _keep(cache: PreviewCache, job_id: str, name: str, data: bytes) -> None:
    with cache.draft() as draft:
        draft.write(data)
        cache.keep(job_id, name, draft)
        draft.file.close()


def _find(cache: PreviewCache, job_id: str, prefix: str) -> tuple[str, bytes] | None:
    found = cache.find(job_id, prefix)
    if found is None:
        return None
    with found[1] as file:
        return found[0], file.read()


def _files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_what_is_kept_is_found_by_the_beginning_of_its_name(tmp_path: Path) -> None:
    cache = PreviewCache(tmp_path / "kept", 10 * BLOCK_BYTES)
    _keep(cache, "job/../1", "one-a", b"data")
    assert _find(cache, "job/../1", "one-") == ("one-a", b"data")
    assert _find(cache, "job/../1", "two-") is None
    assert _find(cache, "job2", "one-") is None
    assert cache.jobs() == {"job/../1"}
    assert not (tmp_path / "1").exists()


def test_what_was_used_longest_ago_makes_room(tmp_path: Path) -> None:
    cache = PreviewCache(tmp_path, 2 * BLOCK_BYTES)
    _keep(cache, "job", "a", b"a")
    _keep(cache, "job", "b", b"b" * BLOCK_BYTES)
    assert _find(cache, "job", "a") is not None
    _keep(cache, "job", "c", b"c")
    assert _files(tmp_path) == ["a", "c"]
    assert cache.size == 2 * BLOCK_BYTES
    _keep(cache, "job", "too large", bytes(2 * BLOCK_BYTES + 1))
    assert _files(tmp_path) == ["a", "c"]


def test_one_that_is_made_again_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    cache = PreviewCache(tmp_path, 2 * BLOCK_BYTES)
    for data in (b"old", b"new"):
        _keep(cache, "job", "a", data)
    assert _find(cache, "job", "a") == ("a", b"new")
    assert cache.size == BLOCK_BYTES


def test_what_is_being_read_is_read_to_its_end_though_it_is_gone(tmp_path: Path) -> None:
    cache = PreviewCache(tmp_path, 10 * BLOCK_BYTES)
    _keep(cache, "job", "a", b"data")
    found = cache.find("job", "a")
    assert found is not None
    cache.forget("job")
    assert list(tmp_path.iterdir()) == []
    with found[1] as file:
        assert file.read() == b"data"


def test_a_restart_takes_over_what_is_there_and_removes_what_was_being_written(tmp_path: Path) -> None:
    cache = PreviewCache(tmp_path, 10 * BLOCK_BYTES)
    _keep(cache, "job 1", "a", b"a")
    _keep(cache, "job 2", "b", b"b")
    assert _find(cache, "job 1", "a") is not None  # so b was used longest ago
    (tmp_path / ".half").write_bytes(b"half")
    again = PreviewCache(tmp_path, BLOCK_BYTES)
    assert again.jobs() == {"job 1"}
    assert _files(tmp_path) == ["a"]


def test_what_somebody_deleted_is_not_there(tmp_path: Path) -> None:
    cache = PreviewCache(tmp_path, 10 * BLOCK_BYTES)
    _keep(cache, "job", "a", b"a")
    (tmp_path / "job" / "a").unlink()
    assert _find(cache, "job", "a") is None
    assert cache.size == 0


def test_a_draft_that_comes_to_nothing_leaves_nothing(tmp_path: Path) -> None:
    cache = PreviewCache(tmp_path, 10 * BLOCK_BYTES)
    with suppress(ZeroDivisionError), cache.draft() as draft:
        draft.write(b"half")
        assert len(list(tmp_path.iterdir())) == 1
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_told_as_such(tmp_path: Path) -> None:
    with Path("/dev/full").open("wb", buffering=0) as full:  # type: ignore[assignment]  # raw, so that it fails at once
        draft = Draft(full, tmp_path / "full")  # type: ignore[arg-type]  # as above
        with pytest.raises(NeighbourAwayError) as caught:
            draft.write(b"data")
    assert caught.value.neighbour is Neighbour.DISK


def test_a_name_that_no_file_can_have_is_not_kept(tmp_path: Path) -> None:
    cache = PreviewCache(tmp_path, 10 * BLOCK_BYTES)
    _keep(cache, "j" * 300, "a", b"a")
    assert cache.jobs() == set()
