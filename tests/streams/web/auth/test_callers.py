"""Names of callers: the same at each call, short, and no secret."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from schemas.limits import LONGEST_CALLER
from streams.web.auth.callers import caller_of_key, caller_of_token

tokens = st.text(min_size=16, max_size=100)
key_ids = st.text(min_size=1, max_size=200)


@given(tokens, tokens)
def test_a_token_is_named_without_being_told(one: str, other: str) -> None:
    name = caller_of_token(one)
    assert (name == caller_of_token(other)) == (one == other)
    assert one not in name
    assert len(name) <= LONGEST_CALLER


@given(key_ids, key_ids)
def test_an_access_key_is_named_by_its_id_and_one_with_a_long_id_as_well(one: str, other: str) -> None:
    assert (caller_of_key(one) == caller_of_key(other)) == (one == other)
    assert len(caller_of_key(one)) <= LONGEST_CALLER
    assert caller_of_key("LTAI5tFexample") == "LTAI5tFexample"


def test_a_token_with_a_name_is_called_by_it_whichever_token_that_is() -> None:
    assert caller_of_token("t" * 16, "ann") == caller_of_token("u" * 16, "ann") == "ann"


def test_programs_of_this_machine_that_need_no_key_have_one_name() -> None:
    assert caller_of_key("") == "local"
