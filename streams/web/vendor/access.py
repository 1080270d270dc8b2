"""Who may call what, and how often."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from streams.access.keys import AccessKey, AccessKeys
from streams.access.roles import Role
from streams.web.vendor.authentication import Authenticator
from streams.web.vendor.call import Call, Request
from streams.web.vendor.errors import forbidden, throttled
from streams.web.vendor.operations import Operation

__all__ = ["Access"]

#: What programs of this machine call with where no keys are configured.
OWN = AccessKey(key_id="", secret="", role=Role.ADMIN)
#: What only browsers send, and proxies: neither is a program of this machine.
FOREIGN_HEADERS = ("origin", "forwarded", "x-forwarded-for")


class Access:
    """Lets callers in by their signatures; where no access keys are configured, programs of this machine only."""

    def __init__(self, keys: AccessKeys | None) -> None:
        self._authenticator = Authenticator(keys) if keys is not None else None
        self._windows = MovingWindowRateLimiter(MemoryStorage())

    def check(self, request: Request, call: Call, operation: Operation, *, client: str) -> None:
        """Let a call pass, or not.

        Args:
            request: The request as it came.
            call: What it calls.
            operation: The operation.
            client: IP address that the request comes from.

        Raises:
            VendorError: The caller is not known, may not do this, or does it too often.
        """
        key = self._key(request, client)
        if not key.role.covers(operation.role):
            raise forbidden(f"{call.action} needs the role {operation.role}, and the access key has {key.role}")
        if not self._windows.hit(RateLimitItemPerSecond(operation.per_second), key.key_id, call.action):
            raise throttled()

    def _key(self, request: Request, client: str) -> AccessKey:
        if self._authenticator is not None:
            return self._authenticator.key_of(request)
        _require_own_program(request, client)
        return OWN


def _require_own_program(request: Request, client: str) -> None:
    """Refuse what does not come from a program of this machine: other machines, and the pages that its browsers show.

    Raises:
        VendorError: The request comes from elsewhere.
    """
    host = request.headers.get("host", "")
    if not _is_loopback(client) or not _is_loopback(urlsplit(f"//{host}").hostname or ""):
        raise forbidden("without MEDIADNA_ACCESS_KEYS, calls are taken on loopback addresses only")
    by_page = request.headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}
    if by_page or any(name in request.headers for name in FOREIGN_HEADERS):
        raise forbidden("without MEDIADNA_ACCESS_KEYS, calls are taken from programs of this machine only")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
