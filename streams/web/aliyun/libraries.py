"""The operations of Intelligent Media Services, version 2020-11-09, on libraries. A DBId is the library's name."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import unquote, urlsplit

from schemas.libraries import Library, LibraryStatus
from schemas.limits import LONGEST_NAME
from streams.readmodel.pagination import BadCursor
from streams.web.aliyun.background import in_time
from streams.web.aliyun.call import Call
from streams.web.aliyun.errors import invalid
from streams.web.services import Services

__all__ = ["create_dna_db", "delete_dna_db", "delete_dna_files", "list_dna_db", "list_dna_files"]

#: What a library may be made for. Every library holds picture and sound, so either is the same to us.
MODELS = ("Video", "Audio")
#: The longest description: a few sentences.
LONGEST_DESCRIPTION = 1024
#: Files on a page when the caller does not say, and at most: the vendor's figures.
USUAL_PAGE, LARGEST_PAGE = 20, 100
#: Files that are deleted in one call: the vendor's figure.
MOST_FILES = 50

_STATUS = {
    LibraryStatus.ACTIVE: "active",
    LibraryStatus.PAUSED: "offline",
    LibraryStatus.DELETING: "deleted",
}


async def create_dna_db(call: Call, services: Services) -> dict[str, Any]:
    """Make a library."""
    name = call.text("Name", most=LONGEST_NAME)
    if name != name.strip() or "," in name:
        raise invalid("Name", "it begins or ends with a space, or holds a comma, which lists of ids are parted by")
    model = call.optional("Model") or MODELS[0]
    if model not in MODELS:
        raise invalid("Model", f"it is none of {', '.join(MODELS)}")
    description = call.optional("Description") or ""
    if len(description) > LONGEST_DESCRIPTION:
        raise invalid("Description", f"it is longer than {LONGEST_DESCRIPTION} characters")
    library = await services.libraries.create(Library(name=name, description=description))
    return {"DBInfo": _shown(library)}


async def list_dna_db(call: Call, services: Services) -> dict[str, Any]:
    """Show libraries: those of the given ids, or all of them."""
    wanted = set(call.ids("DBIds")) if call.optional("DBIds") else None
    libraries = await asyncio.to_thread(services.model.libraries.all)
    return {"DBList": [_shown(library) for library in libraries if wanted is None or library.name in wanted]}


async def delete_dna_db(call: Call, services: Services) -> dict[str, Any]:
    """Delete a library with everything in it; a large one shows as deleted until it is gone."""
    await in_time(services.libraries.delete(call.text("DBId")))
    return {}


async def list_dna_files(call: Call, services: Services) -> dict[str, Any]:
    """Show what a library holds, page by page."""
    library = await services.libraries.get(call.text("DBId"))
    limit = call.integer("PageSize", default=USUAL_PAGE, least=1, most=LARGEST_PAGE)
    cursor = call.optional("NextPageToken")
    try:
        page = await asyncio.to_thread(services.model.libraries.items, library.name, cursor=cursor, limit=limit)
    except BadCursor:
        raise invalid("NextPageToken", "it is none that this list gave out") from None
    files = [{"PrimaryKey": item.media_id, "InputFile": _input_file(item.file_url)} for item in page.items]
    return {"FileList": files, **({"NextPageToken": page.next} if page.next else {})}


async def delete_dna_files(call: Call, services: Services) -> dict[str, Any]:
    """Take media items out of a library: all of them, or none when one is not there."""
    library = await services.libraries.get(call.text("DBId"))
    keys = call.ids("PrimaryKeys", most=MOST_FILES)
    for key in keys:
        await services.libraries.item(library.name, key)
    await in_time(_remove(library.name, keys, services))
    return {}


async def _remove(library: str, keys: list[str], services: Services) -> None:
    await asyncio.gather(*(services.libraries.remove(library, key) for key in keys))


def _shown(library: Library) -> dict[str, Any]:
    return {
        "DBId": library.name,
        "Name": library.name,
        "Model": MODELS[0],
        "Description": library.description,
        "Status": _STATUS[library.status],
    }


def _input_file(url: str) -> dict[str, str]:
    """Return an address as bucket, region and object, as far as it has these."""
    parts = urlsplit(url)
    bucket, _, region = (parts.hostname or "").partition(".oss-")
    location = f"oss-{region.partition('.')[0]}" if region else ""
    return {"Bucket": bucket, "Location": location, "Object": unquote(parts.path).lstrip("/")}
