"""Connects to the window index that the settings name."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from streams.vectors.lite import lite_uri, write_lock
from streams.vectors.milvus import MilvusVectors

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["connect"]


def connect(uri: str, lite_folder: Path) -> MilvusVectors:
    """Return the window index: the Milvus at `uri`, or when that is empty Milvus Lite's server on the folder."""
    if uri:
        return MilvusVectors(lambda: uri)
    return MilvusVectors(partial(lite_uri, lite_folder), write_lock=partial(write_lock, lite_folder), exact=True)
