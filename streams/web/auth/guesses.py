"""How many wrong secrets somebody may try."""

from __future__ import annotations

import hashlib
import ipaddress
import math
import secrets
import time
from collections import OrderedDict

from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

__all__ = ["Guesses", "network_of"]

#: Bits of an IPv6 address that its holder is given by a provider: the rest is for the holder to choose, at each try.
PREFIX = 64
#: Callers that are remembered as having had a right secret, at about 150 bytes each.
MOST_REMEMBERED = 1 << 14
#: Whom the limit over all addresses is counted for.
EVERYBODY = ""


class Guesses:
    """Counts wrong secrets by the network that they come from, and in all. Each worker counts for itself.

    Whoever is over the limit is not told whether the next one is right. A caller that had that very secret right
    before, from that network, is no guesser and goes on: else one guesser behind a shared address would lock out all
    others there.
    """

    def __init__(self, *, by_address: str, in_all: str) -> None:
        """Make a limit.

        Args:
            by_address: Wrong secrets that may come from one network, such as `10/minute`.
            in_all: Wrong secrets that may come from anywhere.
        """
        self._by_address = parse(by_address)
        self._in_all = parse(in_all)
        self._windows = FixedWindowRateLimiter(MemoryStorage())
        self._key = secrets.token_bytes(16)
        self._known: OrderedDict[bytes, None] = OrderedDict()

    def wait(self, address: str, secret: str) -> int:
        """Return 0 when a secret may be looked at, else the seconds after which its sender may try again."""
        if self._name(address, secret) in self._known:
            return 0
        network = network_of(address)
        full = [
            self._windows.get_window_stats(item, name).reset_time
            for item, name in ((self._by_address, network), (self._in_all, EVERYBODY))
            if not self._windows.test(item, name)
        ]
        return max(1, math.ceil(max(full) - time.time())) if full else 0

    def wrong(self, address: str) -> None:
        """Count a secret that was wrong."""
        self._windows.hit(self._by_address, network_of(address))
        self._windows.hit(self._in_all, EVERYBODY)

    def right(self, address: str, secret: str) -> None:
        """Remember a secret that was right, of whoever sent it."""
        name = self._name(address, secret)
        self._known[name] = None
        self._known.move_to_end(name)
        if len(self._known) > MOST_REMEMBERED:
            self._known.popitem(last=False)

    def _name(self, address: str, secret: str) -> bytes:
        guess = f"{network_of(address)}\x1f{secret}".encode(errors="surrogateescape")
        return hashlib.blake2b(guess, digest_size=16, key=self._key).digest()


def network_of(address: str) -> str:
    """Return what an address has in common with the others of its holder: of IPv6 the network, of IPv4 itself."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(found) >> PREFIX << PREFIX, PREFIX)))
