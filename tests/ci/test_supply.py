"""What is installed is what is locked, what is locked is checked, and what is installed is listed."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
import tomllib
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = [ROOT / "requirements.txt", *sorted(ROOT.glob("requirements-*.txt"))]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCKED = re.compile(r"[A-Za-z0-9._-]+==[^\s;]+( ;[^\\]+)?( \\\n    --hash=sha256:[0-9a-f]{64})+")
TODAY = date(2026, 11, 29)
REPORT: list[dict[str, Any]] = [
    {"name": "sound", "version": "1.0", "vulns": []},
    {"name": "mirror", "skip_reason": "not found"},
    {"name": "bad", "version": "2.0", "vulns": [{"id": "PYSEC-1", "aliases": ["CVE-1"], "fix_versions": ["2.1"]}]},
]


def canonical(requirement: str) -> str:
    """Return the name of a requirement as registries compare it."""
    return re.sub(r"[-_.]+", "-", re.split(r"[<>=~!\[; ]", requirement, maxsplit=1)[0]).lower()


@pytest.fixture(scope="module")
def advisories() -> ModuleType:
    spec = importlib.util.spec_from_file_location("advisories", ROOT / ".ci" / "advisories.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.stem)
def test_every_package_that_is_locked_has_one_version_and_its_hashes_and_no_registry_is_named(lock: Path) -> None:
    blocks = re.split(r"\n(?=\S)", lock.read_text(encoding="utf-8").strip())
    for block in blocks:
        assert re.fullmatch(r"[A-Za-z0-9._-]+==[^\s;]+( ;[^\\]+)?( \\\n    --hash=sha256:[0-9a-f]{64})+", block), block[
            :80
        ]


def test_all_that_is_declared_is_locked() -> None:
    extras = PROJECT["project"]["optional-dependencies"]
    declared = {
        "requirements": [*PROJECT["project"]["dependencies"], *extras["dev"], *extras["s3"]],
        "runtime": [*PROJECT["project"]["dependencies"], *extras["s3"]],
        **PROJECT["dependency-groups"],
    }
    for lock in LOCKS:
        locked = {canonical(line) for line in lock.read_text(encoding="utf-8").splitlines() if "==" in line}
        assert {canonical(one) for one in declared[lock.stem.removeprefix("requirements-")]} <= locked


def test_an_advisory_stops_the_build_until_it_is_accepted_with_a_reason_and_again_after_its_end(
    advisories: ModuleType,
) -> None:
    (line,) = advisories.objections(REPORT, [], today=TODAY)
    assert "bad 2.0: PYSEC-1 is not accepted; fixed in 2.1" in line
    accepted = {"id": "CVE-1", "reason": "never called", "until": date(2026, 12, 1)}
    assert advisories.objections(REPORT, [accepted], today=TODAY) == []
    assert advisories.objections(REPORT, [{**accepted, "reason": ""}], today=TODAY)
    (line,) = advisories.objections(REPORT, [accepted], today=date(2026, 12, 2))
    assert "was accepted until 2026-12-01" in line


@pytest.mark.parametrize("output", ["", "no connection", json.dumps({"dependencies": [REPORT[1]]})])
def test_where_nobody_answers_it_is_said_and_the_build_goes_on(
    advisories: ModuleType, output: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], 1, output, ""))
    monkeypatch.setattr(sys, "argv", ["advisories.py", "requirements.txt"])
    assert advisories.main() == 0
    assert "nothing was checked" in capsys.readouterr().out


def test_the_list_of_what_is_installed_names_every_dependency() -> None:
    listing = ROOT / "build" / "sbom.json"
    if not listing.exists():
        pytest.skip("make audit writes it; CI does so before it tests")
    bom = json.loads(listing.read_text(encoding="utf-8"))
    found = {canonical(component["name"]): component["version"] for component in bom["components"]}
    assert {canonical(one) for one in PROJECT["project"]["dependencies"]} <= found.keys()
    assert all(found.values())
