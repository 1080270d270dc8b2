"""The engine as the service and the command line use it."""

from __future__ import annotations

from fingerprint.chunking import ChunkFiles, assemble, fingerprint_chunk, fingerprint_media, plan_chunks
from fingerprint.matching.matcher import match
from fingerprint.matching.repeats import find_repeats
from fingerprint.model import ALGORITHM, Chunk, Fingerprint
from fingerprint.query import Query

__all__ = [
    "ALGORITHM",
    "Chunk",
    "ChunkFiles",
    "Fingerprint",
    "Query",
    "assemble",
    "find_repeats",
    "fingerprint_chunk",
    "fingerprint_media",
    "match",
    "plan_chunks",
]
