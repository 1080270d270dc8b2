"""Loads what fingerprinting works with, before there is any media."""

from __future__ import annotations

import cv2

import fingerprint.engine  # noqa: F401 (it loads the decoder and the numeric libraries)
from fingerprint.picture.weights import trained, trunk
from fingerprint.sound.extractor import transform

__all__ = ["load_engine"]


def load_engine() -> None:
    """Load every library, weight and table that fingerprinting a chunk uses: the first chunk takes what others take.

    A process that measures or limits its work calls this first, so that seconds and memory of loading do not count.
    """
    cv2.setNumThreads(1)
    trained()
    trunk()
    transform()
