"""Commands that manage libraries of a running service."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from schemas.jobs import JobStatus
from schemas.libraries import Purpose
from streams.cli.client import Client
from streams.cli.importer.runner import Taken
from streams.cli.jobs import NAMED_OTHERWISE, Published, print_jobs, wait_until_ended
from streams.cli.names import media_name, media_url
from streams.cli.output import AsJson, Cursor, ExitCode, Limit, console, fail, print_json, print_table, say_more
from streams.cli.run import load_settings
from streams.web.api.libraries import ItemView, LibraryView

__all__ = ["libraries"]

libraries = typer.Typer(help="Manage libraries.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the library.")]
MediaId = Annotated[str, typer.Argument(metavar="MEDIA_ID")]
Description = Annotated[str | None, typer.Option(help="What the library holds.")]
ForPurpose = Annotated[Purpose | None, typer.Option(help="What the library is kept for.")]
Threshold = Annotated[float | None, typer.Option(min=0, max=1, help="Least similarity of a match that is reported.")]
Length = Annotated[float | None, typer.Option(min=0, help="Fewest seconds that a match must copy to be reported.")]
LooksBack = Annotated[
    bool | None,
    typer.Option(
        "--searches-backwards/--no-searches-backwards",
        help="Whether each new reference is held against everything that was stored before it.",
    ),
]
Metadata = Annotated[list[str] | None, typer.Option("--metadata", metavar="KEY=VALUE", help="What the item carries.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask whether you are sure.")]


@libraries.command("list")
def list_all(*, as_json: AsJson = False) -> None:
    """List all libraries."""
    with Client(load_settings()) as client:
        found = client.libraries()
    if as_json:
        print_json(found)
        return
    rows = [(one.name, one.purpose, one.status, str(one.items), one.description) for one in found.libraries]
    print_table(("library", "purpose", "status", "items", "description"), rows)


def _describing(send: Callable[[Client, str, dict[str, Any]], LibraryView]) -> Callable[..., None]:
    """Return a command that says what a library is for and how it matches: what is not given is not sent."""

    def command(
        name: Name,
        *,
        purpose: ForPurpose = None,
        description: Description = None,
        match_threshold: Threshold = None,
        minimum_match_length: Length = None,
        searches_backwards: LooksBack = None,
        as_json: AsJson = False,
    ) -> None:
        fields = {
            "purpose": purpose.value if purpose else None,
            "description": description,
            "match_threshold": match_threshold,
            "minimum_match_length": minimum_match_length,
            "searches_backwards": searches_backwards,
        }
        given = {field: value for field, value in fields.items() if value is not None}
        with Client(load_settings()) as client:
            _show(send(client, name, given), as_json=as_json)

    return command


libraries.command("create", help="Make a library.")(
    _describing(lambda client, name, given: client.create_library({"name": name, **given}))
)
libraries.command("update", help="Change a library; what is not given stays.")(_describing(Client.change_library))


@libraries.command()
def show(name: Name, *, as_json: AsJson = False) -> None:
    """Show one library."""
    with Client(load_settings()) as client:
        _show(client.library(name), as_json=as_json)


@libraries.command()
def pause(name: Name, *, as_json: AsJson = False) -> None:
    """Leave a library out of all searches."""
    with Client(load_settings()) as client:
        _show(client.pause_library(name), as_json=as_json)


@libraries.command()
def resume(name: Name, *, as_json: AsJson = False) -> None:
    """Search a library again."""
    with Client(load_settings()) as client:
        _show(client.resume_library(name), as_json=as_json)


@libraries.command()
def purge(name: Name, *, yes: Yes = False, as_json: AsJson = False) -> None:
    """Empty a library. Ends jobs that store into it."""
    _confirm(f"remove everything that library {name} holds?", yes=yes)
    with Client(load_settings()) as client:
        _show(client.purge_library(name), as_json=as_json)


@libraries.command()
def delete(name: Name, *, yes: Yes = False) -> None:
    """Delete a library with everything in it. Ends jobs that store into it."""
    _confirm(f"delete library {name} with everything in it?", yes=yes)
    with Client(load_settings()) as client:
        client.delete_library(name)


@libraries.command()
def items(
    name: Name,
    *,
    cursor: Cursor = None,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """List what a library holds, newest first."""
    with Client(load_settings()) as client:
        page = client.items(name, cursor=cursor, limit=limit)
    if as_json:
        print_json(page)
        return
    rows = [
        (
            one.media_id,
            f"{one.duration:.1f}",
            "yes" if one.disabled else "",
            one.quarantined,
            ", ".join(f"{key}={value}" for key, value in one.metadata.items()),
            one.created[:19],
        )
        for one in page.items
    ]
    print_table(("media", "seconds", "disabled", "set aside", "metadata", "stored"), rows)
    say_more(page.next)


@libraries.command()
def add(
    name: Name,
    media: Annotated[str, typer.Argument(metavar="FILE_OR_URL")],
    *,
    media_id: Annotated[str | None, typer.Option(help="MediaId; default: the file's name.")] = None,
    metadata: Metadata = None,
    publish_time: Published = None,
    wait: Annotated[
        bool, typer.Option("--wait", help="Show progress, and end when it is there, or has failed.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Put a media item into a library: asks for a job that stores it and matches nothing."""
    body = {"media_id": media_id or media_name(media), "url": media_url(media), "metadata": _pairs(metadata or [])}
    if publish_time:
        body["publish_time"] = publish_time
    with Client(load_settings()) as client:
        try:
            job = client.add_item(name, body, replace=media_id is not None)
        except Taken as reason:
            fail(f"{reason}: add {NAMED_OTHERWISE}", ExitCode.FAILED)
        asked = {job.job_id: job}
        if wait:
            wait_until_ended(client, asked)
    print_jobs(list(asked.values()), as_json=as_json, results=wait)
    if wait and asked[job.job_id].status is not JobStatus.SUCCESS:
        raise typer.Exit(ExitCode.FAILED)


@libraries.command()
def disable(name: Name, media_id: MediaId, *, as_json: AsJson = False) -> None:
    """Keep an item, and match it no more."""
    _change_item(name, media_id, {"disabled": True}, as_json=as_json)


@libraries.command()
def enable(name: Name, media_id: MediaId, *, as_json: AsJson = False) -> None:
    """Match an item again."""
    _change_item(name, media_id, {"disabled": False}, as_json=as_json)


@libraries.command()
def lift(name: Name, media_id: MediaId, *, as_json: AsJson = False) -> None:
    """Let an item count again that the flood guard has set aside: what it matched until now is no reason any more."""
    _change_item(name, media_id, {"quarantined": False}, as_json=as_json)


@libraries.command()
def describe(
    name: Name,
    media_id: MediaId,
    metadata: Metadata = None,
    *,
    publish_time: Published = None,
    as_json: AsJson = False,
) -> None:
    """Set what an item carries, which takes the place of all that was there, or when it was published, or both."""
    changes: dict[str, Any] = {} if publish_time is None else {"publish_time": publish_time}
    if metadata or not changes:
        changes["metadata"] = _pairs(metadata or [])
    _change_item(name, media_id, changes, as_json=as_json)


@libraries.command()
def remove(name: Name, media_id: MediaId) -> None:
    """Take a media item out of a library."""
    with Client(load_settings()) as client:
        client.remove_item(name, media_id)


def _change_item(name: str, media_id: str, changes: dict[str, Any], *, as_json: bool) -> None:
    with Client(load_settings()) as client:
        _show(client.change_item(name, media_id, changes), as_json=as_json)


def _pairs(words: list[str]) -> dict[str, str]:
    if any("=" not in word for word in words):
        fail("write metadata as KEY=VALUE, such as --metadata title=Original", ExitCode.USAGE)
    return dict(word.split("=", 1) for word in words)


def _confirm(question: str, *, yes: bool) -> None:
    try:
        sure = yes or typer.confirm(question, err=True)
    except typer.Abort:
        fail("nobody has said yes: answer y, or give --yes", ExitCode.USAGE)
    if not sure:
        raise typer.Exit(ExitCode.USAGE)


def _show(found: LibraryView | ItemView, *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    table = Table(show_header=False)
    for name in found.__struct_fields__:
        table.add_row(name.replace("_", " "), escape(str(getattr(found, name))))
    console.print(table)
