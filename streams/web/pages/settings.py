"""The page of settings: what each is, and where that comes from."""

from __future__ import annotations

from litestar import get
from litestar.di import NamedDependency
from litestar.response import Template

from streams.settings import SETTINGS_FILE, listed
from streams.web.auth.authenticator import needs
from streams.web.auth.roles import Role
from streams.web.pages.rendering import render
from streams.web.services import Services

__all__ = ["settings_page"]


@get("/settings", include_in_schema=False, opt=needs(Role.ADMIN))
async def settings_page(services: NamedDependency[Services]) -> Template:
    """Show every setting of this worker; they are read when it starts, so nothing here changes them."""
    return render("operate/settings.html", {"settings": listed(services.settings), "file": SETTINGS_FILE})
