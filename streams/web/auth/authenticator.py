"""Lets requests in: by a token where tokens are configured, else this machine's own pages and programs only."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from litestar.exceptions import NotAuthorizedException, TooManyRequestsException

from schemas.jobs import LOCAL_CALLER
from streams.credentials.reloading_file import AccessFiles
from streams.web.auth.callers import Caller, caller_of_token
from streams.web.auth.exposure import check_exposure, is_loopback
from streams.web.auth.guesses import Guesses, network_of
from streams.web.auth.origin import (
    is_from_elsewhere,
    is_own_origin,
    is_sendable_by_form,
    mark_of_proxy,
    name_of_host,
)
from streams.web.auth.rate_limit import RateLimit
from streams.web.auth.roles import Grant, Role
from streams.web.auth.tokens import Holder, Tokens
from streams.web.problem_types import ProblemError
from streams.web.problems_of_requests import FORBIDDEN, OTHER_MACHINE, OTHER_SITE, ROLE_NEEDED, TOO_MANY_GUESSES

if TYPE_CHECKING:
    from litestar import Request

    from streams.settings import Settings

__all__ = ["COOKIE", "HEALTH", "PUBLIC", "Authenticator", "TooManyGuessesError", "needs"]

#: Holds the token of a person who has logged in.
COOKIE = "mediadna-token"
#: Who sends what comes where no tokens are asked for.
OWNER = Holder(Grant(Role.ADMIN), LOCAL_CALLER)
#: Says of a route that everybody may use it.
PUBLIC: dict[str, Any] = {"public": True}
#: Says of a route that monitoring asks it: it is never refused for being asked often, which would look like an outage.
HEALTH: dict[str, Any] = {"health": True}
#: Wrong tokens that a person may send to log in, from one network and from all. A person mistypes a few times.
LOGINS_BY_ADDRESS, LOGINS_IN_ALL = "10/minute", "100/minute"
#: Wrong tokens that may come with requests: a program, or an open page, whose token was taken back asks on for a while.
TOKENS_BY_ADDRESS, TOKENS_IN_ALL = "60/minute", "600/minute"


def needs(role: Role) -> dict[str, Any]:
    """Return what says of a route which role it takes. Nobody may use a route that says neither this nor `PUBLIC`."""
    return {"role": role}


class TooManyGuessesError(ProblemError):
    """So many wrong tokens came from an address that none is looked at for a while."""

    def __init__(self, seconds: int) -> None:
        super().__init__(
            TOO_MANY_GUESSES,
            "too many wrong tokens came from this address: try again later",
            headers={"Retry-After": str(seconds)},
        )


class Authenticator:
    """Decides on each request before its route runs."""

    def __init__(self, settings: Settings) -> None:
        """Read the file of tokens, if there is one.

        Raises:
            OSError: It cannot be read.
            ValueError: It is not as it should be, or something would be open that other machines can reach.
        """
        check_exposure(settings)
        #: The files that say who may do what; other doors have theirs followed here as well.
        self.files = AccessFiles()
        self._tokens = (
            self.files.watch("tokens", settings.tokens, Tokens.read, Tokens.nobody()) if settings.tokens else None
        )
        self._limit = RateLimit(settings.rate_limit)
        self._guesses = Guesses(by_address=TOKENS_BY_ADDRESS, in_all=TOKENS_IN_ALL)
        self._logins = Guesses(by_address=LOGINS_BY_ADDRESS, in_all=LOGINS_IN_ALL)

    @property
    def open(self) -> bool:
        """Whether no tokens are asked for."""
        return self._tokens is None

    def caller_of(self, request: Request[Any, Any, Any]) -> Caller:
        """Return who sends a request that was let in, and what they may do by now: its body may have come for long.

        Raises:
            NotAuthorizedException: The token has been taken back since.
        """
        token = _credential_of(request).token
        holder = self._holder_of(token)
        if holder is None:
            raise _not_known()
        return Caller(caller_of_token(token, holder.name), holder.grant)

    def role_of(self, token: str) -> Role | None:
        """Return the role that a token gives."""
        holder = self._holder_of(token)
        return None if holder is None else holder.grant.role

    def is_let_in(self, request: Request[Any, Any, Any]) -> bool:
        """Whether the one who sent a request may still look: their token may have been taken back."""
        return self._holder_of(_credential_of(request).token) is not None

    def log_in(self, request: Request[Any, Any, Any], token: str) -> Role | None:
        """Return what the token allows that a person logs in with; None when it is not known.

        Raises:
            TooManyGuessesError: Too many wrong ones came before it, so this one is not looked at.
        """
        return self._checked(self._logins, _address_of(request), token)

    async def __call__(self, request: Request[Any, Any, Any]) -> None:
        """Let a request pass.

        Raises:
            NotAuthorizedException: It carries no token that is known.
            ProblemError: Its token does not allow this, or it comes from another site's page or a proxy.
            TooManyGuessesError: Too many wrong tokens came from its address.
            TooManyRequestsException: Its caller asks too often.
        """
        options = request.route_handler.opt
        credential = _credential_of(request)
        if self.open:
            _require_own_machine(request)
        role = None if options.get("public") else self._role(request, credential.token)
        if not options.get("health"):
            self._check_rate(request, credential.token if role and not self.open else "")
        if options.get("public") or self.open or credential.by_cookie:
            _require_own_page(request)
        if not options.get("public"):
            _require_role(request, role)

    def _holder_of(self, token: str) -> Holder | None:
        return self._tokens.value.holder_of(token) if self._tokens else OWNER

    def _role(self, request: Request[Any, Any, Any], token: str) -> Role | None:
        if not token or self.open:
            return self.role_of(token)
        try:
            return self._checked(self._guesses, _address_of(request), token)
        except TooManyGuessesError:
            if request.route_handler.opt.get("health"):
                return None  # monitoring is told that its token is not taken, which is so
            raise

    def _checked(self, guesses: Guesses, address: str, token: str) -> Role | None:
        seconds = guesses.wait(address, token)
        if seconds:
            raise TooManyGuessesError(seconds)
        role = self.role_of(token)
        if role is None:
            guesses.wrong(address)
        else:
            guesses.right(address, token)
        return role

    def _check_rate(self, request: Request[Any, Any, Any], token: str) -> None:
        caller = hashlib.sha256(token.encode()).hexdigest() if token else network_of(_address_of(request))
        seconds = self._limit.wait(caller)
        if seconds:
            raise TooManyRequestsException("too many requests: slow down", headers={"Retry-After": str(seconds)})


def _require_role(request: Request[Any, Any, Any], role: Role | None) -> None:
    """Refuse who is not known, or may not use the route."""
    if role is None:
        raise _not_known()
    # The framework answers OPTIONS by itself, with the methods that there are; its handlers say nothing of roles.
    needed = Role.READER if request.method == "OPTIONS" else request.route_handler.opt.get("role")
    if needed is None:
        raise ProblemError(FORBIDDEN, "this route does not say who may use it, so nobody may: report it as a fault")
    if not role.covers(needed):
        raise ProblemError(ROLE_NEEDED, f"this needs the role {needed}, and the token has {role}")


def _not_known() -> NotAuthorizedException:
    return NotAuthorizedException(
        "send a token that is in MEDIADNA_TOKENS as 'Authorization: Bearer ...'; commands send MEDIADNA_TOKEN",
        headers={"WWW-Authenticate": "Bearer"},
    )


@dataclass(frozen=True, slots=True)
class _Credential:
    """A token, and whether a browser has sent it by itself."""

    token: str
    by_cookie: bool


def _credential_of(request: Request[Any, Any, Any]) -> _Credential:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return _Credential(token.strip(), by_cookie=False)
    cookie = request.cookies.get(COOKIE, "")
    return _Credential(cookie, by_cookie=bool(cookie))


def _address_of(request: Request[Any, Any, Any]) -> str:
    return request.client.host if request.client else ""


def _require_own_machine(request: Request[Any, Any, Any]) -> None:
    """Refuse what was meant for another name, and what a proxy has passed on: there may be anybody behind it."""
    host = request.headers.get("host", "")
    if not is_loopback(name_of_host(host)):
        raise ProblemError(OTHER_MACHINE, f"this API answers to loopback addresses only, not to {host[:100]!r}")
    mark = mark_of_proxy(request.headers, request.scope["http_version"])
    if mark:
        raise ProblemError(
            OTHER_MACHINE,
            f"a proxy has passed this on ({mark}), and other machines may be behind it: set MEDIADNA_TOKENS, and "
            "MEDIADNA_PROXIES to the proxy's address",
        )


def _require_own_page(request: Request[Any, Any, Any]) -> None:
    """Refuse what another site's page has made a browser send, or could have."""
    origin = request.headers.get("origin")
    if origin is not None and not is_own_origin(
        origin, scheme=request.scope["scheme"], host=request.headers.get("host", "")
    ):
        raise ProblemError(OTHER_SITE, f"pages of {origin[:100]} may not use this API")
    if is_from_elsewhere(request.method, request.headers):
        raise ProblemError(OTHER_SITE, "pages of other sites may not use this API")
    if origin is None and is_sendable_by_form(request.method, request.headers):
        raise ProblemError(
            OTHER_SITE,
            "any site's page could have sent this: send what changes something as application/json, or with the header "
            "'X-Requested-With: XMLHttpRequest', or with 'Authorization: Bearer ...'",
        )
