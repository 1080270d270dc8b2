"""Where a media item is that a call names by its id alone."""

from __future__ import annotations

import glob
from pathlib import Path
from urllib.parse import quote

from streams.egress.policy import SourcePolicy
from streams.readmodel.model import ReadModel
from streams.settings import Settings
from streams.web.aliyun.errors import no_such_media

__all__ = ["ID_FIELD", "address_of", "find_media"]

#: What stands for the media item's id in `MEDIADNA_MEDIA_TEMPLATE`.
ID_FIELD = "{MediaId}"
#: The vendor's object store speaks S3 as well, and is read that way.
OSS, S3 = "oss://", "s3://"


def find_media(media_id: str, model: ReadModel, settings: Settings) -> str:
    """Return the address of a media item.

    It is where a library's item was read from, or else the newest job: a job that only matches may be anybody's, who
    would have others read something else under a name that is taken. An address in place of an id is taken as it is;
    else the configured template says it; else it is a file below the media folders that is named so, with or without
    its suffix.

    Raises:
        VendorError: Nothing is known of the item.
    """
    places = [item.file_url for item in model.libraries.items_of(media_id)]
    places += [job.request.file_url for job in model.jobs.of_media(media_id)]
    known = next(filter(None, places), None)
    if known is not None:
        return known
    if "://" in media_id:
        return address_of(media_id)
    if settings.media_template:
        return settings.media_template.replace(ID_FIELD, quote(media_id, safe=""))
    for folder in SourcePolicy.parse(settings.media_places).folders:
        path = _below(folder, media_id)
        if path is not None:
            return path.as_uri()
    raise no_such_media(media_id)


def address_of(place: str) -> str:
    """Return a place in the form that media is read by."""
    return S3 + place.removeprefix(OSS) if place.startswith(OSS) else place


def _below(folder: Path, name: str) -> Path | None:
    """Return the file of that name; of several with different suffixes the largest, which is the video itself."""
    wanted = folder / name
    if "\0" in name or folder not in wanted.resolve().parents:
        return None
    try:
        found = [path for path in (wanted, *wanted.parent.glob(f"{glob.escape(wanted.name)}.*")) if path.is_file()]
    except OSError:  # no file system takes such a name
        return None
    return max(found, key=lambda path: path.stat().st_size, default=None)
