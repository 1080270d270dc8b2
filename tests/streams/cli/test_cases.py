"""Commands that look at cases and decide on them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support.cases import found, id_of, item
from support.inline import InlineService

from schemas.cases import CaseState
from schemas.policies import Action
from streams.cli.output import ExitCode

FILM, SERIES = id_of("film"), id_of("series")


@pytest.fixture
def cases(service: InlineService) -> None:
    """A film and a series that are found in a video."""
    job = found("j1", {"film": Action.BLOCK, "series": Action.REVIEW})
    service.apply(items=[item("film"), item("series")], jobs=[job])


def state(service: InlineService, case_id: str = FILM) -> CaseState:
    case = service.model.cases.get(case_id)
    assert case is not None
    return case.state


@pytest.mark.usefixtures("cases")
async def test_cases_are_listed_with_the_most_severe_first(run: Any) -> None:
    listed = await run("cases", "list")
    assert listed.exit_code == ExitCode.OK
    assert listed.stdout.index(FILM) < listed.stdout.index(SERIES)
    for text in ("open", "block", "review", "films/film", "0.90", "5.0"):
        assert text in listed.stdout
    filtered = await run("cases", "list", "--action", "review", "--state", "open", "--order", "time", "--json")
    assert [one["case_id"] for one in json.loads(filtered.stdout)["cases"]] == [SERIES]
    cursor = json.loads((await run("cases", "list", "--limit", "1", "--json")).stdout)["next"]
    assert f"--cursor {cursor}" in (await run("cases", "list", "--limit", "1")).stdout
    assert FILM not in (await run("cases", "list", "--cursor", cursor)).stdout


@pytest.mark.usefixtures("cases")
async def test_a_case_is_decided_on_and_shown_with_its_decisions(run: Any, service: InlineService) -> None:
    decided = await run("cases", "decide", FILM, "--decision", "copy", "--note", "the whole reel", "--if-match", "0")
    assert (decided.exit_code, decided.stdout) == (ExitCode.OK, f"{FILM}: confirmed\n")
    assert state(service) is CaseState.CONFIRMED
    shown = await run("cases", "show", FILM)
    for text in ("confirmed", "local", "the whole reel", "65.0-70.0 s"):
        assert text in shown.stdout
    assert json.loads((await run("cases", "show", FILM, "--json")).stdout)["version"] == 1
    log = await run("cases", "audit")
    assert "the whole reel" in log.stdout
    (entry,) = json.loads((await run("cases", "audit", "--json")).stdout)["decisions"]
    assert (entry["who"], entry["decision"], entry["case_id"]) == ("local", "copy", FILM)


@pytest.mark.usefixtures("cases")
async def test_many_cases_are_decided_on_each_for_itself(run: Any, service: InlineService) -> None:
    mixed = await run("cases", "decide", FILM, "none", SERIES, "--decision", "not_a_match")
    assert mixed.exit_code == ExitCode.FAILED
    assert mixed.stdout == f"{FILM}: dismissed\n{SERIES}: dismissed\n"
    assert "none: not decided" in mixed.stderr
    assert state(service, SERIES) is CaseState.DISMISSED
    again = await run("cases", "decide", FILM, SERIES, "--decision", "reopen", "--json")
    assert again.exit_code == ExitCode.OK
    assert [json.loads(line)["case"]["state"] for line in again.stdout.splitlines()] == ["open", "open"]


@pytest.mark.usefixtures("cases")
async def test_who_comes_second_hears_who_was_first(run: Any, service: InlineService) -> None:
    await run("cases", "decide", FILM, "--decision", "escalate")
    late = await run("cases", "decide", FILM, "--decision", "copy", "--if-match", "0")
    assert (late.exit_code, late.stdout) == (ExitCode.FAILED, "")
    assert "local decided 'escalate'" in late.stderr
    assert state(service) is CaseState.ESCALATED


@pytest.mark.usefixtures("cases")
async def test_a_case_is_given_to_somebody_and_to_nobody(run: Any) -> None:
    given = await run("cases", "assign", FILM, "anna")
    assert (given.exit_code, "anna" in given.stdout) == (ExitCode.OK, True)
    assert FILM in (await run("cases", "list", "--assignee", "anna")).stdout
    assert json.loads((await run("cases", "assign", FILM, "--json")).stdout)["assignee"] is None
    assert FILM in (await run("cases", "list", "--assignee", "")).stdout


@pytest.mark.usefixtures("cases")
@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("show", "none"), ExitCode.NOT_FOUND, "list the cases"),
        (("assign", "none", "anna"), ExitCode.NOT_FOUND, "list the cases"),
        (("assign", FILM, "x" * 65), ExitCode.USAGE, "64 characters"),
        (("decide", FILM), ExitCode.USAGE, "--decision"),
        (("decide", FILM, "--decision", "yes"), ExitCode.USAGE, "not_a_match"),
        (("decide", FILM, SERIES, "--decision", "copy", "--if-match", "0"), ExitCode.USAGE, "one by one"),
        (("list", "--state", "gone"), ExitCode.USAGE, "escalated"),
        (("list", "--since", "soon"), ExitCode.USAGE, "no time"),
        (("list", "--cursor", "x"), ExitCode.USAGE, "cursor"),
        (("audit", "--cursor", "x"), ExitCode.USAGE, "cursor"),
    ],
)
async def test_what_is_asked_for_wrongly_is_refused_with_what_to_do(
    run: Any, service: InlineService, arguments: tuple[str, ...], code: ExitCode, said: str
) -> None:
    ended = await run("cases", *arguments)
    assert (ended.exit_code, ended.stdout) == (code, "")
    assert said in ended.stderr
    assert service.model.decisions.page().decisions == []


@pytest.mark.parametrize("arguments", [("list",), ("show", FILM), ("decide", FILM, "--decision", "copy"), ("audit",)])
async def test_without_a_service_the_error_says_what_to_start(run: Any, arguments: tuple[str, ...]) -> None:
    ended = await run("cases", *arguments)
    assert (ended.exit_code, "mediadna up" in ended.stderr) == (ExitCode.UNAVAILABLE, True)
