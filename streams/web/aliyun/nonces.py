"""Remembers which signed calls were made, so that a call that somebody recorded cannot be made again."""

from __future__ import annotations

import hashlib
from collections import OrderedDict

__all__ = ["FullMemoryError", "NonceMemory"]

#: Calls that are remembered: half an hour of several hundred calls a second, at about 100 bytes each.
MOST_NONCES = 1 << 20


class FullMemoryError(RuntimeError):
    """More calls came than are remembered."""


class NonceMemory:
    """Nonces of one worker since its start. Each is kept until its call would be refused for its age anyway."""

    def __init__(self, keep_s: float, most: int = MOST_NONCES) -> None:
        self._keep_s = keep_s
        self._most = most
        self._seen: OrderedDict[bytes, float] = OrderedDict()

    def is_new(self, key_id: str, nonce: str, now: float) -> bool:
        """Remember a nonce of a key; tell whether it has not been used before.

        Args:
            key_id: Whose nonce it is.
            nonce: The nonce.
            now: Seconds on a clock that never goes back.

        Raises:
            FullMemoryError: There are too many to tell; forgetting one would let its call be made again.
        """
        while self._seen and next(iter(self._seen.values())) <= now:
            self._seen.popitem(last=False)
        digest = hashlib.blake2b(f"{key_id}\x1f{nonce}".encode(), digest_size=16).digest()
        if digest in self._seen:
            return False
        if len(self._seen) >= self._most:
            raise FullMemoryError
        self._seen[digest] = now + self._keep_s
        return True
