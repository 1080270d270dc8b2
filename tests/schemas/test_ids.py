"""Ids of jobs."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from schemas.ids import event_job_id, keyed_job_id, new_job_id

text = st.text(st.characters(exclude_categories=["C"]), max_size=20)  # ids with control characters are refused
contents = st.tuples(
    text, st.none() | text.filter(bool), st.none() | st.integers(1, 2**63 - 1), st.none() | text.filter(bool)
)


@given(contents, contents)
def test_two_events_have_one_job_id_exactly_when_they_name_the_same_content(
    one: tuple[str, str | None, int | None, str | None], other: tuple[str, str | None, int | None, str | None]
) -> None:
    assert (event_job_id(*one) == event_job_id(*other)) == (one == other)


def test_a_job_id_of_an_event_never_changes() -> None:
    job_id = event_job_id("v", "http://vod/v.mp4", 1815321, "run")
    assert job_id == event_job_id("v", "http://vod/v.mp4", 1815321, "run")
    assert job_id == "1e16242730ae3c17311d45f6ef8822b6"


@given(contents)
def test_a_job_id_is_32_hex_digits(content: tuple[str, str | None, int | None, str | None]) -> None:
    for job_id in (event_job_id(*content), new_job_id()):
        assert len(job_id) == 32
        assert set(job_id) <= set("0123456789abcdef")


@given(text, text)
def test_two_jobs_asked_for_under_keys_have_one_id_exactly_when_the_keys_are_the_same(one: str, other: str) -> None:
    assert (keyed_job_id(one) == keyed_job_id(other)) == (one == other)


@given(text, text, text, text)
def test_keys_are_each_callers_own(one: str, caller: str, other: str, other_caller: str) -> None:
    same = (one, caller) == (other, other_caller)
    if "\x1f" not in caller + other_caller:  # which no caller's name holds
        assert (keyed_job_id(one, caller=caller) == keyed_job_id(other, caller=other_caller)) == same


def test_jobs_that_somebody_asks_for_are_told_apart() -> None:
    assert new_job_id() != new_job_id()
