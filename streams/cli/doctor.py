"""The command that compares libraries of a running service with what is stored."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from streams.cli.client import Client
from streams.cli.output import AsJson, ExitCode, fail, note, notes, print_json, print_table, say
from streams.cli.run import load_settings
from streams.domain.reconciliation import Difference, Outcome
from streams.services.reconciliation.doctor import Report, RunState

__all__ = ["doctor"]

#: Seconds between looks at a comparison that goes on.
POLL_INTERVAL_S = 0.5


def doctor(
    *,
    library: Annotated[str | None, typer.Option(metavar="NAME", help="Compare this library only.")] = None,
    mend: Annotated[bool, typer.Option("--mend", help="Mend what differs.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Mend also where most of a library would go.")] = False,
    as_json: AsJson = False,
) -> None:
    """Compare libraries, stored fingerprints, index and jobs. Ends with status 1 when something is left to do."""
    if force and not mend:
        fail("--force says how far to mend: give --mend as well", ExitCode.USAGE)
    with Client(load_settings()) as client:
        report = _followed(client, _begun(client, library=library, mend=mend, force=force))
    if as_json:
        print_json(report)
    else:
        _print(report)
    if report.state is RunState.FAILED:
        fail(report.error, ExitCode.FAILED)
    if report.left:
        raise typer.Exit(ExitCode.FAILED)


def _begun(client: Client, *, library: str | None, mend: bool, force: bool) -> Report:
    """Begin a comparison, after the one that is under way if there is one."""
    announced = False
    while True:
        report = client.examine({"library": library, "mend": mend, "force": force})
        if report is not None:
            return report
        if not announced:
            note("another comparison is under way: waiting for its end")
            announced = True
        time.sleep(POLL_INTERVAL_S)


def _followed(client: Client, report: Report) -> Report:
    """Show how a comparison goes on; return its report once it has ended."""
    run_id = report.run_id
    with notes.status("comparing") as status:
        while report.state is RunState.RUNNING:
            status.update(f"{report.phase}: {report.items} items, {report.versions} stored versions")
            time.sleep(POLL_INTERVAL_S)
            report = client.doctor_report()
            if report.run_id != run_id:
                fail("the worker knows nothing of this comparison any more: was it started anew?", ExitCode.FAILED)
    return report


def _print(report: Report) -> None:
    if report.differences:
        columns = ("difference", "library", "media or job", "version", "what", "done")
        print_table(columns, map(_row, report.differences))
    for reason in dict.fromkeys(one.reason for one in report.differences if one.reason):
        say(f"left: {reason}")
    shown = len(report.differences)
    total = sum(report.outcomes.values())
    if total > shown:
        say(f"and {total - shown} more")
    outcomes = ", ".join(f"{count} {outcome}" for outcome, count in report.outcomes.items()) or "nothing differs"
    say(f"{report.libraries} libraries, {report.items} items, {report.versions} stored versions: {outcomes}")
    if report.outcomes.get(Outcome.FOUND) and not report.mend:
        say("mediadna doctor --mend mends what can be mended")


def _row(one: Difference) -> tuple[str, ...]:
    version = str(one.version) if one.version else ""
    return one.kind.replace("_", " "), one.library, one.media_id or one.job_id, version, one.detail, one.outcome
