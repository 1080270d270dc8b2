"""What is stored of real footage and what is answered stays what it was, to the bit: see `support.golden`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from support import golden

from fingerprint.engine import ALGORITHM
from fingerprint.index.memory import MemoryIndex
from fingerprint.query import Query
from streams.demo.edit import Truth

EditedCopy = Callable[..., tuple[Path, tuple[Truth, ...]]]
Fingerprinted = Callable[[Path], Query]

NAMES = [*golden.FOOTAGE, *golden.COPIES, golden.FASTER]
EXPECTED = golden.read()

CHANGED = "`make golden` writes down what is so now; the change has to say why it is not what it was"


@pytest.fixture(scope="module")
def query(
    footage: dict[str, Path],
    edited_copy: EditedCopy,
    fingerprinted: Fingerprinted,
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[str], Query]:
    """Fingerprint an original or a copy, by its name."""
    faster = golden.play_faster(footage, tmp_path_factory.mktemp("golden") / "faster.wav")

    def fingerprint(name: str) -> Query:
        recipe = golden.COPIES.get(name)
        if recipe is None:
            return fingerprinted(faster if name == golden.FASTER else footage[name])
        path, _ = edited_copy(*recipe.pieces(footage), edit=recipe.edit, suffix=recipe.suffix)
        return fingerprinted(path)

    return fingerprint


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
