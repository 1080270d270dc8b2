"""Pages for those who run the service: callbacks and what became of them, and inputs that could not be used."""

from __future__ import annotations

import asyncio

from litestar import get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from schemas.deliveries import Delivery, DeliveryStatus
from streams.readmodel.dead_letters import DeadLetter, DeadLetterPage
from streams.readmodel.deliveries import DeliveryPage
from streams.web.api.dead_letters import LetterView
from streams.web.auth.authenticator import needs
from streams.web.auth.roles import Role
from streams.web.pages.rendering import PAGE, render, rows_asked
from streams.web.services import Services

__all__ = ["OPERATIONS_PAGES"]

#: Characters of an input that a page shows; REST has all that is kept.
SHOWN_INPUT = 20_000


@get("/deliveries", include_in_schema=False, opt=needs(Role.READER))
async def deliveries_page(
    services: NamedDependency[Services],
    *,
    status: FromQuery[str | None] = None,
    media_id: FromQuery[str | None] = None,
    cursor: FromQuery[str | None] = None,
    rows: FromQuery[str | None] = None,
) -> Template:
    """Show callbacks and what became of them, newest first."""
    chosen = DeliveryStatus(status) if status in set(DeliveryStatus) else None
    asked = rows_asked(rows)
    page = await asyncio.to_thread(_deliveries, services, chosen, media_id or None, cursor, asked)
    context = {
        "page": page,
        "counts": await asyncio.to_thread(services.model.deliveries.counts),
        "statuses": list(DeliveryStatus),
        "filters": {"status": chosen or "", "media_id": media_id or ""},
        "only_rows": bool(asked),
    }
    return render("operate/deliveries.html", context, rows=asked is not None)


@get("/dead-letters", include_in_schema=False, opt=needs(Role.READER))
async def dead_letters_page(
    services: NamedDependency[Services], cursor: FromQuery[str | None] = None, rows: FromQuery[str | None] = None
) -> Template:
    """Show inputs that could not be used."""
    asked = rows_asked(rows)
    page = await asyncio.to_thread(_letters, services, cursor, asked)
    context = {
        "page": page,
        "count": await asyncio.to_thread(services.model.dead_letters.count),
        "only_rows": bool(asked),
    }
    return render("operate/dead_letters.html", context, rows=asked is not None)


@get("/dead-letters/{letter_id:str}", include_in_schema=False, opt=needs(Role.READER))
async def dead_letter_page(
    letter_id: FromPath[str], services: NamedDependency[Services], rows: FromQuery[str | None] = None
) -> Template:
    """Show an input that could not be used: why, what it holds, and how to have it tried again."""
    letter = await asyncio.to_thread(services.model.dead_letters.get, letter_id)
    if letter is None:
        raise NotFoundException(f"there is no dead letter {letter_id!r}: only the newest ones are kept")
    shown = LetterView.whole(letter)
    text = shown.text or ""
    context = {
        "letter": shown,
        "text": text[:SHOWN_INPUT],
        "is_cut": len(text) > SHOWN_INPUT,
        "size": len(letter.value or b""),
    }
    return render("operate/dead_letter.html", context, rows=rows is not None)


OPERATIONS_PAGES = (deliveries_page, dead_letters_page, dead_letter_page)


def _deliveries(
    services: Services, status: DeliveryStatus | None, media_id: str | None, cursor: str | None, asked: list[str] | None
) -> DeliveryPage:
    """Return the deliveries to show: a page of them, or those that an open page asks for and that belong on it."""
    if not asked:
        return services.model.deliveries.page(status=status, media_id=media_id, cursor=cursor, limit=PAGE)

    def belongs(one: Delivery) -> bool:
        return status in {None, one.status} and media_id in {None, one.media_id}

    found = [services.model.deliveries.get(job_id) for job_id in asked]
    chosen = [one for one in found if one is not None and belongs(one)]
    return DeliveryPage(sorted(chosen, key=lambda one: (one.creation_time, one.job_id), reverse=True))


def _letters(services: Services, cursor: str | None, asked: list[str] | None) -> DeadLetterPage:
    if not asked:
        return services.model.dead_letters.page(cursor=cursor, limit=PAGE)
    found: list[DeadLetter | None] = [services.model.dead_letters.get(letter_id) for letter_id in asked]
    letters = [one for one in found if one is not None]
    return DeadLetterPage(sorted(letters, key=lambda one: (one.time, one.id), reverse=True))
