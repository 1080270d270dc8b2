"""Commands that ask a running service for jobs and look them up."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated
from urllib.parse import unquote, urlsplit

import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from schemas.jobs import JobStatus, SaveType
from streams.cli.client import Client
from streams.cli.output import (
    AsJson,
    Cursor,
    ExitCode,
    Limit,
    fail,
    notes,
    print_json,
    print_matches,
    print_table,
    say,
    say_more,
)
from streams.cli.run import load_settings
from streams.web.views import JobView

__all__ = ["job", "jobs", "media_name", "media_url", "result", "submit"]

#: Seconds between looks at jobs that are waited for.
LOOK_S = 0.5


def submit(
    media: Annotated[list[str], typer.Argument(help="Files or URLs.", metavar="FILE_OR_URL...")],
    *,
    media_id: Annotated[str | None, typer.Option(help="MediaId, for one file; default: the file's name.")] = None,
    library: Annotated[str, typer.Option(help="Library to store into.")] = "default",
    save_type: Annotated[SaveType, typer.Option(help="What to do besides matching.")] = SaveType.FORCESAVE,
    wait: Annotated[bool, typer.Option("--wait", help="Show progress, and print the results.")] = False,
    as_json: AsJson = False,
) -> None:
    """Ask for jobs. Ends with status 1 when a job that was waited for has failed."""
    if media_id is not None and len(media) > 1:
        fail("--media-id names one media item: submit the files one by one", ExitCode.USAGE)
    with Client(load_settings()) as client:
        asked = [
            client.submit(
                {
                    "media_id": media_id or media_name(place),
                    "url": media_url(place),
                    "library": library,
                    "save_type": save_type.value,
                }
            )
            for place in media
        ]
        ended = _wait(client, asked) if wait else asked
    _print_jobs(ended, as_json=as_json, results=wait)
    if wait and any(one.status is not JobStatus.SUCCESS for one in ended):
        raise typer.Exit(ExitCode.FAILED)


def jobs(
    *,
    status: Annotated[JobStatus | None, typer.Option(help="Only jobs in this status.")] = None,
    media_id: Annotated[str | None, typer.Option(help="Only jobs of this media item.")] = None,
    library: Annotated[str | None, typer.Option(help="Only jobs of this library.")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """List jobs, newest first."""
    with Client(load_settings()) as client:
        page = client.jobs(status=status, media_id=media_id, library=library, cursor=cursor, limit=limit)
    if as_json:
        print_json(page)
        return
    rows = [
        (
            one.job_id,
            one.media_id,
            one.status,
            f"{one.chunks_done}/{one.chunks_total}",
            ", ".join(f"{match.media_id} {match.similarity:.2f}" for match in one.matches),
            one.created[:19],
        )
        for one in page.jobs
    ]
    print_table(("job", "media", "status", "chunks", "copies", "asked for"), rows)
    say_more(page.next)


def job(job_id: Annotated[str, typer.Argument(metavar="ID")], *, as_json: AsJson = False) -> None:
    """Show one job."""
    with Client(load_settings()) as client:
        _print_jobs([client.job(job_id)], as_json=as_json, results=True)


def result(media_id: Annotated[str, typer.Argument(metavar="MEDIA_ID")], *, as_json: AsJson = False) -> None:
    """Show what a media item copies, by its newest job that succeeded."""
    with Client(load_settings()) as client:
        found = client.result(media_id)
    if as_json:
        print_json(found)
    else:
        print_matches(found.media_id, found.matches)


def _wait(client: Client, asked: list[JobView]) -> list[JobView]:
    """Show progress until every job has ended."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    newest = {one.job_id: one for one in asked}
    with Progress(*columns, console=notes, transient=True) as progress:
        bars = {one.job_id: progress.add_task(escape(one.media_id), total=None) for one in asked}
        while any(not one.status.ended for one in newest.values()):
            time.sleep(LOOK_S)
            for job_id, one in newest.items():
                if not one.status.ended:
                    newest[job_id] = client.job(job_id)
                progress.update(
                    bars[job_id], completed=newest[job_id].chunks_done, total=newest[job_id].chunks_total or None
                )
    return list(newest.values())


def _print_jobs(found: list[JobView], *, as_json: bool, results: bool) -> None:
    for one in found:
        if as_json:
            print_json(one)
        elif one.status is JobStatus.SUCCESS and results:
            print_matches(f"{one.media_id} ({one.job_id})", one.matches)
        elif one.status.ended:
            say(f"{one.media_id} ({one.job_id}): {one.status}, {one.code}: {one.message}")
        else:
            done = f", {one.chunks_done} of {one.chunks_total} chunks" if one.chunks_total else ""
            say(f"{one.media_id} ({one.job_id}): {one.status}{done}")


def media_url(place: str) -> str:
    """Return the address of a file or URL."""
    return place if urlsplit(place).scheme in {"http", "https", "s3", "file"} else Path(place).absolute().as_uri()


def media_name(place: str) -> str:
    """Return the MediaId that a file or URL gets when none is given."""
    return Path(unquote(urlsplit(media_url(place)).path)).stem or place
