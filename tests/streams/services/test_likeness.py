"""How alike stored media look: by the first fingerprint that can be read, and within a bound."""

from __future__ import annotations

from pathlib import Path

import pytest
from support import tracks
from support.cases import item
from support.read_model import ReadModel

from fingerprint.model import Fingerprint
from fingerprint.types import ReferenceKey
from schemas.matches import Interval, Track
from streams.adapters.storage.fsspec_store import open_store
from streams.domain.tracing.links import Link
from streams.ports.fingerprint_store import FingerprintStore
from streams.services import likeness
from streams.services.likeness import StoredLikeness

WHOLE = (0.0, tracks.SECONDS)


def link(copy: str, source: str, track: Track = Track.BOTH) -> Link:
    start, end = WHOLE
    spans = {"input_start": start, "input_end": end, "reference_start": start, "reference_end": end}
    one = Interval(**spans, similarity=0.9, track=track, speed=1.0)
    return Link(copy, source, 0.9, (one,), (WHOLE,), tracks.SECONDS)


@pytest.fixture
def store(tmp_path: Path) -> FingerprintStore:
    return open_store(str(tmp_path / "fingerprints"))


@pytest.fixture
def stored(model: ReadModel, store: FingerprintStore) -> StoredLikeness:
    """Of a film, a copy of it, another film, one without a picture, and one whose fingerprint is lost."""
    seeds = {"film": 1, "copy": 1, "other": 2}
    model.apply(items=[item(name) for name in (*seeds, "song", "lost")])
    held = {name: Fingerprint(tracks.SECONDS, tracks.picture(seed)) for name, seed in seeds.items()}
    held["song"] = Fingerprint(tracks.SECONDS, sound=tracks.sound())
    for name, fingerprint in held.items():
        (one,) = model.libraries.items_of(name)
        store.put(ReferenceKey(one.library, name, one.version), fingerprint.to_bytes())
    return StoredLikeness(model, store)


def test_what_looks_alike_is_more_alike_than_what_does_not(stored: StoredLikeness) -> None:
    same, other = stored(link("copy", "film")), stored(link("copy", "other"))
    assert same == pytest.approx(1.0, abs=0.01)
    assert other is not None
    assert other < 0.3


@pytest.mark.parametrize("source", ["song", "lost", "never seen"])
def test_of_what_has_no_picture_or_is_not_stored_nothing_is_told(stored: StoredLikeness, source: str) -> None:
    assert stored(link("copy", source)) is None
    assert stored(link(source, "copy")) is None


def test_of_sound_alone_nothing_is_told(stored: StoredLikeness) -> None:
    assert stored(link("copy", "film", Track.SOUND)) is None


def test_one_that_cannot_be_read_is_passed_over(
    model: ReadModel, store: FingerprintStore, stored: StoredLikeness
) -> None:
    (one,) = model.libraries.items_of("film")
    store.put(ReferenceKey(one.library, "film", one.version), b"no fingerprint")
    assert stored(link("copy", "film")) is None


def test_a_bounded_number_is_read_for_one_trace(stored: StoredLikeness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(likeness, "MOST_READ", 2)
    assert stored(link("copy", "film")) is not None
    assert stored(link("copy", "other")) is None
    assert stored(link("copy", "film")) is not None
