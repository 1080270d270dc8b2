"""Commands that ask a running service for jobs and look them up."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Annotated

import typer
from litestar.exceptions import ClientException
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from schemas.errors import ErrorCode
from schemas.jobs import JobStatus, SaveType
from schemas.publication import BadPublishTimeError, checked_publish_time
from streams.cli.client import Client
from streams.cli.importer.items import is_text
from streams.cli.importer.runner import Refused, Taken
from streams.cli.names import distinct_names, media_url
from streams.cli.output import (
    NOT_SEARCHED,
    AsJson,
    Cursor,
    ExitCode,
    Limit,
    fail,
    note,
    notes,
    print_json,
    print_matches,
    print_shortfalls,
    print_table,
    print_verdict,
    say,
    say_more,
    shown,
)
from streams.cli.run import load_settings
from streams.cli.targets import check_targets
from streams.redaction import redacted, without_secrets
from streams.web.api.times import time_as_stored
from streams.web.api.views import JobView

__all__ = [
    "NAMED_OTHERWISE",
    "Published",
    "checked_publication",
    "checked_time",
    "job",
    "jobs",
    "print_jobs",
    "result",
    "submit",
    "wait_until_ended",
]

#: What to do about a file whose name is that of other media.
NAMED_OTHERWISE = "it by itself, with --media-id and another one, or with this one if that is what you want"
#: Seconds between looks at jobs that are waited for.
POLL_INTERVAL_S = 0.5


def checked_time(parameter: typer.CallbackParam, value: str | None) -> str | None:
    """Return the time that an option holds in the form that the API takes.

    Raises:
        BadParameter: It is no time.
    """
    try:
        return time_as_stored(value, f"--{parameter.name}")
    except ClientException as error:
        raise typer.BadParameter(error.detail) from error


def checked_publication(value: str | None) -> str | None:
    """Return the publish time that an option holds, in UTC; None where it is not given.

    Raises:
        BadParameter: It is no time, or has no zone.
    """
    try:
        return None if value is None else checked_publish_time(value)
    except BadPublishTimeError as error:
        raise typer.BadParameter(str(error)) from error


Published = Annotated[
    str | None,
    typer.Option(
        metavar="TIME",
        callback=checked_publication,
        help="When the media was published, with a zone: of two that are alike the older one is the original.",
    ),
]
Since = Annotated[
    str | None, typer.Option(metavar="TIME", callback=checked_time, help="Only jobs asked for then or later.")
]
Until = Annotated[
    str | None, typer.Option(metavar="TIME", callback=checked_time, help="Only jobs asked for before then.")
]


def submit(
    media: Annotated[list[str], typer.Argument(help="Files or URLs.", metavar="FILE_OR_URL...")],
    *,
    media_id: Annotated[
        str | None,
        typer.Option(help="MediaId, for one file; default: the file's name, and of its path what tells it apart."),
    ] = None,
    library: Annotated[str, typer.Option(help="Library to store into.")] = "default",
    save_type: Annotated[SaveType, typer.Option(help="What to do besides matching.")] = SaveType.FORCESAVE,
    publish_time: Published = None,
    start_time: Annotated[
        str | None,
        typer.Option(
            metavar="TIME", help="When it was broadcast, with a zone, for airings by the clock; for one file."
        ),
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Show progress, and print the results.")] = False,
    as_json: AsJson = False,
) -> None:
    """Ask for jobs. Ends with status 1 when one was refused, or one that was waited for has failed."""
    if media_id is not None and len(media) > 1:
        fail("--media-id names one media item: submit the files one by one", ExitCode.USAGE)
    if start_time is not None and len(media) > 1:
        fail("--start-time is that of one broadcast: submit the files one by one", ExitCode.USAGE)
    with Client(load_settings()) as client:
        check_targets({library: ""}, client.libraries())
        more = {"publish_time": publish_time, "start_time": start_time}
        batch = _Batch(client, library, save_type, {name: value for name, value in more.items() if value})
        try:
            batch.ask(media, media_id)
            if wait:
                wait_until_ended(client, batch.jobs)
        finally:  # what was asked for is told also where the service goes away
            print_jobs(list(batch.jobs.values()), as_json=as_json, results=wait)
            _print_refused(batch.refused, as_json=as_json)
    failed = [one.media_id for one in batch.jobs.values() if wait and one.status is not JobStatus.SUCCESS]
    failed += [one.place for one in batch.refused]
    if failed:
        note(f"{len(failed)} of {len(batch.jobs) + len(batch.refused)} failed: {', '.join(map(shown, failed))}")
        raise typer.Exit(ExitCode.FAILED)


@dataclass(frozen=True)
class _Refusal:
    """A file or URL that no job was asked for, and why."""

    place: str
    media_id: str
    reason: str


@dataclass
class _Batch:
    """Asks for jobs, of which each has an outcome of its own."""

    client: Client
    library: str
    save_type: SaveType
    #: What else is asked for.
    more: dict[str, str] = field(default_factory=dict)
    jobs: dict[str, JobView] = field(default_factory=dict)
    refused: list[_Refusal] = field(default_factory=list)

    def ask(self, places: list[str], media_id: str | None) -> None:
        """Ask for a job for each place; what is refused holds up nothing that follows."""
        names = distinct_names(places)
        once = {media_url(place): place for place in reversed(places)}
        for place in reversed(once.values()):
            name = media_id or names[place]
            try:
                one = self._asked(place, name, given=media_id is not None)
            except Refused as reason:
                self.refused.append(_Refusal(place, (name or "").encode(errors="replace").decode(), str(reason)))
            else:
                self.jobs[one.job_id] = one
        if len(once) < len(places):
            note("what is named more than once is asked for once")

    def _asked(self, place: str, name: str | None, *, given: bool) -> JobView:
        if name is None:
            raise Refused("nothing in its path tells it from another one: submit it by itself, with --media-id")
        if not is_text(name):
            raise Refused("its name is no valid UTF-8, as a MediaId has to be: submit it by itself, with --media-id")
        body = {"media_id": name, "url": media_url(place), "library": self.library, "save_type": self.save_type.value}
        try:
            return self.client.submit({**body, **self.more}, replace=given)
        except Taken as reason:
            raise Refused(f"{reason}: submit {NAMED_OTHERWISE}") from None


def wait_until_ended(client: Client, asked: dict[str, JobView]) -> None:
    """Show progress until every job has ended.

    Args:
        client: Is asked for their states.
        asked: The jobs by their ids; each gives way to its newest state.
    """
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=notes, transient=True) as progress:
        bars = {job_id: progress.add_task(escape(shown(one.media_id)), total=None) for job_id, one in asked.items()}
        while any(not one.status.ended for one in asked.values()):
            time.sleep(POLL_INTERVAL_S)
            for job_id, one in asked.items():
                if not one.status.ended:
                    asked[job_id] = client.job(job_id)
                newest = asked[job_id]
                progress.update(bars[job_id], completed=newest.chunks_done, total=newest.chunks_total or None)


def _print_refused(refused: list[_Refusal], *, as_json: bool) -> None:
    for one in refused:
        if as_json:
            row = {
                "media_id": one.media_id,
                "url": redacted(media_url(one.place)),
                "status": "refused",
                "code": ErrorCode.INVALID_PARAMETER.value,
                "message": without_secrets(one.reason),
            }
            print_json(row)
        else:
            note(f"{shown(redacted(one.place))}: refused, {ErrorCode.INVALID_PARAMETER}: {one.reason}")


def jobs(
    *,
    status: Annotated[JobStatus | None, typer.Option(help="Only jobs in this status.")] = None,
    media_id: Annotated[str | None, typer.Option(help="Only jobs of this media item.")] = None,
    library: Annotated[str | None, typer.Option(help="Only jobs of this library.")] = None,
    since: Since = None,
    until: Until = None,
    cursor: Cursor = None,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """List jobs, newest first."""
    with Client(load_settings()) as client:
        page = client.jobs(
            status=status, media_id=media_id, library=library, since=since, until=until, cursor=cursor, limit=limit
        )
    if as_json:
        print_json(page)
        return
    rows = [
        (
            one.job_id,
            one.media_id,
            one.status,
            f"{one.chunks_done}/{one.chunks_total}",
            _copies(one),
            one.created[:19],
        )
        for one in page.jobs
    ]
    print_table(("job", "media", "status", "chunks", "copies", "asked for"), rows)
    say_more(page.next)


def _copies(one: JobView) -> str:
    if one.status is JobStatus.SUCCESS and not one.searched:
        return NOT_SEARCHED
    return ", ".join(f"{match.media_id} {match.similarity:.2f}" for match in one.matches)


def job(job_id: Annotated[str, typer.Argument(metavar="ID")], *, as_json: AsJson = False) -> None:
    """Show one job."""
    with Client(load_settings()) as client:
        print_jobs([client.job(job_id)], as_json=as_json, results=True)


def result(media_id: Annotated[str, typer.Argument(metavar="MEDIA_ID")], *, as_json: AsJson = False) -> None:
    """Show what a media item copies, by its newest job that succeeded."""
    with Client(load_settings()) as client:
        found = client.result(media_id)
    print_shortfalls(found.media_id, found.coverage, found.unsearched)
    if as_json:
        print_json(found)
    else:
        print_matches(found.media_id, found.matches, searched=found.searched)
        print_verdict(found.media_id, found.verdict, found.boilerplate)


def print_jobs(found: list[JobView], *, as_json: bool, results: bool) -> None:
    """Print where jobs stand; with `results`, what those that succeeded have found."""
    for one in found:
        print_shortfalls(one.media_id, one.coverage, one.unsearched)
        if as_json:
            print_json(one)
        elif one.status is JobStatus.SUCCESS and results:
            print_matches(f"{one.media_id} ({one.job_id})", one.matches, searched=one.searched)
            print_verdict(f"{one.media_id} ({one.job_id})", one.verdict, one.boilerplate)
        elif one.status.ended:
            say(f"{one.media_id} ({one.job_id}): {one.status}, {one.code}: {one.message}")
        else:
            done = f", {one.chunks_done} of {one.chunks_total} chunks" if one.chunks_total else ""
            say(f"{one.media_id} ({one.job_id}): {one.status}{done}")
