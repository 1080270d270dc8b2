"""One row of the queue: what a person has to know of a case to decide whether to open it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from schemas.cases import CaseState, Decision, DecisionKind
from schemas.libraries import Purpose
from streams.domain.policies import matched_s
from streams.readmodel.cases import Case
from streams.web.paths import in_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streams.readmodel.model import ReadModel

__all__ = ["DECIDED", "QueueRow", "queue_rows"]

#: How people say what was decided.
DECIDED = {
    DecisionKind.COPY: "copy",
    DecisionKind.NOT_A_MATCH: "not a match",
    DecisionKind.ALLOW: "allow",
    DecisionKind.ESCALATE: "escalate",
    DecisionKind.REOPEN: "taken back",
}
#: Height of a thumbnail in pixels: twice that of its place, for screens with two pixels in the place of one.
THUMBNAIL_PX = 144
#: Seconds into a match of which a picture is shown, where it is so long: its very first one may be of a cut.
INTO_S = 0.5


class QueueRow(msgspec.Struct, frozen=True, kw_only=True):
    """A case in the queue.

    Attributes:
        case: The case.
        fits: Whether the list still has it; one that it has no more is marked, and stays where it stands until the list
            is made anew.
        here: Whether it is on the page's own part of the list, so that one that is not shown there yet is new.
        veiled: Whether its pictures are of what must not be shown at once.
        input_frame: Address of a picture of the input, where its match begins; empty: there is none.
        reference_frame: The same of the reference.
    """

    case: Case
    fits: bool
    here: bool
    veiled: bool
    input_frame: str
    reference_frame: str

    @property
    def last(self) -> Decision | None:
        """The newest decision."""
        return self.case.decisions[-1] if self.case.decisions else None

    @property
    def matched_s(self) -> float:
        """Seconds of the input that it copies."""
        return 0.0 if self.case.match is None else matched_s(self.case.match)

    @property
    def edits(self) -> list[str]:
        """Edits that were seen, the speed among them."""
        intervals = () if self.case.match is None else self.case.match.intervals
        speeds = dict.fromkeys(f"{one.speed:.2f}" for one in intervals)
        edits = dict.fromkeys(edit for one in intervals for edit in one.transforms)
        return [*edits, *(f"speed {speed}" for speed in speeds if float(speed) != 1)]

    @property
    def notes(self) -> list[Decision]:
        """Decisions beside which something is written."""
        return [one for one in self.case.decisions if one.note]

    @property
    def undecided(self) -> bool:
        """Whether somebody is to decide on it."""
        return self.case.state in {CaseState.OPEN, CaseState.ESCALATED}


def queue_rows(
    model: ReadModel, cases: Sequence[Case], *, fitting: set[str] | None = None, here: set[str] | None = None
) -> list[QueueRow]:
    """Return the rows of cases, in the order given.

    Args:
        model: What the service knows.
        cases: The cases.
        fitting: Ids of those that the list has; None: all of them.
        here: Ids of those that are on the page's part of the list; None: all of them.
    """
    libraries = {name: model.libraries.get(name) for name in {case.library for case in cases}}
    pairs = {(case.library, case.reference) for case in cases}
    items = {pair: model.libraries.item(*pair) for pair in pairs}
    rows = []
    for case in cases:
        library, item = libraries[case.library], items[case.library, case.reference]
        first = case.match.intervals[0] if case.match is not None and case.match.intervals else None
        rows.append(
            QueueRow(
                case=case,
                fits=fitting is None or case.case_id in fitting,
                here=here is None or case.case_id in here,
                veiled=library is not None and library.purpose is Purpose.BLOCKLIST,
                input_frame=_frame(case.job_id, None if first is None else _into(first.input_start, first.input_end)),
                reference_frame=_frame(
                    item.job_id if item is not None else "",
                    None if first is None else _into(first.reference_start, first.reference_end),
                ),
            )
        )
    return rows


def _into(start: float, end: float) -> float:
    """Return a second shortly behind the beginning of a span."""
    return start + min(INTO_S, (end - start) / 2)


def _frame(job_id: str, at: float | None) -> str:
    if not job_id or at is None:
        return ""
    return f"/api/v1/jobs/{in_path(job_id)}/frame?at={at:.1f}&height={THUMBNAIL_PX}"
