"""Connects to the window index that the settings name."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from streams.adapters.milvus.connection import MilvusConnection
from streams.adapters.milvus.lite_server import lite_uri
from streams.adapters.milvus.names import CollectionNames
from streams.adapters.milvus.security import OPEN
from streams.adapters.milvus.window_store import EXACT, GRAPH, MilvusVectors

if TYPE_CHECKING:
    from pathlib import Path

    from streams.adapters.milvus.security import MilvusSecurity

__all__ = ["connect"]


def connect(uri: str, lite_folder: Path, *, algorithm: str, security: MilvusSecurity = OPEN) -> MilvusVectors:
    """Return the window index: the Milvus at `uri`, or when that is empty Milvus Lite's server on the folder.

    Nothing is contacted before the first call.

    Args:
        uri: Address of a Milvus server, which may hold `user:password@`.
        lite_folder: Folder that a `LiteKeeper` serves.
        algorithm: Name of the fingerprint algorithm: windows of different algorithms live apart.
        security: Token and certificates for that server; Milvus Lite is on loopback, and asks nobody.
    """
    names = CollectionNames(algorithm)
    if uri:
        return MilvusVectors(MilvusConnection(lambda: uri, security), names, GRAPH)
    return MilvusVectors(MilvusConnection(partial(lite_uri, lite_folder), OPEN), names, EXACT)
