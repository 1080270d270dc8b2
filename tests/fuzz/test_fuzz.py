"""A short run of the fuzzer, always with the same inputs, and that it finds what there is to be found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from random import Random

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from fuzz.mutate import LARGEST, mutated
from fuzz.runner import Find, Watched, fuzz
from fuzz.targets import TARGETS, Target

#: Inputs of each target in the short run: about two seconds each.
INPUTS = {"events": 6000, "requests": 8000, "results": 4000, "cursors": 20_000, "fingerprints": 1000, "chunks": 4000}
INPUTS |= {"api": 500, "vendor": 600, "manifests": 2500, "media": 6000, "addresses": 4000}


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """A refusal is logged, which is right; thousands of them tell nobody anything."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    yield
    structlog.reset_defaults()


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_no_input_of_a_short_run_breaks_a_parser(target: Target) -> None:
    outcome = fuzz(target._replace(seconds=float("inf")), seed=1, inputs=INPUTS[target.name])
    assert [find.what for find in outcome.finds] == []
    assert outcome.inputs == INPUTS[target.name]


def test_inputs_that_are_right_are_taken_for_what_they_are() -> None:
    for target in TARGETS:
        with Watched(target) as watched:
            became = [watched(data) for data in target.seeds()]
        assert not any(isinstance(one, Find) for one in became), target.name
        assert not all(str(one).startswith("refused") for one in became), target.name


@pytest.mark.parametrize("unexpected", [KeyError, MemoryError, RecursionError, AssertionError])
def test_an_exception_that_is_not_declared_is_found_and_can_be_replayed(
    unexpected: type[Exception], tmp_path: Path
) -> None:
    def prepare(_: ExitStack) -> Callable[[bytes], str]:
        def run(data: bytes) -> str:
            if b"\xff" in data:
                raise unexpected("here")
            return "fine"

        return run

    target = Target("planted", lambda: [b"abc"], prepare)
    (find,) = fuzz(target, seed=1, inputs=5000).finds
    assert find.what.startswith(unexpected.__name__)
    again = Watched(target)(find.save(tmp_path).read_bytes())
    assert isinstance(again, Find)
    assert again.what == find.what


def test_an_input_that_takes_too_much_is_found() -> None:
    def prepare(_: ExitStack) -> Callable[[bytes], str]:
        held: list[bytes] = []

        def run(data: bytes) -> str:
            if data == b"large":
                held.append(b"x" * 400 * 2**20)
            if data == b"long":
                sum(range(20_000_000))
            return "fine"

        return run

    slow = Target("planted", lambda: [b"small"], prepare, seconds=3600.0, mib=40)
    large = Target("planted", lambda: [b"small"], prepare, seconds=0.01, mib=4096)
    for target, data, words in ((slow, b"large", "40 are the most"), (large, b"long", "0.01 s are the most")):
        found = Watched(target)(data)
        assert isinstance(found, Find)
        assert words in found.what


@given(st.binary(max_size=300), st.integers(0, 2**32))
def test_the_same_seed_makes_the_same_changes(data: bytes, seed: int) -> None:
    once, twice = (mutated(data, [data, b"other"], Random(seed)) for _ in range(2))
    assert once == twice
    assert len(once) <= LARGEST
