"""Problems of a request itself, of who sends it, or of the service: whatever it names."""

from __future__ import annotations

from http import HTTPStatus

from streams.web.problem_types import ProblemType, Scope

__all__ = [
    "BROKER_AWAY",
    "DISK_FULL",
    "FORBIDDEN",
    "INDEX_AWAY",
    "INTERNAL_ERROR",
    "INVALID_CURSOR",
    "INVALID_REQUEST",
    "KEY_USED",
    "METHOD_NOT_ALLOWED",
    "OTHER_MACHINE",
    "OTHER_SITE",
    "REFUSED",
    "RIGHT_NEEDED",
    "ROLE_NEEDED",
    "STORE_AWAY",
    "TOKEN_NEEDED",
    "TOO_LARGE",
    "TOO_MANY_GUESSES",
    "TOO_MANY_READERS",
    "TOO_MANY_REQUESTS",
    "UNKNOWN_FIELD",
    "UNKNOWN_PARAMETER",
    "UNREADABLE_BODY",
    "UNUSABLE_CALLBACK",
    "UNUSABLE_DECISION",
    "UNUSABLE_LIBRARY",
    "UNUSABLE_NAME",
    "UNUSABLE_POLICY",
    "UNUSABLE_SPAN",
]

INVALID_REQUEST = ProblemType(
    "invalid-request",
    HTTPStatus.BAD_REQUEST,
    "The request is not valid",
    meaning="A parameter, a header or the body is missing, is not of the type that the document says, or says what "
    "cannot be.",
    advice="Read `detail` and `errors`, which name the field; correct the request. The same again fails again.",
)
UNKNOWN_PARAMETER = ProblemType(
    "unknown-parameter",
    HTTPStatus.BAD_REQUEST,
    "The route knows no such parameter",
    meaning="The address has a parameter that the route does not know, or one twice. It is refused, since an answer "
    "without it would look like an answer to what was asked.",
    advice="`detail` names the nearest parameter that there is, and all that the route takes.",
)
UNKNOWN_FIELD = ProblemType(
    "unknown-field",
    HTTPStatus.BAD_REQUEST,
    "The body has a field that the route does not know",
    meaning="A field of the body is misspelt, or belongs to another route; or a route that takes no body was sent one.",
    advice="`detail` names the field, and the nearest one that there is.",
    scope=Scope.CHANGING,
)
INVALID_CURSOR = ProblemType(
    "invalid-cursor",
    HTTPStatus.BAD_REQUEST,
    "The cursor is none of this list's",
    meaning="`cursor` is not what `next` of an earlier page has said, or the list is sorted or filtered otherwise now.",
    advice="Begin with the first page, without a cursor.",
    scope=Scope.PAGED,
)
UNREADABLE_BODY = ProblemType(
    "unreadable-body",
    HTTPStatus.BAD_REQUEST,
    "The body cannot be read",
    meaning="The body is no UTF-8, or is nested too deep.",
    advice="Send JSON in UTF-8.",
    scope=Scope.BODY,
)
UNUSABLE_LIBRARY = ProblemType(
    "unusable-library",
    HTTPStatus.BAD_REQUEST,
    "A job cannot use the library",
    meaning="The body names a library that is not there, is paused, or is being deleted.",
    advice="List the libraries, and name another one; or make it, or resume it.",
    scope=Scope.CHANGING,
    topics=("jobs", "uploads"),
)
UNUSABLE_NAME = ProblemType(
    "unusable-name",
    HTTPStatus.BAD_REQUEST,
    "Nothing can be called that",
    meaning="A library or a media item was to get a name that not every door takes.",
    advice="`detail` says what a name may hold.",
    scope=Scope.CHANGING,
    topics=("jobs", "uploads", "libraries"),
)
UNUSABLE_CALLBACK = ProblemType(
    "unusable-callback",
    HTTPStatus.BAD_REQUEST,
    "Nothing is posted to that address",
    meaning="`callback_url` is none that the service may post to.",
    advice="Name another address, or have an operator allow it in MEDIADNA_CALLBACK_PLACES.",
    scope=Scope.CHANGING,
    topics=("jobs",),
)
UNUSABLE_POLICY = ProblemType(
    "unusable-policy",
    HTTPStatus.BAD_REQUEST,
    "The policy cannot be kept",
    meaning="The policy contradicts itself, or cannot be called that.",
    advice="`detail` says what is wrong with it.",
    scope=Scope.CHANGING,
    topics=("policies",),
)
UNUSABLE_DECISION = ProblemType(
    "unusable-decision",
    HTTPStatus.BAD_REQUEST,
    "There is no such decision",
    meaning="The decision, its note, or who is to have the case is nothing that any case takes.",
    advice="`detail` names the decisions that there are, or how long a note may be.",
    scope=Scope.CHANGING,
    topics=("cases", "decisions"),
)
UNUSABLE_SPAN = ProblemType(
    "unusable-span",
    HTTPStatus.BAD_REQUEST,
    "There is no such span",
    meaning="What is named is no span of the reference, or is too short to be told from the bounds of a match.",
    advice="`detail` says which; give `start` and `end` in seconds of the reference, or neither for all of it.",
    scope=Scope.CHANGING,
    topics=("boilerplate",),
)
TOKEN_NEEDED = ProblemType(
    "token-needed",
    HTTPStatus.UNAUTHORIZED,
    "No token that is known",
    meaning="The request carries no token, one that is not known, or one that was taken back.",
    advice="Send a token that is in MEDIADNA_TOKENS as `Authorization: Bearer ...`; people log in at `/login`.",
)
FORBIDDEN = ProblemType(
    "forbidden",
    HTTPStatus.FORBIDDEN,
    "Not allowed",
    meaning="The service does not do this for this caller.",
    advice="`detail` says why.",
    scope=Scope.NONE,
)
ROLE_NEEDED = ProblemType(
    "role-needed",
    HTTPStatus.FORBIDDEN,
    "The token's role is too small",
    meaning="The route takes a role that the token does not have.",
    advice="Use a token with the role that `detail` names.",
)
RIGHT_NEEDED = ProblemType(
    "right-needed",
    HTTPStatus.FORBIDDEN,
    "The token lacks a right",
    meaning="What is asked for would change what others have stored, and takes a right beyond the role.",
    advice="Use a token with the right that `detail` names.",
    scope=Scope.CHANGING,
)
OTHER_SITE = ProblemType(
    "other-site",
    HTTPStatus.FORBIDDEN,
    "A page of another site may have sent this",
    meaning="A page of another site has made a browser send the request, or any site's page could have.",
    advice="Programs send `Authorization: Bearer ...`, or `application/json`, or `X-Requested-With: XMLHttpRequest`.",
)
OTHER_MACHINE = ProblemType(
    "other-machine",
    HTTPStatus.FORBIDDEN,
    "Another machine may be behind this",
    meaning="Without tokens the service answers programs of its own machine alone, and this came through a proxy or "
    "was meant for another name.",
    advice="Set MEDIADNA_TOKENS, and MEDIADNA_PROXIES to the proxy's address.",
)
METHOD_NOT_ALLOWED = ProblemType(
    "method-not-allowed",
    HTTPStatus.METHOD_NOT_ALLOWED,
    "The address takes no such method",
    meaning="The path is there, and takes other methods.",
    advice="The header `Allow` names them.",
    scope=Scope.NONE,
)
TOO_LARGE = ProblemType(
    "too-large",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "The request is too large",
    meaning="The body, or what would be kept of it, has more bytes than there may be.",
    advice="`detail` says of what there is too much. Larger uploads: MEDIADNA_MAX_UPLOAD_BYTES.",
    scope=Scope.CHANGING,
)
REFUSED = ProblemType(
    "refused",
    HTTPStatus.BAD_REQUEST,
    "The request cannot be served",
    meaning="The request is none that this service takes; its status says more.",
    advice="`detail` says what to do.",
    scope=Scope.NONE,
)
KEY_USED = ProblemType(
    "idempotency-key-used",
    HTTPStatus.UNPROCESSABLE_ENTITY,
    "The key stands for another request",
    meaning="The `Idempotency-Key` came with another request of this caller before.",
    advice="Send another key with another request.",
    scope=Scope.KEYED,
)
TOO_MANY_REQUESTS = ProblemType(
    "too-many-requests",
    HTTPStatus.TOO_MANY_REQUESTS,
    "Too many requests",
    meaning="The caller asks more often than MEDIADNA_RATE_LIMIT allows.",
    advice="Wait for as many seconds as `Retry-After` says.",
)
TOO_MANY_GUESSES = ProblemType(
    "too-many-wrong-tokens",
    HTTPStatus.TOO_MANY_REQUESTS,
    "Too many wrong tokens",
    meaning="So many wrong tokens came from the address that none is looked at for a while.",
    advice="Wait for as many seconds as `Retry-After` says, and send the right one.",
)
TOO_MANY_READERS = ProblemType(
    "too-many-readers",
    HTTPStatus.TOO_MANY_REQUESTS,
    "Too many readers follow changes",
    meaning="There are as many open streams of events as there may be, of this caller or in all.",
    advice="Close some, or come back later.",
    topics=("events",),
)
INTERNAL_ERROR = ProblemType(
    "internal-error",
    HTTPStatus.INTERNAL_SERVER_ERROR,
    "A fault of the service",
    meaning="The service has failed; the request may be all right.",
    advice="See the worker's log, and report it.",
)
BROKER_AWAY = ProblemType(
    "broker-away",
    HTTPStatus.SERVICE_UNAVAILABLE,
    "The broker, or all workers, are away",
    meaning="The service does not get through to its broker, or no worker takes up what was asked for.",
    advice="Ask again after `Retry-After` seconds; with an `Idempotency-Key` that is harmless. `/readyz` says more.",
)
STORE_AWAY = ProblemType(
    "store-away",
    HTTPStatus.SERVICE_UNAVAILABLE,
    "The store of fingerprints is away",
    meaning="The service does not get through to where fingerprints are kept.",
    advice="Ask again after `Retry-After` seconds; `/readyz` says more.",
)
INDEX_AWAY = ProblemType(
    "index-away",
    HTTPStatus.SERVICE_UNAVAILABLE,
    "The window index is away",
    meaning="The service does not get through to Milvus.",
    advice="Ask again after `Retry-After` seconds; `/readyz` says more.",
)
DISK_FULL = ProblemType(
    "disk-full",
    HTTPStatus.SERVICE_UNAVAILABLE,
    "The service's disk is full",
    meaning="Nothing more can be written.",
    advice="An operator frees some space; then ask again.",
)
