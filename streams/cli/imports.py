"""`mediadna import`: fills a library from a folder, a glob, a manifest or an S3 prefix."""

from __future__ import annotations

import time
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any

import msgspec
import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from schemas.coverage import Coverage, shortfalls
from schemas.errors import ErrorCode
from schemas.jobs import SaveType
from streams.cli.client import Client
from streams.cli.decoding import own_decoder
from streams.cli.importer.discovery import find
from streams.cli.importer.duration_estimate import estimated_seconds
from streams.cli.importer.items import Fault, LeftOut, Plan, plan_of
from streams.cli.importer.progress import Cost, Tally
from streams.cli.importer.runner import Importer, Outcome
from streams.cli.output import (
    NOT_SEARCHED,
    AsJson,
    ExitCode,
    as_text,
    fail,
    note,
    notes,
    print_json,
    print_left_out,
    print_table,
    say,
    shown,
)
from streams.cli.run import load_settings
from streams.cli.targets import check_targets
from streams.redaction import redacted, without_secrets

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from streams.web.api.usage_views import UsageView

__all__ = ["import_media"]

#: Seconds that the service may be away in the middle of an import, such as for a new release.
PATIENCE_S = 300.0
#: Seconds between lines of progress where there is no terminal to draw on.
NOTE_S = 30.0
#: Failures, and items in part only, that a person is shown; the report has all.
SHOWN_FAILURES = 20


def import_media(
    place: Annotated[
        str,
        typer.Argument(
            metavar="PATH_OR_MANIFEST",
            help="A folder, a glob in quotes, a media file, an s3:// prefix, or a manifest (.csv, .jsonl) with "
            "location, MediaId, library, PublishTime, StartTime and metadata.",
        ),
    ],
    *,
    library: Annotated[str, typer.Option(help="Library of everything that names none.")] = "default",
    save_type: Annotated[SaveType, typer.Option(help="What to do with each item.")] = SaveType.ONLYSAVE,
    at_a_time: Annotated[int, typer.Option(min=1, max=1000, help="Items under way at a time.")] = 16,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Try anew what failed before.")] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Let files take the place of other ones that are called like them.")
    ] = False,
    report: Annotated[Path | None, typer.Option(help="File for one line of JSON about each item.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be imported, and its cost.")] = False,
    as_json: AsJson = False,
) -> None:
    """Import media into a library; started again, it goes on where it stopped. Ends with status 1 when an item failed.

    Imports run on a lane of their own and take the processor time that live events leave.
    """
    plan = _plan(place, library)
    settings = load_settings()
    wanted = _wanted(plan, library)
    if dry_run:
        with Client(settings) as client:
            _show_plan(plan, client.recent_usage(), as_json=as_json)
            known = client.libraries_if_there()
        if known is not None:
            check_targets(wanted, known)
        raise typer.Exit(ExitCode.FAILED if plan.faults else ExitCode.OK)
    summary = _Summary([_refused(fault) for fault in plan.faults], plan.left_out)
    tally = Tally(plan.items, time.monotonic())
    with Client(settings, patience_s=PATIENCE_S) as client, _report(report) as lines:
        check_targets(wanted, client.libraries())
        for row in [*summary.failures, *map(_left_out, plan.left_out)]:
            lines.write(row)
        importer = Importer(
            client, save_type=save_type, at_a_time=at_a_time, retry_failed=retry_failed, replace=replace
        )
        interrupted = _run(importer, tally, summary, lines)
    _show_end(tally, summary, searched=save_type.searches, interrupted=interrupted, as_json=as_json)
    if summary.failures or interrupted:
        raise typer.Exit(ExitCode.FAILED)


@dataclass
class _Summary:
    """What is told of single items at the end, besides the sums.

    Attributes:
        failures: Rows of items that are not in the library.
        left_out: What was not taken for media.
        partial: Rows of items that are, and of which not all was looked at, or not everywhere.
    """

    failures: list[dict[str, Any]]
    left_out: Sequence[LeftOut]
    partial: list[dict[str, Any]] = field(default_factory=list)


class _Lines:
    """Writes one line of JSON about each item, to a file if there is one."""

    def __init__(self, file: IO[bytes] | None) -> None:
        self._file = file

    def write(self, row: dict[str, Any]) -> None:
        if self._file is not None:
            self._file.write(msgspec.json.encode(row) + b"\n")


@contextmanager
def _report(path: Path | None) -> Iterator[_Lines]:
    try:
        file = path.open("wb") if path is not None else None
    except OSError as error:
        fail(f"{path} cannot be written: {error.strerror}", ExitCode.USAGE)
    with file or nullcontext():
        yield _Lines(file)


def _plan(place: str, library: str) -> Plan:
    try:
        plan = plan_of(find(place, library))
    except FileNotFoundError as error:
        fail(f"{error.filename or place} is not there: check the path", ExitCode.NOT_FOUND)
    except ImportError:
        fail("s3:// needs the extra 's3': pip install 'mediadna[s3]'", ExitCode.USAGE)
    except (OSError, ValueError) as error:
        fail(f"{place} cannot be imported: {error}", ExitCode.USAGE)
    if not plan.items and not plan.faults:
        print_left_out(plan.left_out)
        fail(f"{place} holds no media: name a folder, a glob, a manifest or an s3:// prefix", ExitCode.NOT_FOUND)
    return plan


def _wanted(plan: Plan, library: str) -> dict[str, str]:
    """Return the libraries that items go to, each with the first item that names it, if the command does not."""
    return {item.library: "" if item.library == library else item.origin for item in reversed(plan.items)}


def _run(importer: Importer, tally: Tally, summary: _Summary, lines: _Lines) -> bool:
    """Import, showing progress; return whether somebody interrupted it."""
    columns = (TextColumn("importing"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[state]}"))
    with Progress(*columns, console=notes, transient=True) as progress:
        bar = progress.add_task("importing", total=len(tally.items), state="")
        noted = time.monotonic()
        try:
            for outcome in importer.run(tally.items):
                if outcome is not None:
                    _count(outcome, tally, summary, lines)
                    continue
                now = time.monotonic()
                progress.update(bar, completed=tally.ended, state=_state(tally, now))
                if not notes.is_terminal and now - noted >= NOTE_S:
                    note(f"{tally.ended} of {len(tally.items)}, {_state(tally, now)}")
                    noted = now
        except KeyboardInterrupt:
            return True
    return False


def _count(outcome: Outcome, tally: Tally, summary: _Summary, lines: _Lines) -> None:
    tally.add(
        outcome.item,
        succeeded=outcome.succeeded,
        earlier=outcome.earlier,
        media_s=outcome.media_s,
        cpu_s=outcome.cpu_s,
    )
    row = {
        "location": redacted(outcome.item.location),
        "media_id": outcome.item.media_id,
        "library": outcome.item.library,
        "job_id": outcome.job_id,
        "status": outcome.status,
        "code": outcome.code,
        "message": outcome.message,
        "coverage": outcome.coverage,
        "shortfalls": shortfalls(outcome.coverage, outcome.unsearched),
    }
    lines.write(row)
    if not outcome.succeeded:
        summary.failures.append(row)
    elif row["shortfalls"]:
        summary.partial.append(row)


def _refused(fault: Fault) -> dict[str, Any]:
    return _without_job(fault.where, "refused", ErrorCode.INVALID_PARAMETER, fault.reason)


def _left_out(one: LeftOut) -> dict[str, Any]:
    return _without_job(one.where, "left out", ErrorCode.RESOURCE_NOT_SUPPORTED, one.reason)


def _with_reasons(found: Sequence[Fault | LeftOut]) -> list[dict[str, str]]:
    return [{"where": as_text(one.where), "reason": as_text(one.reason)} for one in found]


def _without_job(where: str, status: str, code: ErrorCode, reason: str) -> dict[str, Any]:
    return {
        "location": without_secrets(as_text(where)),
        "media_id": "",
        "library": "",
        "job_id": "",
        "status": status,
        "code": code.value,
        "message": without_secrets(as_text(reason)),
        "coverage": Coverage(),
        "shortfalls": [],
    }


def _state(tally: Tally, now: float) -> str:
    """Say how it goes in one line."""
    left, forecast = tally.seconds_left(now), tally.forecast
    parts = [
        f"{tally.rate(now):.2f} a second",
        f"{_duration(left)} left" if left is not None else "",
        f"{forecast.billed_minutes} billed min and {forecast.cpu_hours:.2f} CPU h in all" if forecast else "",
        f"{tally.failed} failed" if tally.failed else "",
    ]
    return ", ".join(part for part in parts if part)


def _show_plan(plan: Plan, recent: UsageView | None, *, as_json: bool) -> None:
    seconds = estimated_seconds(plan.items, own_decoder())
    cost = None
    if seconds is not None:
        known = recent is not None and recent.total.seconds > 0
        work = recent.total.cpu_seconds / recent.total.seconds if recent is not None and known else 0.0
        cost = Cost.of(seconds, seconds * work)
    if as_json:
        print_json(
            {
                "items": len(plan.items),
                "bytes": plan.bytes,
                "billed_minutes": cost.billed_minutes if cost else None,
                "cpu_hours": round(cost.cpu_hours, 3) if cost and cost.cpu_hours else None,
                "faults": _with_reasons(plan.faults),
                "left_out": _with_reasons(plan.left_out),
            }
        )
        return
    say(f"{len(plan.items)} items, {plan.bytes / 1e9:.2f} GB")
    if cost:
        work_text = f" and {cost.cpu_hours:.2f} CPU h" if cost.cpu_hours else ""
        say(f"forecast: about {cost.billed_minutes} billed minutes{work_text}")
    else:
        say("forecast: none, since no file on this machine can be looked into")
    _show_failures([_refused(fault) for fault in plan.faults])
    print_left_out(plan.left_out)


def _show_end(
    tally: Tally,
    summary: _Summary,
    *,
    searched: bool,
    interrupted: bool,
    as_json: bool,
) -> None:
    cost = tally.cost
    if as_json:
        print_json(
            {
                "items": len(tally.items),
                "ended": tally.ended,
                "earlier": tally.earlier,
                "failed": len(summary.failures),
                "billed_minutes": cost.billed_minutes,
                "cpu_hours": round(cost.cpu_hours, 3),
                "searched": searched,
                "interrupted": interrupted,
                "failures": summary.failures,
                "left_out": _with_reasons(summary.left_out),
                "partial": summary.partial,
            }
        )
        return
    _show_failures(summary.failures)
    print_left_out(summary.left_out)
    _show_partial(summary.partial)
    succeeded = tally.ended - tally.failed
    say(
        f"{succeeded} of {len(tally.items)} imported{'' if searched else f', {NOT_SEARCHED}'} "
        f"({tally.earlier} had ended before), {len(summary.failures)} failed"
        f"{f', {len(summary.left_out)} left out' if summary.left_out else ''}"
        f"{f', {len(summary.partial)} in part only' if summary.partial else ''}; "
        f"{cost.billed_minutes} billed minutes, {cost.cpu_hours:.2f} CPU h"
    )
    if interrupted:
        note("interrupted: the same command goes on from here")


def _show_failures(failures: list[dict[str, Any]]) -> None:
    if not failures:
        return
    rows = [(one["media_id"] or one["location"], one["code"], one["message"]) for one in failures[:SHOWN_FAILURES]]
    print_table(("item", "code", "why"), rows, title="failed")
    if len(failures) > SHOWN_FAILURES:
        say(f"and {len(failures) - SHOWN_FAILURES} more: --report FILE names all")


def _show_partial(partial: list[dict[str, Any]]) -> None:
    """Warn of items that are in the library, and of which a copy may still not be found."""
    for one in partial[:SHOWN_FAILURES]:
        for shortfall in one["shortfalls"]:
            note(f"{shown(one['media_id'])}: {shortfall}")
    if len(partial) > SHOWN_FAILURES:
        note(f"and {len(partial) - SHOWN_FAILURES} items more in part only: --report FILE names all")


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"
