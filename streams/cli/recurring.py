"""The commands about content that recurs and that nobody has named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from schemas.recurring import RecurringState
from streams.cli.client import Client
from streams.cli.output import AsJson, Cursor, Limit, print_json, print_table, say, say_more
from streams.cli.run import load_settings

if TYPE_CHECKING:
    from streams.web.api.recurring import RecurringView

__all__ = ["recurring"]

recurring = typer.Typer(help="Find what recurs in media and is no known ad; name it, or put it aside.")

Id = Annotated[str, typer.Argument(metavar="ID", help="The span, as it is listed.")]
InState = Annotated[RecurringState, typer.Option("--state", help="Only what is proposed, dismissed or promoted.")]
InMedium = Annotated[str | None, typer.Option("--media-id", help="Only what is in this media item.")]
OfLibrary = Annotated[
    str | None, typer.Option("--library", help="Only what is in a media item that this library holds.")
]
Target = Annotated[str, typer.Option("--library", help="The library that it is to be an item of.")]
NewName = Annotated[
    str | None, typer.Option("--media-id", help="What it is to be called; without it, by its id: recurring-...")
]


@recurring.command("list")
def list_recurring(
    *,
    state: InState = RecurringState.PROPOSED,
    media_id: InMedium = None,
    library: OfLibrary = None,
    cursor: Cursor = None,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """List what recurs, that with the most occurrences first."""
    with Client(load_settings()) as client:
        page = client.recurring(state=state.value, media_id=media_id, library=library, cursor=cursor, limit=limit)
    if as_json:
        print_json(page)
        return
    columns = ("id", "seconds", "occurrences", "media", "for example in", "at")
    print_table(columns, map(_row, page.recurring))
    say_more(page.next)


@recurring.command()
def show(name: Id, *, as_json: AsJson = False) -> None:
    """Show a span that recurs, with all its occurrences."""
    with Client(load_settings()) as client:
        one = client.recurring_one(name)
    if as_json:
        print_json(one)
        return
    say(_in_words(one))
    rows = [(place.media_id, f"{place.start:.1f}-{place.end:.1f} s") for place in one.occurrences]
    print_table(("medium", "at"), rows)


@recurring.command()
def promote(name: Id, *, library: Target, media_id: NewName = None, as_json: AsJson = False) -> None:
    """Make a span an item of a library, cut out of a stored fingerprint: no media is read."""
    with Client(load_settings()) as client:
        _print(client.promote_recurring(name, library=library, media_id=media_id), as_json=as_json)


@recurring.command()
def dismiss(name: Id, *, as_json: AsJson = False) -> None:
    """Put a span aside: it is proposed no more, however often it occurs."""
    with Client(load_settings()) as client:
        _print(client.decide_recurring(name, "dismiss"), as_json=as_json)


@recurring.command()
def reopen(name: Id, *, as_json: AsJson = False) -> None:
    """Take back that a span was put aside, or promoted; what it was promoted to stays in its library."""
    with Client(load_settings()) as client:
        _print(client.decide_recurring(name, "reopen"), as_json=as_json)


def _row(one: RecurringView) -> tuple[str, ...]:
    first = one.occurrences[0]
    return (
        one.id,
        f"{one.duration:.1f}",
        f"{len(one.occurrences):,}",
        f"{one.media:,}",
        first.media_id,
        f"{first.start:.1f}-{first.end:.1f} s",
    )


def _print(one: RecurringView, *, as_json: bool) -> None:
    if as_json:
        print_json(one)
    else:
        say(_in_words(one))


def _in_words(one: RecurringView) -> str:
    """Write what there is to say of a span in a line."""
    made = one.decision
    by = "" if made is None else f" by {made.who}"
    to = "" if made is None or made.library is None else f" to {made.library}/{made.media_id}, by job {made.job_id}"
    return f"{one.id}: {one.duration:.1f} s, {len(one.occurrences)} times in {one.media} media; {one.state}{to}{by}"
