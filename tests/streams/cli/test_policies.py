"""Commands that manage policies of a running service."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from support.examples import MATCH, job
from support.inline import InlineService

from schemas.clock import utc_now
from schemas.libraries import Library
from schemas.policies import Action, Conditions, Policy, PolicyMode, TrackCondition
from streams.cli.output import ExitCode

BLOCK = ("set", "block films", "--library", "films", "--action", "block")


@pytest.fixture(autouse=True)
def films(service: InlineService) -> None:
    """A library that policies are for."""
    service.apply(libraries=[Library(name="films")])


def kept(service: InlineService, name: str = "block films") -> Policy:
    found = service.model.policies.get(name)
    assert found is not None
    return found


async def test_a_policy_is_set_shown_listed_and_deleted(run: Any, service: InlineService) -> None:
    options = ("--similarity", "0.8", "--matched-seconds", "20", "--input-coverage", "0.3", "--reference-coverage")
    made = await run("policies", *BLOCK, *options, "0.1", "--track", "both", "--position", "10", "--json")
    assert made.exit_code == ExitCode.OK, made.stderr
    asked = Conditions(
        similarity=0.8, matched_seconds=20, input_coverage=0.3, reference_coverage=0.1, track=TrackCondition.BOTH
    )
    assert (kept(service).when, kept(service).position, kept(service).action) == (asked, 10, Action.BLOCK)
    shown = await run("policies", "show", "block films")
    for text in ("block films", "library films", "active", "matched seconds 20.0", "track both", "block"):
        assert text in shown.stdout
    assert json.loads((await run("policies", "show", "block films", "--json")).stdout) == json.loads(made.stdout)
    listed = await run("policies", "list", "--library", "films")
    assert "similarity 0.8" in listed.stdout
    assert [one["name"] for one in json.loads((await run("policies", "list", "--json")).stdout)["policies"]] == [
        "block films"
    ]
    assert (await run("policies", "delete", "block films")).exit_code == ExitCode.OK
    assert service.model.policies.all() == []


async def test_setting_a_policy_that_is_there_leaves_what_is_not_given(run: Any, service: InlineService) -> None:
    await run("policies", *BLOCK, "--similarity", "0.8", "--position", "10")
    changed = await run("policies", "set", "block films", "--mode", "shadow", "--track", "sound")
    assert changed.exit_code == ExitCode.OK, changed.stderr
    assert kept(service).when == Conditions(similarity=0.8, track=TrackCondition.SOUND)
    assert (kept(service).mode, kept(service).position, kept(service).library) == (PolicyMode.SHADOW, 10, "films")
    assert (await run("policies", "set", "block films", "--purpose", "original")).exit_code == ExitCode.OK
    assert (kept(service).library, kept(service).purpose) == (None, "original")


async def test_a_policy_that_matches_everything_says_so(run: Any) -> None:
    await run("policies", *BLOCK)
    assert "any match" in (await run("policies", "list")).stdout


async def test_a_policy_is_set_from_a_file_as_it_was_shown(run: Any, service: InlineService, tmp_path: Path) -> None:
    file = tmp_path / "policy.json"
    file.write_text((await run("policies", *BLOCK, "--similarity", "0.8", "--json")).stdout)
    await run("policies", "delete", "block films")
    assert (await run("policies", "set", "block films", "--file", file)).exit_code == ExitCode.OK
    file.write_text('{"library": "films", "action": "review"}')
    assert (await run("policies", "set", "block films", "--file", file)).exit_code == ExitCode.OK
    assert (kept(service).action, kept(service).when) == (Action.REVIEW, Conditions())


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        ("{", (), "holds no policy"),
        ("[]", (), "holds no policy"),
        ('{"name": "other", "library": "films", "action": "block"}', (), "'other'"),
        ('{"library": "films"}', (), "action"),
        ('{"library": "films", "action": "block"}', ("--similarity", "0.5"), "whole policy"),
    ],
)
async def test_a_file_that_holds_no_such_policy_is_refused(
    run: Any, service: InlineService, tmp_path: Path, *, text: str, options: tuple[str, ...], said: str
) -> None:
    file = tmp_path / "policy.json"
    file.write_text(text)
    refused = await run("policies", "set", "block films", "--file", file, *options)
    assert (refused.exit_code, service.model.policies.all()) == (ExitCode.USAGE, [])
    assert said in refused.stderr


async def test_policies_are_given_an_order(run: Any, service: InlineService) -> None:
    for name in "ab":
        await run("policies", "set", name, "--library", "films", "--action", "track")
    ordered = await run("policies", "reorder", "b", "a", "--json")
    assert [one["name"] for one in json.loads(ordered.stdout)["policies"]] == ["b", "a"]
    assert (kept(service, "b").position, kept(service, "a").position) == (10, 20)


async def test_a_policy_is_tried_before_it_is_made_and_changed(run: Any, service: InlineService) -> None:
    matches = (MATCH, msgspec.structs.replace(MATCH, media_id="unsure", similarity=0.6))
    service.apply(jobs=[job(matches=matches, time=utc_now())])
    tried = await run("policies", "preview", "new", "--library", "default", "--action", "block", "--days", "2")
    assert tried.exit_code == ExitCode.OK, tried.stderr
    for text in ("2 looked at, 2 lead to something else", "track -> block", "default/original"):
        assert text in tried.stdout
    assert service.model.policies.all() == []
    await run("policies", "set", "new", "--library", "default", "--action", "review", "--mode", "shadow")
    less = await run("policies", "preview", "new", "--similarity", "0.8", "--json")
    assert json.loads(less.stdout)["then"] == {"block": 0, "review": 1, "track": 1, "allow": 0}
    assert kept(service, "new").when == Conditions()
    assert json.loads((await run("policies", "shadow", "new", "--json")).stdout)["matches_changed"] == 0


async def test_policies_of_a_library_that_is_gone_are_listed_with_a_word_about_it(
    run: Any, service: InlineService
) -> None:
    await run("policies", *BLOCK)
    await service.libraries.delete("films")
    listed = await run("policies", "list")
    assert "block films" in listed.stdout
    assert "there is no library films" in listed.stderr


@pytest.mark.parametrize(
    "arguments", [("show", "none"), ("delete", "none"), ("shadow", "none"), ("reorder", "none")], ids=" ".join
)
async def test_what_is_not_there_has_a_status_of_its_own(run: Any, arguments: tuple[str, ...]) -> None:
    missing = await run("policies", *arguments)
    assert missing.exit_code == ExitCode.NOT_FOUND
    assert "none" in missing.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("set", "p"), "--action"),
        (("set", "p", "--action", "block"), "--library"),
        (("preview", "p", "--library", "films"), "--action"),
        (("set", "p", "--library", "films", "--purpose", "ads", "--action", "block"), "not both"),
        (("set", "p", "--library", "films", "--action", "block", "--similarity", "1.5"), "--similarity"),
        (("set", "a/b", "--library", "films", "--action", "block"), ""),
        (("set", "..", "--library", "films", "--action", "block"), ""),
        (("show", ".."), ""),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
async def test_what_is_asked_for_wrongly_is_refused_with_what_to_do(
    run: Any, service: InlineService, arguments: tuple[str, ...], said: str
) -> None:
    refused = await run("policies", *arguments)
    assert (refused.exit_code, service.model.policies.all()) == (ExitCode.USAGE, [])
    assert said in refused.stderr


@pytest.mark.usefixtures("state")
async def test_without_a_service_the_error_says_what_to_start(run: Any, service: InlineService, state: Path) -> None:
    _ = service
    (state / "web-address").write_text("http://127.0.0.1:1", encoding="ascii")
    for arguments in (("list",), ("show", "p"), BLOCK, ("preview", "p"), ("reorder", "p")):
        failed = await run("policies", *arguments)
        assert failed.exit_code == ExitCode.UNAVAILABLE
        assert "mediadna up" in failed.stderr
