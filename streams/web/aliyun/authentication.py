"""Who calls: checks a call's signature against the configured access keys."""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from schemas.clock import format_time, parse_time
from schemas.keys import nonce_claim_id
from streams.web.aliyun.errors import (
    bad_time,
    incomplete_signature,
    missing,
    refused_signature,
    stale_time,
    throttled,
    unknown_key,
    unknown_signature_method,
    used_nonce,
)
from streams.web.aliyun.nonces import FullMemoryError, NonceMemory
from streams.web.aliyun.signature import (
    ACS3,
    HMAC_SHA1,
    acs3_signature,
    acs3_string_to_sign,
    rpc_signature,
    rpc_string_to_sign,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from streams.credentials.reloading_file import WatchedFile
    from streams.web.aliyun.call import Request
    from streams.web.auth.access_keys import AccessKey, AccessKeys

__all__ = ["Authenticator", "nonce_id"]

#: How far the time of a call may be from ours, on either side: the vendor's figure.
TOLERANCE = timedelta(minutes=15)
#: A call of the near future is good for twice that, so its nonce is remembered as long.
NONCE_S = 2 * TOLERANCE.total_seconds()

_AUTHORIZATION = re.compile(
    r"(?P<algorithm>\S+)\s+Credential=(?P<key_id>[^,\s]+),\s*SignedHeaders=(?P<signed>[^,\s]+),\s*"
    r"Signature=(?P<signature>[0-9a-fA-F]+)"
)


class Authenticator:
    """Checks signatures.

    Nonces are remembered by each worker for itself, and not over a restart: that is enough for calls that look only. Of
    one that changes something, all workers have to be asked, by what `nonce_id` returns.
    """

    def __init__(
        self,
        keys: WatchedFile[AccessKeys],
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._keys = keys
        self._now = now
        self._seconds = seconds
        self._nonces = NonceMemory(NONCE_S)

    def key_of(self, request: Request) -> AccessKey:
        """Return the key that a request is signed with.

        Raises:
            VendorError: It is not signed, or not as it ought to be.
        """
        if "authorization" in request.headers:
            return self._check_acs3(request)
        return self._check_rpc(request)

    def _check_acs3(self, request: Request) -> AccessKey:
        given = request.headers["authorization"].strip()
        parts = _AUTHORIZATION.fullmatch(given)
        algorithm = given.partition(" ")[0]
        if algorithm != ACS3:
            raise unknown_signature_method(algorithm[:40])
        if parts is None:
            raise incomplete_signature("Authorization names no Credential, SignedHeaders and Signature")
        signed = parts["signed"].lower().split(";")
        _check_signed(request, signed)
        key = self._key(parts["key_id"])
        content_hash = hashlib.sha256(request.body).hexdigest()
        to_sign = acs3_string_to_sign(
            method=request.method,
            path="/",
            query=request.query,
            headers=request.headers,
            signed=signed,
            content_hash=content_hash,
        )
        right = hmac.compare_digest(acs3_signature(to_sign, key.secret), parts["signature"].lower())
        if not right or not hmac.compare_digest(
            content_hash.encode(), request.headers["x-acs-content-sha256"].lower().encode()
        ):
            raise refused_signature(to_sign)
        self._check_fresh(key, date=request.headers["x-acs-date"], nonce=request.headers["x-acs-signature-nonce"])
        return key

    def _check_rpc(self, request: Request) -> AccessKey:
        given = dict(request.pairs)
        for name in ("AccessKeyId", "Signature", "Timestamp", "SignatureNonce", "Action", "Version"):
            if not given.get(name):
                raise missing(name)
        method = given.get("SignatureMethod", HMAC_SHA1)
        if method.upper() != HMAC_SHA1:
            raise unknown_signature_method(method[:40])
        key = self._key(given["AccessKeyId"])
        unsigned = [(name, value) for name, value in request.pairs if name != "Signature"]
        to_sign = rpc_string_to_sign(method=request.method, parameters=unsigned)
        if not hmac.compare_digest(rpc_signature(to_sign, key.secret).encode(), given["Signature"].encode()):
            raise refused_signature(to_sign)
        self._check_fresh(key, date=given["Timestamp"], nonce=given["SignatureNonce"])
        return key

    def _key(self, key_id: str) -> AccessKey:
        key = self._keys.value.get(key_id)
        if key is None:
            raise unknown_key()
        return key

    def _check_fresh(self, key: AccessKey, *, date: str, nonce: str) -> None:
        """Refuse a call that is old, or that was made before. Comes last: only who has a key fills the memory."""
        now = self._now()
        try:
            away = abs(parse_time(date) - now)
        except (ValueError, OverflowError):
            raise bad_time(date[:40]) from None
        if away > TOLERANCE:
            raise stale_time(format_time(now))
        try:
            new = self._nonces.is_new(key.key_id, nonce, self._seconds())
        except FullMemoryError:
            raise throttled() from None
        if not new:
            raise used_nonce()


def nonce_id(request: Request, key: AccessKey) -> str:
    """Return what stands for the nonce of a request whose signature was checked, until the call is too old anyway.

    The time of a call is signed as its nonce is: whoever makes a recorded call again can change neither.
    """
    given = dict(request.pairs)
    if "authorization" in request.headers:
        date, nonce = request.headers["x-acs-date"], request.headers["x-acs-signature-nonce"]
    else:
        date, nonce = given["Timestamp"], given["SignatureNonce"]
    expiry = int(parse_time(date).timestamp() + NONCE_S)
    return nonce_claim_id(expiry, key.key_id, nonce)


def _check_signed(request: Request, signed: list[str]) -> None:
    """See to it that everything that says what is called, and when, is signed.

    Raises:
        VendorError: It is not.
    """
    needed = {"host", "x-acs-action", "x-acs-version", "x-acs-date", "x-acs-signature-nonce", "x-acs-content-sha256"}
    absent = sorted(name for name in needed if not request.headers.get(name))
    if absent:
        raise incomplete_signature(f"the header {absent[0]} is not there")
    unsigned = sorted((needed | {name for name in request.headers if name.startswith("x-acs-")}) - set(signed))
    if unsigned:
        raise incomplete_signature(f"the header {unsigned[0]} is not signed")
