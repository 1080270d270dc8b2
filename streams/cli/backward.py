"""The command that holds a reference against everything that was stored before it."""

from __future__ import annotations

import time
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from schemas.jobs import JobStatus
from streams.cli.client import Client
from streams.cli.output import (
    AsJson,
    Cursor,
    ExitCode,
    Limit,
    fail,
    notes,
    print_json,
    print_table,
    say,
    say_more,
)
from streams.cli.run import load_settings
from streams.web.api.backward import BackwardSearchView

__all__ = ["search_backwards"]

#: Seconds between looks at a search that is waited for.
LOOK_S = 0.5

MediaId = Annotated[str | None, typer.Argument(metavar="[MEDIA_ID]", help="The reference.")]
InLibrary = Annotated[str | None, typer.Option(help="The reference's library; needed where several libraries hold it.")]
Wait = Annotated[bool, typer.Option("--wait", help="Show progress, and end when the search has ended.")]
ListAll = Annotated[bool, typer.Option("--list", help="List searches in place of asking for one; filters combine.")]
WithStatus = Annotated[JobStatus | None, typer.Option(help="With --list: only searches with this status.")]
Ended = Annotated[str | None, typer.Option("--cancel", metavar="SEARCH_ID", help="End a search in place of asking.")]


def search_backwards(
    media_id: MediaId = None,
    *,
    library: InLibrary = None,
    wait: Wait = False,
    list_all: ListAll = False,
    status: WithStatus = None,
    cancel: Ended = None,
    cursor: Cursor = None,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """Look for copies of a reference among everything that was stored before it; no media is read again.

    Ends with status 1 when it was waited for, and has failed or was cancelled.
    """
    with Client(load_settings()) as client:
        if list_all:
            page = client.backward_searches(
                media_id=media_id, library=library, status=status, cursor=cursor, limit=limit
            )
            _print_list(page.searches, page.next) if not as_json else print_json(page)
            return
        if cancel is not None:
            _print(client.cancel_backward_search(cancel), as_json=as_json)
            return
        if media_id is None:
            fail("name the reference's MEDIA_ID, or ask for --list", ExitCode.USAGE)
        search = client.search_backwards(media_id, library)
        if wait:
            search = _waited_for(client, search)
    _print(search, as_json=as_json)
    if wait and search.status is not JobStatus.SUCCESS:
        raise typer.Exit(ExitCode.FAILED)


def _waited_for(client: Client, search: BackwardSearchView) -> BackwardSearchView:
    """Show how a search gets on until it has ended; return it as it ended."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=notes, transient=True) as bar:
        shown = bar.add_task("stored items", total=search.items_total)
        while not search.status.ended:
            time.sleep(LOOK_S)
            search = client.backward_search(search.search_id)
            bar.update(shown, completed=search.items_done, total=search.items_total)
    return search


def _print(search: BackwardSearchView, *, as_json: bool) -> None:
    if as_json:
        print_json(search)
        return
    where = f"{search.media_id} in {search.library} ({search.search_id})"
    done = f"{search.items_done} of {search.items_total} stored items, {search.hits} copy it"
    why = f": {search.message}" if search.message not in {"", "OK"} else ""
    say(f"{where}: {search.status}, {done}{why}")


def _print_list(searches: list[BackwardSearchView], following: str | None) -> None:
    rows = [
        (
            one.search_id,
            one.media_id,
            one.library,
            one.status,
            f"{one.items_done}/{one.items_total}",
            str(one.hits),
            one.created[:19],
        )
        for one in searches
    ]
    print_table(("search", "reference", "library", "status", "items", "copies", "asked for"), rows)
    say_more(following)
