"""What the threat model claims to be tested is tested by files that are there, and its settings are settings."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from streams.settings import Settings

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "operations" / "security.md").read_text(encoding="utf-8")
#: The paths that stand below each section; those that do not begin at `tests/` lie beside the one before.
CLAIMS = re.findall(r"^\*Tests:\*(.*?)(?:\n\n|\Z)", TEXT, re.MULTILINE | re.DOTALL)


def test_every_section_names_its_tests() -> None:
    sections = re.findall(r"^## ", TEXT, re.MULTILINE)
    assert len(CLAIMS) == len(sections) > 0


@pytest.mark.parametrize("claim", CLAIMS)
def test_every_test_that_the_document_names_is_there(claim: str) -> None:
    beside = ROOT
    for name in re.findall(r"`(\S+?)`", claim):
        path = ROOT / name if name.startswith("tests/") else beside / name
        assert path.exists(), name
        if name.startswith("tests/"):
            beside = path if path.is_dir() else path.parent


def test_every_setting_that_the_document_names_is_one() -> None:
    named = set(re.findall(r"MEDIADNA_([A-Z_]*[A-Z])\b", TEXT))
    assert named <= {name.upper() for name in Settings.model_fields}
