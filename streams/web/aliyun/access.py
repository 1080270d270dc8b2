"""Who may call what, and how often."""

from __future__ import annotations

from dataclasses import replace

from streams.credentials.reloading_file import AccessFiles
from streams.settings import Settings
from streams.web.aliyun.authentication import Authenticator, nonce_id
from streams.web.aliyun.call import Call, Request
from streams.web.aliyun.errors import VendorError, forbidden, throttled
from streams.web.aliyun.operations import Operation, operations
from streams.web.auth.access_keys import AccessKey, AccessKeys
from streams.web.auth.callers import caller_of_key
from streams.web.auth.exposure import is_loopback, takes_unsigned_calls
from streams.web.auth.guesses import network_of
from streams.web.auth.origin import mark_of_browser, mark_of_proxy, name_of_host
from streams.web.auth.rate_limit import RateLimit
from streams.web.auth.roles import Role

__all__ = ["Access"]

#: What programs of this machine call with that need no key.
OWN = AccessKey(key_id="", secret="", role=Role.ADMIN)
#: What is said to calls without a signature where signatures are asked for, and no key is there to sign with.
NO_KEYS = (
    "calls are signed here: set MEDIADNA_ACCESS_KEYS to a file of 'AccessKeyId AccessKeySecret role' lines, or, for "
    "programs of this machine, MEDIADNA_UNSIGNED_CALLS to loopback"
)


class Access:
    """Lets callers in by their signatures; where nothing is asked of anybody, programs of this machine without one."""

    def __init__(self, settings: Settings, files: AccessFiles) -> None:
        """Read the file of access keys, if there is one.

        Args:
            settings: The settings.
            files: Where the file is followed.

        Raises:
            OSError: It cannot be read.
            ValueError: It is not as it should be.
        """
        self._authenticator: Authenticator | None = None
        if settings.access_keys:
            keys = files.watch("access_keys", settings.access_keys, AccessKeys.read, AccessKeys.nobody())
            self._authenticator = Authenticator(keys)
        self._takes_unsigned = takes_unsigned_calls(settings)
        self._limit = RateLimit(settings.rate_limit)
        self._refusals = RateLimit(settings.rate_limit)
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
        signed_with = "" if key is OWN else nonce_id(request, key)
        return replace(call, caller=caller_of_key(key.key_id), grant=key.grant, nonce_id=signed_with)

    def _key(self, request: Request, client: str) -> AccessKey:
        """Return the key of a call. Who is refused at the pace at which others may call is told no more than that."""
        try:
            return self._key_of(request, client)
        except VendorError:
            if self._refusals.wait(network_of(client)):
                raise throttled() from None
            raise

    def _key_of(self, request: Request, client: str) -> AccessKey:
        if self._authenticator is not None and (request.is_signed or not self._takes_unsigned):
            return self._authenticator.key_of(request)
        if not self._takes_unsigned:
            raise forbidden(NO_KEYS)
        _require_own_program(request, client)
        return OWN


def _require_own_program(request: Request, client: str) -> None:
    """Refuse what does not come from a program of this machine: other machines, and the pages that its browsers show.

    Raises:
        VendorError: The request comes from elsewhere.
    """
    if not is_loopback(client) or not is_loopback(name_of_host(request.headers.get("host", ""))):
        raise forbidden("calls without a signature are taken on loopback addresses only: set MEDIADNA_ACCESS_KEYS")
    mark = mark_of_proxy(request.headers, request.http_version) or mark_of_browser(request.headers)
    if mark:
        raise forbidden(
            f"calls without a signature are taken from programs of this machine only, and by {mark} this comes from a "
            "browser or through a proxy: set MEDIADNA_ACCESS_KEYS"
        )
