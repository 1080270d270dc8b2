"""What comes in: short edited copies of real videos, as events in every order and number, and as imports."""

from __future__ import annotations

import asyncio
import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chaos.broker import emit
from chaos.cluster import LIBRARY, REFERENCES
from streams.demo.edit import Edit, Piece, make_copy
from streams.demo.footage import fetch

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from random import Random

    from chaos.cluster import Cluster

__all__ = ["Item", "Traffic"]

#: What is copied: name, video, and the seconds of it. The long ones are work for several tasks side by side.
PIECES = {
    "trailer-a": ("trailer", 8.0, 13.0),
    "trailer-b": ("trailer", 22.0, 28.0),
    "trailer-c": ("trailer", 34.0, 39.0),
    "trailer-long": ("trailer", 5.0, 46.0),
    "bikes": ("bikes", 1.0, 8.0),
    "carphone": ("carphone", 0.0, 4.0),
}
#: The videos that the pieces are taken from, and that the jobs find.
ORIGINALS = ("trailer", "bikes", "carphone")
#: How the pieces are edited: cheap to decode, and different from their originals.
EDIT = Edit(width=320, height=180, logo=True)
#: Events, imports, and events of earlier rounds that come once more, in a round.
EVENTS, IMPORTS, REPLAYS = 3, 1, 2
#: How often, at the most, each event comes; and seconds, at the most, between two that come in.
MOST_COPIES, MOST_GAP_S = 3, 0.8


@dataclass(frozen=True)
class Item:
    """A media item that was sent.

    Attributes:
        media_id: Its name.
        source: What it shows; all items of one source have the same result.
        imported: Whether it was asked for as an import does, over HTTP, instead of by events.
    """

    media_id: str
    source: str
    imported: bool = False


class Traffic:
    """Sends media items to a cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._sent: list[tuple[str, bytes]] = []

    async def prepare(self, footage: Path) -> None:
        """Make the media, each in two files with the same content: two renditions."""
        originals = await asyncio.to_thread(fetch, ORIGINALS, footage)
        for name in ORIGINALS:
            shutil.copy(originals[name], self._file(name))
        for name, (video, start, end) in PIECES.items():
            await asyncio.to_thread(make_copy, [Piece(originals[video], start, end)], self._file(name), EDIT)
            shutil.copy(self._file(name), self._file(name, "hd"))

    async def send_references(self) -> list[str]:
        """Ask for the jobs that fill the library that is searched; return their ids."""
        return [await self._submit(name, name, REFERENCES, "live") for name in ORIGINALS]

    def undisturbed(self) -> list[Item]:
        """Return one item of each content."""
        return [Item(f"undisturbed-{name}", name) for name in PIECES]

    def draw(self, number: int, random: Random) -> list[Item]:
        """Draw the items of a round."""
        sources = random.sample(sorted(PIECES), EVENTS + IMPORTS)
        return [Item(f"round-{number}-{name}", name, imported=place >= EVENTS) for place, name in enumerate(sources)]

    async def send(self, items: Sequence[Item], random: Random) -> None:
        """Send items in a random order, events several times each, with some of earlier rounds between them."""
        events = [(item.media_id, event) for item in items if not item.imported for event in self._events(item)]
        mixed = [event for event in events for _ in range(random.randint(1, MOST_COPIES))]
        mixed += random.sample(self._sent, min(REPLAYS, len(self._sent)))
        random.shuffle(mixed)
        self._sent += events
        imports = [item for item in items if item.imported]
        await asyncio.gather(self._emit(mixed, random), *(self._import(item) for item in imports))

    async def _emit(self, events: Sequence[tuple[str, bytes]], random: Random) -> None:
        cluster = self._cluster
        for event in events:
            await asyncio.to_thread(emit, cluster.kafka.bootstrap, cluster.topics.transcode_complete, [event])
            await asyncio.sleep(random.uniform(0, MOST_GAP_S))

    async def _import(self, item: Item) -> None:
        await self._submit(item.media_id, item.source, LIBRARY, "import")

    async def _submit(self, media_id: str, source: str, library: str, lane: str) -> str:
        body = {"media_id": media_id, "url": self._file(source).as_uri(), "library": library, "lane": lane}
        job_id: str = (await self._cluster.post("/jobs", body, key=f"chaos:{media_id}"))["job_id"]
        return job_id

    def _events(self, item: Item) -> list[bytes]:
        """Return the events of an item: one for each of its renditions, and one for all of them."""
        renditions = [self._rendition(item, kind) for kind in ("", "hd")]
        whole: dict[str, object] = {"EventType": "TranscodeComplete", "Status": "success", "StreamInfos": renditions}
        streams: list[dict[str, object]] = [
            {"EventType": "StreamTranscodeComplete", **rendition} for rendition in renditions
        ]
        common = {"EventTime": "2026-11-23T08:00:00Z", "VideoId": item.media_id}
        return [json.dumps({**event, **common}).encode() for event in (*streams, whole)]

    def _rendition(self, item: Item, kind: str) -> Mapping[str, object]:
        file = self._file(item.source, kind)
        definition = kind.upper() or "SD"
        url, size = file.as_uri(), file.stat().st_size
        return {"Status": "success", "FileUrl": url, "Size": size, "Format": "mp4", "Definition": definition}

    def _file(self, name: str, kind: str = "") -> Path:
        return self._cluster.media / f"{name}{'-' if kind else ''}{kind}.mp4"
