"""The window index on Milvus: the same code for Milvus Lite's server and for a cluster.

One collection a library and track: a search then touches no other library's rows, and deleting a library is one call.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, TypeVar

import grpc
import numpy as np
import stamina
from pymilvus import DataType, MilvusClient, MilvusException
from pymilvus.exceptions import ConnectError, ConnectionNotExistException, MilvusUnavailableException

from fingerprint.ports import ReferenceKey
from schemas.matches import Track
from streams.vectors.hits import HitCollector
from streams.vectors.names import collection_name, library_of, literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from numpy.typing import NDArray

    from fingerprint.ports import Hits, Windows

__all__ = ["MilvusVectors"]

T = TypeVar("T")

#: Query vectors in one call. Lite pays for every row once a call, so calls are large; a cluster takes 16,384.
QUERIES_A_CALL = 2048
#: Rows in one upsert.
ROWS_A_CALL = 2000
#: Bytes of a primary key: a MediaId of 256 characters of four bytes, and the numbers behind it.
KEY_BYTES = 1200
#: What Milvus answers when a collection that we knew is gone, or not loaded since its server was started anew.
NOT_FOUND, NOT_LOADED = 100, 101
#: The client's own code for a call that never reached a server.
UNREACHED = 2
#: Tries of a call whose server has gone: long enough for another worker to take Milvus Lite over.
TRIES = 8

FIELDS = ["media_id", "version", "number", "start_ms"]


class MilvusVectors:
    """A `VectorStore` on Milvus."""

    def __init__(
        self,
        address: Callable[[], str],
        *,
        write_lock: Callable[[], AbstractContextManager[None]] = contextlib.nullcontext,
        exact: bool = False,
    ) -> None:
        """Connect.

        Args:
            address: Returns the server's URI; asked again when the server has gone.
            write_lock: Held while writing (Milvus Lite needs one writer at a time).
            exact: Compare with every row (FLAT, the right index for Lite) instead of walking a graph (HNSW).
        """
        self._address = address
        self._write_lock = write_lock
        self._index = (
            {"index_type": "FLAT"} if exact else {"index_type": "HNSW", "params": {"M": 32, "efConstruction": 200}}
        )
        self._client: MilvusClient | None = None
        self._known: set[str] = set()

    def upsert(self, key: ReferenceKey, track: Track, windows: Windows) -> None:
        """See `VectorStore`."""
        if not np.isfinite(windows.vectors).all():
            raise ValueError("vectors must be finite: Milvus would store NaN and find it everywhere")
        name = collection_name(key.library, track)
        rows = [
            {
                "id": f"{key.media_id}:{key.version}:{number}",
                "media_id": key.media_id,
                "version": key.version,
                "number": number,
                "start_ms": start,
                "end_ms": end,
                "vector": vector,
            }
            for number, start, end, vector in zip(
                windows.numbers.tolist(),
                windows.starts_ms.tolist(),
                windows.ends_ms.tolist(),
                windows.vectors,
                strict=True,
            )
        ]
        for start in range(0, len(rows), ROWS_A_CALL):
            part = rows[start : start + ROWS_A_CALL]
            self._write(lambda client, part=part: self._upsert(client, name, part))

    def search(
        self,
        track: Track,
        vectors: NDArray[np.float32],
        *,
        libraries: Sequence[str],
        limit: int,
        exclude_media: str | None = None,
    ) -> Hits:
        """See `VectorStore`."""
        found = HitCollector()
        condition = "" if exclude_media is None else f"media_id != {literal(exclude_media)}"
        for library in libraries:
            for start in range(0, len(vectors), QUERIES_A_CALL):
                part = vectors[start : start + QUERIES_A_CALL]
                answers = self._read(
                    lambda client, library=library, part=part: self._search(
                        client, collection_name(library, track), part, condition, limit
                    )
                )
                for row, hits in enumerate(answers, start):
                    for hit in hits:
                        fields = hit["entity"]
                        key = ReferenceKey(library, fields["media_id"], fields["version"])
                        found.add(row, key, fields["number"], fields["start_ms"], hit["distance"])
        return found.best(limit)

    def delete_version(self, key: ReferenceKey) -> None:
        """See `VectorStore`."""
        self._delete(key.library, f"media_id == {literal(key.media_id)} and version == {key.version}")

    def delete_older(self, key: ReferenceKey) -> None:
        """See `VectorStore`."""
        self._delete(key.library, f"media_id == {literal(key.media_id)} and version < {key.version}")

    def delete_media(self, library: str, media_id: str) -> None:
        """See `VectorStore`."""
        self._delete(library, f"media_id == {literal(media_id)}")

    def delete_library(self, library: str) -> None:
        """See `VectorStore`."""
        for track in Track:
            name = collection_name(library, track)
            self._write(lambda client, name=name: client.drop_collection(name))
            self._known.discard(name)

    def libraries(self) -> list[str]:
        """See `VectorStore`."""
        names = self._read(lambda client: client.list_collections())
        return sorted({library for name in names if (library := library_of(name)) is not None})

    def count(self, library: str, media_id: str | None = None) -> int:
        """See `VectorStore`."""
        condition = "" if media_id is None else f"media_id == {literal(media_id)}"
        return sum(
            self._read(lambda client, track=track: self._count(client, collection_name(library, track), condition))
            for track in Track
        )

    def close(self) -> None:
        """See `VectorStore`."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _upsert(self, client: MilvusClient, name: str, rows: list[dict[str, Any]]) -> None:
        self._ensure(client, name, len(rows[0]["vector"]))
        client.upsert(name, rows)

    def _ensure(self, client: MilvusClient, name: str, dimension: int) -> None:
        """Create the collection unless it is there."""
        if name in self._known:
            return
        if not client.has_collection(name):
            schema = client.create_schema(auto_id=False, enable_dynamic_field=False)
            schema.add_field("id", DataType.VARCHAR, is_primary=True, max_length=KEY_BYTES)
            schema.add_field("media_id", DataType.VARCHAR, max_length=KEY_BYTES)
            for field in ("version", "number", "start_ms", "end_ms"):
                schema.add_field(field, DataType.INT64)
            schema.add_field("vector", DataType.FLOAT_VECTOR, dim=dimension)
            index = client.prepare_index_params()
            index.add_index("vector", metric_type="IP", **self._index)
            client.create_collection(name, schema=schema, index_params=index, consistency_level="Strong")
        client.load_collection(name)
        self._known.add(name)

    def _search(
        self, client: MilvusClient, name: str, vectors: NDArray[np.float32], condition: str, limit: int
    ) -> list[list[dict[str, Any]]]:
        if not self._is_there(client, name):
            return []
        answers: list[list[dict[str, Any]]] = client.search(
            name,
            data=list(vectors),
            filter=condition,
            limit=limit,
            anns_field="vector",
            output_fields=FIELDS,
            consistency_level="Strong",
        )
        return answers

    def _count(self, client: MilvusClient, name: str, condition: str) -> int:
        if not self._is_there(client, name):
            return 0
        rows = client.query(name, filter=condition, output_fields=["count(*)"], consistency_level="Strong")
        return int(rows[0]["count(*)"])

    def _delete(self, library: str, condition: str) -> None:
        def delete(client: MilvusClient, name: str) -> None:
            if self._is_there(client, name):
                client.delete(name, filter=condition)

        for track in Track:
            name = collection_name(library, track)
            self._write(lambda client, name=name: delete(client, name))

    def _is_there(self, client: MilvusClient, name: str) -> bool:
        """Whether the collection exists; one that was opened anew must be loaded before it answers."""
        if name not in self._known and client.has_collection(name):
            client.load_collection(name)
            self._known.add(name)
        return name in self._known

    def _read(self, call: Callable[[MilvusClient], T]) -> T:
        for attempt in stamina.retry_context(on=_is_transient, attempts=TRIES, timeout=60.0):
            with attempt:
                return self._try(call)
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _write(self, call: Callable[[MilvusClient], T]) -> T:
        def locked(client: MilvusClient) -> T:
            with self._write_lock():
                return call(client)

        return self._read(locked)

    def _try(self, call: Callable[[MilvusClient], T]) -> T:
        try:
            if self._client is None:
                self._client = MilvusClient(self._address())
            return call(self._client)
        except Exception as error:
            if _is_transient(error):
                self._forget()
            raise

    def _forget(self) -> None:
        """Drop what is known of a server that has gone, so that the next try connects anew."""
        self._known.clear()
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(Exception):
                client.close()


def _is_transient(error: Exception) -> bool:
    """Whether the call failed since its server had gone or was started anew, so that another try can go well."""
    gone = (ConnectError, ConnectionNotExistException, MilvusUnavailableException, grpc.RpcError, OSError)
    if isinstance(error, gone):
        return True
    return isinstance(error, MilvusException) and error.code in {NOT_FOUND, NOT_LOADED, UNREACHED}
