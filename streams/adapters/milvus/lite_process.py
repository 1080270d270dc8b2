"""Runs Milvus Lite's server until its parent ends: `python -m streams.adapters.milvus.lite_process PARENT FOLDER`.

Milvus Lite's own command would listen on all addresses and let writers interleave, which destroys its log: everything
behind the first torn batch is gone after the next crash. Here writes go one at a time, so that what was acknowledged
outlives a kill, however many workers write and whichever of them is killed in the middle of a call.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from concurrent import futures
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
import numpy as np

from streams.adapters.milvus.lite_files import LOCALHOST, LiteFiles
from streams.cage.privileges import hide_memory
from streams.child_processes import die_with_parent

if TYPE_CHECKING:
    from collections.abc import Callable

#: Rows that are not flushed yet cost a search 20-40 microseconds each, so memory is flushed at a few MiB, where the
#: default of 128 MiB would let searches take seconds. The server reads this when it is imported.
os.environ.setdefault("MILVUS_LITE_MEMTABLE_MEMORY_LIMIT_BYTES", str(6 * 2**20))

#: Threads: a writer that waits for its turn holds one, and must not keep searches waiting.
THREADS = 16
#: Bytes of one message, as a Milvus server allows.
LARGEST_MESSAGE = 256 * 2**20
#: Seconds that calls under way get when the server is told to stop.
GRACE_S = 2.0
#: What the names of calls that change nothing begin with; every other call takes its turn.
READS = ("Search", "HybridSearch", "Query", "Get", "Describe", "Show", "List", "Has", "Connect", "Check")


class OneWriter(grpc.ServerInterceptor):  # type: ignore[misc] # grpc is not typed
    """Lets one writing call in at a time."""

    def __init__(self) -> None:
        self._turn = threading.Lock()

    def intercept_service(self, continuation: Callable[[Any], Any], handler_call_details: Any) -> Any:
        """Wrap the handler of a call that writes."""
        handler = continuation(handler_call_details)
        method = handler_call_details.method.rpartition("/")[2]
        if handler is None or handler.unary_unary is None or method.startswith(READS):
            return handler

        def in_turn(request: Any, context: Any) -> Any:
            with self._turn:
                return handler.unary_unary(request, context)

        return grpc.unary_unary_rpc_method_handler(in_turn, handler.request_deserializer, handler.response_serializer)


def main() -> int:
    """Run the server; its port is in the folder's port file as soon as it answers."""
    parent, folder = sys.argv[1:]
    die_with_parent(int(parent))
    hide_memory()  # its environment is the service's
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides when to stop

    from milvus_lite.adapter.grpc.servicer import MilvusServicer  # noqa: PLC0415 (reads the limit above)
    from milvus_lite.db import MilvusLite  # noqa: PLC0415
    from pymilvus.grpc_gen import milvus_pb2_grpc  # noqa: PLC0415

    files = LiteFiles(Path(folder))
    drop_torn_indexes(files.data)
    database = MilvusLite(str(files.data))
    server = grpc.server(
        futures.ThreadPoolExecutor(THREADS, "milvus-lite"),
        interceptors=[OneWriter()],
        options=[
            ("grpc.max_receive_message_length", LARGEST_MESSAGE),
            ("grpc.max_send_message_length", LARGEST_MESSAGE),
            ("grpc.so_reuseport", 0),  # a second server on the port must fail, not share it
        ],
    )
    milvus_pb2_grpc.add_MilvusServiceServicer_to_server(MilvusServicer(database), server)
    port = _listen(server, files.port())
    server.start()
    files.write_port(port)
    stopping.wait()
    server.stop(GRACE_S).wait()
    database.close()
    return 0


def drop_torn_indexes(data: Path) -> None:
    """Delete the index files that a killed server had not written to their end.

    Milvus Lite writes them in place (arrays in NumPy's format) and refuses to load a collection with half of one, for
    good. They hold nothing but copies of stored rows: one that is missing is made anew.
    """
    for path in data.glob("collections/*/partitions/*/indexes/*.flat.idx"):
        try:
            np.load(path, mmap_mode="r", allow_pickle=False)
        except (ValueError, EOFError):
            path.unlink()


def _listen(server: grpc.Server, wanted: int) -> int:
    """Listen on the port that clients know from the server before this one if it is free, else on another."""
    if wanted:
        try:
            port: int = server.add_insecure_port(f"{LOCALHOST}:{wanted}")
        except RuntimeError:  # taken
            pass
        else:
            return port
    chosen: int = server.add_insecure_port(f"{LOCALHOST}:0")
    return chosen


if __name__ == "__main__":
    sys.exit(main())
