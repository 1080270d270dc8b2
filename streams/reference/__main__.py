"""`python -m streams.reference`: writes the reference pages anew, and the engine's numbers on its calibration page."""

from __future__ import annotations

from streams.reference.pages import write
from streams.reference.parameters import write_calibration

if __name__ == "__main__":
    write()
    write_calibration()
