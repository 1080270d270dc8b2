"""The reference pages are what the code makes, and hold everything that there is to be looked up."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer
from litestar.routes import HTTPRoute
from prometheus_client import REGISTRY
from support.inline import InlineService
from support.nodes import REPOSITORY
from typer.core import TyperGroup

from fingerprint.parameters import describe
from fingerprint.stages import Stage, stages
from schemas.channels import CHANNELS, Channel
from schemas.errors import ErrorCode
from streams.cli.main import app
from streams.readmodel.model import ReadModel
from streams.reference.pages import FOLDER, pages, write
from streams.reference.parameters import MARK, PAGE, calibration_page, parameters_section, write_calibration
from streams.settings import PREFIX, Settings
from streams.web.aliyun.operations import operations
from streams.web.app import create_app

#: A call that declares a metric, with its name; counters get `_total` behind it.
METRIC = re.compile(r"\b(Counter|Gauge|Histogram|Summary)\(\s*\"(mediadna_\w+)\"")
#: The type of a parameter in a route's path.
TYPE = re.compile(r":\w+(?=\})")


def page(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def sources() -> list[str]:
    return [path.read_text(encoding="utf-8") for path in (REPOSITORY / "streams").rglob("*.py")]


def test_the_pages_are_what_the_code_makes() -> None:
    stale = [name for name, made in pages().items() if page(name) != made]
    assert not stale, f"run `make reference`: {stale}"


def test_writing_replaces_what_is_old(tmp_path: Path) -> None:
    (tmp_path / "codes.md").write_text("old")
    write(tmp_path)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == pages()


def test_a_page_is_the_same_for_whoever_makes_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    before = pages()["settings.md"]
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("MEDIADNA_STATE", str(tmp_path))
    monkeypatch.setenv("MEDIADNA_SLOTS", "7")
    assert pages()["settings.md"] == before


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_documented(name: str) -> None:
    assert f"| `{PREFIX}{name.upper()}` |" in page("settings.md")
    assert Settings.model_fields[name].description


@pytest.mark.parametrize("channel", CHANNELS, ids=lambda channel: channel.name)
def test_every_topic_and_every_event_that_others_see_is_documented(channel: Channel) -> None:
    text = page("events.md")
    assert f"| `{channel.address}` |" in text
    if channel.use != "internal":
        assert all(f"**{payload.__name__}.**" in text for payload in channel.payloads)


def test_every_metric_is_documented() -> None:
    found = [match for text in sources() for match in METRIC.findall(text)]
    assert found
    for kind, name in found:
        shown = f"{name.removesuffix('_total')}_total" if kind == "Counter" else name
        assert f"| `{shown}` |" in page("metrics.md")
    registered = {metric.name for metric in REGISTRY.collect() if metric.name.startswith("mediadna_")}
    assert all(f"`{name}" in page("metrics.md") for name in registered)


def test_every_command_and_every_option_is_documented() -> None:
    text = page("commands.md")
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    for name, command in group.commands.items():
        parts = command.commands.items() if isinstance(command, TyperGroup) else [("", command)]
        for part, one in parts:
            heading = f"## mediadna {name} {part}".rstrip()
            section = text.partition(f"{heading}\n")[2].partition("\n## ")[0]
            assert section, heading
            assert one.help
            for option in (option for parameter in one.params for option in parameter.opts if option.startswith("-")):
                assert f"`{option}`" in section, (heading, option)


@pytest.mark.parametrize("code", ErrorCode)
def test_every_error_code_is_documented(code: ErrorCode) -> None:
    assert re.search(rf"^\| `{re.escape(code.value)}` \| \w.* \|$", page("codes.md"), re.MULTILINE)


async def test_every_route_of_the_api_and_every_call_is_documented(tmp_path: Path) -> None:
    text = page("rest.md")
    model = ReadModel(tmp_path / "jobs.sqlite")
    routes = create_app(InlineService(model).services(Settings(state=tmp_path))).routes
    model.close()
    rows = {
        f"{method} {TYPE.sub('', route.path)}"
        for route in routes
        if isinstance(route, HTTPRoute)
        for method in route.route_handler_map
        if method != "OPTIONS"
    }
    looked_up = {row for row in rows if re.search(r" /(api/v1/|healthz|readyz|metrics)", row)}
    assert len(looked_up) > 30
    assert looked_up <= set(re.findall(r"^\| `(.*?)` \|", text, re.MULTILINE))
    assert all(f"| `{name}` |" in text for name in operations())


def test_the_numbers_of_the_engine_on_the_page_are_those_of_the_code() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == calibration_page(page), "run `make reference`"


@pytest.mark.parametrize("stage", stages().values(), ids=list(stages()))
def test_every_number_of_the_engine_is_documented(stage: Stage) -> None:
    section = PAGE.read_text(encoding="utf-8").partition(f"### {stage.name}\n")[2].partition("\n### ")[0]
    for name, known in describe(stage.parameters).items():
        assert re.search(rf"^\| `{name}` \| .* \| {re.escape(known.source)} \|$", section, re.MULTILINE), name


def test_what_people_have_written_on_the_page_of_numbers_stays(tmp_path: Path) -> None:
    path = tmp_path / "calibration.md"
    path.write_text(f"# Calibration\n\nBy hand.\n\n{MARK}\nold\n")
    write_calibration(path)
    assert path.read_text() == f"# Calibration\n\nBy hand.\n\n{MARK}\n{parameters_section()}"
