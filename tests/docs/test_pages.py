"""What the pages name is there: files, links, settings, commands, metrics, targets of make."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from support.documentation import blocks_of
from support.nodes import REPOSITORY
from typer.core import TyperGroup

from streams.cli.main import app
from streams.reference.pages import pages
from streams.settings import OTHER_VARIABLES, PREFIX, Settings

PAGES = sorted(
    str(path.relative_to(REPOSITORY)) for path in [REPOSITORY / "README.md", *(REPOSITORY / "docs").rglob("*.md")]
)
#: What in code on a page is a path in the repository.
REPOSITORY_PATH = re.compile(r"`((?:\.ci|benchmarks|docker|docs|fingerprint|schemas|streams|tests)/[\w./-]*)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")
#: Files of a feature that there is not: a page shows by it what a new one touches.
IMAGINED = {"docs/reference/adding-a-feature.md": re.compile(r"(^|/)((test_)?(notes|0001_tables)\.(py|sql)|notes/)$")}
#: Lines of README: what it does not hold is a page of its own.
LONGEST_README = 150


def text(page: str) -> str:
    return (REPOSITORY / page).read_text(encoding="utf-8")


def anchors(path: Path) -> set[str]:
    """Return the anchors that a page's headings get."""
    headings = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def commands(name: str, command: object) -> Iterator[str]:
    """Yield what can stand behind `mediadna`: all commands, and what groups them."""
    yield name
    if isinstance(command, TyperGroup):
        for part, found in command.commands.items():
            yield from commands(f"{name} {part}".strip(), found)


@pytest.mark.parametrize("page", PAGES)
def test_every_file_that_a_page_names_is_there(page: str) -> None:
    imagined = IMAGINED.get(page)
    for path in REPOSITORY_PATH.findall(text(page)):
        if imagined is not None and imagined.search(path):
            continue
        assert (REPOSITORY / path).exists(), f"{page} names {path}, which is not there: has it moved?"


@pytest.mark.parametrize("page", PAGES)
def test_every_link_of_a_page_leads_somewhere(page: str) -> None:
    for target in LINK.findall(text(page)):
        if re.match(r"https?://", target):
            continue
        place, _, anchor = target.partition("#")
        path = (REPOSITORY / page).parent / place if place else REPOSITORY / page
        assert path.exists(), f"{page} links to {target}"
        assert not anchor or anchor in anchors(path), f"{page} links to {target}"


@pytest.mark.parametrize("page", PAGES)
def test_every_setting_that_a_page_names_is_one(page: str) -> None:
    known = OTHER_VARIABLES.union(PREFIX + name.upper() for name in Settings.model_fields)
    assert set(re.findall(rf"{PREFIX}[A-Z_]*[A-Z]\b", text(page))) <= known


@pytest.mark.parametrize("page", PAGES)
def test_every_command_and_target_that_a_page_names_is_there(page: str) -> None:
    known = set(commands("", typer.main.get_command(app)))
    for name in re.findall(r"`mediadna ([a-z][a-z-]*)", text(page)):
        assert name in known, f"{page} names mediadna {name}"
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    for name in re.findall(r"`make ([a-z][a-z-]*)", text(page)):
        assert re.search(rf"^{name}:", makefile, re.MULTILINE), f"{page} names make {name}"


@pytest.fixture(scope="module")
def metrics() -> set[str]:
    """All metrics that there are."""
    return set(re.findall(r"`(mediadna_\w+)`", pages()["metrics.md"]))


@pytest.mark.parametrize("page", PAGES)
def test_every_metric_that_a_page_names_is_one(page: str, metrics: set[str]) -> None:
    assert set(re.findall(r"`(mediadna_\w+)`", text(page))) <= metrics


@pytest.mark.parametrize("page", PAGES)
def test_every_block_says_what_it_is_written_in(page: str) -> None:
    blocks_of(page)


def test_every_page_is_reached_from_the_readme() -> None:
    reached, waiting = set(), ["README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached:
            continue
        reached.add(page)
        for target in LINK.findall(text(page)):
            place = target.partition("#")[0]
            if place.endswith(".md") and "://" not in place:
                waiting.append(str(((REPOSITORY / page).parent / place).resolve().relative_to(REPOSITORY)))
    assert set(PAGES) <= reached


def test_the_readme_is_short() -> None:
    assert len(text("README.md").splitlines()) <= LONGEST_README
