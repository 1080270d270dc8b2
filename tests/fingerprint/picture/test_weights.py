"""What was learned, and what runs it."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def test_what_runs_the_network_reports_to_nobody_and_leaves_no_file(tmp_path: Path) -> None:
    program = "from fingerprint.picture.weights import trunk; trunk()"
    environment = {"TMPDIR": str(tmp_path), "HOME": str(tmp_path), "PYTHONPATH": ":".join(sys.path)}
    subprocess.run([sys.executable, "-c", program], check=True, env=environment)
    assert list(tmp_path.iterdir()) == []
