"""Logging in to the web view: a token becomes a cookie that scripts cannot read and other sites' pages do not send."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from litestar import MediaType, Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromQuery
from litestar.response import Redirect, Template

from streams.web.auth.authenticator import COOKIE, PUBLIC, TooManyGuessesError
from streams.web.auth.onward import LONGEST_ONWARD, own_place
from streams.web.pages.rendering import render
from streams.web.services import Services

__all__ = ["log_in", "log_out", "login_page"]

#: Seconds that a browser stays logged in: a working day.
STAYS_S = 12 * 3600


class Credentials(msgspec.Struct):
    """What the form sends."""

    token: Annotated[str, msgspec.Meta(max_length=1024)] = ""
    onward: Annotated[str, msgspec.Meta(max_length=LONGEST_ONWARD)] = "/"


Form = Annotated[Credentials, Body(media_type=RequestEncodingType.URL_ENCODED)]


@get("/login", opt=PUBLIC, include_in_schema=False)
async def login_page(onward: FromQuery[str] = "/") -> Template:
    """Show the form."""
    return _form(onward)


@post("/login", opt=PUBLIC, include_in_schema=False, status_code=200, media_type=MediaType.HTML)
async def log_in(data: Form, services: NamedDependency[Services], request: Request[Any, Any, Any]) -> Response[Any]:
    """Take a token, and go where the person wanted to go."""
    try:
        role = services.authenticator.log_in(request, data.token)
    except TooManyGuessesError as error:
        return _form(data.onward, refusal="many", status=error.status_code, headers=error.headers)
    if role is None:
        return _form(data.onward, refusal="unknown", status=401)
    return Redirect(own_place(data.onward), status_code=303, cookies=[_cookie(request, data.token, max_age=STAYS_S)])


@post("/logout", opt=PUBLIC, include_in_schema=False, status_code=303)
async def log_out(request: Request[Any, Any, Any]) -> Redirect:
    """Forget the token."""
    return Redirect("/login", status_code=303, cookies=[_cookie(request, "", max_age=0)])


def _form(onward: str, *, refusal: str = "", status: int = 200, headers: Mapping[str, str] | None = None) -> Template:
    page = render("login.html", {"onward": own_place(onward), "refusal": refusal})
    page.status_code = status
    page.headers.update(headers or {})
    return page


def _cookie(request: Request[Any, Any, Any], token: str, *, max_age: int) -> Cookie:
    """Return the cookie of a token. Behind TLS, which a named proxy tells of, it is never sent in the clear."""
    secure = request.url.scheme == "https"
    return Cookie(key=COOKIE, value=token, max_age=max_age, httponly=True, samesite="strict", secure=secure)
