"""Logging in to the web view: a token becomes a cookie that scripts cannot read and other sites' pages do not send."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import MediaType, Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromQuery
from litestar.response import Redirect, Template

from streams.web.gate import COOKIE, PUBLIC
from streams.web.pages import render
from streams.web.services import Services

__all__ = ["log_in", "log_out", "login_page"]

#: Seconds that a browser stays logged in: a working day.
STAYS_S = 12 * 3600


class Credentials(msgspec.Struct):
    """What the form sends."""

    token: Annotated[str, msgspec.Meta(max_length=1024)] = ""
    onward: Annotated[str, msgspec.Meta(max_length=2048)] = "/"


Form = Annotated[Credentials, Body(media_type=RequestEncodingType.URL_ENCODED)]


@get("/login", opt=PUBLIC, include_in_schema=False)
async def login_page(onward: FromQuery[str] = "/") -> Template:
    """Show the form."""
    return render("login.html", {"onward": _own(onward), "refused": False})


@post("/login", opt=PUBLIC, include_in_schema=False, status_code=200, media_type=MediaType.HTML)
async def log_in(data: Form, services: NamedDependency[Services], request: Request[Any, Any, Any]) -> Response[Any]:
    """Take a token, and go where the person wanted to go."""
    if services.gate.role_of(data.token) is None:
        refused = render("login.html", {"onward": _own(data.onward), "refused": True})
        refused.status_code = 401
        return refused
    cookie = Cookie(
        key=COOKIE,
        value=data.token,
        max_age=STAYS_S,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return Redirect(_own(data.onward), status_code=303, cookies=[cookie])


@post("/logout", opt=PUBLIC, include_in_schema=False, status_code=303)
async def log_out() -> Redirect:
    """Forget the token."""
    return Redirect("/login", status_code=303, cookies=[Cookie(key=COOKIE, value="", max_age=0, httponly=True)])


def _own(place: str) -> str:
    """Return a place of this service; anything else would send the person, just logged in, to another site."""
    return place if place.startswith("/") and not place.startswith(("//", "/\\")) else "/"
