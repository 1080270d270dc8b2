"""Content that recurs and that nobody has named, over REST."""

from __future__ import annotations

import asyncio
from typing import Annotated, Self

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from schemas.recurring import RecurringState
from streams.readmodel.recurring_lists import RecurringFilter, RecurringItem
from streams.web.api.pagination import Cursor, Limit
from streams.web.api.views import LibraryName, MediaId
from streams.web.auth.authenticator import needs
from streams.web.auth.callers import Caller
from streams.web.auth.roles import Role
from streams.web.services import Services

__all__ = ["RECURRING_ROUTES", "NewPromotion", "RecurringList", "RecurringView"]

InState = Annotated[
    RecurringState, QueryParameter(name="state", description="only what is proposed, dismissed or promoted")
]
InMedium = Annotated[str | None, QueryParameter(description="only what is in this media item")]
OfLibrary = Annotated[str | None, QueryParameter(description="only what is in a media item that this library holds")]


class OccurrenceView(msgspec.Struct, kw_only=True):
    """Where something recurs, in seconds of the media item."""

    media_id: str
    start: float
    end: float


class RecurringDecisionView(msgspec.Struct, kw_only=True):
    """What was decided on a span that recurs, the last time."""

    who: Annotated[str, msgspec.Meta(description="who decided")]
    when: Annotated[str, msgspec.Meta(description="when, UTC")]
    library: Annotated[str | None, msgspec.Meta(description="where it was promoted to; null: it was not")]
    media_id: Annotated[str | None, msgspec.Meta(description="what it is called there; null: it was not promoted")]
    job_id: Annotated[str | None, msgspec.Meta(description="the job that stores it there")]


class RecurringView(msgspec.Struct, kw_only=True):
    """A span that recurs, with all its occurrences."""

    id: Annotated[str, msgspec.Meta(description="stays, whatever occurrences come and go")]
    state: Annotated[RecurringState, msgspec.Meta(description="what was decided")]
    duration: Annotated[float, msgspec.Meta(description="how long it is, seconds")]
    media: Annotated[int, msgspec.Meta(description="in how many media items it is")]
    occurrences: list[OccurrenceView]
    decision: Annotated[RecurringDecisionView | None, msgspec.Meta(description="null: nobody has decided")]

    @classmethod
    def of(cls, one: RecurringItem) -> Self:
        """Return what to show of a span."""
        made = one.decision
        return cls(
            id=one.id,
            state=one.state,
            duration=round(one.duration, 3),
            media=one.media,
            occurrences=[
                OccurrenceView(media_id=place.media_id, start=round(place.start, 3), end=round(place.end, 3))
                for place in one.occurrences
            ],
            decision=None
            if made is None
            else RecurringDecisionView(
                who=made.who,
                when=made.when,
                library=made.library or None,
                media_id=made.item or None,
                job_id=made.job_id or None,
            ),
        )


class RecurringList(msgspec.Struct, kw_only=True):
    """A page of what recurs, that with the most occurrences first; `next` is the cursor of the page that follows."""

    recurring: list[RecurringView]
    next: str | None = None


class NewPromotion(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Where a span is to be an item."""

    library: LibraryName
    media_id: Annotated[
        MediaId | None, msgspec.Meta(description="what it is to be called; without it, by its id: `recurring-...`")
    ] = None


@get("/recurring", summary="List what recurs and is no known ad", opt=needs(Role.READER))
async def list_recurring(
    services: NamedDependency[Services],
    *,
    in_state: InState = RecurringState.PROPOSED,
    media_id: InMedium = None,
    library: OfLibrary = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> RecurringList:
    """List spans of 5 to 120 s that are in three media, or three times in one; that with the most occurrences first."""
    wanted = RecurringFilter(state=in_state, media_id=media_id, library=library)
    page = await asyncio.to_thread(services.model.recurring.page, wanted, cursor=cursor, limit=limit)
    return RecurringList(recurring=[RecurringView.of(one) for one in page.items], next=page.next)


@get("/recurring/{recurring_id:str}", summary="Show a span that recurs", opt=needs(Role.READER))
async def show_recurring(recurring_id: FromPath[str], services: NamedDependency[Services]) -> RecurringView:
    """Show a span that recurs, whatever was decided on it."""
    return RecurringView.of(await services.recurring.get(recurring_id))


@post(
    "/recurring/{recurring_id:str}/promote",
    status_code=202,
    summary="Make a span that recurs an item of a library",
    opt=needs(Role.MODERATOR),
)
async def promote_recurring(
    recurring_id: FromPath[str],
    data: JSONBody[NewPromotion],
    services: NamedDependency[Services],
    caller: NamedDependency[Caller],
) -> RecurringView:
    """Make a span an item of a library, cut out of a stored fingerprint: no media is read; `decision` names the job."""
    return RecurringView.of(
        await services.recurring.promote(
            recurring_id, data.library, data.media_id or "", who=caller.name, rights=caller.grant.beyond
        )
    )


@post(
    "/recurring/{recurring_id:str}/dismiss",
    status_code=200,
    summary="Put a span that recurs aside",
    opt=needs(Role.MODERATOR),
)
async def dismiss_recurring(
    recurring_id: FromPath[str], services: NamedDependency[Services], caller: NamedDependency[Caller]
) -> RecurringView:
    """Propose a span no more, however often it occurs from now on."""
    return RecurringView.of(await services.recurring.dismiss(recurring_id, who=caller.name))


@post(
    "/recurring/{recurring_id:str}/reopen",
    status_code=200,
    summary="Propose a span that recurs again",
    opt=needs(Role.MODERATOR),
)
async def reopen_recurring(
    recurring_id: FromPath[str], services: NamedDependency[Services], caller: NamedDependency[Caller]
) -> RecurringView:
    """Take back that a span was put aside, or promoted; an item that it was promoted to stays in its library."""
    return RecurringView.of(await services.recurring.reopen(recurring_id, who=caller.name))


RECURRING_ROUTES = (list_recurring, show_recurring, promote_recurring, dismiss_recurring, reopen_recurring)
