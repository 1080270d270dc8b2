"""What a job found is told without the pairs that people dismissed since, wherever it is asked for."""

from __future__ import annotations

import msgspec
import pytest
from support.boilerplate import ruling
from support.examples import MATCH, TIME, job
from support.read_model import ReadModel

from schemas.cases import CaseState, Decision, DecisionKind
from schemas.ids import case_id
from schemas.policies import Action, Ruling
from schemas.verdicts import VerdictKind
from streams.domain.verdicts import judged
from streams.services.results import Results

RULING = Ruling(library="default", reference="original", action=Action.BLOCK, policy="p")
ENDED = job(matches=(MATCH,), rulings=(RULING,))


def decided(
    kind: DecisionKind, after: CaseState, *, number: int = 1, media_id: str = "video", reference: str = "original"
) -> Decision:
    return Decision(
        decision_id=f"d{number}",
        case_id=case_id(media_id, "default", reference),
        media_id=media_id,
        library="default",
        reference=reference,
        number=number,
        decision=kind,
        who="anna",
        when=TIME,
        before=CaseState.OPEN,
        after=after,
    )


@pytest.mark.parametrize(("media_id", "reference"), [("video", "original"), ("original", "video")])
def test_a_dismissed_pair_is_left_out_whichever_of_the_two_is_the_input(
    model: ReadModel, media_id: str, reference: str
) -> None:
    model.apply(
        decisions=[decided(DecisionKind.NOT_A_MATCH, CaseState.DISMISSED, media_id=media_id, reference=reference)]
    )
    told = Results(model).told(ENDED)
    assert (told.matches, told.rulings) == ((), ())
    shown = Results(model).told(ENDED, suppressed=True)
    assert shown.matches == (MATCH,)
    assert [one.dismissed for one in shown.rulings] == [True]


def test_a_dismissal_that_is_taken_back_brings_the_pair_back(model: ReadModel) -> None:
    model.apply(
        decisions=[
            decided(DecisionKind.NOT_A_MATCH, CaseState.DISMISSED),
            decided(DecisionKind.REOPEN, CaseState.OPEN, number=2),
        ]
    )
    was_dismissed = msgspec.structs.replace(ENDED, rulings=(msgspec.structs.replace(RULING, dismissed=True),))
    assert Results(model).told(was_dismissed) == ENDED


def test_a_permitted_copy_is_told_with_that(model: ReadModel) -> None:
    model.apply(decisions=[decided(DecisionKind.ALLOW, CaseState.CONFIRMED)])
    (ruling,) = Results(model).told(ENDED).rulings
    assert (ruling.effective, ruling.policy) == (Action.ALLOW, "p")


def test_what_nobody_has_decided_on_is_told_as_it_was_found(model: ReadModel) -> None:
    assert Results(model).told(ENDED) is not None
    assert Results(model).told(ENDED) == ENDED
    assert Results(model).told(job()) == job()


def test_decisions_are_the_same_in_whatever_order_and_however_often_they_are_read(model: ReadModel) -> None:
    first = decided(DecisionKind.NOT_A_MATCH, CaseState.DISMISSED)
    second = decided(DecisionKind.REOPEN, CaseState.OPEN, number=2)
    for one in (second, first, second, first):
        model.apply(decisions=[one])
    assert model.decisions.dismissed_with("video") == frozenset()
    assert [one.number for one in model.decisions.of_case(first.case_id)] == [1, 2]


def test_a_verdict_changes_with_a_dismissal_and_back_when_that_is_taken_back(model: ReadModel) -> None:
    copied = judged(ENDED)
    results = Results(model)
    assert results.told(copied) == copied
    model.apply(decisions=[decided(DecisionKind.NOT_A_MATCH, CaseState.DISMISSED)])
    for told in (results.told(copied), results.told(copied, suppressed=True)):
        assert told.verdict is not None
        assert told.verdict.kind is VerdictKind.ORIGINAL
    was_dismissed = judged(msgspec.structs.replace(ENDED, rulings=(msgspec.structs.replace(RULING, dismissed=True),)))
    model.apply(decisions=[decided(DecisionKind.REOPEN, CaseState.OPEN, number=2)])
    assert results.told(copied) == results.told(was_dismissed) == copied


def test_a_job_of_before_there_were_verdicts_has_none_whatever_is_dismissed(model: ReadModel) -> None:
    model.apply(decisions=[decided(DecisionKind.NOT_A_MATCH, CaseState.DISMISSED)])
    assert Results(model).told(ENDED).verdict is None


def test_a_verdict_changes_with_what_people_say_of_boilerplate_and_back_when_that_is_taken_back(
    model: ReadModel,
) -> None:
    copied = judged(ENDED)
    results = Results(model)
    model.apply(boilerplate=[ruling("original", library="default", boilerplate=True)])
    for told in (results.told(copied), results.told(copied, suppressed=True)):
        assert told.verdict is not None
        assert (told.verdict.kind, len(told.boilerplate)) == (VerdictKind.ORIGINAL, 1)
        assert told.matches == copied.matches
    model.apply(boilerplate=[ruling("original", library="default", boilerplate=True, withdrawn=True)])
    assert results.told(copied) == copied
