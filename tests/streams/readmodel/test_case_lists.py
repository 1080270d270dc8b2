"""Lists of cases: how sure their matches are, what is left to decide, and what comes before and after a case."""

from __future__ import annotations

from collections import Counter
from random import Random

import msgspec
import pytest
from support.cases import decided, found, id_of, item, match
from support.read_model import ReadModel

from schemas.cases import Assignment, CaseState, DecisionKind
from schemas.policies import Action
from streams.readmodel import case_lists
from streams.readmodel.cases import Case, CaseFilter, CaseOrder, Neighbours
from streams.readmodel.counting import Count

REFERENCES = ("film", "series", "clip")
SIMILARITIES = (0.5, 0.7, 0.9)


@pytest.fixture
def many(model: ReadModel) -> ReadModel:
    """A read model with cases of every kind."""
    random = Random(16)
    model.apply(items=[item(reference) for reference in REFERENCES])
    for number in range(40):
        reference, media_id = random.choice(REFERENCES), f"video-{number % 15}"
        action = random.choice((Action.BLOCK, Action.REVIEW))
        job = found(
            f"j{number}",
            {reference: action},
            media_id=media_id,
            version=number,
            update_time=f"2026-11-23T0{random.randrange(8)}:00:00.000Z",
            matches=(match(reference, similarity=random.choice(SIMILARITIES)),),
        )
        assigned = Assignment(case_id=id_of(reference, media_id), assignee=random.choice(("", "anna", "bert")))
        kind = random.choice((DecisionKind.COPY, DecisionKind.ESCALATE, None, None))
        model.apply(
            jobs=[job],
            assignments=[assigned],
            decisions=[] if kind is None else decided([kind], reference, media_id=media_id),
        )
    return model


def everything(model: ReadModel, order: CaseOrder, wanted: CaseFilter = CaseFilter()) -> list[Case]:  # noqa: B008 (frozen)
    """Return all cases of a list, read in small pages."""
    cases: list[Case] = []
    cursor = None
    while True:
        page = model.cases.page(wanted, order=order, cursor=cursor, limit=4)
        cases += page.cases
        cursor = page.next
        if cursor is None:
            return cases


def fits(case: Case, wanted: CaseFilter) -> bool:
    """Whether a case passes a filter, said in the plainest way."""
    return all(
        value is None
        or (name == "states" and (not value or case.state in value))
        or (name == "state" and wanted.states)  # these are asked for in its place
        or (name == "since" and case.opened >= value)
        or (name == "similarity" and case.match is not None and case.match.similarity >= value)
        or (name not in {"states", "since", "similarity"} and getattr(case, name) == value)
        for name, value in msgspec.structs.asdict(wanted).items()
    )


def filters() -> list[CaseFilter]:
    """Return filters that ask for some things at once."""
    random = Random(7)
    asked = {
        "state": [CaseState.OPEN, CaseState.ESCALATED, CaseState.CONFIRMED, CaseState.CLOSED],
        "action": [Action.BLOCK, Action.REVIEW],
        "library": ["films", "none"],
        "reference": [*REFERENCES],
        "media_id": ["video-3", "video-5"],
        "assignee": ["", "anna"],
        "since": ["2026-11-23T03:00:00.000Z"],
        "similarity": [*SIMILARITIES, 1.0],
    }
    drawn = [random.sample(list(asked), random.choice((1, 2, 3))) for _ in range(80)]
    return [CaseFilter(), *(CaseFilter(**{name: random.choice(asked[name]) for name in names}) for names in drawn)]


@pytest.mark.parametrize("order", CaseOrder)
def test_a_list_has_what_passes_its_filter_and_steps_lead_through_it(many: ReadModel, order: CaseOrder) -> None:
    listed = everything(many, order)
    assert len(listed) > 20
    several = (CaseState.OPEN, CaseState.ESCALATED), (CaseState.CONFIRMED, CaseState.DISMISSED, CaseState.CLOSED)
    of_several = [msgspec.structs.replace(one, states=several[n % 2]) for n, one in enumerate(filters()[::4])]
    for wanted in (*filters(), *of_several):
        expected = [case.case_id for case in listed if fits(case, wanted)]
        assert [case.case_id for case in everything(many, order, wanted)] == expected, wanted
        for place, case in enumerate(listed):  # whether or not the case itself passes
            before = [one.case_id for one in listed[:place] if fits(one, wanted)]
            after = [one.case_id for one in listed[place + 1 :] if fits(one, wanted)]
            neighbours = Neighbours(before[-1] if before else None, after[0] if after else None)
            assert many.cases.neighbours(case, wanted, order=order) == neighbours, wanted


def test_a_case_that_is_not_there_has_no_neighbours(many: ReadModel) -> None:
    known = many.cases.page(limit=1).cases[0]
    gone = msgspec.structs.replace(known, case_id="gone")
    assert many.cases.neighbours(gone) == Neighbours(None, None)


def test_what_is_left_is_counted_by_state_by_action_and_by_who_has_it(many: ReadModel) -> None:
    listed = [case for case in everything(many, CaseOrder.TIME) if case.state in case_lists.LEFT]
    assert {case.state for case in listed} == set(case_lists.LEFT)

    def numbers(wanted: CaseFilter, name: str) -> dict[str, Count]:
        without = msgspec.structs.replace(wanted, **{name: None})
        return {
            key: Count(number)
            for key, number in Counter(getattr(one, name) for one in listed if fits(one, without)).items()
        }

    for wanted in filters():
        left = many.cases.remaining(wanted)
        assert left.total == Count(sum(fits(case, wanted) for case in listed)), wanted
        for name, by in (("state", left.by_state), ("action", left.by_action), ("assignee", left.by_assignee)):
            assert {key: count for key, count in by.items() if count.number} == numbers(wanted, name), (wanted, name)
        assert list(left.by_state) == list(case_lists.LEFT)
        assert list(left.by_action) == list(Action)
        assert Count(0) not in left.by_assignee.values()


def test_very_many_cases_are_not_counted_one_by_one(many: ReadModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(case_lists, "COUNTED", 3)
    assert many.cases.remaining(CaseFilter(since="2026")).total == Count(3, exact=False)
    assert many.cases.remaining().total.exact  # a number that is kept
