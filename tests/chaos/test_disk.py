"""The disk that is filled is really full, and only for as long as it is meant to be."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from chaos.disk import Disk


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a disk")
def test_a_full_disk_takes_no_byte_and_takes_them_again_when_it_is_free(tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    disk.mount()
    try:
        file = disk.folder / "file"
        disk.fill()
        with pytest.raises(OSError, match="No space left"):
            file.write_bytes(b"x")
        disk.free()
        file.write_bytes(b"x")
    finally:
        disk.clear()
    assert list(tmp_path.iterdir()) == []
