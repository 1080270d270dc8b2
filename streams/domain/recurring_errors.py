"""Why something cannot be done with a span that recurs. Every message says what to do next."""

from __future__ import annotations

__all__ = ["ItemThereError", "NothingStoredError", "RecurringError", "UnknownRecurringError"]

#: Characters of a word that a message repeats.
SHOWN = 40


class RecurringError(ValueError):
    """A request names a span that recurs that it cannot be done with."""


class UnknownRecurringError(RecurringError):
    """Nothing of this id recurs."""

    def __init__(self, name: str) -> None:
        super().__init__(f"nothing that recurs has the id {name[:SHOWN]!r}: list what there is")


class ItemThereError(RecurringError):
    """The library holds something of the name that a span is to have."""

    def __init__(self, library: str, media_id: str) -> None:
        super().__init__(f"library {library!r} holds a media item {media_id!r} already: give another media_id")


class NothingStoredError(RecurringError):
    """No fingerprint is stored of any media item in which a span recurs."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"no fingerprint is stored of the media in which {name[:SHOWN]!r} recurs: "
            "'mediadna doctor' says which items lack theirs; add one of these media items anew, and ask again"
        )
