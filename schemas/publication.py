"""When a media item was published, as its owner says: the first thing that tells an original from its copy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from schemas.clock import zoned_time

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PUBLISH_TIME", "BadPublishTimeError", "checked_publish_time", "published", "told_publish_time"]

#: The field of events and manifests, and the key of metadata, that says it.
PUBLISH_TIME = "PublishTime"
#: Characters of a text that a message repeats.
SHOWN = 40


class BadPublishTimeError(ValueError):
    """What was given is no time, or does not say in which zone it is."""

    def __init__(self, given: object) -> None:
        super().__init__(
            f"the publish time {str(given)[:SHOWN]!r} is none: write ISO 8601 with a zone, as 2026-11-23T08:00:00Z or "
            "2026-11-23T10:00:00+02:00"
        )


def checked_publish_time(given: object) -> str:
    """Return a time that came from outside in the one form in which times are kept; empty for null and for nothing.

    Raises:
        BadPublishTimeError: It is none, or has no zone.
    """
    if given is None or given == "":
        return ""
    if not isinstance(given, str):
        raise BadPublishTimeError(given)
    try:
        return zoned_time(given)
    except ValueError:
        raise BadPublishTimeError(given) from None


def told_publish_time(field: object, metadata: Mapping[str, Any]) -> str:
    """Return what a caller says in a field of its own, in the one form in which times are kept.

    Raises:
        BadPublishTimeError: The field, or what metadata says of the same, is no time, or has no zone.
    """
    checked_publish_time(metadata.get(PUBLISH_TIME))
    return checked_publish_time(field)


def published(field: str, metadata: Mapping[str, Any]) -> str:
    """Return when an item was published: what its own field says, else its metadata; empty where neither says it.

    The doors let in no metadata with a wrong time; that of before there was such a check counts as not there.
    """
    try:
        return field or checked_publish_time(metadata.get(PUBLISH_TIME))
    except BadPublishTimeError:
        return ""
