"""The page of recurring content: what recurs and nobody has named, with pictures, to be named or put aside."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter
from litestar.response import Template

from schemas.libraries import LibraryStatus, Purpose
from schemas.recurring import RecurringState
from streams.readmodel.recurring_lists import RecurringFilter
from streams.web.auth.authenticator import needs
from streams.web.auth.roles import Role
from streams.web.pages.rendering import PAGE, render
from streams.web.services import Services

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemas.libraries import Library
    from streams.domain.recurring_links import Place
    from streams.readmodel.recurring_lists import RecurringItem

__all__ = ["recurring_page"]

#: Which are shown; what is no state stands for those that are proposed.
InState = Annotated[str | None, QueryParameter(name="state")]
#: Pictures of a span, each of another medium: enough to see that they show the same.
PICTURES = 3
#: Occurrences that are listed of a span; the API has all of them.
LISTED = 100
#: Where in a span its picture is taken, as a share of it: its ends are cuts, which bounds are half a second off.
PICTURE_SHARE = 0.5
#: What is called how.
STATES = {
    RecurringState.PROPOSED: "Proposed",
    RecurringState.DISMISSED: "Dismissed",
    RecurringState.PROMOTED: "Promoted",
}


class _Picture(NamedTuple):
    """A picture of an occurrence.

    Attributes:
        place: The occurrence.
        job_id: The job that knows where its media is.
        second: Where it is taken.
        is_veiled: Whether the media is in a library of what must not be published.
    """

    place: Place
    job_id: str
    second: float
    is_veiled: bool


@get("/recurring", include_in_schema=False, opt=needs(Role.READER))
async def recurring_page(
    services: NamedDependency[Services],
    *,
    in_state: InState = None,
    medium: FromQuery[str | None] = None,
    library: FromQuery[str | None] = None,
    cursor: FromQuery[str | None] = None,
    rows: FromQuery[str | None] = None,
) -> Template:
    """Show what recurs, that with the most occurrences first."""
    wanted = RecurringState(in_state) if in_state in set(RecurringState) else RecurringState.PROPOSED
    asked = {"medium": medium or "", "library": library or ""}
    context = await asyncio.to_thread(_shown, services, wanted, asked, cursor)
    return render("recurring/recurring.html", context, rows=rows is not None)


def _shown(services: Services, state: RecurringState, asked: dict[str, str], cursor: str | None) -> dict[str, Any]:
    """Return what the page shows of what it is asked for."""
    wanted = RecurringFilter(state=state, media_id=asked["medium"] or None, library=asked["library"] or None)
    page = services.model.recurring.page(wanted, cursor=cursor, limit=PAGE)
    libraries = services.model.libraries.all()
    veiled = {one.name for one in libraries if one.purpose is Purpose.BLOCKLIST}
    return {
        "page": page,
        "pictures": {one.id: list(_pictures(services, one, veiled)) for one in page.items},
        "state": state,
        "states": STATES,
        "filters": asked,
        "libraries": [one.name for one in libraries],
        "targets": [one.name for one in sorted(libraries, key=_ads_first) if one.status is not LibraryStatus.DELETING],
        "listed": LISTED,
    }


def _ads_first(library: Library) -> tuple[bool, str]:
    return library.purpose is not Purpose.ADS, library.name


def _pictures(services: Services, one: RecurringItem, veiled: set[str]) -> Iterator[_Picture]:
    """Yield pictures of a span, each of another medium, of those that are stored."""
    first = {place.media_id: place for place in reversed(one.occurrences)}
    left = PICTURES
    for place in sorted(first.values())[:LISTED]:
        items = services.model.libraries.items_of(place.media_id)
        if items and left:
            left -= 1
            second = round(place.start + PICTURE_SHARE * place.seconds, 1)
            yield _Picture(place, items[0].job_id, second, any(item.library in veiled for item in items))
