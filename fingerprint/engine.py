"""The engine as the service and the command line use it."""

from __future__ import annotations

from fingerprint.chunks import ChunkFiles, assemble, fingerprint_chunk, fingerprint_media, plan_chunks
from fingerprint.match import match
from fingerprint.model import ALGORITHM, Chunk, Fingerprint, Query

__all__ = [
    "ALGORITHM",
    "Chunk",
    "ChunkFiles",
    "Fingerprint",
    "Query",
    "assemble",
    "fingerprint_chunk",
    "fingerprint_media",
    "match",
    "plan_chunks",
]
