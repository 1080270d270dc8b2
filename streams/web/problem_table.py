"""Every problem that REST may answer with: its code, its status, what it means and what to do.

One table: the handlers answer from it, the OpenAPI document names what each route may answer with, the page `/problems`
and `docs/reference/codes.md` are written from it. A code never changes; the sentence in `detail` may.
"""

from __future__ import annotations

from http import HTTPStatus

from streams.web.problem_types import ProblemType, Scope

__all__ = ["PROBLEM_TYPES", "general_type"]

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
NOT_FOUND = ProblemType(
    "not-found",
    HTTPStatus.NOT_FOUND,
    "There is nothing at this address",
    meaning="No route has this path.",
    advice="`/api/openapi.json` lists what there is.",
    scope=Scope.NONE,
)
UNKNOWN_JOB = ProblemType(
    "unknown-job",
    HTTPStatus.NOT_FOUND,
    "There is no such job",
    meaning="No job has this id, or it was forgotten with its media item.",
    advice="List the jobs of the media item.",
    scope=Scope.NAMED,
    topics=("jobs",),
)
UNKNOWN_MEDIA = ProblemType(
    "unknown-media",
    HTTPStatus.NOT_FOUND,
    "Nothing is known of the media item",
    meaning="No job of the media item has succeeded yet, no library holds it, or it was deleted.",
    advice="List its jobs to see how far it is, or why it failed.",
    scope=Scope.NAMED,
    topics=("media",),
)
UNKNOWN_LIBRARY = ProblemType(
    "unknown-library",
    HTTPStatus.NOT_FOUND,
    "There is no such library",
    meaning="No library has this name.",
    advice="List the libraries.",
    scope=Scope.NAMED,
    topics=("libraries", "media"),
)
UNKNOWN_ITEM = ProblemType(
    "unknown-item",
    HTTPStatus.NOT_FOUND,
    "The library does not hold the media item",
    meaning="The library has no item of this MediaId.",
    advice="List its items.",
    scope=Scope.NAMED,
    topics=("items", "media"),
)
UNKNOWN_POLICY = ProblemType(
    "unknown-policy",
    HTTPStatus.NOT_FOUND,
    "There is no such policy",
    meaning="No policy has this name.",
    advice="List the policies.",
    topics=("policies",),
)
UNKNOWN_CASE = ProblemType(
    "unknown-case",
    HTTPStatus.NOT_FOUND,
    "There is no such case",
    meaning="No case has this id.",
    advice="List the cases.",
    scope=Scope.NAMED,
    topics=("cases",),
)
UNKNOWN_LETTER = ProblemType(
    "unknown-dead-letter",
    HTTPStatus.NOT_FOUND,
    "There is no such dead letter",
    meaning="No input that was put aside has this id.",
    advice="List the dead letters.",
    scope=Scope.NAMED,
    topics=("dead-letters",),
)
UNKNOWN_DELIVERY = ProblemType(
    "unknown-delivery",
    HTTPStatus.NOT_FOUND,
    "The job has no callback",
    meaning="No callback belongs to the job: it was asked for without one, or has not ended yet.",
    advice="Look at the job.",
    scope=Scope.NAMED,
    topics=("deliveries",),
)
UNKNOWN_SEARCH = ProblemType(
    "unknown-search",
    HTTPStatus.NOT_FOUND,
    "There is no such backward search",
    meaning="No backward search has this id.",
    advice="List the backward searches.",
    scope=Scope.NAMED,
    topics=("backward-searches",),
)
METHOD_NOT_ALLOWED = ProblemType(
    "method-not-allowed",
    HTTPStatus.METHOD_NOT_ALLOWED,
    "The address takes no such method",
    meaning="The path is there, and takes other methods.",
    advice="The header `Allow` names them.",
    scope=Scope.NONE,
)
CONFLICT = ProblemType(
    "conflict",
    HTTPStatus.CONFLICT,
    "The state of things does not allow this",
    meaning="What the request names is in a state in which this cannot be done.",
    advice="Look at it again, and do what `detail` says.",
    scope=Scope.NONE,
)
JOB_ENDED = ProblemType(
    "job-ended",
    HTTPStatus.CONFLICT,
    "The job has ended",
    meaning="There is nothing to cancel.",
    advice="Look at the job's result.",
    scope=Scope.CHANGING,
    topics=("jobs",),
)
JOB_NOT_ENDED = ProblemType(
    "job-not-ended",
    HTTPStatus.CONFLICT,
    "The job has not ended",
    meaning="Only a job that has ended can be done again.",
    advice="Cancel it, or wait for its end.",
    scope=Scope.CHANGING,
    topics=("jobs",),
)
UPLOAD_GONE = ProblemType(
    "upload-gone",
    HTTPStatus.CONFLICT,
    "What was sent along is gone",
    meaning="Media that comes with a job is kept until the job ends.",
    advice="Send it again.",
    scope=Scope.CHANGING,
    topics=("jobs",),
)
SEARCH_ENDED = ProblemType(
    "search-ended",
    HTTPStatus.CONFLICT,
    "The backward search has ended",
    meaning="There is nothing to cancel.",
    advice="Look at what it has found.",
    scope=Scope.CHANGING,
    topics=("backward-searches",),
)
NOT_SEARCHABLE = ProblemType(
    "not-searchable",
    HTTPStatus.CONFLICT,
    "The reference cannot be searched for",
    meaning="Its fingerprint is not there, or its library does not take part in searches.",
    advice="`detail` says which; store it again, or resume its library.",
    scope=Scope.CHANGING,
    topics=("media",),
)
SEVERAL_LIBRARIES = ProblemType(
    "several-libraries",
    HTTPStatus.CONFLICT,
    "Several libraries hold the media item",
    meaning="It is not said which library's reference is meant.",
    advice="Name one as `library`.",
    scope=Scope.CHANGING,
    topics=("media",),
)
LIBRARY_CONFLICT = ProblemType(
    "library-conflict",
    HTTPStatus.CONFLICT,
    "The library's state does not allow this",
    meaning="What is asked for contradicts what the library is, or holds.",
    advice="`detail` says what to do first.",
    scope=Scope.CHANGING,
    topics=("libraries",),
)
LIBRARY_EXISTS = ProblemType(
    "library-exists",
    HTTPStatus.CONFLICT,
    "There is a library of this name",
    meaning="A library of this name is there already.",
    advice="Use it, change it, or choose another name.",
    scope=Scope.CHANGING,
    topics=("libraries",),
)
LIBRARY_BUSY = ProblemType(
    "library-busy",
    HTTPStatus.CONFLICT,
    "The library is being deleted",
    meaning="The library goes, with everything in it.",
    advice="Wait until it is gone, or use another one.",
    scope=Scope.CHANGING,
    topics=("libraries", "media"),
)
LIBRARY_PAUSED = ProblemType(
    "library-paused",
    HTTPStatus.CONFLICT,
    "The library is paused",
    meaning="A paused library is not searched.",
    advice="Resume it, or name others.",
    scope=Scope.CHANGING,
    topics=("libraries", "media"),
)
LIBRARY_PROTECTED = ProblemType(
    "library-protected",
    HTTPStatus.CONFLICT,
    "The library has to stay",
    meaning="The library that jobs store into by default cannot be deleted.",
    advice="Empty it instead.",
    scope=Scope.CHANGING,
    topics=("libraries",),
)
POLICY_EXISTS = ProblemType(
    "policy-exists",
    HTTPStatus.CONFLICT,
    "There is a policy of this name",
    meaning="A policy of this name is there already, or somebody has made one at the same time.",
    advice="Replace it, or choose another name.",
    scope=Scope.CHANGING,
    topics=("policies",),
)
TOO_MANY_POLICIES = ProblemType(
    "too-many-policies",
    HTTPStatus.CONFLICT,
    "There are as many policies as there may be",
    meaning="No further policy can be made.",
    advice="Delete one that is not used.",
    scope=Scope.CHANGING,
    topics=("policies",),
)
CASE_CLOSED = ProblemType(
    "case-closed",
    HTTPStatus.CONFLICT,
    "There is nothing to decide on",
    meaning="The case is closed: its input, its reference or their match is gone.",
    advice="Leave it. It opens by itself when the pair is matched again.",
    scope=Scope.CHANGING,
    topics=("cases",),
)
DECISION_NOT_POSSIBLE = ProblemType(
    "decision-not-possible",
    HTTPStatus.CONFLICT,
    "This cannot be decided in the case's state",
    meaning="The case is in a state in which this decision makes no sense, such as an undo where nothing was decided.",
    advice="Look at the case; `detail` says what can be decided.",
    scope=Scope.CHANGING,
    topics=("cases",),
)
LETTER_NOT_SENDABLE = ProblemType(
    "dead-letter-not-sendable",
    HTTPStatus.CONFLICT,
    "The input cannot be sent again",
    meaning="It was sent again already, or is too large to be kept whole.",
    advice="Of a large one `place` says where the whole is.",
    scope=Scope.CHANGING,
    topics=("dead-letters",),
)
DOCTOR_BUSY = ProblemType(
    "doctor-busy",
    HTTPStatus.CONFLICT,
    "A comparison is under way",
    meaning="This worker compares libraries with what is stored already.",
    advice="Wait for the report to end.",
    scope=Scope.CHANGING,
    topics=("doctor",),
)
CHANGED_MEANWHILE = ProblemType(
    "changed-meanwhile",
    HTTPStatus.PRECONDITION_FAILED,
    "It is not what was seen",
    meaning="`If-Match` names another state than the one that is there.",
    advice="Read it again, and decide anew.",
    scope=Scope.NONE,
)
MEDIA_ID_TAKEN = ProblemType(
    "media-id-taken",
    HTTPStatus.PRECONDITION_FAILED,
    "The MediaId is that of other media",
    meaning="With `replace=false`, the MediaId belongs to media from another address, whose place the job would take.",
    advice="Use another MediaId, or `replace=true`.",
    scope=Scope.CHANGING,
    topics=("jobs", "uploads", "items"),
)
POLICY_CHANGED = ProblemType(
    "policy-changed",
    HTTPStatus.PRECONDITION_FAILED,
    "Somebody has changed the policy meanwhile",
    meaning="The policy is not the one whose ETag `If-Match` names.",
    advice="Read it again, and change that.",
    scope=Scope.CHANGING,
    topics=("policies",),
)
DECIDED_MEANWHILE = ProblemType(
    "case-decided-meanwhile",
    HTTPStatus.PRECONDITION_FAILED,
    "Somebody has decided on the case meanwhile",
    meaning="There is a newer decision than the one that `If-Match` knows of. Nothing was changed.",
    advice="Read the case again: whoever was first is in its decisions.",
    scope=Scope.CHANGING,
    topics=("cases",),
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

NOTHING_TO_EXPLAIN = ProblemType(
    "nothing-to-explain",
    HTTPStatus.NOT_FOUND,
    "There is no such match",
    meaning="The job, or the case, has no match with this reference.",
    advice="Look at the job's matches.",
    scope=Scope.NAMED,
    topics=("evidence",),
)
NOTHING_TO_SEE = ProblemType(
    "nothing-to-see",
    HTTPStatus.NOT_FOUND,
    "There is nothing to see there",
    meaning="The media has no picture at this second, or only its fingerprint was sent.",
    advice="Ask for another second, or look at the media itself.",
    scope=Scope.NAMED,
    topics=("preview", "frame"),
)
MEDIA_GONE = ProblemType(
    "media-gone",
    HTTPStatus.NOT_FOUND,
    "The media is gone",
    meaning="The media is no longer where its job found it.",
    advice="Put it back, or look at the intervals alone: they do not need it.",
    scope=Scope.NAMED,
    topics=("preview", "frame"),
)
MEDIA_REFUSED = ProblemType(
    "media-refused",
    HTTPStatus.CONFLICT,
    "The media may not be read",
    meaning="The media's place is none that the configuration allows, or its server refuses.",
    advice="Allow the place with MEDIADNA_MEDIA.",
    scope=Scope.NAMED,
    topics=("preview", "frame"),
)
NOT_SHOWABLE = ProblemType(
    "not-showable",
    HTTPStatus.UNPROCESSABLE_ENTITY,
    "The media cannot be shown",
    meaning="The media is broken, too large, or took too long to decode; or more of it was asked for than is made "
    "at a time.",
    advice="`detail` says which; ask for a shorter span.",
    scope=Scope.NAMED,
    topics=("preview", "frame"),
)
MEDIA_AWAY = ProblemType(
    "media-away",
    HTTPStatus.SERVICE_UNAVAILABLE,
    "The media's server is away",
    meaning="The place that the media is read from does not answer.",
    advice="Ask again after `Retry-After` seconds.",
    topics=("preview", "frame"),
)
BUSY = ProblemType(
    "busy",
    HTTPStatus.SERVICE_UNAVAILABLE,
    "As many are being made as there may be",
    meaning="So much is being decoded, or worked out, that this would wait for too long.",
    advice="Ask again after `Retry-After` seconds.",
    topics=("preview", "frame", "evidence"),
)

#: All of them, by code, in the order in which they are written down.
PROBLEM_TYPES: dict[str, ProblemType] = {one.code: one for one in tuple(globals().values()) if type(one) is ProblemType}
#: What is said where nothing but the status is known.
_GENERAL: dict[int, ProblemType] = {
    one.status: one
    for one in (
        INVALID_REQUEST,
        TOKEN_NEEDED,
        FORBIDDEN,
        NOT_FOUND,
        METHOD_NOT_ALLOWED,
        CONFLICT,
        CHANGED_MEANWHILE,
        TOO_LARGE,
        KEY_USED,
        TOO_MANY_REQUESTS,
        INTERNAL_ERROR,
        BROKER_AWAY,
    )
}


def general_type(status: int) -> ProblemType:
    """Return what stands for all problems of a status of which nothing more is known."""
    return _GENERAL.get(status) or (REFUSED if status < HTTPStatus.INTERNAL_SERVER_ERROR else INTERNAL_ERROR)
