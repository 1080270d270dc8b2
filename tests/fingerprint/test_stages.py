"""Every stage's numbers are in one set, which its code reads when it runs."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path

import pytest

import fingerprint
from fingerprint.parameters import describe
from fingerprint.stages import Stage, stages
from streams.reference.markdown import meanings

SOURCES = sorted(Path(fingerprint.__path__[0]).rglob("*.py"))


@pytest.mark.parametrize("stage", stages().values(), ids=list(stages()))
def test_every_number_of_a_stage_has_a_unit_a_range_a_source_and_says_what_it_is(stage: Stage) -> None:
    kind = type(stage.parameters)
    assert stage.parameters == kind()
    assert kind.__doc__
    assert kind.__name__.endswith("Parameters")
    assert set(describe(stage.parameters)) <= set(meanings(kind))


def test_a_set_that_is_put_in_place_of_another_is_read_from_then_on(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = stages()["matching.boundaries"]
    monkeypatch.setattr(stage.module, "PARAMETERS", stage.parameters)  # undone afterwards
    name = fields(stage.parameters)[0].name
    stage.use(replace(stage.parameters, **{name: 2.0}))
    assert getattr(stages()["matching.boundaries"].parameters, name) == 2.0


def test_stages_that_make_what_is_stored_are_told_from_those_that_match() -> None:
    assert stages()["sound.extractor"].stores
    assert not stages()["matching.sound.aligner"].stores


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield from (one.name for one in node.names)


@pytest.mark.parametrize("source", SOURCES, ids=[str(one.name) for one in SOURCES])
def test_no_module_keeps_the_set_of_another_one(source: Path) -> None:
    """What is imported by name stays what it was when another set is put in its place."""
    assert "PARAMETERS" not in set(imported(ast.parse(source.read_text(encoding="utf-8"))))
