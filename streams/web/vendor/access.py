"""Who may call what, and how often."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

from streams.access.callers import caller_of_key
from streams.access.keys import AccessKey, AccessKeys
from streams.access.limits import RateLimit
from streams.access.roles import Role
from streams.access.watched import WatchedFile
from streams.settings import Settings
from streams.web.gate import is_loopback
from streams.web.vendor.authentication import Authenticator
from streams.web.vendor.call import Call, Request
from streams.web.vendor.errors import forbidden, throttled
from streams.web.vendor.operations import Operation, operations

__all__ = ["Access"]

#: What programs of this machine call with where no keys are configured.
OWN = AccessKey(key_id="", secret="", role=Role.ADMIN)
#: What only browsers send, and proxies: neither is a program of this machine.
FOREIGN_HEADERS = ("origin", "forwarded", "x-forwarded-for")


class Access:
    """Lets callers in by their signatures; where no access keys are configured, programs of this machine only."""

    def __init__(self, settings: Settings) -> None:
        """Read the file of access keys, if there is one.

        Raises:
            OSError: It cannot be read.
            ValueError: It is not as it should be.
        """
        self._authenticator: Authenticator | None = None
        if settings.access_keys:
            self._authenticator = Authenticator(WatchedFile(settings.access_keys, AccessKeys.read))
        self._on_loopback = is_loopback(settings.web_host)
        self._limit = RateLimit(settings.rate_limit)
        self._limits = {name: RateLimit(f"{operation.per_second}/second") for name, operation in operations().items()}

    def check(self, request: Request, call: Call, operation: Operation, *, client: str) -> Call:
        """Let a call pass, or not; return the call with who makes it.

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
        if self._limit.wait(key.key_id) or self._limits[call.action].wait(key.key_id):
            raise throttled()
        return replace(call, caller=caller_of_key(key.key_id))

    def _key(self, request: Request, client: str) -> AccessKey:
        if self._authenticator is not None:
            return self._authenticator.key_of(request)
        if not self._on_loopback:
            raise forbidden("other machines can reach this address, so calls are signed: set MEDIADNA_ACCESS_KEYS")
        _require_own_program(request, client)
        return OWN


def _require_own_program(request: Request, client: str) -> None:
    """Refuse what does not come from a program of this machine: other machines, and the pages that its browsers show.

    Raises:
        VendorError: The request comes from elsewhere.
    """
    if not is_loopback(client) or not is_loopback(_name_of(request.headers.get("host", ""))):
        raise forbidden("without MEDIADNA_ACCESS_KEYS, calls are taken on loopback addresses only")
    by_page = request.headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}
    if by_page or any(name in request.headers for name in FOREIGN_HEADERS):
        raise forbidden("without MEDIADNA_ACCESS_KEYS, calls are taken from programs of this machine only")


def _name_of(host: str) -> str | None:
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None
