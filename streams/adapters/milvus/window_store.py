"""The window index on Milvus: the same code for Milvus Lite's server and for a cluster.

One collection an algorithm, library and track: a search then touches no other library's rows, and deleting a library
is one call.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from pymilvus import DataType, MilvusClient, MilvusException

from fingerprint.types import ReferenceKey
from schemas.limits import LONGEST_MEDIA_ID
from schemas.matches import Track
from streams.adapters.milvus.connection import PATIENCE
from streams.adapters.milvus.hits import HitCollector
from streams.adapters.milvus.names import literal
from streams.ports.errors import Neighbour, NeighbourAwayError
from streams.ports.window_store import VersionCounts, require_finite

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from fingerprint.types import Hits, Windows
    from streams.adapters.milvus.connection import MilvusConnection
    from streams.adapters.milvus.names import CollectionNames

__all__ = ["EXACT", "GRAPH", "IndexKind", "MilvusVectors"]

#: Query vectors in one call. Lite pays for every row once a call, so calls are large; a cluster takes 16,384.
QUERIES_A_CALL = 2048
#: Hits in one answer: beyond, calls are cut smaller, so that an answer stays below the client's limit on messages.
HITS_A_CALL = 100_000
#: Rows in one upsert.
ROWS_A_CALL = 2000
#: Bytes of a MediaId, whose characters have up to four each; and of a primary key, which has two colons and two numbers
#: of up to twenty digits more.
ID_BYTES = 4 * LONGEST_MEDIA_ID
KEY_BYTES = ID_BYTES + 42

#: Asks for rows in the order of their keys: without it a page would be any rows. The client's own iterator over pages
#: cannot go on after its connection was lost, and does not escape keys.
BY_KEY: Final[dict[str, Any]] = {"iterator": "True", "reduce_stop_for_best": "True"}

#: The property of a collection that holds its library's name.
LIBRARY = "mediadna.library"
#: What a search returns of each row; without a list Lite returns everything, vectors too.
FIELDS = ["media_id", "version", "number", "start_ms"]


@dataclass(frozen=True)
class IndexKind:
    """How Milvus looks for near vectors.

    Attributes:
        build: Type and parameters of the index.
        beam: How many candidates a walk keeps, at the least; 0: nothing is walked.
        page: Rows that a query without a vector may return.
    """

    build: dict[str, Any] = field(default_factory=dict)
    beam: int = 0
    page: int = 16_384  # the most that a cluster lets a query return


#: Compares with every row: Lite spends its time elsewhere, and building a graph costs it 3 to 8 times the upserts. Each
#: query without a vector costs it 10 microseconds for each row that there is, however few it returns: pages are large.
EXACT = IndexKind({"index_type": "FLAT"}, page=200_000)
#: Walks a graph: for libraries of millions of rows.
GRAPH = IndexKind({"index_type": "HNSW", "params": {"M": 32, "efConstruction": 200}}, beam=128)


class MilvusVectors:
    """A `VectorStore` on Milvus."""

    def __init__(self, connection: MilvusConnection, names: CollectionNames, index: IndexKind) -> None:
        self._connection = connection
        self._names = names
        self._index = index

    def upsert(self, key: ReferenceKey, track: Track, windows: Windows) -> None:
        """See `VectorStore`."""
        require_finite(windows.vectors)
        rows = _rows(key, windows)
        for start in range(0, len(rows), ROWS_A_CALL):
            part = rows[start : start + ROWS_A_CALL]
            self._connection.call(partial(self._upsert, library=key.library, track=track, rows=part))

    def search(
        self,
        track: Track,
        vectors: NDArray[np.float32],
        *,
        libraries: Mapping[str, Collection[str]],
        limit: int,
    ) -> Hits:
        """See `VectorStore`."""
        found = HitCollector()
        step = max(1, min(QUERIES_A_CALL, HITS_A_CALL // limit))
        for library, left_out in libraries.items():
            name = self._names.of(library, track)
            condition = f"media_id not in [{', '.join(map(literal, sorted(left_out)))}]" if left_out else ""
            for start in range(0, len(vectors), step):
                part = vectors[start : start + step]
                search = partial(self._search, name=name, vectors=part, condition=condition, limit=limit)
                for row, hits in enumerate(self._connection.call(search), start):
                    for hit in hits:
                        entity = hit["entity"]
                        key = ReferenceKey(library, entity["media_id"], entity["version"])
                        found.add(row, key, entity["number"], entity["start_ms"], hit["distance"])
        return found.best(limit)

    def delete_version(self, key: ReferenceKey) -> None:
        """See `VectorStore`."""
        self._delete(key.library, f"media_id == {literal(key.media_id)} and version == {key.version}")

    def delete_older(self, key: ReferenceKey) -> None:
        """See `VectorStore`."""
        self._delete(key.library, f"media_id == {literal(key.media_id)} and version < {key.version}")

    def empty(self, library: str, *, before: int) -> None:
        """See `VectorStore`."""
        self._delete(library, f"version < {before}")

    def delete_library(self, library: str) -> None:
        """See `VectorStore`."""
        for track in Track:
            name = self._names.of(library, track)
            self._connection.call(partial(_drop, name=name))
            self._connection.loaded.discard(name)

    def libraries(self) -> list[str]:
        """See `VectorStore`."""
        return self._connection.call(self._libraries)

    def count(self, library: str, media_id: str | None = None) -> int:
        """See `VectorStore`."""
        condition = "" if media_id is None else f"media_id == {literal(media_id)}"
        counts = [partial(self._count, name=self._names.of(library, track), condition=condition) for track in Track]
        return sum(map(self._connection.call, counts))

    def count_versions(self, library: str, *, cursor: str = "", limit: int | None = None) -> VersionCounts:
        """See `VectorStore`. A cursor is a track and the key of the last row that was looked at."""
        tracks = list(Track)
        place, _, last = cursor.partition(":")
        track = Track(place) if place else tracks[0]
        rows = min(limit or self._index.page, self._index.page)
        page = self._connection.call(partial(self._page, name=self._names.of(library, track), after=last, limit=rows))
        counts = Counter((row["media_id"], row["version"]) for row in page)
        if len(page) == rows:
            return VersionCounts(dict(counts), f"{track}:{page[-1]['id']}")
        following = tracks[tracks.index(track) + 1 :]
        return VersionCounts(dict(counts), f"{following[0]}:" if following else "")

    def close(self) -> None:
        """See `VectorStore`."""
        self._connection.close()

    def _upsert(self, client: MilvusClient, library: str, track: Track, rows: list[dict[str, Any]]) -> None:
        name = self._names.of(library, track)
        if not self._is_loaded(client, name):
            self._create(client, name, library, dimension=len(rows[0]["vector"]))
        client.upsert(name, rows, **PATIENCE)

    def _search(
        self, client: MilvusClient, name: str, vectors: NDArray[np.float32], condition: str, limit: int
    ) -> list[list[dict[str, Any]]]:
        if not self._is_loaded(client, name):
            return []
        answers: list[list[dict[str, Any]]] = client.search(
            name,
            data=list(vectors),
            filter=condition,
            limit=limit,
            anns_field="vector",
            search_params={"params": {"ef": max(self._index.beam, 2 * limit)}} if self._index.beam else {},
            output_fields=FIELDS,
            consistency_level="Strong",
            **PATIENCE,
        )
        if len(answers) != len(vectors):  # what was not answered must not read as "nothing alike"
            raise NeighbourAwayError(
                Neighbour.MILVUS, f"it answered {len(answers)} of {len(vectors)} searches in collection {name}"
            )
        return answers

    def _count(self, client: MilvusClient, name: str, condition: str) -> int:
        if not self._is_loaded(client, name):
            return 0
        rows = client.query(name, filter=condition, output_fields=["count(*)"], consistency_level="Strong", **PATIENCE)
        return int(rows[0]["count(*)"])

    def _page(self, client: MilvusClient, name: str, after: str, limit: int) -> list[dict[str, Any]]:
        """Return rows in the order of their keys, from behind the given one on."""
        if not self._is_loaded(client, name):
            return []
        rows: list[dict[str, Any]] = client.query(
            name,
            filter=f"id > {literal(after)}",
            limit=limit,
            output_fields=["id", "media_id", "version"],
            consistency_level="Strong",
            **BY_KEY,
            **PATIENCE,
        )
        return rows

    def _delete(self, library: str, condition: str) -> None:
        for track in Track:
            self._connection.call(partial(self._delete_rows, name=self._names.of(library, track), condition=condition))

    def _delete_rows(self, client: MilvusClient, name: str, condition: str) -> None:
        if self._is_loaded(client, name):
            client.delete(name, filter=condition, consistency_level="Strong", **PATIENCE)

    def _libraries(self, client: MilvusClient) -> list[str]:
        found = set()
        for name in filter(self._names.is_ours, client.list_collections(**PATIENCE)):
            library = self._names.library(name)
            if library is None:
                library = client.describe_collection(name, **PATIENCE)["properties"][LIBRARY]
            found.add(library)
        return sorted(found)

    def _is_loaded(self, client: MilvusClient, name: str) -> bool:
        """Whether the collection exists; when this connection meets it first, make sure that it answers."""
        if name not in self._connection.loaded and client.has_collection(name, **PATIENCE):
            self._make_index(client, name)
            client.load_collection(name, **PATIENCE)
            self._connection.loaded.add(name)
        return name in self._connection.loaded

    def _make_index(self, client: MilvusClient, name: str) -> None:
        """Make the index when whoever creates the collection has not come that far, or was killed."""
        if client.list_indexes(name, **PATIENCE):
            return
        try:
            client.create_index(name, self._index_params(client), **PATIENCE)
        except MilvusException:
            if not client.list_indexes(name, **PATIENCE):  # else another worker was faster
                raise

    def _create(self, client: MilvusClient, name: str, library: str, dimension: int) -> None:
        schema = client.create_schema(auto_id=False, enable_dynamic_field=False)
        schema.add_field("id", DataType.VARCHAR, is_primary=True, max_length=KEY_BYTES)
        schema.add_field("media_id", DataType.VARCHAR, max_length=ID_BYTES)
        for number in ("version", "number", "start_ms", "end_ms"):
            schema.add_field(number, DataType.INT64)
        schema.add_field("vector", DataType.FLOAT_VECTOR, dim=dimension)
        try:
            client.create_collection(
                name,
                schema=schema,
                index_params=self._index_params(client),
                consistency_level="Strong",
                properties={LIBRARY: library},
                **PATIENCE,
            )
        except MilvusException:
            if not client.has_collection(name, **PATIENCE):  # else another worker was faster
                raise
        self._is_loaded(client, name)

    def _index_params(self, client: MilvusClient) -> Any:
        params = client.prepare_index_params()
        params.add_index("vector", metric_type="IP", **self._index.build)
        return params


def _rows(key: ReferenceKey, windows: Windows) -> list[dict[str, Any]]:
    """Return the windows as rows. A row's id says what it stands for, so that a replay overwrites it with itself."""
    columns = zip(
        windows.numbers.tolist(), windows.starts_ms.tolist(), windows.ends_ms.tolist(), windows.vectors, strict=True
    )
    return [
        {
            "id": f"{key.media_id}:{key.version}:{number}",
            "media_id": key.media_id,
            "version": key.version,
            "number": number,
            "start_ms": start,
            "end_ms": end,
            "vector": vector,
        }
        for number, start, end, vector in columns
    ]


def _drop(client: MilvusClient, name: str) -> None:
    if client.has_collection(name, **PATIENCE):
        client.drop_collection(name, **PATIENCE)
