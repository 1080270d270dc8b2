"""Pages of libraries."""

from __future__ import annotations

import asyncio

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from streams.web.auth.authenticator import needs
from streams.web.auth.roles import Role
from streams.web.pages.rendering import PAGE, render
from streams.web.services import Services

__all__ = ["LIBRARY_PAGES"]


@get("/libraries", include_in_schema=False, opt=needs(Role.READER))
async def libraries_page(services: NamedDependency[Services], rows: FromQuery[str | None] = None) -> Template:
    """Show all libraries."""
    found = services.model.libraries
    libraries = await asyncio.to_thread(lambda: [(one, found.count(one.name)) for one in found.all()])
    return render("libraries/list.html", {"libraries": libraries}, rows=rows is not None)


@get("/libraries/{name:str}", include_in_schema=False, opt=needs(Role.READER))
async def library_page(
    name: FromPath[str],
    services: NamedDependency[Services],
    cursor: FromQuery[str | None] = None,
    rows: FromQuery[str | None] = None,
) -> Template:
    """Show one library with what it holds."""
    library = await services.libraries.get(name)
    page = await asyncio.to_thread(services.model.libraries.items, name, cursor=cursor, limit=PAGE)
    count = await asyncio.to_thread(services.model.libraries.count, name)
    context = {"library": library, "page": page, "count": count}
    return render("libraries/library.html", context, rows=rows is not None)


LIBRARY_PAGES = (libraries_page, library_page)
