"""The state machine: who may put other content under a MediaId that a library holds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.examples import submit
from support.transitions import NOW, TRIES, done, held, planned, stored

from schemas.commands import RemoveItem
from schemas.errors import ErrorCode
from schemas.jobs import JobStatus
from schemas.rights import Right
from schemas.tasks import Task, TaskKind
from streams.domain.jobs.record import MediaRecord
from streams.domain.jobs.state_machine import on_request, on_result


@pytest.mark.parametrize("rights", [(), (Right.CURATE,)])
def test_who_may_not_replace_fails_with_other_content_and_what_is_held_stays(rights: tuple[Right, ...]) -> None:
    before = held("one")
    item = before.items["default"]
    step = stored(on_request(before, submit("next", rights=rights), now=NOW), "other")
    assert [(job.status, job.code, job.stored) for job in step.jobs] == [
        (JobStatus.FAIL, ErrorCode.RESOURCE_ACCESS, False)
    ]
    assert (step.items, step.record.items) == ((), {"default": item})
    assert [task.kind for task in step.tasks] == [TaskKind.CLEAN]


@pytest.mark.parametrize("rights", [None, (Right.REPLACE,), (Right.CURATE, Right.REPLACE)])
def test_who_may_replace_replaces(rights: tuple[Right, ...] | None) -> None:
    step = stored(on_request(held("one"), submit("next", rights=rights), now=NOW), "other")
    assert step.jobs[0].status is JobStatus.SUCCESS
    assert step.record.items["default"].digest == "other"


def test_the_same_content_of_one_who_may_not_replace_makes_no_new_version() -> None:
    before = held("one", metadata={"title": "ours"})
    item = before.items["default"]
    step = stored(on_request(before, submit("next", rights=(), metadata={"title": "theirs"}), now=NOW), "one")
    assert (step.jobs[0].status, step.jobs[0].stored) == (JobStatus.SUCCESS, False)
    assert step.jobs[0].message == "its library holds this very content already, which stays as it is"
    assert (step.items, step.record.items) == ((), {"default": item})


def test_content_of_which_no_digest_is_known_is_not_taken_for_the_same() -> None:
    step = stored(on_request(held(""), submit("next", rights=()), now=NOW), "")
    assert step.jobs[0].code == ErrorCode.RESOURCE_ACCESS


@given(st.permutations(["a", "b", "c"]))
def test_whoever_of_several_ends_first_has_the_media_id_in_whichever_order_they_came(order: list[str]) -> None:
    record = MediaRecord()
    finishes: dict[str, Task] = {}
    for name in ("a", "b", "c"):
        step = planned(on_request(record, submit(name, rights=()), now=NOW), 1)
        step = on_result(step.record, done(step.tasks[0]), now=NOW, tries=TRIES)
        record, finishes[name] = step.record, step.tasks[0]
    ended: dict[str, JobStatus] = {}
    for name in order:
        step = on_result(record, done(finishes[name], digest=name, stored=True), now=NOW, tries=TRIES)
        record, ended[name] = step.record, step.jobs[0].status
    assert record.items["default"].digest == order[0]
    assert ended == {name: JobStatus.SUCCESS if name == order[0] else JobStatus.FAIL for name in order}


def test_another_librarys_item_is_nobodys_obstacle() -> None:
    step = stored(on_request(held("one"), submit("next", library="films", rights=()), now=NOW), "other")
    assert step.record.items["films"].digest == "other"
    assert step.record.items["default"].digest == "one"


def test_what_was_removed_may_be_stored_anew_by_whoever_may_store() -> None:
    record = held("one")
    removal = on_request(record, RemoveItem(job_id="r", media_id="video"), now=NOW)
    record = on_result(removal.record, done(removal.tasks[0]), now=NOW, tries=TRIES).record
    step = stored(on_request(record, submit("next", rights=()), now=NOW), "other")
    assert step.record.items["default"].digest == "other"
