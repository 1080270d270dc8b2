"""Pages of libraries: all of them, and one with what it holds, what its matches lead to, and what is searched for."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from schemas.libraries import LibraryStatus, Purpose
from streams.domain.policies import usual_action
from streams.readmodel.backward_searches import SearchFilter
from streams.readmodel.libraries import ItemMark, ItemPage
from streams.web.auth.authenticator import needs
from streams.web.auth.roles import Role
from streams.web.pages.rendering import PAGE, render
from streams.web.services import Services

if TYPE_CHECKING:
    from schemas.libraries import LibraryItem

__all__ = ["LIBRARY_PAGES", "in_text", "picture_at"]

#: Backward searches that a library's page shows: those under way, and what became of the last ones.
SEARCHES = 5
#: Where in a media item its picture is taken, as a share of it: openings are black or alike. Seconds at the most, since
#: what comes late in a long film takes long to get at.
PICTURE_SHARE, LATEST_PICTURE_S = 0.25, 60.0


@get("/libraries", include_in_schema=False, opt=needs(Role.READER))
async def libraries_page(services: NamedDependency[Services], rows: FromQuery[str | None] = None) -> Template:
    """Show all libraries."""
    libraries = await asyncio.to_thread(services.model.libraries.counted)
    context = {"libraries": libraries, "purposes": list(Purpose)}
    return render("libraries/list.html", context, rows=rows is not None)


@get("/libraries/{name:str}", include_in_schema=False, opt=needs(Role.READER))
async def library_page(
    name: FromPath[str],
    services: NamedDependency[Services],
    *,
    marked: FromQuery[str | None] = None,
    media_id: FromQuery[str | None] = None,
    cursor: FromQuery[str | None] = None,
    rows: FromQuery[str | None] = None,
) -> Template:
    """Show one library with what it holds: all items, those that are marked, or the one of an id."""
    library = await services.libraries.get(name)
    mark = ItemMark(marked) if marked in set(ItemMark) else None
    page = await asyncio.to_thread(_items, services, name, mark, media_id or "", cursor)
    wanted = SearchFilter(library=name)
    searches = await asyncio.to_thread(services.model.backward_searches.page, wanted, limit=SEARCHES)
    context = {
        "library": library,
        "counts": await asyncio.to_thread(services.model.libraries.counts, name),
        "page": page,
        "marks": {"": "All", ItemMark.DISABLED: "Disabled", ItemMark.QUARANTINED: "Set aside"},
        "filters": {"marked": mark or "", "media_id": media_id or ""},
        "policies": await services.policies.all(name),
        "usual": usual_action(library),
        "searches": searches.searches,
        "purposes": list(Purpose),
        "picture_at": picture_at,
        "in_text": in_text,
        "is_veiled": library.purpose is Purpose.BLOCKLIST,
        "is_going": library.status is LibraryStatus.DELETING,
        "media_places": services.settings.media_places,
    }
    return render("libraries/library.html", context, rows=rows is not None)


LIBRARY_PAGES = (libraries_page, library_page)


def picture_at(item: LibraryItem) -> float:
    """Return the second of a media item at which its picture is taken."""
    return round(min(item.duration * PICTURE_SHARE, LATEST_PICTURE_S), 1)


def in_text(value: object) -> str:
    """Write a value of metadata: what is no text as the JSON that it came as."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _items(services: Services, name: str, mark: ItemMark | None, media_id: str, cursor: str | None) -> ItemPage:
    if not media_id:
        return services.model.libraries.items(name, marked=mark, cursor=cursor, limit=PAGE)
    item = services.model.libraries.item(name, media_id)
    return ItemPage([] if item is None else [item])
