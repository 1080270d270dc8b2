"""Lets requests in: by a token where tokens are configured, else this machine's own pages and programs only.

A page on another site can make a browser send requests to a loopback address, directly or through a name that it
controls (DNS rebinding), and with the cookie of a person who has logged in. All of it shows in headers that a page
cannot set.
"""

from __future__ import annotations

import hashlib
import ipaddress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from litestar.exceptions import NotAuthorizedException, PermissionDeniedException, TooManyRequestsException

from schemas.jobs import LOCAL_CALLER
from streams.access.callers import caller_of_token
from streams.access.limits import RateLimit
from streams.access.roles import Role
from streams.access.tokens import Tokens
from streams.access.watched import WatchedFile

if TYPE_CHECKING:
    from litestar import Request

    from streams.settings import Settings

__all__ = ["COOKIE", "PUBLIC", "Gate", "is_loopback", "needs"]

#: Holds the token of a person who has logged in.
COOKIE = "mediadna-token"
#: Requests that change nothing.
READING = frozenset({"GET", "HEAD", "OPTIONS"})
#: Says of a route that everybody may use it.
PUBLIC: dict[str, Any] = {"public": True}


def needs(role: Role) -> dict[str, Any]:
    """Return what says of a route that it takes a role; others take a reader to read and a submitter to write."""
    return {"role": role}


class Gate:
    """Decides on each request before its route runs."""

    def __init__(self, settings: Settings) -> None:
        """Read the file of tokens, if there is one.

        Raises:
            OSError: It cannot be read.
            ValueError: It is not as it should be, or is missing though other machines can reach the address.
        """
        self._tokens = WatchedFile(settings.tokens, Tokens.read) if settings.tokens else None
        self._limit = RateLimit(settings.rate_limit)
        if self._tokens is None and not is_loopback(settings.web_host):
            raise ValueError(
                f"other machines can reach {settings.web_host}, so requests need tokens: set MEDIADNA_TOKENS to a file "
                "of 'token role' lines, or MEDIADNA_WEB to 127.0.0.1:6066"
            )

    @property
    def open(self) -> bool:
        """Whether no tokens are asked for."""
        return self._tokens is None

    def caller_of(self, request: Request[Any, Any, Any]) -> str:
        """Return who sends a request that was let in: the same name at each call, and no secret."""
        return LOCAL_CALLER if self.open else caller_of_token(_token_of(request)[0])

    def role_of(self, token: str) -> Role | None:
        """Return what a token allows."""
        return self._tokens.value.role_of(token) if self._tokens else Role.ADMIN

    async def __call__(self, request: Request[Any, Any, Any]) -> None:
        """Let a request pass.

        Raises:
            NotAuthorizedException: It carries no token that is known.
            PermissionDeniedException: Its token does not allow this, or it comes from another site's page.
            TooManyRequestsException: Its caller asks too often.
        """
        token, by_cookie = _token_of(request)
        self._check_rate(request, token)
        if self.open:
            _require_own_host(request)
        if self.open or by_cookie:
            _require_own_origin(request)
        options = request.route_handler.opt
        if options.get("public"):
            return
        role = self.role_of(token)
        if role is None:
            raise NotAuthorizedException(
                "send a token that is in MEDIADNA_TOKENS as 'Authorization: Bearer ...'; commands send MEDIADNA_TOKEN",
                headers={"WWW-Authenticate": "Bearer"},
            )
        needed = options.get("role") or (Role.READER if request.method in READING else Role.SUBMITTER)
        if not role.covers(needed):
            raise PermissionDeniedException(f"this needs the role {needed}, and the token has {role}")

    def _check_rate(self, request: Request[Any, Any, Any], token: str) -> None:
        known = bool(token) and not self.open and self.role_of(token) is not None
        caller = hashlib.sha256(token.encode()).hexdigest() if known else request.client.host if request.client else ""
        seconds = self._limit.wait(caller)
        if seconds:
            raise TooManyRequestsException("too many requests: slow down", headers={"Retry-After": str(seconds)})


def is_loopback(name: str | None) -> bool:
    """Whether a host's name or address is one that only this machine reaches."""
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name or "").is_loopback
    except ValueError:
        return False


def _token_of(request: Request[Any, Any, Any]) -> tuple[str, bool]:
    """Return the token, and whether a browser sent it by itself."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip(), False
    cookie = request.cookies.get(COOKIE, "")
    return cookie, bool(cookie)


def _require_own_host(request: Request[Any, Any, Any]) -> None:
    host = request.headers.get("host", "")
    try:
        name = urlsplit(f"//{host}").hostname
    except ValueError:
        name = None
    if not is_loopback(name):
        raise PermissionDeniedException(f"this API answers to loopback addresses only, not to {host[:100]!r}")


def _require_own_origin(request: Request[Any, Any, Any]) -> None:
    origin = request.headers.get("origin")
    if origin is None or origin == "null":
        return
    try:
        own = urlsplit(origin).netloc == request.headers.get("host", "")
    except ValueError:
        own = False
    if not own:
        raise PermissionDeniedException(f"pages of {origin[:100]} may not use this API")
