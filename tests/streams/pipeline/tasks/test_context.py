"""What tasks work with: references that cannot be read are passed over."""

from __future__ import annotations

from pathlib import Path

from fingerprint.model import Fingerprint
from fingerprint.types import ReferenceKey
from streams.adapters.storage.fsspec_store import open_store
from streams.pipeline.tasks.context import StoredFingerprints

KEY = ReferenceKey("default", "video", 1)


def test_a_reference_is_loaded_as_it_was_stored(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    store.put(KEY, Fingerprint(12.5).to_bytes())
    found = StoredFingerprints(store).load(KEY)
    assert found is not None
    assert found.duration == 12.5


def test_a_reference_that_is_stored_later_is_found_then(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    references = StoredFingerprints(store)
    assert references.load(KEY) is None
    store.put(KEY, Fingerprint(1.0).to_bytes())
    assert references.load(KEY) is not None


def test_a_reference_of_another_version_is_passed_over(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    store.put(KEY, Fingerprint(1.0).to_bytes()[:5] + b"\x63what another version wrote")
    assert StoredFingerprints(store).load(KEY) is None
