"""Every stage of the engine is known, and takes another set in place of its own."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import pytest

import fingerprint
from fingerprint.stages import stages


def test_a_set_that_is_put_in_place_of_another_is_read_from_then_on(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = stages()["matching.boundaries"]
    monkeypatch.setattr(stage.module, "PARAMETERS", stage.parameters)  # undone afterwards
    name = fields(stage.parameters)[0].name
    stage.use(replace(stage.parameters, **{name: 2.0}))
    assert getattr(stages()["matching.boundaries"].parameters, name) == 2.0


def test_stages_that_make_what_is_stored_are_told_from_those_that_match() -> None:
    assert stages()["sound.extractor"].stores
    assert not stages()["matching.sound.aligner"].stores


def test_every_module_that_has_a_set_of_its_own_is_a_stage() -> None:
    folder = Path(fingerprint.__path__[0])
    made = {
        ".".join(path.relative_to(folder).with_suffix("").parts)
        for path in folder.rglob("*.py")
        if "\nPARAMETERS = " in path.read_text(encoding="utf-8")
    }
    assert set(stages()) == made
