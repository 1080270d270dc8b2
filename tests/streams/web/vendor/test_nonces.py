"""Which calls are remembered, and for how long."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.web.vendor.nonces import FullMemoryError, NonceMemory


def test_a_nonce_is_new_once_for_each_key_until_its_call_is_too_old_anyway() -> None:
    memory = NonceMemory(keep_s=10.0)
    assert memory.is_new("a", "1", now=0.0)
    assert not memory.is_new("a", "1", now=9.9)
    assert memory.is_new("b", "1", now=9.9)
    assert memory.is_new("a", "1", now=10.0)


def test_a_full_memory_refuses_rather_than_forgets_and_takes_calls_again_when_others_are_too_old() -> None:
    memory = NonceMemory(keep_s=10.0, most=2)
    assert memory.is_new("a", "1", now=0.0)
    assert memory.is_new("a", "2", now=1.0)
    with pytest.raises(FullMemoryError):
        memory.is_new("a", "3", now=2.0)
    assert not memory.is_new("a", "1", now=2.0)
    assert memory.is_new("a", "3", now=10.0)


@given(calls=st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("123"), st.floats(0.0, 5.0)), max_size=30))
def test_a_call_is_new_exactly_when_it_was_not_made_within_the_time(calls: list[tuple[str, str, float]]) -> None:
    memory = NonceMemory(keep_s=10.0)
    made: dict[tuple[str, str], float] = {}
    now = 0.0
    for key_id, nonce, pause in calls:
        now += pause
        known = made.get((key_id, nonce), -10.0) + 10.0 > now
        assert memory.is_new(key_id, nonce, now) is not known
        if not known:
            made[key_id, nonce] = now
