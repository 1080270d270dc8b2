"""`mediadna import`: what it brings in, shows and ends with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.clips import Clips
from support.inline import InlineService

from schemas.jobs import SaveType
from schemas.libraries import Library, LibraryStatus
from streams.cli.output import ExitCode


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three files that are taken for media, of which one does not decode."""
    folder = tmp_path / "videos"
    for name in ("a.mp4", "shows/b.mp4", "bad.mp4", "notes.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"media")
    return folder


async def test_an_import_stores_what_it_finds_on_the_lane_of_imports(
    run: Any, service: InlineService, folder: Path, tmp_path: Path
) -> None:
    report = tmp_path / "report.jsonl"
    ended = await run("import", folder, "--report", report, "--json")
    assert ended.exit_code == ExitCode.FAILED
    summary = json.loads(ended.stdout)
    assert (summary["items"], summary["ended"], summary["failed"], summary["earlier"]) == (3, 3, 1, 0)
    assert [one["media_id"] for one in summary["failures"]] == ["bad"]
    lines = {one["media_id"]: one["status"] for one in map(json.loads, report.read_text().splitlines())}
    assert lines == {"a": "success", "shows_b": "success", "bad": "fail", "": "left out"}
    asked = [one.request for one in service.model.jobs().jobs]
    assert {(one.source, one.save_type) for one in asked} == {("import", SaveType.ONLYSAVE)}


async def test_an_import_that_is_started_again_asks_for_nothing_twice(
    run: Any, service: InlineService, folder: Path
) -> None:
    await run("import", folder)
    again = await run("import", folder)
    assert "3 had ended before" in again.stdout
    assert len(service.model.jobs().jobs) == 3
    await run("import", folder, "--retry-failed")
    assert sorted(one.media_id for one in service.model.jobs().jobs) == ["a", "bad", "bad", "shows_b"]


async def test_failures_are_shown_with_their_reason(run: Any, service: InlineService, folder: Path) -> None:  # noqa: ARG001 (the service must run)
    ended = await run("import", folder)
    assert ended.exit_code == ExitCode.FAILED
    for text in ("bad", "InvalidParameter.ResourceContentBad", "it does not decode", "2 of 3 imported"):
        assert text in ended.stdout


async def test_an_import_says_whether_what_it_brought_in_was_searched(
    run: Any,
    service: InlineService,  # noqa: ARG001 (the service must run)
    folder: Path,
) -> None:
    for options, searched in (((), False), (("--save-type", "forcesave"), True)):
        ended = await run("import", folder / "a.mp4", *options)
        assert ("1 of 1 imported, stored, not searched" in ended.stdout) is not searched
        summary = json.loads((await run("import", folder / "a.mp4", *options, "--json")).stdout)
        assert summary["searched"] is searched


async def test_a_dry_run_tells_what_there_is_and_imports_nothing(
    run: Any, service: InlineService, folder: Path
) -> None:
    (folder / "all.csv").write_text("location,MediaId\na.mp4,one\nftp://b.mp4,two\n")
    told = await run("import", folder / "all.csv", "--dry-run", "--json")
    assert told.exit_code == ExitCode.FAILED
    plan = json.loads(told.stdout)
    assert (plan["items"], [one["where"] for one in plan["faults"]]) == (1, [f"{folder / 'all.csv'}, line 3"])
    assert service.model.jobs().jobs == []
    assert "3 items" in (await run("import", folder, "--dry-run")).stdout


async def test_what_is_left_out_is_said_with_the_reason_and_is_no_failure(
    run: Any,
    service: InlineService,  # noqa: ARG001 (the service must run)
    clips: Clips,
    tmp_path: Path,
) -> None:
    folder, report = tmp_path / "mixed", tmp_path / "report.jsonl"
    folder.mkdir()
    (folder / "film").write_bytes(clips.make("mixed.mkv").read_bytes())
    for name in ("a.srt", "b.srt", "cover.jpg"):
        (folder / name).write_bytes(b"no film")
    planned = await run("import", folder, "--dry-run")
    assert planned.exit_code == ExitCode.OK
    ended = await run("import", folder, "--report", report)
    assert ended.exit_code == ExitCode.OK
    assert "1 of 1 imported" in ended.stdout
    assert "3 left out" in ended.stdout
    for told in (planned.stderr, ended.stderr):
        assert f"left out: 2 files .srt, such as {folder / 'a.srt'}: it does not begin like media" in told
        assert f"left out: {folder / 'cover.jpg'}: it does not begin like media" in told
    rows = [json.loads(line) for line in report.read_text().splitlines()]
    assert sorted((Path(row["location"]).name, row["status"], row["code"]) for row in rows) == [
        ("a.srt", "left out", "InvalidParameter.ResourceNotSupported"),
        ("b.srt", "left out", "InvalidParameter.ResourceNotSupported"),
        ("cover.jpg", "left out", "InvalidParameter.ResourceNotSupported"),
        ("film", "success", "0"),
    ]
    for arguments in (("--dry-run", "--json"), ("--json",)):
        summary = json.loads((await run("import", folder, *arguments)).stdout)
        assert [Path(one["where"]).name for one in summary["left_out"]] == ["a.srt", "b.srt", "cover.jpg"]


async def test_a_folder_without_media_says_what_it_holds_instead(run: Any, state: Path) -> None:  # noqa: ARG001 (the working directory)
    Path("texts").mkdir()
    Path("texts/notes.txt").write_text("words")
    found = await run("import", "texts")
    assert found.exit_code == ExitCode.NOT_FOUND
    assert "left out: texts/notes.txt: it does not begin like media" in found.stderr


async def test_a_library_that_is_not_there_is_said_once_before_anything_is_asked_for(
    run: Any, service: InlineService, folder: Path
) -> None:
    for options in ((), ("--dry-run",), ("--json",)):
        ended = await run("import", folder, "--library", "my films", *options)
        assert ended.exit_code == ExitCode.FAILED
        assert ended.stderr.count("there is no library 'my films'") == 1
        assert "mediadna libraries create 'my films'" in ended.stderr
        assert "those that there are: default" in ended.stderr
    assert service.model.jobs().jobs == []


async def test_a_library_that_only_a_line_of_a_manifest_names_is_said_with_the_line(
    run: Any, service: InlineService, folder: Path
) -> None:
    (folder / "all.csv").write_text("location,library\na.mp4,\nshows/b.mp4,films\nbad.mp4,films\nbad.mp4,ads\n")
    ended = await run("import", folder / "all.csv")
    assert ended.exit_code == ExitCode.FAILED
    assert f"'films' ({folder / 'all.csv'}, line 3)" in ended.stderr
    assert f"'ads' ({folder / 'all.csv'}, line 5)" in ended.stderr
    assert service.model.jobs().jobs == []


async def test_a_library_that_is_being_deleted_takes_no_import(run: Any, service: InlineService, folder: Path) -> None:
    service.apply(libraries=[Library(name="films", status=LibraryStatus.DELETING)])
    ended = await run("import", folder, "--library", "films")
    assert (ended.exit_code, "is being deleted" in ended.stderr) == (ExitCode.FAILED, True)
    assert service.model.jobs().jobs == []


async def test_a_dry_run_needs_no_worker(run: Any, folder: Path) -> None:
    assert (await run("import", folder, "--library", "films", "--dry-run")).exit_code == ExitCode.OK


@pytest.mark.parametrize(
    ("place", "status", "said"),
    [
        ("none", ExitCode.NOT_FOUND, "is not there"),
        ("empty", ExitCode.NOT_FOUND, "holds no media"),
        ("https://cdn.example/videos/", ExitCode.USAGE, "manifest"),
        ("headless.csv", ExitCode.USAGE, "location"),
    ],
)
async def test_a_place_that_cannot_be_imported_is_said_with_what_to_do(
    run: Any,
    state: Path,  # noqa: ARG001 (the working directory)
    place: str,
    status: ExitCode,
    said: str,
) -> None:
    Path("empty").mkdir()
    Path("headless.csv").write_text("a.mp4,one\n")
    found = await run("import", place)
    assert found.exit_code == status
    assert said in found.stderr
