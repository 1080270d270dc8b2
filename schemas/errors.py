"""Why a job failed, or an input was refused: the codes of the contract."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["ErrorCode", "InvalidEvent", "TooLargeError"]


class ErrorCode(StrEnum):
    """One code for each way a job can end; downstream systems branch on these, so they never change."""

    #: The job succeeded.
    OK = "0"
    #: The job names a library that does not exist, or one to search that is paused.
    INVALID_PARAMETER = "InvalidParameter"
    #: The media's address leads nowhere.
    RESOURCE_NOT_FOUND = "InvalidParameter.ResourceNotFound"
    #: The media does not decode.
    RESOURCE_CONTENT_BAD = "InvalidParameter.ResourceContentBad"
    #: The media has neither picture nor sound, or is encrypted.
    RESOURCE_NOT_SUPPORTED = "InvalidParameter.ResourceNotSupported"
    #: The media's address is not one that the configuration allows, or its server refused.
    RESOURCE_ACCESS = "PermissionDenied.ResourceAccess"
    #: The media is over the limit on duration, pixels or bytes.
    RESOURCE_TOO_LARGE = "ResourceTooLarge"
    #: The work took longer than its limit, also when tried again.
    TIMEOUT = "Timeout"
    #: Somebody cancelled the job, or newer content of the same video took its place.
    CANCELLED = "JobCancelled"
    #: A fault of ours.
    INTERNAL_ERROR = "InternalError"


class InvalidEvent(ValueError):  # noqa: N818 (the contract's word: an input event that is not valid)
    """An input that cannot be used; the message says which field is wrong, for the one who sent it."""

    #: What its dead letter carries as `x-error-code`.
    code = "InvalidEvent"


class TooLargeError(InvalidEvent):
    """An input of which not all that follows from it could be written; the message names the limit."""
