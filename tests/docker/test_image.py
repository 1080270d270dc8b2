"""The image and what it is made of, as far as that shows without an engine that builds it."""

from __future__ import annotations

import re
import shlex
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest
from typer.main import get_command

from streams.cli.main import app
from streams.settings import PREFIX, Settings

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
#: A release of Debian by its whole number; a digest may follow.
EXACT = re.compile(r"debian:\d+\.\d+-slim(@sha256:[0-9a-f]{64})?")


def instructions() -> list[tuple[str, str]]:
    """Return the Dockerfile's instructions in order: each one's name, and what follows on one line."""
    text = (ROOT / "docker" / "Dockerfile").read_text(encoding="utf-8")
    lines = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    whole = re.sub(r"\\\n\s*", "", lines)
    return [(line.split()[0], line.partition(" ")[2]) for line in whole.splitlines() if line]


def stages() -> list[list[tuple[str, str]]]:
    """Return the instructions of each stage; the last one is what is shipped."""
    found: list[list[tuple[str, str]]] = []
    for name, rest in instructions():
        if name == "FROM":
            found.append([])
        if found:
            found[-1].append((name, rest))
    return found


def of(name: str) -> list[str]:
    """Return what follows all instructions of a name."""
    return [rest for found, rest in instructions() if found == name]


def last(name: str) -> str:
    """Return what follows the shipped stage's last instruction of a name."""
    return [rest for found, rest in stages()[-1] if found == name][-1]


def environment() -> dict[str, str]:
    """Return the variables that the image sets."""
    return dict(pair.split("=", 1) for rest in of("ENV") for pair in shlex.split(rest))


def locked(name: str) -> dict[str, str]:
    """Return the version of each package in a lock."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return dict(re.findall(r"^([A-Za-z0-9._-]+)==([^ ;]+)", text, flags=re.MULTILINE))


def is_sent(path: str) -> bool:
    """Whether a file of the checkout is sent to the engine: the last rule that names it or a folder above it counts."""
    places = [path, *map(str, Path(path).parents)]
    sent = True
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        rule = line.removeprefix("!")
        if line and not line.startswith("#") and any(_names(rule, place) for place in places if place != "."):
            sent = line.startswith("!")
    return sent


def _names(rule: str, place: str) -> bool:
    if rule.startswith("**/"):  # at any depth
        return fnmatch(Path(place).name, rule.removeprefix("**/"))
    return fnmatch(place, rule)


def test_it_is_built_on_one_release_of_debian_that_is_named_exactly() -> None:
    (base,) = of("ARG")
    assert EXACT.fullmatch(base.removeprefix("DEBIAN="))
    known = {"${DEBIAN}"}
    for rest in of("FROM"):
        source, _, name = rest.partition(" AS ")
        assert source in known
        known.add(name)


def test_nobody_in_it_is_root() -> None:
    user, _, group = last("USER").partition(":")
    assert int(user) > 0
    assert int(group) > 0
    names = [name for name, _ in stages()[-1]]
    assert "RUN" not in names[names.index("USER") :]


def test_pip_installs_what_is_locked_by_its_hashes_or_what_was_built_here() -> None:
    calls = [call for rest in of("RUN") for call in rest.split("&&") if "/pip " in call]
    assert len(calls) == 4
    for call in calls:
        assert "--require-hashes" in call or "--no-index" in call
        assert "--require-hashes" not in call or "--only-binary :all:" in call  # nothing is built that was not locked


def test_what_is_shipped_is_the_environment_without_what_built_it() -> None:
    copied = [rest for name, rest in stages()[-1] if name == "COPY"]
    assert copied == [
        "--from=build /opt/mediadna /opt/mediadna",
        "docker/health.py /opt/mediadna/health.py",
    ]
    assert any("venv --without-pip /opt/mediadna" in rest for rest in of("RUN"))


def test_what_it_is_built_from_is_sent_to_the_engine_and_no_secret_footage_or_environment() -> None:
    sent = ["README.md", "LICENSE", "pyproject.toml", "docker/health.py"]
    sent += ["requirements-build.txt", "requirements-runtime.txt"]
    sent += [f"{name}/__init__.py" for name in PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]]
    assert [path for path in sent if not ((ROOT / path).is_file() and is_sent(path))] == []
    kept = [".venv/bin/python", ".git/config", "docker/tokens", "mediadna.toml", "tokens", ".footage/a.mp4"]
    assert [path for path in [*kept, "streams/__pycache__/a.pyc", "tests/conftest.py"] if is_sent(path)] == []


def test_its_variables_are_settings_and_its_port_is_the_services_own() -> None:
    ours = {name.removeprefix(PREFIX).lower() for name in environment() if name.startswith(PREFIX)}
    assert ours
    assert ours <= Settings.model_fields.keys()
    assert int(last("EXPOSE")) == Settings(web=environment()["MEDIADNA_WEB"]).web_port == Settings().web_port


def test_what_it_does_is_a_command_of_ours_under_a_first_process_that_buries_orphans() -> None:
    assert last("ENTRYPOINT") == '["/usr/bin/tini", "--", "mediadna"]'
    commands = get_command(app).commands  # type: ignore[attr-defined]
    assert last("CMD") == '["worker"]'
    assert {"worker", "web", "import"} <= commands.keys()
    assert "/opt/mediadna/health.py" in last("HEALTHCHECK")


def test_it_installs_what_the_tests_run_with_and_no_tool_of_developers() -> None:
    shipped, tested = locked("requirements-runtime.txt"), locked("requirements.txt")
    assert shipped.items() <= tested.items()
    assert {"s3fs", "faust-streaming", "pymilvus"} <= shipped.keys()
    assert not {"pytest", "ruff", "mypy", "playwright", "hypothesis", "pip"} & shipped.keys()


@pytest.mark.parametrize("name", ["LICENSE", "README.md"])
def test_the_wheel_is_built_from_files_that_the_project_names(name: str) -> None:
    assert name in {PROJECT["project"]["readme"], *PROJECT["project"]["license-files"]}
