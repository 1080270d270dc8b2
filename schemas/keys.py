"""Claims: who comes first says what an idempotency key stands for, or which call a nonce was used for."""

from __future__ import annotations

import hashlib

import msgspec

__all__ = ["NONCE", "KeyClaim", "expired_before", "nonce_claim_id"]

#: What ids of claims begin with that are about nonces. Ids of jobs are hexadecimal.
NONCE = "nonce-"
#: Bytes of a nonce's digest: two nonces of one time have the same one with no chance worth a thought.
DIGEST_BYTES = 16


class KeyClaim(msgspec.Struct, rename="pascal", kw_only=True, frozen=True):
    """That a job is asked for under a caller's key, or a call made with a nonce. The first claim of an id stands.

    Requests are spread over partitions by MediaId, so two under one key that name different media would pass each other
    by, and make two jobs of one id. All claims of a key are on one partition, in an order that every worker sees. It is
    the same with a signed call that somebody has recorded and makes again, at another worker or after a restart.
    """

    #: Of the job, which is derived from the caller and the key; of a nonce what `nonce_claim_id` makes of it.
    job_id: str
    #: Digest of all that was asked for; of a nonce something that no other call has.
    request_digest: str
    #: When the job was asked for, or the call was made, UTC.
    claim_time: str


def nonce_claim_id(expiry: int, key_id: str, nonce: str) -> str:
    """Return the id of the claim of a nonce.

    Args:
        expiry: Seconds since 1970 from which on the call would be refused for its age. Ids sort by it.
        key_id: AccessKeyId that the call is signed with: nonces are each key's own.
        nonce: The nonce.
    """
    digest = hashlib.blake2b(f"{key_id}\x1f{nonce}".encode(), digest_size=DIGEST_BYTES).hexdigest()
    return f"{NONCE}{expiry:012d}-{digest}"


def expired_before(now: float) -> tuple[str, str]:
    """Return the bounds of the ids of all nonces that have expired at a time, seconds since 1970: from, and up to."""
    return NONCE, f"{NONCE}{max(0, int(now)):012d}"
