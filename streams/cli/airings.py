"""The command that tells when ads ran."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from streams.cli.client import Client
from streams.cli.jobs import checked_time
from streams.cli.output import AsJson, Cursor, ExitCode, Limit, fail, print_json, print_table, say, say_more
from streams.cli.run import load_settings
from streams.readmodel.airing_lists import SumBy
from streams.web.api.airing_views import AiringSummary, AiringSumView, AiringView

__all__ = ["airings"]

Medium = Annotated[str | None, typer.Option(metavar="MEDIA_ID", help="Only airings in this media item.")]
Ad = Annotated[str | None, typer.Option(metavar="MEDIA_ID", help="Only airings of this ad.")]
OfLibrary = Annotated[str | None, typer.Option("--library", help="Only airings of ads in this library.")]
Since = Annotated[
    str | None,
    typer.Option(
        metavar="TIME",
        callback=checked_time,
        help="Only airings that began then or later, by the clock; those without one count as of when their medium was "
        "asked for.",
    ),
]
Until = Annotated[
    str | None, typer.Option(metavar="TIME", callback=checked_time, help="Only airings that began before then.")
]
Complete = Annotated[
    bool | None, typer.Option("--complete/--cut", help="Only airings of which all ran, or only those that were cut.")
]
By = Annotated[SumBy | None, typer.Option("--by", help="Count them by this instead of listing them.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="Print all that pass the filters as CSV, for spreadsheets.")]


def airings(
    *,
    medium: Medium = None,
    ad: Ad = None,
    library: OfLibrary = None,
    since: Since = None,
    until: Until = None,
    complete: Complete = None,
    by: By = None,
    as_csv: AsCsv = False,
    cursor: Cursor = None,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """List when ads ran, newest first, or count them by ad, medium, hour or day."""
    if as_csv and (as_json or by is not None):
        fail("--csv prints the list of airings: leave out --json and --by", ExitCode.USAGE)
    if by is not None and cursor is not None:
        fail("--cursor is a place in the list of airings: leave it out, or --by", ExitCode.USAGE)
    filters: dict[str, Any] = {
        "medium": medium,
        "ad": ad,
        "library": library,
        "since": since,
        "until": until,
        "complete": None if complete is None else "yes" if complete else "no",
    }
    with Client(load_settings()) as client:
        if as_csv:
            for part in client.airings_file(**filters, cursor=cursor):
                sys.stdout.buffer.write(part)
            sys.stdout.buffer.flush()
        elif by is not None:
            _print_summary(client.airing_summary(**filters, by=by.value, limit=limit), as_json=as_json)
        else:
            page = client.airings(**filters, cursor=cursor, limit=limit)
            if as_json:
                print_json(page)
                return
            columns = ("began (UTC)", "medium", "at", "ad", "seconds", "of it", "track", "speed")
            print_table(columns, map(_row, page.airings))
            say_more(page.next)


def _row(one: AiringView) -> tuple[str, ...]:
    return (
        "" if one.clock_start is None else one.clock_start[:19].replace("T", " "),
        one.medium,
        f"{one.start:.1f}-{one.end:.1f} s",
        f"{one.library}/{one.ad}",
        f"{one.end - one.start:.1f}",
        "all" if one.complete else f"{one.share:.0%}",
        one.track,
        f"{one.speed:.2f}",
    )


def _print_summary(summary: AiringSummary, *, as_json: bool) -> None:
    if as_json:
        print_json(summary)
        return
    columns = (summary.by, "airings", "seconds", "complete", "cut")
    print_table(columns, [(_name(one), *_numbers(one)) for one in summary.groups])
    count, seconds, complete, cut = _numbers(summary.total)
    say(f"all together: {count} airings, {seconds} seconds, {complete} complete, {cut} cut")
    if summary.more:
        say("there are more: raise --limit, or name an ad, a medium or a time")


def _name(one: AiringSumView) -> str:
    """Write what airings were counted for."""
    if one.ad is not None:
        return f"{one.library}/{one.ad}"
    return one.medium or (one.hour or one.day or "")[: len("2026-11-23T20:00" if one.hour else "2026-11-23")]


def _numbers(one: AiringSumView) -> tuple[str, ...]:
    return f"{one.count:,}", f"{one.seconds:,.1f}", f"{one.complete:,}", f"{one.cut:,}"
