"""Problems of what a request names: it is not there, or is in a state that does not allow this (404, 409, 412)."""

from __future__ import annotations

from http import HTTPStatus

from streams.web.problem_types import ProblemType, Scope

__all__ = [
    "BUSY",
    "CASE_CLOSED",
    "CHANGED_MEANWHILE",
    "CONFLICT",
    "DECIDED_MEANWHILE",
    "DECISION_NOT_POSSIBLE",
    "DOCTOR_BUSY",
    "JOB_ENDED",
    "JOB_NOT_ENDED",
    "LETTER_NOT_SENDABLE",
    "LIBRARY_BUSY",
    "LIBRARY_CONFLICT",
    "LIBRARY_EXISTS",
    "LIBRARY_PAUSED",
    "LIBRARY_PROTECTED",
    "MEDIA_AWAY",
    "MEDIA_GONE",
    "MEDIA_ID_TAKEN",
    "MEDIA_REFUSED",
    "NOTHING_TO_EXPLAIN",
    "NOTHING_TO_SEE",
    "NOT_FOUND",
    "NOT_PROMOTABLE",
    "NOT_SEARCHABLE",
    "NOT_SHOWABLE",
    "POLICY_CHANGED",
    "POLICY_EXISTS",
    "SEARCH_ENDED",
    "SEVERAL_LIBRARIES",
    "TOO_MANY_POLICIES",
    "TOO_MANY_RULINGS",
    "UNKNOWN_BOILERPLATE",
    "UNKNOWN_CASE",
    "UNKNOWN_CLUSTER",
    "UNKNOWN_DELIVERY",
    "UNKNOWN_ITEM",
    "UNKNOWN_JOB",
    "UNKNOWN_LETTER",
    "UNKNOWN_LIBRARY",
    "UNKNOWN_MEDIA",
    "UNKNOWN_POLICY",
    "UNKNOWN_RECURRING",
    "UNKNOWN_SEARCH",
    "UPLOAD_GONE",
]

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
UNKNOWN_CLUSTER = ProblemType(
    "unknown-cluster",
    HTTPStatus.NOT_FOUND,
    "The media item is in no cluster",
    meaning="No match links the media item to another one, or what it was linked to was deleted.",
    advice="List the clusters, or the matches of the media item.",
    scope=Scope.NAMED,
    topics=("clusters",),
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
UNKNOWN_BOILERPLATE = ProblemType(
    "unknown-boilerplate",
    HTTPStatus.NOT_FOUND,
    "There is no such ruling on boilerplate",
    meaning="Nothing that holds has this id: it was taken back, or never said. What is said of a reference that no "
    "library holds is answered with `unknown-library` or `unknown-item`.",
    advice="List what holds, or what the library holds.",
    topics=("boilerplate",),
)
TOO_MANY_RULINGS = ProblemType(
    "too-many-rulings",
    HTTPStatus.CONFLICT,
    "There are as many rulings on the reference as there may be",
    meaning="No more spans of one reference can be overruled.",
    advice="Take some back, or say it of the whole reference.",
    scope=Scope.CHANGING,
    topics=("boilerplate",),
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
UNKNOWN_RECURRING = ProblemType(
    "unknown-recurring",
    HTTPStatus.NOT_FOUND,
    "Nothing of this id recurs",
    meaning="No span that recurs has this id, or it recurs no more.",
    advice="List what recurs.",
    scope=Scope.NAMED,
    topics=("recurring",),
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
NOT_PROMOTABLE = ProblemType(
    "not-promotable",
    HTTPStatus.CONFLICT,
    "The span cannot be made an item",
    meaning="The library holds an item of this name, or no fingerprint is stored of any media in which the span is.",
    advice="`detail` says which; give another `media_id`, or add one of the media items anew.",
    scope=Scope.CHANGING,
    topics=("recurring",),
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
