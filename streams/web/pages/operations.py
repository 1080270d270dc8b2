"""Pages for those who run the service: what could not be used."""

from __future__ import annotations

import asyncio

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.response import Template

from streams.web.auth.authenticator import needs
from streams.web.auth.roles import Role
from streams.web.pages.rendering import PAGE, render
from streams.web.services import Services

__all__ = ["OPERATIONS_PAGES"]


@get("/dead-letters", include_in_schema=False, opt=needs(Role.READER))
async def dead_letters_page(
    services: NamedDependency[Services], cursor: FromQuery[str | None] = None, rows: FromQuery[str | None] = None
) -> Template:
    """Show inputs that could not be used."""
    page = await asyncio.to_thread(services.model.dead_letters.page, cursor=cursor, limit=PAGE)
    return render("operate/dead_letters.html", {"page": page}, rows=rows is not None)


OPERATIONS_PAGES = (dead_letters_page,)
