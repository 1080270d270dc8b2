"""`mediadna import`: what it brings in, shows and ends with."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from support.clips import Clips
from support.inline import InlineService, done

from schemas.coverage import Cause, Coverage, Missed
from schemas.jobs import SaveType
from schemas.libraries import Library, LibraryStatus
from schemas.matches import Track
from schemas.tasks import ChunkResult, Task
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
    asked = [one.request for one in service.model.jobs.page().jobs]
    assert {(one.source, one.save_type) for one in asked} == {("import", SaveType.ONLYSAVE)}


async def test_an_import_that_is_started_again_asks_for_nothing_twice(
    run: Any, service: InlineService, folder: Path
) -> None:
    await run("import", folder)
    again = await run("import", folder)
    assert "3 had ended before" in again.stdout
    assert len(service.model.jobs.page().jobs) == 3
    await run("import", folder, "--retry-failed")
    assert sorted(one.media_id for one in service.model.jobs.page().jobs) == ["a", "bad", "bad", "shows_b"]


@pytest.fixture
def alike(tmp_path: Path) -> Path:
    """Two folders with files that are called alike, and a manifest that names some of them."""
    for name in ("a/clip.mp4", "a/one.mp4", "b/clip.mp4", "b/two.mp4", "c/clip.mov"):
        (tmp_path / "alike" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "alike" / name).write_bytes(b"media")
    (tmp_path / "alike" / "all.csv").write_text("location,MediaId\nb/clip.mp4,\nb/two.mp4,three\n")
    return tmp_path / "alike"


@pytest.mark.parametrize(
    ("first", "second", "also"),
    [
        ("a", "b", "two"),
        ("a/clip.mp4", "c/clip.mov", ""),
        ("a", "all.csv", "three"),
        ("all.csv", "a/*", "one"),
        ("b", "c", ""),
    ],
)
async def test_an_import_takes_the_place_of_nothing_that_an_earlier_one_has_brought_in(
    run: Any, service: InlineService, alike: Path, *, first: str, second: str, also: str
) -> None:
    assert (await run("import", alike / first)).exit_code == ExitCode.OK
    before = {one.media_id: one.file_url for one in service.model.libraries.items("default").items}
    for _ in range(2):  # it stays so however often it is tried
        ended = await run("import", alike / second, "--json")
        assert ended.exit_code == ExitCode.FAILED
        (failure,) = json.loads(ended.stdout)["failures"]
        assert (failure["media_id"], failure["status"]) == ("clip", "refused")
        assert f"'clip' is the MediaId of {before['clip']}" in failure["message"]
        assert "--replace" in failure["message"]
    after = {one.media_id: one.file_url for one in service.model.libraries.items("default").items}
    assert {**after, **before} == after
    assert after.keys() - before.keys() == ({also} if also else set())
    again = await run("import", alike / first, "--json")
    assert json.loads(again.stdout)["earlier"] == len(before)


async def test_an_import_takes_the_place_of_others_where_that_is_said(
    run: Any, service: InlineService, alike: Path
) -> None:
    def place() -> str:
        (item,) = service.model.libraries.items_of("clip")
        return item.file_url

    await run("import", alike / "a")
    assert (await run("import", alike / "b", "--replace")).exit_code == ExitCode.OK
    assert place() == (alike / "b" / "clip.mp4").as_uri()
    (alike / "named.jsonl").write_text('{"location": "c/clip.mov", "MediaId": "clip"}\n')
    assert (await run("import", alike / "named.jsonl")).exit_code == ExitCode.OK
    assert place() == (alike / "c" / "clip.mov").as_uri()


async def test_two_libraries_may_hold_files_that_are_called_alike(
    run: Any, service: InlineService, alike: Path
) -> None:
    service.apply(libraries=[Library(name="films")])
    assert (await run("import", alike / "a")).exit_code == ExitCode.OK
    assert (await run("import", alike / "b", "--library", "films")).exit_code == ExitCode.OK
    searching = await run("import", alike / "c", "--library", "films", "--save-type", "nosave")
    assert (searching.exit_code, "neither is found" in searching.stdout) == (ExitCode.FAILED, True)


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


@pytest.mark.parametrize(
    ("coverage", "said"),
    [
        (
            Coverage(picture=0.75, sound=1.0, missed=(Missed(track=Track.PICTURE, cause=Cause.DAMAGED, seconds=15.0),)),
            ["25 % of the picture was not looked at: it is damaged"],
        ),
        (
            Coverage(
                picture=0.625,
                sound=0.5,
                missed=(
                    Missed(track=Track.PICTURE, cause=Cause.TOO_LARGE, seconds=9.0),
                    Missed(track=Track.SOUND, cause=Cause.CUT_SHORT, seconds=12.0),
                ),
            ),
            [
                "37.5 % of the picture was not looked at: its pictures are over the limit on pixels",
                "50 % of the sound was not looked at: the file ends before it",
            ],
        ),
        (
            Coverage(sound=0.9, missed=(Missed(track=Track.SOUND, cause=Cause.UNSUPPORTED, seconds=2.0),)),
            ["10 % of the sound was not looked at: there is no decoder for it"],
        ),
        (Coverage(picture=1.0, sound=0.995), []),
    ],
)
async def test_an_import_says_of_what_not_all_was_looked_at(
    run: Any, service: InlineService, folder: Path, *, coverage: Coverage, said: list[str]
) -> None:
    def partly(task: Task) -> ChunkResult:
        return msgspec.structs.replace(done(task), coverage=coverage if task.media_id == "a" else Coverage(picture=1.0))

    service.run_task = partly
    report = folder.parent / "report.jsonl"
    for _ in range(2):  # and when it is started again
        ended = await run("import", folder, "--report", report)
        assert ended.exit_code == ExitCode.OK
        assert [f"a: {text}" in ended.stderr for text in said] == [True] * len(said)
        assert ("1 in part only" in ended.stdout) is bool(said)
        assert "shows_b: " not in ended.stderr
        rows = {row["media_id"]: row for row in map(json.loads, report.read_text().splitlines())}
        assert rows["a"]["shortfalls"] == said
        assert rows["a"]["coverage"]["sound"] == coverage.sound
        assert rows["shows_b"]["shortfalls"] == []
    summary = json.loads((await run("import", folder, "--json")).stdout)
    assert [one["shortfalls"] for one in summary["partial"]] == ([said] if said else [])


async def test_a_dry_run_tells_what_there_is_and_imports_nothing(
    run: Any, service: InlineService, folder: Path
) -> None:
    (folder / "all.csv").write_text("location,MediaId\na.mp4,one\nftp://b.mp4,two\n")
    told = await run("import", folder / "all.csv", "--dry-run", "--json")
    assert told.exit_code == ExitCode.FAILED
    plan = json.loads(told.stdout)
    assert (plan["items"], [one["where"] for one in plan["faults"]]) == (1, [f"{folder / 'all.csv'}, line 3"])
    assert service.model.jobs.page().jobs == []
    assert "3 items" in (await run("import", folder, "--dry-run")).stdout


def _line_break(folder: Path) -> None:
    (folder / "new\nline.mp4").write_bytes(b"media")


def _no_utf_8(folder: Path) -> None:
    (folder / "caf\udce9.mp4").write_bytes(b"media")


def _too_long(folder: Path) -> None:
    deep = folder / ("x" * 200) / ("y" * 200)
    deep.mkdir(parents=True)
    (deep / "z.mp4").write_bytes(b"media")


def _nowhere(folder: Path) -> None:
    (folder / "gone.mp4").symlink_to("nowhere")


def _in_circles(folder: Path) -> None:
    (folder / "circle.mp4").symlink_to("circle.mp4")


def _called_as_another(folder: Path) -> None:
    (folder / "shows_b.mp4").write_bytes(b"media")


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (_line_break, "control character"),
        (_no_utf_8, "no valid UTF-8"),
        (_too_long, "1 to 256 are allowed"),
        (_nowhere, "No such file"),
        (_in_circles, "cannot be read"),
        (_called_as_another, "has the MediaId 'shows_b' already"),
    ],
)
async def test_an_item_that_is_refused_holds_up_no_other(
    run: Any, service: InlineService, folder: Path, *, make: Callable[[Path], None], why: str
) -> None:
    (folder / "bad.mp4").unlink()
    make(folder)
    report = folder.parent / "report.jsonl"
    ended = await run("import", folder, "--report", report, "--json")
    assert ended.exit_code == ExitCode.FAILED
    (failure,) = json.loads(ended.stdout)["failures"]
    assert (failure["status"], why in failure["message"]) == ("refused", True)
    assert {one.media_id for one in service.model.jobs.page().jobs} == {"a", "shows_b"}
    rows = [json.loads(line) for line in report.read_text(encoding="utf-8").splitlines()]
    assert sorted(row["status"] for row in rows) == ["left out", "refused", "success", "success"]
    shown = await run("import", folder)
    assert (shown.exit_code, "1 failed" in shown.stdout) == (ExitCode.FAILED, True)
    for options in ((), ("--json",)):
        planned = await run("import", folder, "--dry-run", *options)
        assert planned.exit_code == ExitCode.FAILED


@pytest.mark.parametrize(
    "line",
    [
        '{"location": "caf\\udce9.mp4"}',
        '{"location": "a.mp4", "MediaId": "new\\nline"}',
        '{"location": "b.mp4", "MediaId": ".."}',
        '{"location": "b.mp4", "library": ""}',
        '{"location": "http://[::1/b.mp4"}',
        '{"location": "\\u0000.mp4"}',
    ],
)
async def test_a_line_of_a_manifest_that_cannot_be_used_holds_up_no_other(
    run: Any, service: InlineService, folder: Path, line: str
) -> None:
    manifest = folder / "all.jsonl"
    manifest.write_text(f'{{"location": "a.mp4"}}\n{line}\n{{"location": "shows/b.mp4"}}\n')
    ended = await run("import", manifest, "--json")
    assert ended.exit_code == ExitCode.FAILED
    assert len(json.loads(ended.stdout)["failures"]) == 1
    assert {one.media_id for one in service.model.jobs.page().jobs} >= {"a", "b"}


async def test_the_job_of_an_imported_item_has_the_times_that_its_manifest_says(
    run: Any, service: InlineService, folder: Path
) -> None:
    (folder / "all.csv").write_text(
        "location,PublishTime,StartTime\n"
        "a.mp4,2026-11-01T00:00:00Z,2026-11-23T21:15:00+01:00\nshows/b.mp4,,\nbad.mp4,,today\n"
    )
    ended = await run("import", folder / "all.csv", "--save-type", "forcesave", "--json")
    (failure,) = json.loads(ended.stdout)["failures"]
    assert "'today' is no time with a zone" in failure["message"]
    asked = {one.media_id: (one.request.publish_time, one.request.start_time) for one in service.model.jobs.page().jobs}
    assert asked == {"a": ("2026-11-01T00:00:00.000Z", "2026-11-23T20:15:00.000Z"), "b": ("", "")}


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
    assert service.model.jobs.page().jobs == []


async def test_a_library_that_only_a_line_of_a_manifest_names_is_said_with_the_line(
    run: Any, service: InlineService, folder: Path
) -> None:
    (folder / "all.csv").write_text("location,library\na.mp4,\nshows/b.mp4,films\nbad.mp4,films\nbad.mp4,ads\n")
    ended = await run("import", folder / "all.csv")
    assert ended.exit_code == ExitCode.FAILED
    assert f"'films' ({folder / 'all.csv'}, line 3)" in ended.stderr
    assert f"'ads' ({folder / 'all.csv'}, line 5)" in ended.stderr
    assert service.model.jobs.page().jobs == []


async def test_a_library_that_is_being_deleted_takes_no_import(run: Any, service: InlineService, folder: Path) -> None:
    service.apply(libraries=[Library(name="films", status=LibraryStatus.DELETING)])
    ended = await run("import", folder, "--library", "films")
    assert (ended.exit_code, "is being deleted" in ended.stderr) == (ExitCode.FAILED, True)
    assert service.model.jobs.page().jobs == []


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
