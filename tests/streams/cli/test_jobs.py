"""Commands that ask a running service."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from support.examples import MATCH, job
from support.inline import InlineService, done

from fingerprint.media.errors import MediaError
from schemas.jobs import JobStatus, SaveType
from schemas.libraries import Library
from schemas.policies import Action, Ruling
from schemas.tasks import ChunkResult, TaskOutcome
from schemas.verdicts import Because, Reason, Verdict, VerdictKind
from streams.adapters.sources.files import open_file
from streams.cli.client import Client
from streams.cli.output import ExitCode, fail
from streams.egress.policy import SourcePolicy


async def test_jobs_are_listed_for_people_and_for_machines(run: Any, service: InlineService) -> None:
    service.apply(jobs=[job("a", media_id="media-a", matches=(MATCH,)), job("b", JobStatus.FAIL, media_id="media-b")])
    shown = await run("jobs")
    assert shown.exit_code == ExitCode.OK
    for text in ("media-a", "original 0.90", "media-b", "fail"):
        assert text in shown.stdout
    found = json.loads((await run("jobs", "--status", "fail", "--json")).stdout)
    assert [one["job_id"] for one in found["jobs"]] == ["b"]


async def test_a_long_list_says_how_to_go_on(run: Any, service: InlineService) -> None:
    service.apply(jobs=[job(f"j{number}") for number in range(3)])
    first = await run("jobs", "--limit", "2")
    assert "j0" not in first.stdout
    (more,) = [line.split() for line in first.stdout.splitlines() if line.startswith("more:")]
    rest = await run("jobs", *more[1:])
    assert "j0" in rest.stdout
    assert "more:" not in rest.stdout


async def test_jobs_of_a_time_are_listed_in_whatever_zone_it_is_written(run: Any, service: InlineService) -> None:
    for name, time in (("early", "09:59:59.999"), ("late", "10:00:00.000")):
        service.apply(jobs=[job(name, time=f"2026-11-29T{time}Z")])
    for option, found in (("--since", "late"), ("--until", "early")):
        shown = await run("jobs", option, "2026-11-29T12:00:00+02:00", "--json")
        assert [one["job_id"] for one in json.loads(shown.stdout)["jobs"]] == [found]


@pytest.mark.parametrize("option", ["--since", "--until"])
async def test_what_is_no_time_is_a_wrong_call_and_nobody_is_asked(run: Any, option: str) -> None:
    refused = await run("jobs", option, "yesterday")
    assert refused.exit_code == ExitCode.USAGE
    assert "is no time" in refused.stderr


async def test_names_are_shown_as_they_are_whatever_they_hold(run: Any, service: InlineService) -> None:
    name = "[red]clip[/] [1]"
    copied = msgspec.structs.replace(MATCH, media_id="original [/]")
    service.apply(jobs=[job("a", media_id=name, matches=(copied,))])
    for arguments in (("jobs",), ("job", "a"), ("result", name)):
        shown = await run(*arguments)
        assert shown.exit_code == ExitCode.OK
        assert name in shown.stdout
        assert "original [/]" in shown.stdout
    assert "[/]" in (await run("job", "[/]")).stderr
    assert (await run("submit", "--wait", f"{name}.mp4")).exit_code == ExitCode.OK


async def test_a_job_and_a_result_are_looked_up(run: Any, service: InlineService) -> None:
    service.apply(jobs=[job("a", media_id="media-a", matches=(MATCH,))])
    for arguments in (("job", "a"), ("result", "media-a")):
        shown = await run(*arguments)
        assert shown.exit_code == ExitCode.OK
        assert "original" in shown.stdout
        assert "65.0-70.0 s" in shown.stdout
    assert json.loads((await run("result", "media-a", "--json")).stdout)["matches"][0]["media_id"] == "original"


async def test_of_what_was_stored_only_it_is_said_that_nothing_was_searched(run: Any, service: InlineService) -> None:
    service.apply(jobs=[job("a", media_id="imported", save_type=SaveType.ONLYSAVE)])
    for arguments in (("jobs",), ("job", "a"), ("result", "imported")):
        shown = await run(*arguments)
        assert "stored, not searched" in shown.stdout
        assert "copies nothing" not in shown.stdout
        assert '"searched":false' in (await run(*arguments, "--json")).stdout
    stored = await run("submit", "--wait", "--save-type", "onlysave", "one.mp4")
    assert "stored, not searched" in stored.stdout
    assert "copies nothing" in (await run("submit", "--wait", "two.mp4")).stdout


async def test_a_verdict_is_printed_with_its_reasons(run: Any, service: InlineService) -> None:
    verdict = Verdict(
        kind=VerdictKind.PARTIAL_COPY,
        own_share=0.5,
        of=("original",),
        reasons=(Reason(because=Because.COVERS, reference="original", share=0.5),),
    )
    ruling = Ruling(library="default", reference="original", action=Action.TRACK, younger=True)
    service.apply(jobs=[job("a", media_id="media-a", matches=(MATCH,), verdict=verdict, rulings=(ruling,))])
    for arguments in (("job", "a"), ("result", "media-a")):
        shown = (await run(*arguments)).stdout
        assert "partial copy of original, 50.0 % its own" in shown
        assert "  50.0 % of it is of original" in shown
        assert "(younger)" in shown
    assert json.loads((await run("result", "media-a", "--json")).stdout)["verdict"]["kind"] == "partial_copy"


@pytest.mark.parametrize("arguments", [("job", "unknown"), ("result", "unknown"), ("job", "../jobs")])
async def test_what_is_not_there_has_a_status_of_its_own(
    run: Any,
    service: InlineService,  # noqa: ARG001 (the service must run)
    arguments: tuple[str, str],
) -> None:
    found = await run(*arguments)
    assert found.exit_code == ExitCode.NOT_FOUND
    assert "error:" in found.stderr
    assert found.stdout == ""


@pytest.mark.parametrize("arguments", [("jobs",), ("job", "a"), ("result", "a"), ("submit", "a.mp4")])
async def test_without_a_service_the_error_says_what_to_start(run: Any, arguments: tuple[str, ...]) -> None:
    found = await run(*arguments)
    assert found.exit_code == ExitCode.UNAVAILABLE
    assert "mediadna up" in found.stderr


async def test_files_that_are_submitted_become_jobs_named_after_them(run: Any, service: InlineService) -> None:
    Path("one.mp4").touch()
    asked = await run("submit", "one.mp4", "https://vod.example.com/two.mp4", "50 % ü.mp4", "--json")
    assert asked.exit_code == ExitCode.OK
    stored = {one.media_id: one.request for one in service.model.jobs.page().jobs}
    assert set(stored) == {"one", "two", "50 % ü"}
    assert stored["one"].file_url == Path("one.mp4").absolute().as_uri()
    assert stored["two"].file_url == "https://vod.example.com/two.mp4"
    assert {request.library for request in stored.values()} == {"default"}


async def test_waiting_ends_with_the_status_of_the_worst_job(run: Any, service: InlineService) -> None:  # noqa: ARG001 (as above)
    good = await run("submit", "--wait", "good.mp4")
    assert good.exit_code == ExitCode.OK
    both = await run("submit", "--wait", "good.mp4", "bad.mp4")
    assert both.exit_code == ExitCode.FAILED
    assert "it does not decode" in both.stdout + both.stderr


async def test_a_library_that_is_not_there_is_said_once_for_all_files(run: Any, service: InlineService) -> None:
    asked = await run("submit", "one.mp4", "two.mp4", "--library", "films")
    assert asked.exit_code == ExitCode.FAILED
    assert asked.stderr.count("there is no library 'films'") == 1
    assert "mediadna libraries create films" in asked.stderr
    assert service.model.jobs.page().jobs == []


async def test_one_media_id_for_several_files_is_refused(run: Any) -> None:
    assert (await run("submit", "--media-id", "x", "a.mp4", "b.mp4")).exit_code == ExitCode.USAGE


async def test_files_of_the_same_name_become_two_media_items(run: Any, service: InlineService) -> None:
    asked = await run("submit", "a/clip.mp4", "b/clip.mp4", "./a/clip.mp4", "other.mp4", "--json")
    assert asked.exit_code == ExitCode.OK
    stored = {one.media_id: one.request.file_url for one in service.model.jobs.page().jobs}
    assert stored.keys() == {"a_clip", "b_clip", "other"}
    assert stored["b_clip"] == Path("b/clip.mp4").absolute().as_uri()
    assert "asked for once" in asked.stderr


async def test_a_name_that_nobody_gave_never_takes_the_place_of_other_media(run: Any, service: InlineService) -> None:
    assert (await run("submit", "a/clip.mp4")).exit_code == ExitCode.OK
    assert (await run("submit", "a/clip.mp4")).exit_code == ExitCode.OK
    taken = await run("submit", "b/clip.mp4", "b/other.mp4")
    assert taken.exit_code == ExitCode.FAILED
    assert "'clip' is the MediaId of" in taken.stderr
    assert "--media-id" in taken.stderr
    assert [one.media_id for one in service.model.jobs.page().jobs] == ["other", "clip", "clip"]
    assert (await run("submit", "b/clip.mp4", "--media-id", "clip")).exit_code == ExitCode.OK
    await run("submit", "--wait", "a/bad.mp4")
    assert (await run("submit", "b/bad.mp4")).exit_code == ExitCode.OK  # nothing was kept under that name


@pytest.mark.parametrize(
    ("earlier", "options"),
    [
        (("libraries", "add", "default", "a/clip.mp4"), ()),
        (("libraries", "add", "films", "a/clip.mp4", "--media-id", "clip"), ()),  # would be taken for that one
        (("submit", "a/clip.mp4"), ("--save-type", "nosave")),
        (("submit", "https://cdn.example/clip.mov"), ("--library", "films")),
    ],
)
async def test_a_file_that_nobody_named_is_never_taken_for_another_one(
    run: Any, service: InlineService, earlier: tuple[str, ...], options: tuple[str, ...]
) -> None:
    service.apply(libraries=[Library(name="films")])
    assert (await run(*earlier)).exit_code == ExitCode.OK
    await run("submit", "c/bad.mp4", "--media-id", "clip")  # a later job, which has left nothing
    taken = await run("submit", "b/clip.mp4", *options)
    assert (taken.exit_code, "'clip' is the MediaId of" in taken.stderr) == (ExitCode.FAILED, True)
    assert len(service.model.jobs.page().jobs) == 2


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ("new\nline.mp4", "media_id"),
        ("x" * 300 + ".mp4", "media_id"),
        ("caf\udce9.mp4", "UTF-8"),
        ("https://a.example/get?id=1", "tells it from another one"),
    ],
)
async def test_an_item_that_is_refused_holds_up_no_other(run: Any, service: InlineService, bad: str, why: str) -> None:
    places = ["one.mp4", "https://a.example/get?id=2" if "?" in bad else "two.mp4", bad, "four.mp4", "five.mp4"]
    asked = await run("submit", *places, "--json")
    assert asked.exit_code == ExitCode.FAILED
    assert {one.media_id for one in service.model.jobs.page().jobs} >= {"one", "four", "five"}
    rows = [json.loads(line) for line in asked.stdout.splitlines()]
    refused = [row for row in rows if row["status"] == "refused"]
    assert len(rows) == 5
    assert why in refused[-1]["message"]
    assert f"{len(refused)} of 5 failed: " in asked.stderr
    shown = await run("submit", "--wait", bad, "six.mp4")
    assert shown.exit_code == (ExitCode.OK if "?" in bad else ExitCode.FAILED)
    assert "six" in shown.stdout


async def test_a_folder_and_a_file_that_is_not_there_hold_up_no_other(
    run: Any, service: InlineService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def opened(task: Any) -> ChunkResult:
        try:
            open_file(task.request.file_url, SourcePolicy((tmp_path.resolve(),))).close()
        except MediaError as error:
            return ChunkResult(task=task, outcome=TaskOutcome.FAILED, code=error.code, message=str(error))
        return done(task)

    monkeypatch.setattr(service, "run_task", opened)
    Path("films").mkdir()
    for name in ("one.mp4", "two.mp4"):
        Path(name).touch()
    asked = await run("submit", "--wait", "--json", "one.mp4", "films", "gone.mp4", "two.mp4")
    assert asked.exit_code == ExitCode.FAILED
    rows = {row["media_id"]: row for row in map(json.loads, asked.stdout.splitlines())}
    assert {name: row["status"] for name, row in rows.items()} == {
        "one": "success", "films": "fail", "gone": "fail", "two": "success",
    }  # fmt: skip
    assert "films" in rows["films"]["message"]
    assert "there is no file 'gone.mp4'" in rows["gone"]["message"]
    assert "2 of 4 failed: films, gone" in asked.stderr


async def test_what_was_asked_for_is_told_where_the_service_goes_away(
    run: Any, service: InlineService, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = Client._answer

    def answers(client: Client, method: str, path: str, **options: Any) -> httpx.Response:
        if options.get("json", {}).get("media_id") == "two":
            fail("no worker answers", ExitCode.UNAVAILABLE)
        return answer(client, method, path, **options)

    monkeypatch.setattr(Client, "_answer", answers)
    asked = await run("submit", "one.mp4", "two.mp4", "three.mp4")
    assert asked.exit_code == ExitCode.UNAVAILABLE
    (stored,) = service.model.jobs.page().jobs
    assert stored.job_id in asked.stdout


async def test_what_is_submitted_is_told_when_it_was_published(run: Any, service: InlineService) -> None:
    Path("one.mp4").touch()
    assert (await run("submit", "one.mp4", "--publish-time", "2026-11-23T10:00+02:00")).exit_code == ExitCode.OK
    (asked,) = service.model.jobs.page().jobs
    assert asked.request.publish_time == "2026-11-23T08:00:00.000Z"
    wrong = await run("submit", "one.mp4", "--publish-time", "2026-11-23")
    assert wrong.exit_code == ExitCode.USAGE
    assert "ISO 8601" in wrong.stderr


async def test_a_broadcast_is_submitted_with_when_it_began(run: Any, service: InlineService) -> None:
    began = await run("submit", "evening.mp4", "--start-time", "2026-11-23T21:15:00+01:00")
    assert began.exit_code == ExitCode.OK
    (known,) = service.model.jobs.of_media("evening")
    assert known.request.start_time == "2026-11-23T20:15:00.000Z"
    several = await run("submit", "a.mp4", "b.mp4", "--start-time", "2026-11-23T21:15:00Z")
    assert (several.exit_code, "one by one" in several.stderr) == (ExitCode.USAGE, True)
    refused = await run("submit", "morning.mp4", "--start-time", "soon")
    assert (refused.exit_code, "with a zone" in refused.stderr) == (ExitCode.FAILED, True)
