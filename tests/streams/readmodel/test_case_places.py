"""Cases in several states are one list, and a page of it can say which cases are on it."""

from __future__ import annotations

import pytest
from support.cases import decided, found, id_of, item
from support.read_model import ReadModel

from schemas.cases import CaseState, DecisionKind
from schemas.policies import Action
from streams.readmodel.cases import CaseFilter, CaseOrder
from streams.readmodel.pagination import BadCursor

LEFT = CaseFilter(states=(CaseState.OPEN, CaseState.ESCALATED))
MADE = (None, DecisionKind.ESCALATE, DecisionKind.COPY, DecisionKind.NOT_A_MATCH)


@pytest.fixture
def many(model: ReadModel) -> ReadModel:
    """A read model with twelve cases, of which three are in each state that people bring about."""
    model.apply(items=[item("film")])
    for number in range(12):
        action = (Action.BLOCK, Action.REVIEW)[number % 2]
        media_id, time = f"video-{number:02}", f"2026-11-23T08:00:{number // 2:02}.000Z"
        model.apply(jobs=[found(f"j{number}", {"film": action}, media_id=media_id, time=time)])
        kind = MADE[number % len(MADE)]
        if kind is not None:
            model.apply(decisions=decided([kind], "film", media_id=media_id))
    return model


def ids(model: ReadModel, wanted: CaseFilter, order: CaseOrder, *, limit: int = 50) -> list[str]:
    found: list[str] = []
    cursor = None
    while True:
        page = model.cases.page(wanted, order=order, cursor=cursor, limit=limit)
        found += [case.case_id for case in page.cases]
        if (cursor := page.next) is None:
            return found


@pytest.mark.parametrize("order", CaseOrder)
@pytest.mark.parametrize("limit", [1, 4, 50])
def test_states_together_are_the_list_of_all_without_the_others(many: ReadModel, order: CaseOrder, limit: int) -> None:
    everything = many.cases.page(order=order).cases
    states = LEFT.states
    assert ids(many, LEFT, order, limit=limit) == [case.case_id for case in everything if case.state in states]
    blocked = CaseFilter(states=states, action=Action.BLOCK)
    assert ids(many, blocked, order, limit=limit) == [
        case.case_id for case in everything if case.state in states and case.action is Action.BLOCK
    ]


@pytest.mark.parametrize("order", CaseOrder)
def test_neighbours_are_those_of_the_same_list(many: ReadModel, order: CaseOrder) -> None:
    listed = ids(many, LEFT, order)
    for place, case_id in enumerate(listed):
        case = many.cases.get(case_id)
        assert case is not None
        before = listed[place - 1] if place else None
        after = listed[place + 1] if place + 1 < len(listed) else None
        assert many.cases.neighbours(case, LEFT, order=order) == (before, after)


@pytest.mark.parametrize("order", CaseOrder)
@pytest.mark.parametrize("wanted", [CaseFilter(), LEFT, CaseFilter(action=Action.BLOCK, media_id="video-04")])
def test_of_some_cases_each_page_knows_its_own(many: ReadModel, order: CaseOrder, wanted: CaseFilter) -> None:
    some = [id_of("film", f"video-{number:02}") for number in (11, 4, 0, 1, 7)] + ["none"]
    cursor, seen = None, []
    while True:
        page = many.cases.page(wanted, order=order, cursor=cursor, limit=2)
        here = many.cases.among(some, wanted, order=order, cursor=cursor, until=page.next)
        assert [case.case_id for case in here] == [case.case_id for case in page.cases if case.case_id in some]
        seen += here
        if (cursor := page.next) is None:
            break
    assert seen == many.cases.among(some, wanted, order=order)


def test_a_page_of_another_order_knows_none(many: ReadModel) -> None:
    cursor = many.cases.page(order=CaseOrder.TIME, limit=1).next
    with pytest.raises(BadCursor):
        many.cases.among([], LEFT, cursor=cursor)
    with pytest.raises(BadCursor):
        many.cases.among([], LEFT, until=cursor)


def test_what_is_left_is_counted_whatever_states_a_list_is_of(many: ReadModel) -> None:
    decided_ones = CaseFilter(states=(CaseState.CONFIRMED, CaseState.DISMISSED))
    assert many.cases.remaining(decided_ones).total.number == len(ids(many, LEFT, CaseOrder.TIME)) == 6


def test_a_page_looks_for_its_cases_by_their_ids_alone(many: ReadModel, monkeypatch: pytest.MonkeyPatch) -> None:
    database, asked = many._database, []
    ask = database.all

    def kept(query: str, *values: object) -> object:
        asked.append((query, values))
        return ask(query, *values)

    monkeypatch.setattr(database, "all", kept)
    cursor = many.cases.page(LEFT, limit=1).next
    asked.clear()
    many.cases.among(["a", "b"], LEFT, cursor=cursor, until=cursor)
    query, values = asked[0]
    plan = [row["detail"] for row in database.read().execute(f"EXPLAIN QUERY PLAN {query}", values)]
    assert any("SEARCH cases USING PRIMARY KEY (case_id=?)" in step for step in plan), plan
