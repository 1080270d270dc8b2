"""Idempotency keys: who comes first says what a key stands for."""

from __future__ import annotations

import msgspec

__all__ = ["KeyClaim"]


class KeyClaim(msgspec.Struct, rename="pascal", kw_only=True, frozen=True):
    """That a job is asked for under a caller's key. Of all claims of one key, the first on the topic stands.

    Requests are spread over partitions by MediaId, so two under one key that name different media would pass each other
    by, and make two jobs of one id. All claims of a key are on one partition, in an order that every worker sees.
    """

    #: Of the job, which is derived from the caller and the key.
    job_id: str
    #: Digest of all that was asked for.
    request_digest: str
    #: When the job was asked for, UTC.
    claim_time: str
