"""Connects to the window index that the settings name."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from streams.vectors.connection import MilvusConnection
from streams.vectors.lite import lite_uri
from streams.vectors.milvus import EXACT, GRAPH, MilvusVectors
from streams.vectors.names import CollectionNames

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["connect"]


def connect(uri: str, lite_folder: Path, *, algorithm: str) -> MilvusVectors:
    """Return the window index: the Milvus at `uri`, or when that is empty Milvus Lite's server on the folder.

    Nothing is contacted before the first call.

    Args:
        uri: Address of a Milvus server, which may hold `user:password@`.
        lite_folder: Folder that a `LiteKeeper` serves.
        algorithm: Name of the fingerprint algorithm: windows of different algorithms live apart.
    """
    names = CollectionNames(algorithm)
    if uri:
        return MilvusVectors(MilvusConnection(lambda: uri), names, GRAPH)
    return MilvusVectors(MilvusConnection(partial(lite_uri, lite_folder)), names, EXACT)
