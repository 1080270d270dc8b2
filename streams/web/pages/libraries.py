"""Pages of libraries and of dead letters."""

from __future__ import annotations

import asyncio

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from streams.web.auth.authenticator import needs
from streams.web.auth.roles import Role
from streams.web.pages.jobs import PAGE, render
from streams.web.services import Services

__all__ = ["letters_page", "libraries_page", "library_page"]


@get("/libraries", include_in_schema=False, opt=needs(Role.READER))
async def libraries_page(services: NamedDependency[Services]) -> Template:
    """Show all libraries."""
    rows = services.model.libraries
    libraries = await asyncio.to_thread(lambda: [(one, rows.count(one.name)) for one in rows.all()])
    return render("libraries.html", {"libraries": libraries})


@get("/libraries/{name:str}", include_in_schema=False, opt=needs(Role.READER))
async def library_page(
    name: FromPath[str], services: NamedDependency[Services], cursor: FromQuery[str | None] = None
) -> Template:
    """Show one library with what it holds."""
    library = await services.libraries.get(name)
    page = await asyncio.to_thread(services.model.libraries.items, name, cursor=cursor, limit=PAGE)
    count = await asyncio.to_thread(services.model.libraries.count, name)
    return render("library.html", {"library": library, "page": page, "count": count})


@get("/dead-letters", include_in_schema=False, opt=needs(Role.READER))
async def letters_page(services: NamedDependency[Services], cursor: FromQuery[str | None] = None) -> Template:
    """Show inputs that could not be used."""
    page = await asyncio.to_thread(services.model.dead_letters.page, cursor=cursor, limit=PAGE)
    return render("dead_letters.html", {"page": page})
