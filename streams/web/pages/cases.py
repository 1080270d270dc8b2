"""The page of a case: one input and one reference, to see, to hear, and to decide on."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
from litestar import Request, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from schemas.cases import LONGEST_NOTE, CaseState, DecisionKind
from schemas.libraries import Purpose
from schemas.limits import LONGEST_CALLER
from streams.domain.cases import LEADS_TO, UNDECIDED, decided_state
from streams.domain.policies import matched_s
from streams.web.api.etag import tag_of
from streams.web.auth.authenticator import needs
from streams.web.auth.callers import Caller
from streams.web.auth.roles import Role
from streams.web.case_states import StateAsked
from streams.web.pages.policy_checks import checks
from streams.web.pages.queue_filter import QueueFilter
from streams.web.pages.rendering import render
from streams.web.pages.timeline import LANES, Timeline
from streams.web.services import Services

if TYPE_CHECKING:
    from schemas.jobs import Job
    from schemas.libraries import LibraryItem
    from schemas.matches import Interval, Match
    from schemas.policies import Outcome, Policy
    from streams.readmodel.cases import Case, Neighbours

__all__ = ["CASE_PAGES"]

#: Intervals that are listed at once; more of them fold, so that a video in fifty pieces does not bury what is below.
UNFOLDED = 8
#: How far inside of a span its last thumbnail is taken, seconds: at its very end there may be no picture any more.
INSIDE_S = 0.2

#: The decisions that a person makes, each with its key and the word on its button, in the order of the buttons.
DECISIONS = (
    (DecisionKind.COPY, "A", "Copy"),
    (DecisionKind.NOT_A_MATCH, "X", "Not a match"),
    (DecisionKind.ALLOW, "W", "Allow"),
    (DecisionKind.ESCALATE, "E", "Escalate"),
)


@get("/cases/{case_id:str}", include_in_schema=False, opt=needs(Role.READER))
async def case_page(
    case_id: FromPath[str],
    services: NamedDependency[Services],
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    rows: FromQuery[str | None] = None,
) -> Template:
    """Show one case; the address carries the filter and the order of the queue that somebody came from."""
    case = await services.cases.get(case_id)
    place = QueueFilter.read(request.query_params, me=caller.name)
    facts = await asyncio.to_thread(_facts, services, case, place)
    context = {
        "case": case,
        "facts": facts,
        "place": _carried(place) if request.query_params.keys() & place.parameters else {},
        "decisions": [one for one in DECISIONS if one[0] in _possible(case)],
        "can_undo": case.state is not CaseState.CLOSED and decided_state(case.decisions) is not CaseState.OPEN,
        "longest_note": LONGEST_NOTE,
        "longest_name": LONGEST_CALLER,
        "lanes": LANES,
        "unfolded": UNFOLDED,
    }
    return render("cases/case.html", context, rows=rows is not None)


CASE_PAGES = (case_page,)


@dataclass(frozen=True)
class _Facts:
    """All that the page tells of a case beside the case itself.

    Attributes:
        job: The job that found the match; None where it is gone.
        item: The reference, as its library holds it; None where it does not.
        policy: The policy that decided, as it is now; None where none did, or it is gone.
        outcome: The media item's outcome.
        neighbours: The cases before and after this one in the queue.
        after_decision: The case to go on with when this one is decided; None where none is left.
        hidden: Whether pictures and sound are for those alone who ask to see them.
        timeline: The match with its drawing; None where nothing is known of it any more.
    """

    job: Job | None
    item: LibraryItem | None
    policy: Policy | None
    outcome: Outcome | None
    neighbours: Neighbours
    after_decision: str | None
    hidden: bool
    timeline: Timeline | None

    @property
    def match(self) -> Match | None:
        """The match that the page shows."""
        return None if self.timeline is None else self.timeline.match

    @property
    def matched_s(self) -> float:
        """Seconds of the input that it copies."""
        return 0.0 if self.match is None else matched_s(self.match)

    @property
    def edits(self) -> list[str]:
        """Edits that were seen, those first that were seen for longest."""
        seconds: dict[str, float] = {}
        for one in () if self.match is None else self.match.intervals:
            for edit in one.transforms:
                seconds[edit] = seconds.get(edit, 0.0) + one.input_end - one.input_start
        return sorted(seconds, key=lambda edit: -seconds[edit])

    @property
    def checks(self) -> list[Any]:
        """What the policy asks for beside what the match has."""
        return [] if self.policy is None or self.match is None else checks(self.policy.when, self.match)

    @property
    def version(self) -> str:
        """Another text for each match: tells a page that is open whether what it plays is still what the case shows."""
        return "" if self.match is None else tag_of(self.match).strip('"')

    @property
    def intervals(self) -> list[dict[str, Any]]:
        """The intervals, as the players take them."""
        return [] if self.match is None else [_played(one) for one in self.match.intervals]

    @property
    def reference_job(self) -> str:
        """The job whose media is the reference's; empty where there is none to be seen."""
        return "" if self.item is None else self.item.job_id


def _facts(services: Services, case: Case, place: QueueFilter) -> _Facts:
    model = services.model
    job = model.jobs.get(case.job_id) if case.job_id else None
    item = model.libraries.item(case.library, case.reference)
    stored = None if item is None else item.duration
    libraries = {case.library, *(() if job is None else (job.request.library,))}
    known = [model.libraries.get(name) for name in libraries]
    neighbours = model.cases.neighbours(case, place.wanted(), order=place.order)
    return _Facts(
        job=job,
        item=item,
        policy=model.policies.get(case.policy) if case.policy else None,
        outcome=model.outcomes.get(case.media_id),
        neighbours=neighbours,
        after_decision=neighbours.next or _left_before(services, case, place),
        hidden=any(one is not None and one.purpose is Purpose.BLOCKLIST for one in known),
        timeline=None
        if case.match is None
        else Timeline.of(case.match, 0.0 if job is None else job.metrics.duration, stored or 0.0),
    )


def _left_before(services: Services, case: Case, place: QueueFilter) -> str | None:
    """Return the first case of a list that nobody has dealt with: more severe ones may have come in before this one.

    Escalated ones are passed over where the list has open ones too: who escalated them need not see them again.
    """
    wanted = place.wanted()
    if CaseState.OPEN in wanted.states:
        wanted = msgspec.structs.replace(wanted, states=(CaseState.OPEN,))
    first = services.model.cases.page(wanted, order=place.order, limit=2).cases
    return next((one.case_id for one in first if one.case_id != case.case_id), None)


def _carried(place: QueueFilter) -> dict[str, str]:
    """Return the parameters that say to the next case, too, which list somebody goes through."""
    return {**place.parameters, "state": place.state or StateAsked.UNDECIDED}


def _possible(case: Case) -> set[DecisionKind]:
    """Return what can be decided on a case as it stands, apart from taking the last decision back."""
    if case.state is CaseState.CLOSED or decided_state(case.decisions) not in UNDECIDED:
        return set()
    return {kind for kind, after in LEADS_TO.items() if after is not case.state}


def _played(interval: Interval) -> dict[str, Any]:
    """Return an interval as the players take it, with the last moments of both sides that have a picture."""
    return {
        **msgspec.to_builtins(interval),
        "input_last": _last(interval.input_start, interval.input_end),
        "reference_last": _last(interval.reference_start, interval.reference_end),
    }


def _last(start: float, end: float) -> float:
    return max(start, end - INSIDE_S)
