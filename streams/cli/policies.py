"""Commands that manage policies of a running service: what a match with a library leads to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from schemas.libraries import Purpose
from schemas.policies import Action, Conditions, PolicyMode, TrackCondition
from streams.cli.client import Client
from streams.cli.output import AsJson, ExitCode, fail, note, print_json, print_table, say
from streams.cli.run import load_settings
from streams.services.policy_preview import Effect
from streams.web.api.policies import PolicyList, PolicyView

__all__ = ["policies"]

policies = typer.Typer(help="Manage policies: what a match with a library leads to.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the policy.")]
Names = Annotated[list[str], typer.Argument(metavar="NAME...", help="Names of policies, the first one first.")]
OfLibrary = Annotated[str | None, typer.Option("--library", help="Only policies that decide on its matches.")]
ForLibrary = Annotated[str | None, typer.Option("--library", help="Whose matches it decides on.")]
ForPurpose = Annotated[Purpose | None, typer.Option("--purpose", help="Of all libraries on whose matches it decides.")]
Does = Annotated[Action | None, typer.Option("--action", help="What a match leads to of which all of it holds.")]
Similarity = Annotated[float | None, typer.Option(min=0, max=1, help="Least similarity of the match.")]
Seconds = Annotated[float | None, typer.Option("--matched-seconds", min=0, help="Fewest seconds that it copies.")]
OfInput = Annotated[float | None, typer.Option("--input-coverage", min=0, max=1, help="Least share of the input.")]
OfReference = Annotated[
    float | None, typer.Option("--reference-coverage", min=0, max=1, help="Least share of the reference.")
]
Carries = Annotated[TrackCondition | None, typer.Option("--track", help="Which tracks have to carry the match.")]
Position = Annotated[int | None, typer.Option(min=0, help="Its place: the first one that holds decides.")]
Mode = Annotated[
    PolicyMode | None, typer.Option(help="Whether it is acted on, only recorded (shadow), or not looked at (off).")
]
File = Annotated[
    Path | None,
    typer.Option(
        "--file",
        metavar="POLICY.JSON",
        exists=True,
        dir_okay=False,
        help="The whole policy as JSON, as 'show --json' prints it; no other option goes with it.",
    ),
]
Days = Annotated[int, typer.Option(min=1, max=365, help="How many days back.")]


@policies.command("list")
def list_all(*, library: OfLibrary = None, as_json: AsJson = False) -> None:
    """List policies in the order in which they are looked at."""
    with Client(load_settings()) as client:
        _print_list(client.policies(library), as_json=as_json)


@policies.command()
def show(name: Name, *, as_json: AsJson = False) -> None:
    """Show one policy."""
    with Client(load_settings()) as client:
        _print_one(client.policy(name), as_json=as_json)


@policies.command("set")
def set_policy(
    name: Name,
    *,
    library: ForLibrary = None,
    purpose: ForPurpose = None,
    action: Does = None,
    similarity: Similarity = None,
    matched_seconds: Seconds = None,
    input_coverage: OfInput = None,
    reference_coverage: OfReference = None,
    track: Carries = None,
    position: Position = None,
    mode: Mode = None,
    file: File = None,
    as_json: AsJson = False,
) -> None:
    """Make a policy, or change the one of this name: what is not given stays as it is."""
    given = _given(library=library, purpose=purpose, action=action, position=position, mode=mode)
    when = _given(
        similarity=similarity,
        matched_seconds=matched_seconds,
        input_coverage=input_coverage,
        reference_coverage=reference_coverage,
        track=track,
    )
    with Client(load_settings()) as client:
        known = client.policy_if_there(name)
        body = _wanted(name, None if known is None else known[0], file, given, when)
        policy = client.create_policy(body) if known is None else client.replace_policy(name, body, tag=known[1])
    _print_one(policy, as_json=as_json)


@policies.command()
def delete(name: Name) -> None:
    """Delete a policy. What it has led to stays as it is."""
    with Client(load_settings()) as client:
        client.delete_policy(name)


@policies.command()
def reorder(names: Names, *, as_json: AsJson = False) -> None:
    """Give policies the order in which they are named; list all of them then."""
    with Client(load_settings()) as client:
        _print_list(client.reorder_policies(names), as_json=as_json)


@policies.command()
def preview(
    name: Name,
    *,
    library: ForLibrary = None,
    purpose: ForPurpose = None,
    action: Does = None,
    similarity: Similarity = None,
    matched_seconds: Seconds = None,
    input_coverage: OfInput = None,
    reference_coverage: OfReference = None,
    track: Carries = None,
    position: Position = None,
    file: File = None,
    days: Days = 7,
    as_json: AsJson = False,
) -> None:
    """Show what a policy that there is, or that 'set' would make, would do to the matches of the last days.

    Nothing is changed by it, and its mode does not matter.
    """
    given = _given(library=library, purpose=purpose, action=action, position=position, mode=None)
    when = _given(
        similarity=similarity,
        matched_seconds=matched_seconds,
        input_coverage=input_coverage,
        reference_coverage=reference_coverage,
        track=track,
    )
    with Client(load_settings()) as client:
        known = client.policy_if_there(name)
        body = _wanted(name, None if known is None else known[0], file, given, when)
        _print_effect(client.preview_policy(body, days=days), as_json=as_json)


@policies.command()
def shadow(name: Name, *, days: Days = 7, as_json: AsJson = False) -> None:
    """Show what would have been in the last days if a policy in shadow had decided, as it was recorded."""
    with Client(load_settings()) as client:
        _print_effect(client.policy_in_shadow(name, days=days), as_json=as_json)


def _given(**options: Any) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}


def _wanted(
    name: str, known: PolicyView | None, file: Path | None, given: dict[str, Any], when: dict[str, Any]
) -> dict[str, Any]:
    """Return the policy that is wanted: what a file holds, or what there is with what is given in its place."""
    if file is not None:
        if given or when:
            fail("a file holds the whole policy: leave the other options out, or the file", ExitCode.USAGE)
        return _read(file, name)
    policy: dict[str, Any] = {} if known is None else msgspec.to_builtins(known)
    if {"library", "purpose"} & given.keys():  # it is for the one or for the other
        policy = {field: value for field, value in policy.items() if field not in {"library", "purpose"}}
    policy = {**policy, **given, "name": name, "when": {**policy.get("when", {}), **when}}
    if "action" not in policy or not {"library", "purpose"} & policy.keys():
        fail(
            f"there is no policy {name!r} yet: say what a match leads to, with --action, and whose matches it decides "
            "on, with --library or --purpose",
            ExitCode.USAGE,
        )
    return policy


def _read(file: Path, name: str) -> dict[str, Any]:
    """Return the policy that a file holds; end the command where it holds none, or another one than is meant."""
    try:
        policy = msgspec.json.decode(file.read_bytes(), type=dict[str, Any])
    except (OSError, ValueError) as error:
        fail(f"{file} holds no policy: {error}", ExitCode.USAGE)
    if policy.setdefault("name", name) != name:
        fail(f"{file} holds the policy {policy['name']!r}: give it to that one, or take its name out", ExitCode.USAGE)
    return policy


def _print_list(found: PolicyList, *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    rows = [
        (str(one.position), one.name, _decides_on(one), one.mode, _conditions(one.when), one.action)
        for one in found.policies
    ]
    print_table(("position", "policy", "decides on", "mode", "when", "action"), rows)
    for name in found.missing_libraries:
        note(f"there is no library {name}: its policies wait until there is one, or you delete them")


def _print_one(policy: PolicyView, *, as_json: bool) -> None:
    if as_json:
        print_json(policy)
        return
    rows = [
        ("decides on", _decides_on(policy)),
        ("position", str(policy.position)),
        ("mode", policy.mode),
        ("when", _conditions(policy.when)),
        ("action", policy.action),
        ("created", policy.created),
        ("updated", policy.updated),
    ]
    print_table(("policy", policy.name), rows)


def _print_effect(effect: Effect, *, as_json: bool) -> None:
    if as_json:
        print_json(effect)
        return
    rows = [(action, str(effect.now[action]), str(effect.then[action])) for action in Action]
    print_table(("action", "matches now", "matches then"), rows, title=f"{effect.policy}: last {effect.days} days")
    say(f"matches: {effect.examined} looked at, {effect.matches_changed} lead to something else")
    say(f"media items: {effect.media} with matches, {effect.media_changed} have another outcome")
    say(f"cases: {effect.cases_changed} change")
    if effect.note:
        note(effect.note)
    if effect.examples:
        examples = [
            (
                one.media_id,
                f"{one.library}/{one.reference}",
                f"{one.similarity:.2f}",
                f"{one.seconds:.1f}",
                f"{one.before} -> {one.after}",
            )
            for one in effect.examples
        ]
        print_table(("media", "reference", "sure", "seconds", "leads to"), examples)


def _decides_on(policy: PolicyView) -> str:
    if policy.library is not msgspec.UNSET:
        return f"library {policy.library}"
    return f"purpose {policy.purpose}"


def _conditions(when: Conditions) -> str:
    """Return what has to hold, in few words; what everything fulfils is left out."""
    default = Conditions()
    asked = [
        f"{name.replace('_', ' ')} {getattr(when, name)}"
        for name in Conditions.__struct_fields__
        if getattr(when, name) != getattr(default, name)
    ]
    return ", ".join(asked) or "any match"
