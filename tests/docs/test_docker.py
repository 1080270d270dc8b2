"""What the page on containers names is there, and is what the image and Compose's file say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.main import get_command

from streams.cli.main import app
from streams.settings import Settings

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "operations" / "docker.md").read_text(encoding="utf-8")
DOCKERFILE = (ROOT / "docker" / "Dockerfile").read_text(encoding="utf-8")
COMPOSE = (ROOT / "docker" / "compose.yaml").read_text(encoding="utf-8")


def test_every_setting_that_it_names_is_one() -> None:
    named = set(re.findall(r"MEDIADNA_([A-Z_]*[A-Z])\b", TEXT))
    assert named <= {name.upper() for name in Settings.model_fields}


@pytest.mark.parametrize("variable", ["MEDIA_FOLDER", "PLACES", "TOKEN", "SLOTS", "IMPORT_SLOTS", "CAGE"])
def test_the_variables_that_it_tells_to_set_are_compose_files(variable: str) -> None:
    assert re.search(rf"\b{variable}\b", TEXT)
    assert f"${{{variable}:-" in COMPOSE


def test_each_role_that_it_lists_is_a_command() -> None:
    commands = get_command(app).commands  # type: ignore[attr-defined]
    roles = re.findall(r"^\| [a-z ]+ \| `([a-z]+)[` ]", TEXT, re.MULTILINE)
    assert roles == ["worker", "web", "import", "up"]
    assert set(roles) <= commands.keys()


def test_releases_users_and_ports_are_those_of_the_image() -> None:
    (base,) = re.findall(r"^ARG DEBIAN=(\S+)$", DOCKERFILE, re.MULTILINE)
    assert set(re.findall(r"debian:[0-9.]+-slim", TEXT)) == {base}
    (user,) = re.findall(r"^USER (\d+):", DOCKERFILE, re.MULTILINE)
    assert f"chown {user} docker/tokens" in TEXT
    assert "TOKENS_FILE:-./tokens" in COMPOSE
    for image in re.findall(r"image: ([a-z]+/[a-z]+):", COMPOSE):
        assert f"`{image}:...`" in TEXT


def test_the_files_that_it_points_to_are_there() -> None:
    named = set(re.findall(r"`((?:docker|tests)/[A-Za-z_./]+)`", TEXT)) - {"docker/media", "docker/tokens"}
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []
