"""The numbers of each stage stand in its parameter set and nowhere else, and are read when the stage runs."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import pkgutil
from collections.abc import Iterator
from dataclasses import FrozenInstanceError, fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest

import fingerprint
from fingerprint.parameters import Parameter, describe

#: Packages whose numbers all stand in parameter sets.
PACKAGES = ("fingerprint.picture", "fingerprint.sound", "fingerprint.matching")

#: Numbers at the head of a module that nobody chose, and what they are.
NOT_CHOSEN = {
    "fingerprint.matching.boundaries.AROUND": "pictures of which a median is taken",
    "fingerprint.matching.boundaries.MIN_PICTURES": "pictures from which on there is one change beside another",
    "fingerprint.matching.confidence.EVEN_CONFIDENCE": "what stands for even chances",
    "fingerprint.matching.explanation.explain.(TIME_DECIMALS, LOG_ODDS_DECIMALS, SHARE_DECIMALS)": "to which is told",
    "fingerprint.matching.explanation.picture.(TIME_DECIMALS, LOG_ODDS_DECIMALS)": "to which it is told",
    "fingerprint.matching.explanation.sound.(TIME_DECIMALS, LOG_ODDS_DECIMALS, MEAN_DECIMALS)": "to which it is told",
    "fingerprint.matching.explanation.thinning.(TIME_DECIMALS, WEIGHT_DECIMALS)": "to which it is told",
    "fingerprint.matching.matcher.HINT_DECIMALS": "to which a speed is told",
    "fingerprint.matching.matcher.(TIME_DECIMALS, SHARE_DECIMALS)": "to which answers are told",
    "fingerprint.matching.search_regions.PHASES": "cells, and cells between cells",
    "fingerprint.matching.sound.peak_index.NOTE_COUNT": "what 8 bits hold, and as many again",
    "fingerprint.sound.extractor.FRAME_DECIMALS": "beyond which is rounding",
    "fingerprint.sound.track.TINY": "what stands for 0 in a division",
    "fingerprint.picture.local_features.WHOLE": "all of a picture, as shares of its sides",
    "fingerprint.picture.local_features.DESCRIPTOR_SHAPE": "how SIFT lays out a descriptor",
    "fingerprint.picture.local_features.MIRRORED_DIRECTIONS": "what a mirror does to eight directions",
}

NUMBERS = (int, float, complex)


def source_of(module: str) -> str:
    """Return the source of a module without running it: to make the trained data, other packages are needed."""
    spec = importlib.util.find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).read_text(encoding="utf-8")


TREES = {
    found.name: ast.parse(source_of(found.name))
    for found in pkgutil.walk_packages(fingerprint.__path__, f"{fingerprint.__name__}.")
}

WITHOUT_BARE_NUMBERS = [name for name in TREES if f"{name}.".startswith(tuple(f"{package}." for package in PACKAGES))]


def assigned(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """Return what a module binds by assignment when it is imported, by name."""
    for statement in tree.body:
        targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
        value = getattr(statement, "value", None)
        if value is not None:
            yield from ((ast.unparse(target), value) for target in targets if target is not None)


def bare_numbers(tree: ast.Module) -> list[str]:
    """Return the names that a module binds to numbers, or to what has numbers in it."""
    return [
        name
        for name, value in assigned(tree)
        if any(
            isinstance(part, ast.Constant) and isinstance(part.value, NUMBERS) and not isinstance(part.value, bool)
            for part in ast.walk(value)
        )
    ]


def run_at_import(tree: ast.Module) -> Iterator[ast.AST]:
    """Return what of a module runs when it is imported: all but the bodies of its functions."""
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop()
        yield node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            pending += [default for default in (*node.args.defaults, *node.args.kw_defaults) if default is not None]
            pending += getattr(node, "decorator_list", [])
        else:
            pending += ast.iter_child_nodes(node)


def read_at_import(tree: ast.Module) -> list[int]:
    """Return the lines that read a parameter set when the module is imported."""
    return [
        node.lineno
        for node in run_at_import(tree)
        if (isinstance(node, ast.Name) and node.id == "PARAMETERS" and isinstance(node.ctx, ast.Load))
        or (isinstance(node, ast.Attribute) and node.attr == "PARAMETERS")
    ]


def imported_as_they_are(tree: ast.Module) -> list[int]:
    """Return the lines that import a set itself, which is another name for it that no replacing reaches."""
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and any(alias.name == "PARAMETERS" for alias in node.names)
    ]


STAGES = [name for name, tree in TREES.items() if any(bound == "PARAMETERS" for bound, _ in assigned(tree))]


def parameters_of(module: str) -> Any:
    return importlib.import_module(module).PARAMETERS


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_has_stages(package: str) -> None:
    assert [name for name in STAGES if name.startswith(f"{package}.")]


@pytest.mark.parametrize("module", STAGES)
def test_each_number_of_a_stage_says_its_unit_its_range_and_where_it_came_from(module: str) -> None:
    parameters = parameters_of(module)
    assert is_dataclass(parameters)
    assert parameters == type(parameters)()
    known = describe(parameters)
    assert known
    for name, one in known.items():
        assert isinstance(one, Parameter), name
        value = getattr(parameters, name)
        assert all(one.low <= part <= one.high for part in (value if isinstance(value, tuple) else (value,))), name


@pytest.mark.parametrize("module", STAGES)
def test_no_number_of_a_set_can_be_changed(module: str) -> None:
    parameters = parameters_of(module)
    for field in fields(parameters):
        with pytest.raises(FrozenInstanceError):
            setattr(parameters, field.name, getattr(parameters, field.name))


@pytest.mark.parametrize("module", STAGES)
def test_each_number_of_a_stage_says_what_it_is(module: str) -> None:
    parameters = parameters_of(module)
    lines = source_of(module).splitlines()
    (made,) = (
        node for node in TREES[module].body if isinstance(node, ast.ClassDef) and node.name == type(parameters).__name__
    )
    assert ast.get_docstring(made)
    bound = [node for node in made.body if isinstance(node, ast.AnnAssign)]
    assert [ast.unparse(node.target) for node in bound] == [field.name for field in fields(parameters)]
    silent = [ast.unparse(node.target) for node in bound if not lines[node.lineno - 2].lstrip().startswith("#:")]
    assert not silent


@pytest.mark.parametrize("module", WITHOUT_BARE_NUMBERS)
def test_no_number_stands_outside_of_a_set(module: str) -> None:
    found = [f"{module}.{name}" for name in bare_numbers(TREES[module])]
    assert [name for name in found if name not in NOT_CHOSEN] == []


@pytest.mark.parametrize("module", WITHOUT_BARE_NUMBERS)
def test_no_module_keeps_a_number_of_a_set_from_when_it_was_imported(module: str) -> None:
    assert read_at_import(TREES[module]) == []


@pytest.mark.parametrize("module", TREES)
def test_no_module_imports_a_set_itself(module: str) -> None:
    assert imported_as_they_are(TREES[module]) == []


def test_what_is_said_to_be_no_choice_is_there() -> None:
    there = {f"{module}.{name}" for module, tree in TREES.items() for name in bare_numbers(tree)}
    assert set(NOT_CHOSEN) <= there


@pytest.mark.parametrize(
    "source",
    ["A = 3", "A: float = 0.5", "A = -1", "A = (1.0, 2.0)", "A = B / 2", 'A = {"b": (0, 1)}', "A = np.full(3, b)"],
)
def test_a_bare_number_is_found_however_it_is_bound(source: str) -> None:
    assert bare_numbers(ast.parse(source)) == ["A"]


@pytest.mark.parametrize("source", ['A = "3"', "A = True", "A = tuple[int, ...]", "A = B()", "def f(a):\n    return 3"])
def test_what_is_no_number_is_none(source: str) -> None:
    assert bare_numbers(ast.parse(source)) == []


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("A = PARAMETERS.a", 1),
        ("A = stage.PARAMETERS.a", 1),
        ("def f(a=PARAMETERS.a):\n    pass", 1),
        ("def f(*, a=stage.PARAMETERS.a):\n    pass", 1),
        ("class A:\n    a: int = PARAMETERS.a", 2),
        ("@cached(PARAMETERS.a)\ndef f():\n    pass", 1),
        ("A = [f(PARAMETERS) for _ in B]", 1),
    ],
)
def test_a_set_that_is_read_at_import_is_found(source: str, line: int) -> None:
    assert read_at_import(ast.parse(source)) == [line]


@pytest.mark.parametrize(
    "source",
    [
        "PARAMETERS = StageParameters()",
        "def f():\n    return PARAMETERS.a",
        "class A:\n    a: int = field(default_factory=lambda: PARAMETERS.a)\n    def f(self):\n        PARAMETERS",
    ],
)
def test_a_set_that_is_read_when_a_stage_runs_is_as_it_should_be(source: str) -> None:
    assert read_at_import(ast.parse(source)) == []


def test_a_set_that_is_imported_itself_is_found() -> None:
    assert imported_as_they_are(ast.parse("import a\nfrom a.b import PARAMETERS, c")) == [2]
    assert imported_as_they_are(ast.parse("from a import b\nb.PARAMETERS.c")) == []
