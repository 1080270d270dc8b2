"""Who asks: a short name for each caller, which is the same at each call and gives no secret away."""

from __future__ import annotations

import hashlib

from schemas.jobs import LOCAL_CALLER
from schemas.limits import LONGEST_CALLER

__all__ = ["caller_of_key", "caller_of_token"]

#: Bytes of a digest that stands for a caller: two of a million callers have the same one with a chance of 1 in 10^7.
DIGEST_BYTES = 8


def caller_of_token(token: str) -> str:
    """Return the caller that a bearer token stands for. Tokens have no names, and are secrets: a digest names them."""
    return f"token-{_digest(token)}"


def caller_of_key(key_id: str) -> str:
    """Return the caller that an AccessKeyId stands for: itself, or a digest of one that is too long for a name.

    Programs of this machine may call without a key where none are configured; their id is empty.
    """
    if not key_id:
        return LOCAL_CALLER
    return key_id if len(key_id) <= LONGEST_CALLER else f"key-{_digest(key_id)}"


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=DIGEST_BYTES, person=b"mediadna-caller").hexdigest()
