"""What people say of boilerplate, over REST."""

from __future__ import annotations

import asyncio
from typing import Annotated, Self

import msgspec
from litestar import delete, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from schemas.boilerplate import BoilerplateRuling
from schemas.cases import LONGEST_NOTE
from streams.readmodel.boilerplate import BoilerplateFilter, BoilerplateLogFilter
from streams.services.boilerplate import NewRuling
from streams.web.api.pagination import Cursor, Limit
from streams.web.api.times import TIME_FORM, time_as_stored
from streams.web.api.views import LibraryName
from streams.web.auth.authenticator import needs
from streams.web.auth.callers import Caller
from streams.web.auth.roles import Role
from streams.web.services import Services

__all__ = ["BOILERPLATE_ROUTES", "RulingList", "RulingLog", "RulingView"]

Start = Annotated[
    float,
    msgspec.Meta(
        ge=0, description="where the span begins in the reference, seconds; null: all of it is meant", examples=[0.0]
    ),
]
End = Annotated[
    float,
    msgspec.Meta(
        ge=0, description="where the span ends in the reference, seconds; null: all of it is meant", examples=[31.5]
    ),
]
Says = Annotated[
    bool,
    msgspec.Meta(
        description="`true`: it links nothing, however few references share it; `false`: what it shares with others "
        "links all the same"
    ),
]
Note = Annotated[str, msgspec.Meta(max_length=LONGEST_NOTE, description="why, for those who read it later")]
OfLibrary = Annotated[str | None, QueryParameter(description="only those on references in this library")]
OfReference = Annotated[str | None, QueryParameter(description="only those on this reference")]
Who = Annotated[str | None, QueryParameter(description="only what this person has said")]
Since = Annotated[str | None, QueryParameter(description=f"only what was said at this time or later: {TIME_FORM}")]
Until = Annotated[str | None, QueryParameter(description=f"only what was said before this time: {TIME_FORM}")]


class SaidOfBoilerplate(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What a person says of a reference, or of a span of it."""

    library: LibraryName
    media_id: str
    start: Start | None = None
    end: End | None = None
    boilerplate: Says
    note: Note = ""


class RulingView(msgspec.Struct, kw_only=True):
    """What holds of a reference, or of a span of it, since a person has said so."""

    id: Annotated[
        str,
        msgspec.Meta(
            description="the same for the same reference and span", examples=["3f1c9a5e7b2d40618c0d9e8f7a6b5c43"]
        ),
    ]
    library: str
    media_id: Annotated[str, msgspec.Meta(description="the reference")]
    start: Start | None
    end: End | None
    boilerplate: Says
    note: Note
    by: Annotated[str, msgspec.Meta(description="who has said so")]
    time: Annotated[str, msgspec.Meta(description="when it was said")]

    @classmethod
    def of(cls, ruling: BoilerplateRuling) -> Self:
        """Return what to show of a ruling."""
        return cls(
            id=ruling.ruling_id,
            library=ruling.library,
            media_id=ruling.media_id,
            start=ruling.start,
            end=ruling.end,
            boilerplate=ruling.boilerplate,
            note=ruling.note,
            by=ruling.who,
            time=ruling.when,
        )


class RulingEntry(RulingView, kw_only=True):
    """What a person has said at some time, or taken back."""

    withdrawn: Annotated[bool, msgspec.Meta(description="whether it was taken back then")]

    @classmethod
    def of(cls, ruling: BoilerplateRuling) -> Self:
        """Return what to show of an entry of the log."""
        view = RulingView.of(ruling)
        return cls(**{name: getattr(view, name) for name in RulingView.__struct_fields__}, withdrawn=ruling.withdrawn)


class RulingList(msgspec.Struct, kw_only=True):
    """A page of what holds, newest first; `next` is the cursor of the page that follows."""

    rulings: list[RulingView]
    next: str | None = None


class RulingLog(msgspec.Struct, kw_only=True):
    """A page of all that was ever said, newest first; `next` is the cursor of the page that follows."""

    entries: list[RulingEntry]
    next: str | None = None


@get("/boilerplate", summary="List what people say of boilerplate, newest first", opt=needs(Role.READER))
async def list_boilerplate(
    services: NamedDependency[Services],
    *,
    library: OfLibrary = None,
    media_id: OfReference = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> RulingList:
    """List what holds, whatever the number of references that share a span; filters combine."""
    wanted = BoilerplateFilter(library=library, media_id=media_id)
    page = await asyncio.to_thread(services.model.boilerplate.page, wanted, cursor=cursor, limit=limit)
    return RulingList(rulings=[RulingView.of(one) for one in page.rulings], next=page.next)


@put("/boilerplate", status_code=200, summary="Overrule what is boilerplate", opt=needs(Role.MODERATOR))
async def overrule_boilerplate(
    data: JSONBody[SaidOfBoilerplate], services: NamedDependency[Services], caller: NamedDependency[Caller]
) -> RulingView:
    """Say under the caller's name that a reference, or a span of it, links nothing, or links all the same.

    It takes the place of what was said of the same span before. Answers follow at once, those about jobs that have
    ended too; events that are out, and what topics hold of jobs, stay as they are.
    """
    wanted = NewRuling(
        library=data.library,
        media_id=data.media_id,
        start=data.start,
        end=data.end,
        boilerplate=data.boilerplate,
        note=data.note,
    )
    return RulingView.of(await services.boilerplate.say(wanted, who=caller.name))


@get("/boilerplate/log", summary="Read all that was said of boilerplate, newest first", opt=needs(Role.READER))
async def list_boilerplate_log(
    services: NamedDependency[Services],
    *,
    who: Who = None,
    media_id: OfReference = None,
    since: Since = None,
    until: Until = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> RulingLog:
    """List who said what and when, with what was taken back: the audit log of it, of which nothing is dropped."""
    wanted = BoilerplateLogFilter(
        who=who, media_id=media_id, since=time_as_stored(since, "since"), until=time_as_stored(until, "until")
    )
    page = await asyncio.to_thread(services.model.boilerplate.log, wanted, cursor=cursor, limit=limit)
    return RulingLog(entries=[RulingEntry.of(one) for one in page.rulings], next=page.next)


@get("/boilerplate/{ruling_id:str}", summary="Show what a person says of boilerplate", opt=needs(Role.READER))
async def show_boilerplate(ruling_id: FromPath[str], services: NamedDependency[Services]) -> RulingView:
    """Show one ruling that holds."""
    return RulingView.of(await services.boilerplate.get(ruling_id))


@delete("/boilerplate/{ruling_id:str}", summary="Take back what was said of boilerplate", opt=needs(Role.MODERATOR))
async def withdraw_boilerplate(
    ruling_id: FromPath[str], services: NamedDependency[Services], caller: NamedDependency[Caller]
) -> None:
    """Take a ruling back: the number of references decides again, in all answers at once."""
    await services.boilerplate.take_back(ruling_id, who=caller.name)


BOILERPLATE_ROUTES = (
    list_boilerplate,
    overrule_boilerplate,
    list_boilerplate_log,
    show_boilerplate,
    withdraw_boilerplate,
)
