"""Backward searches over REST."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Self

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter

from schemas.backward import BackwardSearch
from schemas.jobs import JobStatus
from streams.readmodel.backward_searches import SearchFilter
from streams.web.api.etag import UNCHANGED, with_etag
from streams.web.api.pagination import Cursor, Limit
from streams.web.auth.authenticator import needs
from streams.web.auth.callers import Caller
from streams.web.auth.roles import Role
from streams.web.problem_types import ProblemError
from streams.web.problems_of_state import SEARCH_ENDED, UNKNOWN_SEARCH
from streams.web.services import Services

__all__ = ["BACKWARD_ROUTES", "BackwardSearchList", "BackwardSearchView"]

Home = Annotated[
    str | None, QueryParameter(description="the reference's library; needed where several libraries hold it")
]
OfMedia = Annotated[str | None, QueryParameter(description="only searches of this reference")]
OfLibrary = Annotated[str | None, QueryParameter(description="only searches of references in this library")]


class BackwardSearchView(msgspec.Struct, kw_only=True):
    """One reference, held against everything that was stored before it."""

    search_id: str
    media_id: Annotated[str, msgspec.Meta(description="the reference")]
    library: str
    version: int
    status: JobStatus
    caller: Annotated[str, msgspec.Meta(description="who asked; empty: its library searches backwards by itself")]
    items_total: Annotated[int, msgspec.Meta(description="stored items to hold it against")]
    items_done: int
    unreadable: Annotated[int, msgspec.Meta(description="of these, how many could not be read")]
    hits: Annotated[int, msgspec.Meta(description="media items that copy it: `/matches?reference=` lists them")]
    code: str
    message: str
    created: str
    updated: str
    completed: str | None

    @classmethod
    def of(cls, search: BackwardSearch) -> Self:
        """Return what to show of a search."""
        return cls(
            search_id=search.search_id,
            media_id=search.media_id,
            library=search.library,
            version=search.version,
            status=search.status,
            caller=search.caller,
            items_total=search.items_total,
            items_done=search.items_done,
            unreadable=search.unreadable,
            hits=search.hits,
            code=search.code,
            message=search.message,
            created=search.creation_time,
            updated=search.update_time,
            completed=search.complete_time,
        )


class BackwardSearchList(msgspec.Struct, kw_only=True):
    """A page of searches, newest first; `next` is the cursor of the page that follows."""

    searches: list[BackwardSearchView]
    next: str | None = None


@post(
    "/media/{media_id:str}/search-backwards",
    status_code=202,
    summary="Hold a reference against everything that is stored",
    opt=needs(Role.MODERATOR),
)
async def start_search(
    media_id: FromPath[str],
    services: NamedDependency[Services],
    caller: NamedDependency[Caller],
    library: Home = None,
) -> BackwardSearchView:
    """Look for copies of a stored media item among everything that was stored before it; no media is read again.

    What is found becomes a match of the media item that copies it, marked `retroactive`. A search of the same content
    that is under way is returned in place of another one.
    """
    return BackwardSearchView.of(await services.searches.ask(media_id, library, caller=caller.name))


@get("/backward-searches", summary="List backward searches, newest first", opt=needs(Role.READER))
async def list_searches(
    services: NamedDependency[Services],
    *,
    media_id: OfMedia = None,
    library: OfLibrary = None,
    status: FromQuery[JobStatus | None] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> BackwardSearchList:
    """List searches; filters combine."""
    wanted = SearchFilter(media_id=media_id, library=library, status=status)
    page = await asyncio.to_thread(services.model.backward_searches.page, wanted, cursor=cursor, limit=limit)
    return BackwardSearchList(searches=[BackwardSearchView.of(one) for one in page.searches], next=page.next)


@get(
    "/backward-searches/{search_id:str}", summary="Show a backward search", responses=UNCHANGED, opt=needs(Role.READER)
)
async def show_search(
    search_id: FromPath[str], services: NamedDependency[Services], request: Request[Any, Any, Any]
) -> Response[BackwardSearchView | None]:
    """Show how far a search has come; with an `ETag`, so that asking again costs little."""
    return with_etag(request, BackwardSearchView.of(await _search(services, search_id)))


@post(
    "/backward-searches/{search_id:str}/cancel",
    status_code=200,
    summary="End a backward search",
    opt=needs(Role.MODERATOR),
)
async def cancel_search(search_id: FromPath[str], services: NamedDependency[Services]) -> BackwardSearchView:
    """End a search that has not ended; what it has found stays."""
    search = await _search(services, search_id)
    if search.status.ended:
        raise ProblemError(SEARCH_ENDED, f"there is nothing to end: the search has ended, with status {search.status}")
    return BackwardSearchView.of(await services.searches.cancel(search))


BACKWARD_ROUTES = (start_search, list_searches, show_search, cancel_search)


async def _search(services: Services, search_id: str) -> BackwardSearch:
    search = await asyncio.to_thread(services.model.backward_searches.get, search_id)
    if search is None:
        raise ProblemError(UNKNOWN_SEARCH, f"there is no backward search {search_id!r}: list those that there are")
    return search
