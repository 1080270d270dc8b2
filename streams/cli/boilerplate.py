"""Commands that overrule what is boilerplate: for a reference, or for a span of it."""

from __future__ import annotations

from typing import Annotated

import typer

from schemas.ids import boilerplate_ruling_id
from streams.cli.client import Client
from streams.cli.output import AsJson, Cursor, ExitCode, Limit, fail, print_json, print_table, say, say_more
from streams.cli.run import load_settings
from streams.web.api.boilerplate import RulingView

__all__ = ["boilerplate"]

#: Digits behind the point of seconds that are kept.
TIME_DIGITS = 3

boilerplate = typer.Typer(
    help="Overrule which spans link nothing, since many references share them.", no_args_is_help=True
)

Library = Annotated[str, typer.Argument(metavar="LIBRARY", help="Where the reference is.")]
MediaId = Annotated[str, typer.Argument(metavar="MEDIA_ID", help="The reference.")]
OfLibrary = Annotated[str | None, typer.Option("--library", help="Only what is said of references in this library.")]
OfReference = Annotated[str | None, typer.Option("--media-id", help="Only what is said of this reference.")]
Links = Annotated[
    bool,
    typer.Option(
        "--links/--links-nothing",
        help="What it shares with others links all the same, or links nothing, however few share it.",
    ),
]
Start = Annotated[float | None, typer.Option(min=0, help="Where the span begins in the reference, seconds.")]
End = Annotated[float | None, typer.Option(min=0, help="Where the span ends in the reference, seconds.")]
Why = Annotated[str, typer.Option("--note", help="Why, for those who read it later.")]


@boilerplate.command("list")
def list_all(
    *,
    library: OfLibrary = None,
    media_id: OfReference = None,
    cursor: Cursor = None,
    limit: Limit = 100,
    as_json: AsJson = False,
) -> None:
    """List what people say of boilerplate, newest first."""
    with Client(load_settings()) as client:
        page = client.boilerplate(library=library, media_id=media_id, cursor=cursor, limit=limit)
    if as_json:
        print_json(page)
        return
    rows = [
        (one.library, one.media_id, _span(one), _says(one), one.by, one.time[:19], one.note) for one in page.rulings
    ]
    print_table(("library", "reference", "span", "what it shares", "who", "when", "note"), rows)
    say_more(page.next)


@boilerplate.command("set")
def overrule(
    library: Library,
    media_id: MediaId,
    *,
    links: Links,
    start: Start = None,
    end: End = None,
    why: Why = "",
    as_json: AsJson = False,
) -> None:
    """Say that a reference, or a span of it, links all the same, or links nothing. It counts at once."""
    body = {
        "library": library,
        "media_id": media_id,
        "start": start,
        "end": end,
        "boilerplate": not links,
        "note": why,
    }
    with Client(load_settings()) as client:
        said = client.overrule_boilerplate(body)
    if as_json:
        print_json(said)
        return
    say(f"{said.media_id} in {said.library}, {_span(said)}: what it shares {_says(said)}")


@boilerplate.command("unset")
def withdraw(library: Library, media_id: MediaId, *, start: Start = None, end: End = None) -> None:
    """Take back what was said of a reference, or of the very span: the number of references decides again."""
    if (start is None) is not (end is None):
        fail("a span has a start and an end: give both, or neither for all of the reference", ExitCode.USAGE)
    span = None if start is None or end is None else (round(start, TIME_DIGITS), round(end, TIME_DIGITS))
    with Client(load_settings()) as client:
        client.withdraw_boilerplate(boilerplate_ruling_id(library, media_id, span))


def _span(ruling: RulingView) -> str:
    return "all of it" if ruling.start is None or ruling.end is None else f"{ruling.start:.1f} s to {ruling.end:.1f} s"


def _says(ruling: RulingView) -> str:
    return "links nothing" if ruling.boilerplate else "links all the same"
