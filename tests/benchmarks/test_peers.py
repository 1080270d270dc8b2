from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.detect import PEERS
from benchmarks.peers.port import Peer
from benchmarks.truth import Segment
from streams.demo.edit import Edit, Piece


def peer(name: str) -> Peer[Any]:
    made = PEERS[name]()
    missing = [program for program in made.programs if shutil.which(program) is None]
    if missing:
        pytest.skip(f"{name} needs {', '.join(missing)}")
    if name == "pdqhash":
        pytest.importorskip("pdqhash")
    return made


def segments(one: Peer[Any], query: Path, reference: Path, scratch: Path) -> list[Segment]:
    return one.match(one.fingerprint(query, scratch), one.fingerprint(reference, scratch))


@pytest.mark.parametrize("name", list(PEERS))
def test_a_peer_finds_a_plain_copy_where_it_is(
    name: str, footage: dict[str, Path], edited_copy: Callable[..., Any], tmp_path: Path
) -> None:
    copy, (truth,) = edited_copy(Piece(footage["trailer"], 12.0, 22.0), edit=Edit())
    best = max(segments(peer(name), copy, footage["trailer"], tmp_path), key=lambda one: one.similarity)
    assert best.similarity > 0.5
    assert best.q == pytest.approx(truth.copy, abs=2)
    assert best.r == pytest.approx(truth.original, abs=2)


@pytest.mark.parametrize("name", list(PEERS))
def test_a_peer_finds_nothing_in_foreign_footage(name: str, footage: dict[str, Path], tmp_path: Path) -> None:
    one = peer(name)
    query, reference = (one.fingerprint(footage[video], tmp_path) for video in ("card", "trailer"))
    assert not [segment for segment in one.match(query, reference) if segment.similarity >= 0.5]


def test_pictures_are_found_turned_and_mirrored(
    footage: dict[str, Path], edited_copy: Callable[..., Any], tmp_path: Path
) -> None:
    copy, _ = edited_copy(Piece(footage["trailer"], 30.0, 36.0), edit=Edit(width=320, height=180, mirrored=True))
    assert segments(peer("pdqhash"), copy, footage["trailer"], tmp_path)


def test_what_has_no_sound_has_no_print_of_it(footage: dict[str, Path], tmp_path: Path) -> None:
    assert peer("chromaprint").fingerprint(footage["bikes"], tmp_path) is None
