"""The two ways in which the vendor's SDKs sign a call: what is signed, byte for byte, and the signature of it.

- V3, `ACS3-HMAC-SHA256`: method, path, query, headers and the hash of the body; in the header `Authorization`.
- V1, `HMAC-SHA1`: method and all parameters; in the parameter `Signature`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["ACS3", "HMAC_SHA1", "acs3_signature", "acs3_string_to_sign", "rpc_signature", "rpc_string_to_sign"]

#: The name of the V3 way to sign.
ACS3 = "ACS3-HMAC-SHA256"
#: The name of the V1 way to sign.
HMAC_SHA1 = "HMAC-SHA1"

Parameters = list[tuple[str, str]]


def acs3_string_to_sign(
    *,
    method: str,
    path: str,
    query: Parameters,
    headers: Mapping[str, str],
    signed: Iterable[str],
    content_hash: str,
) -> str:
    """Return what a V3 signature is made over.

    Args:
        method: HTTP method.
        path: Path of the URL, decoded.
        query: Parameters of the URL, decoded.
        headers: Headers by their names in lower case.
        signed: Names of the headers that are signed, in lower case.
        content_hash: SHA-256 of the body, hex.
    """
    names = sorted(signed)
    canonical = "\n".join(
        [
            method,
            quote(path, safe="/~"),
            _canonical(query),
            *(f"{name}:{headers.get(name, '').strip()}" for name in names),
            "",
            ";".join(names),
            content_hash,
        ]
    )
    return f"{ACS3}\n{hashlib.sha256(canonical.encode()).hexdigest()}"


def acs3_signature(string_to_sign: str, secret: str) -> str:
    """Return the V3 signature, hex."""
    return hmac.digest(secret.encode(), string_to_sign.encode(), "sha256").hex()


def rpc_string_to_sign(*, method: str, parameters: Parameters) -> str:
    """Return what a V1 signature is made over: all parameters, of the URL and of the form, but the signature itself."""
    return f"{method}&%2F&{_encode(_canonical(parameters))}"


def rpc_signature(string_to_sign: str, secret: str) -> str:
    """Return the V1 signature, base64."""
    return base64.b64encode(hmac.digest(f"{secret}&".encode(), string_to_sign.encode(), "sha1")).decode()


def _canonical(parameters: Parameters) -> str:
    return "&".join(f"{_encode(name)}={_encode(value)}" for name, value in sorted(parameters))


def _encode(text: str) -> str:
    return quote(text, safe="~")
