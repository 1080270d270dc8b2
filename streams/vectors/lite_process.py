"""Runs the Milvus Lite server of a folder until the parent ends: `python -m streams.vectors.lite_process PARENT DIR PORT`."""

from __future__ import annotations

import os
import signal
import sys

from streams.processes import die_with_parent

#: Rows that are not flushed yet cost a search 20-40 microseconds each, so memory is flushed at a few MiB, where the
#: default of 128 MiB would let searches take seconds. The server reads this at its start.
os.environ.setdefault("MILVUS_LITE_MEMTABLE_MEMORY_LIMIT_BYTES", str(6 * 2**20))


def main() -> int:
    """Run the server."""
    parent, folder, port = sys.argv[1:]
    die_with_parent(int(parent))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides when to stop

    from milvus_lite.adapter.grpc.server import run_server  # noqa: PLC0415 (reads the limit above when imported)

    # One thread for writing and a few for searches: the server is pure Python and gains nothing from more.
    run_server(data_dir=folder, host="127.0.0.1", port=int(port), max_workers=4)
    return 0


if __name__ == "__main__":
    sys.exit(main())
