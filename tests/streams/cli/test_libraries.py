"""Commands that manage libraries of a running service."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.inline import InlineService

from schemas.jobs import SaveType
from schemas.libraries import Library, LibraryStatus, Purpose
from streams.cli.output import ExitCode


def library(service: InlineService, name: str = "films") -> Library:
    found = service.model.libraries.get(name)
    assert found is not None
    return found


@pytest.fixture
def films(service: InlineService) -> None:
    """A library that holds nothing."""
    service.apply(libraries=[Library(name="films")])


@pytest.fixture
async def stored(service: InlineService) -> None:
    """A media item in the default library."""
    await service.store("video", metadata={"title": "Original", "year": "2026"})


async def test_a_library_is_made_shown_changed_and_listed(run: Any, service: InlineService) -> None:
    options = ("--purpose", "original", "--match-threshold", "0.7", "--minimum-match-length", "5")
    made = await run("libraries", "create", "our films", *options, "--json")
    assert made.exit_code == ExitCode.OK
    assert json.loads(made.stdout)["match_threshold"] == 0.7
    assert (library(service, "our films").purpose, library(service, "our films").description) == (Purpose.ORIGINAL, "")
    changed = await run("libraries", "update", "our films", "--description", "what is ours")
    assert changed.exit_code == ExitCode.OK
    assert "what is ours" in changed.stdout
    assert json.loads((await run("libraries", "show", "our films", "--json")).stdout)["minimum_match_length"] == 5.0
    listed = await run("libraries", "list")
    for text in ("default", "general", "our films", "original", "what is ours"):
        assert text in listed.stdout
    names = [one["name"] for one in json.loads((await run("libraries", "list", "--json")).stdout)["libraries"]]
    assert names == ["default", "our films"]


@pytest.mark.usefixtures("films")
async def test_a_library_is_paused_and_resumed(run: Any, service: InlineService) -> None:
    for command, status in (("pause", LibraryStatus.PAUSED), ("resume", LibraryStatus.ACTIVE)):
        done = await run("libraries", command, "films")
        assert done.exit_code == ExitCode.OK
        assert status in done.stdout
        assert library(service).status is status


@pytest.mark.usefixtures("films")
@pytest.mark.parametrize("command", ["purge", "delete"])
async def test_what_removes_is_asked_for_twice(run: Any, service: InlineService, command: str) -> None:
    await service.store("video", "films")
    for typed, said in (("n\n", "films"), ("", "--yes")):
        refused = await run("libraries", command, "films", typed=typed)
        assert refused.exit_code == ExitCode.USAGE
        assert said in refused.stderr
    assert service.model.libraries.count("films") == 1
    assert (await run("libraries", command, "films", typed="y\n")).exit_code == ExitCode.OK
    assert service.model.libraries.count("films") == 0
    assert (service.model.libraries.get("films") is None) == (command == "delete")


@pytest.mark.usefixtures("films")
async def test_a_script_says_yes_beforehand(run: Any, service: InlineService) -> None:
    purged = await run("libraries", "purge", "films", "--yes", "--json")
    assert json.loads(purged.stdout)["items"] == 0
    assert (await run("libraries", "delete", "films", "--yes")).exit_code == ExitCode.OK
    assert service.model.libraries.get("films") is None


@pytest.mark.usefixtures("films")
async def test_a_file_is_added_to_a_library_with_what_is_said_of_it(run: Any, service: InlineService) -> None:
    asked = await run("libraries", "add", "films", "my clip.mp4", "--metadata", "title=a=b", "--metadata", "year=2026")
    assert asked.exit_code == ExitCode.OK
    assert "my clip" in asked.stdout
    item = service.model.libraries.item("films", "my clip")
    assert item is not None
    assert (item.metadata, item.file_url) == ({"title": "a=b", "year": "2026"}, Path("my clip.mp4").absolute().as_uri())
    (job,) = service.model.jobs.page().jobs
    assert job.request.save_type is SaveType.ONLYSAVE
    named = await run("libraries", "add", "films", "my clip.mp4", "--media-id", "shows/one", "--json")
    assert json.loads(named.stdout)["media_id"] == "shows/one"


@pytest.mark.usefixtures("films")
async def test_a_file_that_nobody_named_takes_the_place_of_no_other_one(run: Any, service: InlineService) -> None:
    for _ in range(2):
        assert (await run("libraries", "add", "films", "a/clip.mp4")).exit_code == ExitCode.OK
    refused = await run("libraries", "add", "films", "b/clip.mp4")
    assert refused.exit_code == ExitCode.FAILED
    assert "whose place it would take" in refused.stderr
    item = service.model.libraries.item("films", "clip")
    assert item is not None
    assert item.file_url == Path("a/clip.mp4").absolute().as_uri()
    assert (await run("libraries", "add", "films", "b/clip.mp4", "--media-id", "clip")).exit_code == ExitCode.OK


async def test_items_are_listed_page_by_page(run: Any, service: InlineService) -> None:
    for number in range(3):
        await service.store(f"video-{number}", metadata={"number": str(number)})
    shown = await run("libraries", "items", "default", "--limit", "2")
    assert shown.exit_code == ExitCode.OK
    assert "number=2" in shown.stdout
    assert "video-0" not in shown.stdout
    cursor = json.loads((await run("libraries", "items", "default", "--limit", "2", "--json")).stdout)["next"]
    assert f"--cursor {cursor}" in shown.stdout
    rest = await run("libraries", "items", "default", "--cursor", cursor)
    assert "video-0" in rest.stdout
    assert "--cursor" not in rest.stdout


@pytest.mark.usefixtures("stored")
async def test_an_item_is_disabled_enabled_and_described(run: Any, service: InlineService) -> None:
    assert (await run("libraries", "disable", "default", "video")).exit_code == ExitCode.OK
    assert service.model.libraries.disabled("default") == ["video"]
    assert "yes" in (await run("libraries", "items", "default")).stdout
    assert (await run("libraries", "enable", "default", "video")).exit_code == ExitCode.OK
    assert service.model.libraries.disabled("default") == []
    told = await run("libraries", "describe", "default", "video", "--metadata", "title=Other", "--json")
    assert json.loads(told.stdout)["metadata"] == {"title": "Other"}
    told = await run("libraries", "describe", "default", "video", "--publish-time", "2026-11-23T10:00+02:00", "--json")
    assert json.loads(told.stdout)["publish_time"] == "2026-11-23T08:00:00.000Z"
    assert json.loads(told.stdout)["metadata"] == {"title": "Other"}


@pytest.mark.usefixtures("stored")
async def test_an_item_is_removed(run: Any, service: InlineService) -> None:
    assert (await run("libraries", "remove", "default", "video")).exit_code == ExitCode.OK
    assert service.model.libraries.count("default") == 0
    assert (await run("libraries", "remove", "default", "video")).exit_code == ExitCode.NOT_FOUND


@pytest.mark.usefixtures("service")
@pytest.mark.parametrize(
    "arguments",
    [
        ("show", "unknown"),
        ("update", "unknown", "--description", "x"),
        ("pause", "unknown"),
        ("purge", "unknown", "--yes"),
        ("delete", "unknown", "--yes"),
        ("items", "unknown"),
        ("add", "unknown", "clip.mp4"),
        ("disable", "default", "unknown"),
        ("describe", "default", "unknown", "--metadata", "a=b"),
    ],
)
async def test_what_is_not_there_has_a_status_of_its_own(run: Any, arguments: tuple[str, ...]) -> None:
    found = await run("libraries", *arguments)
    assert found.exit_code == ExitCode.NOT_FOUND
    assert "unknown" in found.stderr
    assert found.stdout == ""


@pytest.mark.usefixtures("films")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("create", "films"), "choose another name"),
        (("create", "a/b"), "name"),
        (("create", "x", "--match-threshold", "2"), "--match-threshold"),
        (("create", "x", "--purpose", "fun"), "--purpose"),
        (("delete", "default", "--yes"), "purge it"),
        (("add", "films", "clip.mp4", "--metadata", "title"), "KEY=VALUE"),
        (("items", "films", "--cursor", "nonsense"), "cursor"),
        (("items",), "NAME"),
    ],
)
async def test_what_is_asked_for_wrongly_is_refused_with_what_to_do(
    run: Any, service: InlineService, arguments: tuple[str, ...], said: str
) -> None:
    found = await run("libraries", *arguments)
    assert found.exit_code == ExitCode.USAGE
    assert said in found.stderr
    assert [one.name for one in service.model.libraries.all()] == ["default", "films"]
    assert service.model.jobs.page().jobs == []


@pytest.mark.parametrize("arguments", [("list",), ("create", "films"), ("purge", "films", "--yes"), ("items", "films")])
async def test_without_a_service_the_error_says_what_to_start(run: Any, arguments: tuple[str, ...]) -> None:
    found = await run("libraries", *arguments)
    assert found.exit_code == ExitCode.UNAVAILABLE
    assert "mediadna up" in found.stderr


@pytest.mark.parametrize("name", [".", ".."])
async def test_a_name_that_an_address_loses_never_leads_to_something_else(
    run: Any, service: InlineService, name: str
) -> None:
    await run("libraries", "create", "films")
    await service.store("video", "films")
    refused = await run("libraries", "create", name)
    assert (refused.exit_code, "another name" in refused.stderr) == (ExitCode.USAGE, True)
    for arguments in (
        ("remove", "films", name),
        ("disable", "films", name),
        ("delete", name, "--yes"),
        ("purge", name, "--yes"),
        ("show", name),
        ("items", name),
    ):
        ended = await run("libraries", *arguments)
        assert (ended.exit_code, "no address can hold" in ended.stderr) == (ExitCode.USAGE, True)
    for command in ("job", "result"):
        assert (await run(command, name)).exit_code == ExitCode.USAGE
    assert service.model.libraries.count("films") == 1


@pytest.mark.usefixtures("films")
async def test_who_waits_for_an_item_hears_whether_it_is_there(run: Any, service: InlineService) -> None:
    good = await run("libraries", "add", "films", "clip.mp4", "--wait")
    assert (good.exit_code, "stored, not searched" in good.stdout) == (ExitCode.OK, True)
    bad = await run("libraries", "add", "films", "bad.mp4", "--wait")
    assert (bad.exit_code, "it does not decode" in bad.stdout) == (ExitCode.FAILED, True)
    assert service.model.libraries.count("films") == 1
    asked = await run("libraries", "add", "films", "other.mp4", "--wait", "--json")
    assert json.loads(asked.stdout)["status"] == "success"
