"""Lets the tests of this folder import its `client` module, and the `receiver` of callbacks; tests are no package."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "callbacks")]
