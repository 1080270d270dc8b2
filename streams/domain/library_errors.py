"""Why something cannot be done with a library. Every message says what to do next."""

from __future__ import annotations

from schemas.names import in_words, library_fault, media_fault

__all__ = [
    "HELD_ALREADY",
    "ForbiddenError",
    "LibraryBusy",
    "LibraryError",
    "LibraryExists",
    "LibraryPaused",
    "LibraryProtected",
    "MediaIdTaken",
    "UnknownItem",
    "UnknownLibrary",
    "UnusableName",
    "check_library_name",
    "check_media_id",
    "not_curator",
    "not_replacer",
]


#: What a job says that has come to the very content that its library holds, and may not replace it.
HELD_ALREADY = "its library holds this very content already, which stays as it is"


class LibraryError(ValueError):
    """A request names a library, or an item of one, that it cannot be done with."""


class ForbiddenError(LibraryError):
    """The caller may not do this with the library."""


class UnknownLibrary(LibraryError):  # noqa: N818 (says what is wrong)
    """There is no library of this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no library {name!r}: create it, or name one of those that are listed")


class UnknownItem(LibraryError):  # noqa: N818 (says what is wrong)
    """The library does not hold this media item."""

    def __init__(self, library: str, media_id: str) -> None:
        super().__init__(f"library {library!r} holds no media item {media_id!r}: list what it holds")


class LibraryPaused(LibraryError):  # noqa: N818 (says what is wrong)
    """A job names a library to search that is paused."""

    def __init__(self, name: str) -> None:
        super().__init__(f"library {name!r} is paused: resume it, or leave it out of the libraries to search")


class LibraryExists(LibraryError):  # noqa: N818 (says what is wrong)
    """A library of this name is there already."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is a library {name!r} already: choose another name, or update that one")


class LibraryBusy(LibraryError):  # noqa: N818 (says what is wrong)
    """The library is being deleted."""

    def __init__(self, name: str) -> None:
        super().__init__(f"library {name!r} is being deleted: wait until it is gone")


class LibraryProtected(LibraryError):  # noqa: N818 (says what is wrong)
    """The library has to stay."""

    def __init__(self, name: str) -> None:
        super().__init__(f"library {name!r} is the one that jobs use which name none: purge it to empty it")


class MediaIdTaken(LibraryError):  # noqa: N818 (says what is wrong)
    """A MediaId that may take nothing's place is that of media from elsewhere."""

    def __init__(self, media_id: str, place: str, library: str, *, replaced: bool) -> None:
        end = "whose place it would take" if replaced else "for which it would be taken, so that neither is found in it"
        super().__init__(f"{media_id!r} is the MediaId of {place} in library {library!r}, {end}")


class UnusableName(LibraryError):  # noqa: N818 (says what is wrong)
    """A library or a media item is to be called what not every door takes: it could not be looked at or taken away."""


def check_media_id(media_id: str) -> None:
    """Check that something new gets a MediaId that every door takes.

    Raises:
        UnusableName: It does not.
    """
    if fault := media_fault(media_id):
        raise UnusableName(in_words("a media item", media_id, fault))


def check_library_name(name: str) -> None:
    """Check that a new library gets a name that every door takes.

    Raises:
        UnusableName: It does not.
    """
    if fault := library_fault(name):
        raise UnusableName(in_words("a library", name, fault))


def not_curator(library: str, purpose: str) -> ForbiddenError:
    """Return why a caller without the right `curate` may not store into a library, or end jobs that do."""
    return ForbiddenError(
        f"library {library!r} is of the purpose {purpose}, and what it holds decides about videos: a caller needs the "
        "right curate, or the role admin, for it; name a library of the purpose general, or match only (nosave)"
    )


def not_replacer(library: str, media_id: str) -> ForbiddenError:
    """Return why a caller without the right `replace` may not store content under a MediaId that is taken."""
    return ForbiddenError(
        f"library {library!r} holds other content under the media id {media_id!r}: a caller needs the right replace, "
        "or the role admin, to put something in its place; take another media id, or match only (nosave)"
    )
