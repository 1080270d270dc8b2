"""What the vendor's services answer when a call fails: its codes, its HTTP statuses, and a sentence that helps."""

from __future__ import annotations

from http import HTTPStatus

from streams.domain.library_errors import (
    ForbiddenError,
    LibraryError,
    LibraryExists,
    UnknownItem,
    UnknownLibrary,
    UnusableName,
)

__all__ = [
    "SIGNATURE_REFUSED",
    "VendorError",
    "bad_time",
    "forbidden",
    "incomplete_signature",
    "internal_error",
    "invalid",
    "missing",
    "no_such_media",
    "no_such_resource",
    "refused_library",
    "refused_signature",
    "stale_time",
    "throttled",
    "unavailable",
    "unknown_action",
    "unknown_key",
    "unknown_signature_method",
    "unknown_version",
    "used_nonce",
]

#: The code of a call whose signature is not the right one.
SIGNATURE_REFUSED = "SignatureDoesNotMatch"
#: Characters of what a caller sent that an error repeats: enough to recognize it, too few to fill a log with.
LONGEST_ECHO = 1000


class VendorError(Exception):
    """A call that fails, in the vendor's words.

    Attributes:
        code: What a program branches on.
        status: HTTP status.
        message: What it means here, for a person.
    """

    def __init__(self, code: str, status: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.message = message


def missing(name: str) -> VendorError:
    """Return the error for a parameter that a call needs and does not have."""
    return VendorError("MissingParameter", HTTPStatus.BAD_REQUEST, f"{name} is mandatory for this action.")


def invalid(name: str, reason: str) -> VendorError:
    """Return the error for a parameter's value that cannot be used."""
    return VendorError(
        "InvalidParameter", HTTPStatus.BAD_REQUEST, f"Specified parameter {name} is not valid: {reason}."
    )


def unknown_action(action: str) -> VendorError:
    """Return the error for an action that there is not in this version."""
    message = (
        f"Specified api is not found, please check your url and method: there is no action {action[:LONGEST_ECHO]!r}."
    )
    return VendorError("InvalidAction.NotFound", HTTPStatus.NOT_FOUND, message)


def unknown_version(version: str, known: str) -> VendorError:
    """Return the error for a version of no service of ours."""
    message = f"Specified parameter Version is not valid: {version[:LONGEST_ECHO]!r} is none of {known}."
    return VendorError("InvalidVersion", HTTPStatus.BAD_REQUEST, message)


def no_such_media(media_id: str) -> VendorError:
    """Return the error for a media item that is not known."""
    return VendorError("InvalidVideo.NotFound", HTTPStatus.NOT_FOUND, f"The video does not exist: {media_id!r}.")


def no_such_resource(what: str) -> VendorError:
    """Return the error for a library, job or result that there is not."""
    return VendorError("NoSuchResource", HTTPStatus.NOT_FOUND, f"The specified resource does not exist: {what}.")


def refused_library(error: LibraryError) -> VendorError:
    """Return the error for what cannot be done with a library."""
    if isinstance(error, UnknownLibrary | UnknownItem):
        return no_such_resource(str(error))
    if isinstance(error, ForbiddenError):
        return forbidden(str(error))
    if isinstance(error, LibraryExists):
        return invalid("Name", str(error))
    if isinstance(error, UnusableName):
        return invalid("of the name", str(error))
    return VendorError("OperationDenied", HTTPStatus.FORBIDDEN, f"The operation is denied: {error}.")


def unknown_key() -> VendorError:
    """Return the error for an AccessKeyId that is not in the file of access keys."""
    return VendorError("InvalidAccessKeyId.NotFound", HTTPStatus.NOT_FOUND, "Specified access key is not found.")


def incomplete_signature(reason: str) -> VendorError:
    """Return the error for a signature that lacks a part."""
    message = f"The request signature does not conform to standards: {reason}."
    return VendorError("IncompleteSignature", HTTPStatus.BAD_REQUEST, message)


def unknown_signature_method(method: str) -> VendorError:
    """Return the error for a way to sign that is not offered."""
    message = f"Specified signature method is not valid: {method!r} is neither ACS3-HMAC-SHA256 nor HMAC-SHA1."
    return VendorError("InvalidSignatureMethod", HTTPStatus.BAD_REQUEST, message)


def refused_signature(string_to_sign: str) -> VendorError:
    """Return the error for a signature that is not the right one; it says what ought to have been signed."""
    shown = string_to_sign.encode("unicode_escape").decode()[:LONGEST_ECHO]
    message = f"Specified signature is not matched with our calculation. server string to sign is:{shown}"
    return VendorError(SIGNATURE_REFUSED, HTTPStatus.BAD_REQUEST, message)


def bad_time(text: str) -> VendorError:
    """Return the error for a time that is none."""
    message = f"Specified time stamp or date value is not well formatted: {text!r}, such as 2026-11-24T08:00:00Z."
    return VendorError("InvalidTimeStamp.Format", HTTPStatus.BAD_REQUEST, message)


def stale_time(now: str) -> VendorError:
    """Return the error for a call that was signed too long ago, or on a clock that goes wrong."""
    message = f"Specified time stamp or date value is expired: the server's time is {now}."
    return VendorError("InvalidTimeStamp.Expired", HTTPStatus.BAD_REQUEST, message)


def used_nonce() -> VendorError:
    """Return the error for a call that was made before."""
    return VendorError("SignatureNonceUsed", HTTPStatus.BAD_REQUEST, "Specified signature nonce was used already.")


def forbidden(reason: str) -> VendorError:
    """Return the error for a caller that may not do this."""
    message = f"User not authorized to operate on the specified resource: {reason}."
    return VendorError("Forbidden.RAM", HTTPStatus.FORBIDDEN, message)


def throttled() -> VendorError:
    """Return the error for a caller that calls too often."""
    return VendorError("Throttling.User", HTTPStatus.BAD_REQUEST, "Request was denied due to user flow control.")


def unavailable() -> VendorError:
    """Return the error for a service that cannot answer now."""
    message = "The request has failed due to a temporary failure of the server: try again later."
    return VendorError("ServiceUnAvailable", HTTPStatus.SERVICE_UNAVAILABLE, message)


def internal_error() -> VendorError:
    """Return the error for a fault of ours."""
    message = "The request processing has failed due to some unknown error: see the worker's log."
    return VendorError("InternalError", HTTPStatus.INTERNAL_SERVER_ERROR, message)
