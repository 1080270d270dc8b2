"""Texts of the OpenAPI document that stand for more than one route: tags, parts of paths, fields that occur often."""

from __future__ import annotations

__all__ = ["FIELDS", "INTRODUCTION", "PARAMETERS", "RENAMED", "TAGS", "tag_of_path"]

INTRODUCTION = """Tells which videos copy which.

Lists are paged: `next` of one page is the `cursor` of the next. Times are ISO 8601; in answers they are UTC. A name in
a path has its slashes written as `%2F`. A parameter or a field that a route does not know is refused, with the nearest
one that there is.

With `MEDIADNA_TOKENS` set, a request carries `Authorization: Bearer ...`. A POST without it is sent as
`application/json`, or with the header `X-Requested-With`, which no form on some other site's page can do.

Errors are RFC 9457 problems, `application/problem+json`: `code` says which one, and never changes; `type` leads to what
it means and what to do; `detail` is for people.
"""

#: Each tag with its text, and the first parts of the paths that are about it, the longer ones first.
TAGS: dict[str, tuple[str, tuple[str, ...]]] = {
    "Jobs": (
        "A job fingerprints one media item, searches libraries for what it copies, and stores it on demand.",
        ("jobs", "uploads"),
    ),
    "Media": ("What is known of a media item, whichever job has found it.", ("media",)),
    "Overview": ("What has happened in the last hour or day.", ("overview",)),
    "Matches": ("Who copies whom.", ("matches",)),
    "Cases": (
        "A case is one input and one reference that it copies, for people to decide on; decisions are an audit log.",
        ("cases", "decisions"),
    ),
    "Airings": (
        "An airing is one run of an ad: a match with a library of ads, by the medium and by the clock.",
        ("airings",),
    ),
    "Recurring content": ("What recurs in media and is no known ad: to be named, or put aside.", ("recurring",)),
    "Clusters": ("A cluster is all media that matches link to each other, directly or through others.", ("clusters",)),
    "Libraries": ("A library holds references that jobs are searched against.", ("libraries",)),
    "Policies": ("A policy says what a match leads to. The first one that holds decides.", ("policies",)),
    "Boilerplate": (
        "Spans that many references share link nothing by themselves. People overrule it for a reference or a span.",
        ("boilerplate",),
    ),
    "Backward searches": (
        "A new reference is held against everything that was stored before it came.",
        ("media/{media_id}/search-backwards", "backward-searches"),
    ),
    "Callbacks": ("Where complete events are posted to, and what became of each try.", ("deliveries",)),
    "Dead letters": ("Inputs that could not be used, kept as they came.", ("dead-letters",)),
    "Running it": ("What an operator asks for.", ("doctor", "settings", "usage", "events")),
}

#: What parts of paths mean, by what stands before them.
PARAMETERS = {
    "jobs/{job_id}": "id of the job, as the answer to asking for it says",
    "deliveries/{job_id}": "id of the job that the callback belongs to",
    "media/{media_id}": "name of the media item",
    "items/{media_id}": "name of the media item",
    "libraries/{name}": "name of the library",
    "matches/{library}": "name of the library that holds the reference",
    "{library}/{reference}": "name of the reference",
    "clusters/{cluster_id}": "MediaId of any member of the cluster: `cluster_id`, or another one",
    "policies/{name}": "name of the policy",
    "cases/{case_id}": "id of the case",
    "recurring/{recurring_id}": "id of the span that recurs",
    "backward-searches/{search_id}": "id of the backward search",
    "boilerplate/{ruling_id}": "id of what was said of a reference, or of a span of it",
    "dead-letters/{letter_id}": "id of the dead letter",
    "?status": "only those in this state",
    "?media_id": "only those of this media item",
    "?library": "only those of this library",
    "?order": "which come first",
    "?interval": "how long each period is",
}

#: Schemas that would have the name of a module in theirs, or of one that means something else.
RENAMED = {
    "streams_domain_billing_periods_Interval": "UsageInterval",
    "schemas_matches_Interval": "Interval",
    "Outcome": "Repair",
    "OutcomeView": "Outcome",
    "LetterView": "DeadLetter",
    "LetterSummary": "DeadLetterSummary",
    "LetterList": "DeadLetterList",
    "RulingView": "BoilerplateRuling",
    "RulingEntry": "BoilerplateEntry",
    "RulingList": "BoilerplateList",
    "RulingLog": "BoilerplateLog",
    "PeriodView": "UsagePeriod",
    "SumView": "UsageSum",
    "AttemptView": "DeliveryAttempt",
    "Replayed": "ReplayResult",
    "Report": "DoctorReport",
    "Effect": "PolicyEffect",
    "Example": "PolicyExample",
}

#: Fields that occur in many schemas, where the schema itself does not say more.
FIELDS = {
    "job_id": "id of the job",
    "media_id": "name of the media item",
    "library": "name of the library",
    "reference": "MediaId of the reference",
    "case_id": "id of the case",
    "search_id": "id of the search",
    "cluster_id": "MediaId of the member that was first seen first: what the cluster goes by",
    "letter_id": "id of the dead letter",
    "created": "when it was made",
    "updated": "when it changed last",
    "completed": "when it ended; null: not yet",
    "opened": "when it was opened",
    "next": "cursor of the page that follows; null: this is the last one",
    "status": "how far it is",
    "state": "how far it is",
    "code": "why it failed, for programs; `0`: it did not",
    "message": "why it failed, for people",
    "url": "where the media is",
    "version": "number of the content under this MediaId: a later one is larger",
    "chunks_done": "chunks that are done",
    "chunks_total": "chunks that there are; 0: not known yet",
    "duration": "seconds of media",
    "cpu_seconds": "seconds of processor time",
    "digest": "digest of the fingerprint",
    "algorithm": "version of the engine that made the fingerprint",
    "matches": "what it copies, the surest first",
    "similarity": "how alike they are, 0..1",
    "action": "what it leads to",
    "policy": "name of the policy that decided; empty: none did",
    "coverage": "which share of the media was looked at",
    "unsearched": "what of the media could not be searched, and why",
    "save_type": "whether the fingerprint is stored, and when",
    "source": "where the job came from",
    "purpose": "what the library is for: it decides what a match leads to where no policy does",
    "metadata": "what the item carries",
    "disabled": "whether it is left out of all searches",
    "items": "how many media items it holds",
    "note": "what was kept beside it",
    "who": "who decided",
    "when": "when it was decided",
    "jobs": "how many jobs",
    "seconds": "seconds of media",
}


def tag_of_path(path: str) -> str:
    """Return the tag of what a path is about; that of a new subject is its first part."""
    rest = path.removeprefix("/api/v1/")
    found = [
        (len(part), tag) for tag, (_, parts) in TAGS.items() for part in parts if f"{rest}/".startswith(f"{part}/")
    ]
    return max(found)[1] if found else rest.partition("/")[0].replace("-", " ").capitalize()
