"""Making media for tests changes nothing about the process that makes it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from support.clips import FORMS, Clips


@pytest.mark.parametrize("suffix", ["obu", "mp4"])
def test_whoever_encodes_is_scheduled_afterwards_as_before(tmp_path: Path, suffix: str) -> None:
    before = os.sched_getscheduler(0), os.sched_getparam(0)
    Clips(tmp_path).make(f"clip.{suffix}", seconds=0.2, **FORMS[suffix])
    assert (os.sched_getscheduler(0), os.sched_getparam(0)) == before
