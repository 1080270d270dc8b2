"""Locks itself in and tells what holds, as JSON: `python -m streams.cage`."""

from __future__ import annotations

import sys

import msgspec

from streams.cage.lockdown import lock

if __name__ == "__main__":
    sys.stdout.write(msgspec.json.encode(lock()).decode())
