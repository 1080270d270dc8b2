"""Why there is no preview of a media item, or no picture of it."""

from __future__ import annotations

__all__ = [
    "BusyPreviewsError",
    "MediaAwayError",
    "MediaGoneError",
    "MediaRefusedError",
    "NotShowableError",
    "NothingToSeeError",
    "PreviewError",
]


class PreviewError(Exception):
    """There is none; the message says why, and what to do."""


class NothingToSeeError(PreviewError):
    """The media holds nothing that could be shown there."""


class MediaGoneError(PreviewError):
    """The media is not, or no longer, where its job found it."""


class MediaRefusedError(PreviewError):
    """The media may not be read from where it lies."""


class NotShowableError(PreviewError):
    """Nothing that a browser shows can be made of it, or not of so much of it."""


class MediaAwayError(PreviewError):
    """The media's server does not answer: asking again later can go well."""


class BusyPreviewsError(PreviewError):
    """Too many are being made: asking again later goes well."""
