"""Odd files of every kind are fingerprinted, or refused with a code that media can have: nothing is ever raised."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from fingerprint.loading import load_engine
from odd_media.everything import KINDS, Read, read_all
from odd_media.ffmpeg import Writer
from odd_media.reading import READ, ReadInline
from streams.adapters.decoder.client import CagedDecoder

pytestmark = pytest.mark.skipif(
    shutil.which("ffmpeg") is None and os.environ.get("CI") != "true", reason="odd files are made with ffmpeg"
)

#: Kinds of which all files are read here; `make odd-media` reads all of every kind.
WHOLE = {"containers": (100, 50), "codecs": (140, 110)}

#: Of other kinds each so many-th is read here, and of all kinds each so many-th once more in the cage.
PART, IN_CAGE = 20, 70


@pytest.fixture
def writer(tmp_path: Path) -> Writer:
    return Writer(tmp_path)


@pytest.fixture(scope="module", autouse=True)
def _loaded() -> None:
    load_engine()


@pytest.fixture(scope="module")
def caged() -> Iterator[CagedDecoder]:
    decoder = CagedDecoder(memory=2**30)
    yield decoder
    decoder.close()


def wrong(found: list[Read]) -> list[str]:
    return [str(one) for one in found if not one.outcome.is_right]


@pytest.mark.parametrize("kind", WHOLE)
def test_a_file_of_every_form_that_ffmpeg_writes_is_fingerprinted_or_refused(writer: Writer, kind: str) -> None:
    found = list(read_all(KINDS[kind](), writer, ReadInline()))
    assert wrong(found) == []
    made, fingerprinted = WHOLE[kind]
    assert len({one.recipe.name for one in found}) >= made
    assert Counter(one.outcome.what for one in found)[READ] >= fingerprinted
    assert [str(one) for one in found if one.outcome.what == READ and not one.outcome.sniffed] == []


@pytest.mark.parametrize("kind", sorted(KINDS.keys() - WHOLE))
def test_odd_files_of_every_kind_are_fingerprinted_or_refused(writer: Writer, kind: str) -> None:
    found = list(read_all(islice(KINDS[kind](), PART // 2, None, PART), writer, ReadInline()))
    assert wrong(found) == []
    assert Counter(one.outcome.what for one in found)[READ] >= 1


def test_what_the_cage_says_of_odd_files_is_what_is_said_without_it(writer: Writer, caged: CagedDecoder) -> None:
    recipes = [recipe for kind in KINDS.values() for recipe in islice(kind(), IN_CAGE // 2, None, IN_CAGE)]
    inside, outside = (list(read_all(recipes, writer, decoder)) for decoder in (caged, ReadInline()))
    assert wrong(inside) == []
    assert [one.outcome for one in inside] == [one.outcome for one in outside]
    assert len(inside) >= 10
