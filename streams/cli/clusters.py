"""The command that tells which media are copies of each other, in clusters by size and growth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from streams.cli.client import Client
from streams.cli.output import AsJson, Cursor, Limit, print_json, print_table, say, say_more, shown
from streams.cli.run import load_settings
from streams.domain.clusters import GROWTH_DAYS, MOST_GROWTH_DAYS
from streams.readmodel.cluster_lists import ClusterSort

if TYPE_CHECKING:
    from streams.web.api.cluster_views import ClusterDetailView

__all__ = ["clusters"]

MediaId = Annotated[
    str | None, typer.Argument(metavar="[MEDIA_ID]", help="Show the cluster that this media item is in, and its media.")
]
Sort = Annotated[
    ClusterSort, typer.Option("--sort", help="Which come first: the largest, or those that grew most in these days.")
]
Days = Annotated[
    int, typer.Option("--days", min=1, max=MOST_GROWTH_DAYS, help="Of how many days up to today (UTC) growth is told.")
]
#: Characters of a bar: how much a cluster grew on the day on which it grew most.
BAR = 40
#: Digits of a time that are shown: up to the second.
TO_THE_SECOND = 19


def clusters(
    media_id: MediaId = None,
    *,
    sort: Sort = ClusterSort.SIZE,
    days: Days = GROWTH_DAYS,
    cursor: Cursor = None,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """List clusters of copies by size or growth, or show one: how it grew, and its media, the newest first."""
    with Client(load_settings()) as client:
        if media_id is not None:
            _print_cluster(client.cluster(media_id, days=days, cursor=cursor, limit=limit), as_json=as_json)
            return
        page = client.clusters(sort=sort.value, days=days, cursor=cursor, limit=limit)
    if as_json:
        print_json(page)
        return
    columns = ("cluster", "media", f"new in {days} days", "first seen (UTC)", "last seen (UTC)", "oldest")
    rows = (
        (
            shown(one.cluster_id),
            f"{one.size:,}",
            f"{one.growth:,}",
            _time(one.first_seen),
            _time(one.last_seen),
            shown(one.root),
        )
        for one in page.clusters
    )
    print_table(columns, rows)
    say_more(page.next)


def _print_cluster(found: ClusterDetailView, *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    say(f"{shown(found.cluster_id)}: {found.size:,} media, the oldest {shown(found.root)}")
    most = max((one.members for one in found.days), default=0)
    for one in found.days:
        if one.members:
            say(f"{one.day} {one.members:>8,} {'#' * max(1, round(BAR * one.members / most))}")
    print_table(("first seen (UTC)", "media"), ((_time(one.first_seen), shown(one.media_id)) for one in found.members))
    say_more(found.next)


def _time(text: str | None) -> str:
    return (text or "")[:TO_THE_SECOND].replace("T", " ")
