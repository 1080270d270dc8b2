"""Libraries and their items over REST."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Self

import msgspec
from litestar import Request, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.exceptions import ClientException
from litestar.params import FromPath, JSONBody

from schemas.commands import ItemMarks
from schemas.ids import new_job_id
from schemas.jobs import JobRequest, SaveType
from schemas.libraries import Library, LibraryItem, LibraryStatus, Purpose, Seconds, Share
from schemas.publication import told_publish_time
from streams.redaction import redacted
from streams.web.api.etag import UNCHANGED, with_etag
from streams.web.api.pagination import Cursor, Limit
from streams.web.api.submission import IdempotencyKey, Replace, ask, asked_by, given_fields
from streams.web.api.views import JobView, LibraryName, MediaId, Metadata, PublishTime, Url
from streams.web.auth.authenticator import needs
from streams.web.auth.callers import Caller
from streams.web.auth.roles import Role
from streams.web.paths import in_path
from streams.web.services import Services

__all__ = ["LIBRARY_ROUTES", "ItemList", "ItemView", "LibraryList", "LibraryView"]

Description = Annotated[str, msgspec.Meta(max_length=1000, description="what the library holds")]
Threshold = Annotated[Share, msgspec.Meta(description="the least similarity of a match that is reported")]
Length = Annotated[Seconds, msgspec.Meta(description="the fewest seconds that a match must copy to be reported")]


LooksBack = Annotated[
    bool | None,
    msgspec.Meta(
        description="whether each new reference is held against everything that was stored before it; null: as its "
        "purpose has it, which is so for a `blocklist`"
    ),
]


class LibraryView(msgspec.Struct, kw_only=True):
    """A library."""

    name: str
    purpose: Purpose
    status: LibraryStatus
    description: str
    match_threshold: float
    minimum_match_length: float
    searches_backwards: Annotated[
        bool,
        msgspec.Meta(description="whether each new reference is held against everything that was stored before it"),
    ]
    items: int
    created: str
    updated: str

    @classmethod
    def of(cls, library: Library, items: int) -> Self:
        """Return what to show of a library."""
        return cls(
            name=library.name,
            purpose=library.purpose,
            status=library.status,
            description=library.description,
            match_threshold=library.match_threshold,
            minimum_match_length=library.minimum_match_length,
            searches_backwards=library.looks_back,
            items=items,
            created=library.creation_time,
            updated=library.update_time,
        )


class LibraryList(msgspec.Struct, kw_only=True):
    """All libraries, by name."""

    libraries: list[LibraryView]


class NewLibrary(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A library to be made."""

    name: LibraryName
    purpose: Purpose = Purpose.GENERAL
    description: Description = ""
    match_threshold: Threshold = 0.5
    minimum_match_length: Length = 0.0
    searches_backwards: LooksBack = None


class LibraryChanges(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What to change of a library; what is absent stays."""

    purpose: Purpose | msgspec.UnsetType = msgspec.UNSET
    description: Description | msgspec.UnsetType = msgspec.UNSET
    match_threshold: Threshold | msgspec.UnsetType = msgspec.UNSET
    minimum_match_length: Length | msgspec.UnsetType = msgspec.UNSET
    searches_backwards: LooksBack | msgspec.UnsetType = msgspec.UNSET


class ItemView(msgspec.Struct, kw_only=True):
    """A media item that a library holds."""

    library: str
    media_id: str
    version: int
    job_id: str
    duration: float
    digest: str
    url: Annotated[str, msgspec.Meta(description="where the media was read, without what may be secret in it")]
    disabled: bool
    quarantined: Annotated[
        str, msgspec.Meta(description="why its matches lead to a review at most: it matches far more than is usual")
    ]
    metadata: dict[str, Any]
    publish_time: PublishTime = ""
    created: str
    updated: str

    @classmethod
    def of(cls, item: LibraryItem) -> Self:
        """Return what to show of an item."""
        return cls(
            library=item.library,
            media_id=item.media_id,
            version=item.version,
            job_id=item.job_id,
            duration=item.duration,
            digest=item.digest,
            url=redacted(item.file_url),
            disabled=item.disabled,
            quarantined=item.quarantined,
            metadata=item.metadata,
            publish_time=item.published,
            created=item.creation_time,
            updated=item.update_time,
        )


class ItemList(msgspec.Struct, kw_only=True):
    """A page of a library's items, newest first; `next` is the cursor of the page that follows."""

    items: list[ItemView]
    next: str | None = None


class NewItem(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A media item to be put into a library."""

    media_id: MediaId
    url: Url
    metadata: Metadata = {}
    publish_time: PublishTime = ""


class ItemChanges(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What to change of an item; what is absent stays."""

    disabled: bool | msgspec.UnsetType = msgspec.UNSET
    metadata: Metadata | msgspec.UnsetType = msgspec.UNSET
    publish_time: PublishTime | msgspec.UnsetType = msgspec.UNSET
    quarantined: Annotated[
        bool | msgspec.UnsetType, msgspec.Meta(description="`false` lifts what the flood guard has said of it")
    ] = msgspec.UNSET


@get("/libraries", summary="List libraries", opt=needs(Role.READER))
async def list_libraries(services: NamedDependency[Services]) -> LibraryList:
    """List all libraries, by name."""
    libraries = await asyncio.to_thread(services.model.libraries.all)
    return LibraryList(libraries=[await _view(services, library) for library in libraries])


@post("/libraries", status_code=201, summary="Make a library", opt=needs(Role.ADMIN))
async def create_library(data: JSONBody[NewLibrary], services: NamedDependency[Services]) -> Response[LibraryView]:
    """Make a library; jobs search it from then on, unless they name others."""
    library = await services.libraries.create(Library(**msgspec.structs.asdict(data)))
    place = f"/api/v1/libraries/{in_path(library.name)}"
    return Response(await _view(services, library), headers={"Location": place})


@get("/libraries/{name:str}", summary="Show a library", responses=UNCHANGED, opt=needs(Role.READER))
async def show_library(
    name: FromPath[str], services: NamedDependency[Services], request: Request[Any, Any, Any]
) -> Response[LibraryView | None]:
    """Show a library, and how many items it holds."""
    return with_etag(request, await _view(services, await services.libraries.get(name)))


@patch("/libraries/{name:str}", summary="Change a library", opt=needs(Role.ADMIN))
async def update_library(
    name: FromPath[str], data: JSONBody[LibraryChanges], services: NamedDependency[Services]
) -> LibraryView:
    """Change what is given, and leave the rest."""
    changes = {key: value for key, value in msgspec.structs.asdict(data).items() if value is not msgspec.UNSET}
    return await _view(services, await services.libraries.update(name, **changes))


@delete("/libraries/{name:str}", summary="Delete a library", opt=needs(Role.ADMIN))
async def delete_library(name: FromPath[str], services: NamedDependency[Services]) -> None:
    """Delete a library with everything in it; jobs that would store into it are ended."""
    await services.libraries.delete(name)


@post("/libraries/{name:str}/pause", status_code=200, summary="Search a library no more", opt=needs(Role.ADMIN))
async def pause_library(name: FromPath[str], services: NamedDependency[Services]) -> LibraryView:
    """Leave a library out of all searches until it is resumed; what it holds stays."""
    return await _view(services, await services.libraries.pause(name))


@post("/libraries/{name:str}/resume", status_code=200, summary="Search a library again", opt=needs(Role.ADMIN))
async def resume_library(name: FromPath[str], services: NamedDependency[Services]) -> LibraryView:
    """Let jobs search a library that was paused."""
    return await _view(services, await services.libraries.resume(name))


@post("/libraries/{name:str}/purge", status_code=200, summary="Empty a library", opt=needs(Role.ADMIN))
async def purge_library(name: FromPath[str], services: NamedDependency[Services]) -> LibraryView:
    """Remove everything in a library; jobs that would store into it are ended."""
    await services.libraries.purge(name)
    return await _view(services, await services.libraries.get(name))


@get("/libraries/{name:str}/items", summary="List what a library holds, newest first", opt=needs(Role.READER))
async def list_items(
    name: FromPath[str],
    services: NamedDependency[Services],
    *,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> ItemList:
    """List a library's items."""
    await services.libraries.get(name)
    page = await asyncio.to_thread(services.model.libraries.items, name, cursor=cursor, limit=limit)
    return ItemList(items=[ItemView.of(item) for item in page.items], next=page.next)


@post(
    "/libraries/{name:str}/items", status_code=202, summary="Put a media item into a library", opt=needs(Role.SUBMITTER)
)
async def add_item(
    name: FromPath[str],
    data: JSONBody[NewItem],
    services: NamedDependency[Services],
    caller: NamedDependency[Caller],
    idempotency_key: IdempotencyKey = None,
    *,
    replace: Replace = True,
) -> Response[JobView]:
    """Ask for a job that stores the fingerprint of a media item, and matches nothing."""
    await services.libraries.get(name)
    request = JobRequest(
        job_id=new_job_id(),
        media_id=data.media_id,
        file_url=data.url,
        library=name,
        save_type=SaveType.ONLYSAVE,
        metadata=data.metadata,
        publish_time=told_publish_time(data.publish_time, data.metadata),
    )
    details = {"library": name, **given_fields(data)}
    request = asked_by(caller, request, key=idempotency_key, route="items", details=details)

    async def check() -> None:
        await services.libraries.check(request)
        if not replace:
            await services.libraries.check_free(request)

    return await ask(services, request, check=check)


@get(
    "/libraries/{name:str}/items/{media_id:str}",
    summary="Show an item of a library",
    responses=UNCHANGED,
    opt=needs(Role.READER),
)
async def show_item(
    name: FromPath[str],
    media_id: FromPath[str],
    services: NamedDependency[Services],
    request: Request[Any, Any, Any],
) -> Response[ItemView | None]:
    """Show what a library holds of a media item."""
    return with_etag(request, ItemView.of(await services.libraries.item(name, media_id)))


@patch("/libraries/{name:str}/items/{media_id:str}", summary="Disable an item, or describe it", opt=needs(Role.ADMIN))
async def update_item(
    name: FromPath[str], media_id: FromPath[str], data: JSONBody[ItemChanges], services: NamedDependency[Services]
) -> ItemView:
    """Change what is given.

    `disabled` takes the item out of all searches, `metadata` replaces what was there, `publish_time` counts for the
    verdicts of jobs that end from then on, and `quarantined`, as `false`, lifts what the flood guard has said of the
    item: what it matched until now is no reason any more.
    """
    if data.quarantined is True:
        raise ClientException("only the flood guard sets an item aside: disable the item, or give it a policy")
    metadata = None if data.metadata is msgspec.UNSET else data.metadata
    publish_time = told_publish_time("" if data.publish_time is msgspec.UNSET else data.publish_time, metadata or {})
    marks = ItemMarks(
        disabled=None if data.disabled is msgspec.UNSET else data.disabled,
        metadata=metadata,
        publish_time=None if data.publish_time is msgspec.UNSET else publish_time,
        quarantined="" if data.quarantined is False else None,
    )
    return ItemView.of(await services.libraries.mark(name, media_id, marks))


@delete("/libraries/{name:str}/items/{media_id:str}", summary="Remove an item", opt=needs(Role.ADMIN))
async def remove_item(name: FromPath[str], media_id: FromPath[str], services: NamedDependency[Services]) -> None:
    """Take a media item out of a library; other libraries keep it."""
    await services.libraries.remove(name, media_id)


LIBRARY_ROUTES = (
    list_libraries,
    create_library,
    show_library,
    update_library,
    delete_library,
    pause_library,
    resume_library,
    purge_library,
    list_items,
    add_item,
    show_item,
    update_item,
    remove_item,
)


async def _view(services: Services, library: Library) -> LibraryView:
    return LibraryView.of(library, await asyncio.to_thread(services.model.libraries.count, library.name))
