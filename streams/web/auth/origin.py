"""Where a request comes from, by headers that neither a page nor a form of another site can set.

A page on another site can make a browser send requests to a loopback address, directly or through a name that it
controls (DNS rebinding), and with the cookie of a person who has logged in. Browsers say so (Fetch Metadata, Origin);
proxies mostly say that there is somebody behind them. What no header tells, such as a proxy that adds none and writes
the host anew, can only be kept out by tokens and keys.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "READING",
    "is_from_elsewhere",
    "is_own_origin",
    "is_sendable_by_form",
    "mark_of_browser",
    "mark_of_proxy",
    "name_of_host",
]

#: Methods that change nothing.
READING = frozenset({"GET", "HEAD", "OPTIONS"})
#: Headers that proxies add, and networks that deliver content.
PROXY_HEADERS = frozenset(
    {
        "cdn-loop",
        "cf-connecting-ip",
        "client-ip",
        "fastly-client-ip",
        "forwarded",
        "true-client-ip",
        "via",
        "x-client-ip",
        "x-cluster-client-ip",
        "x-original-forwarded-for",
        "x-original-host",
        "x-original-uri",
        "x-original-url",
        "x-proxyuser-ip",
        "x-real-ip",
        "x-scheme",
    }
)
PROXY_PREFIXES = ("x-forwarded", "x-envoy-")
#: What nginx speaks to those behind it unless told otherwise, and hardly any program of today.
PROXY_HTTP_VERSION = "1.0"
#: Headers that browsers add and no page can leave out.
BROWSER_HEADERS = frozenset({"origin", "referer"})
BROWSER_PREFIX = "sec-fetch-"
#: How every browser begins its name, which a page cannot change without asking first (CORS preflight).
BROWSER_AGENT = "mozilla/"
#: Headers that a page can only send after asking first, which is never allowed. Not `Authorization: Basic`: browsers
#: add that by themselves.
UNFORGEABLE_HEADERS = ("x-requested-with", "idempotency-key")
#: Ports that browsers leave out of an origin.
DEFAULT_PORTS = {"http": 80, "https": 443}

_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[^\s\[\]:/?#@\\]+)(:(?P<port>\d{1,5}))?", re.IGNORECASE)


def mark_of_proxy(headers: Mapping[str, str], http_version: str) -> str:
    """Return what shows that a proxy has passed a request on; empty where nothing does.

    Args:
        headers: Headers by their names in lower case.
        http_version: Such as `1.1`.
    """
    if http_version == PROXY_HTTP_VERSION:
        return f"HTTP/{http_version}"
    return next((name for name in headers if name in PROXY_HEADERS or name.startswith(PROXY_PREFIXES)), "")


def mark_of_browser(headers: Mapping[str, str]) -> str:
    """Return the name of a header, in lower case, that shows that a browser has sent a request; empty without one."""
    if headers.get("user-agent", "").lower().startswith(BROWSER_AGENT):
        return "user-agent"
    return next((name for name in headers if name in BROWSER_HEADERS or name.startswith(BROWSER_PREFIX)), "")


def name_of_host(host: str) -> str:
    """Return the name, or the address, in the header `Host`, in lower case; empty where it is none."""
    return _authority(host, 0)[0]


def is_own_origin(origin: str, *, scheme: str, host: str) -> bool:
    """Whether a page of that origin is one of ours.

    Args:
        origin: What a browser says of the page; `null` is any page that may not say, such as a frame in a sandbox.
        scheme: The request's, as far as it is known: behind a proxy that is not named it is http whatever people use.
        host: The header `Host`.
    """
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    default = DEFAULT_PORTS.get(parts.scheme)
    if default is None or (scheme == "https" and parts.scheme != "https"):
        return False
    own = _authority(host, default)
    return bool(own[0]) and _authority(parts.netloc, default) == own


def is_from_elsewhere(method: str, headers: Mapping[str, str]) -> bool:
    """Whether a browser says that what made it send a request is no page of ours.

    A person may follow a link to a page of ours, or type its address; nothing else of another site's is answered.
    """
    site = headers.get("sec-fetch-site", "same-origin")
    if site == "same-origin":
        return False
    mode, place = headers.get("sec-fetch-mode", "navigate"), headers.get("sec-fetch-dest", "document")
    return method not in READING or (mode, place) != ("navigate", "document")


def is_sendable_by_form(method: str, headers: Mapping[str, str]) -> bool:
    """Whether a page of any site could have sent this without asking first, by a form or a script.

    So it is with a POST whose body is no JSON and which has no header that pages may not send.
    """
    if method != "POST" or any(name in headers for name in UNFORGEABLE_HEADERS):
        return False
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return False
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind != "application/json" and not kind.endswith("+json")


def _authority(text: str, default_port: int) -> tuple[str, int]:
    parts = _HOST.fullmatch(text)
    if parts is None:
        return "", 0
    name = parts["name"].lower().strip("[]").removesuffix(".")
    return name, int(parts["port"] or default_port)
