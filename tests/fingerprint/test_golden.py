"""What is stored of real footage and what is answered stays what it was, to the bit: see `support.golden`."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from support import golden

from fingerprint.engine import ALGORITHM
from fingerprint.index.memory import MemoryIndex
from fingerprint.query import Query

pytestmark = pytest.mark.unmeasured

Fingerprinted = Callable[[Path], Query]

NAMES = [*golden.FOOTAGE, *golden.COPIES, golden.FASTER]
EXPECTED = golden.read()

CHANGED = "`make golden` writes down what is so now; the change has to say why it is not what it was"


@pytest.fixture(scope="module")
def query(
    footage: dict[str, Path], fingerprinted: Fingerprinted, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Query]:
    """Fingerprint an original or a copy, by its name."""
    folder = tmp_path_factory.mktemp("golden")

    @cache
    def media(name: str) -> Path:
        if name == golden.FASTER:
            return golden.play_faster(footage, folder / "faster.wav")
        return golden.make_golden_copy(name, footage, folder) if name in golden.COPIES else footage[name]

    return lambda name: fingerprinted(media(name))


@pytest.mark.parametrize("name", NAMES)
def test_what_is_stored_stays_the_same_to_the_bit(query: Callable[[str], Query], name: str) -> None:
    assert golden.stored_form(query(name)) == EXPECTED["items"][name]["stored"], CHANGED


@pytest.mark.parametrize("name", NAMES)
def test_what_is_answered_stays_the_same(query: Callable[[str], Query], library: MemoryIndex, name: str) -> None:
    assert golden.answers(query(name), library) == EXPECTED["items"][name]["answers"], CHANGED


@pytest.mark.parametrize("name", golden.COPIES)
def test_what_a_first_look_answers_stays_the_same(
    query: Callable[[str], Query], library: MemoryIndex, name: str
) -> None:
    assert golden.first_look(query(name), library) == EXPECTED["items"][name]["first look"], CHANGED


def test_what_is_written_down_is_of_this_algorithm_and_all_looked_at() -> None:
    assert EXPECTED["algorithm"] == ALGORITHM
    assert sorted(EXPECTED["items"]) == sorted(NAMES)
