"""What the command itself says, whatever it is asked to do."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from typer.testing import CliRunner

from streams.cli.main import app


def complete(**variables: str) -> str:
    """Return what the installed command answers a shell that asks for completions."""
    command = Path(sys.executable).parent / "mediadna"
    return subprocess.run([command], env=os.environ | variables, capture_output=True, text=True, check=True).stdout


def test_the_version_is_told() -> None:
    told = CliRunner().invoke(app, ["--version"])
    assert (told.exit_code, told.stdout) == (0, f"mediadna {version('mediadna')}\n")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_gets_a_script_that_completes_commands(shell: str) -> None:
    assert "mediadna" in complete(_MEDIADNA_COMPLETE=f"source_{shell}")


def test_a_command_that_was_begun_is_completed() -> None:
    asked = {"COMP_WORDS": "mediadna libr", "COMP_CWORD": "1", "_TYPER_COMPLETE_ARGS": "mediadna libr"}
    assert complete(_MEDIADNA_COMPLETE="complete_bash", **asked).split() == ["libraries"]
