"""Runs the embedded broker until its parent ends: `python -m streams.adapters.kafka.embedded_process PARENT PORT`.

librdkafka's cluster is made for tests: it checks what it is sent by assertions, and one packet of 75 bytes ends the
process that it runs in. So that is a process of its own, with nothing else in it.

It has two ports: the one that was asked for, which stays over restarts, and one for the worker that runs it, a new one
each time. So others cannot take the worker's place in the number of connections, and a client of the worker's that was
connected to the broker before, and still asks for it, does not meet this one.
"""

from __future__ import annotations

import asyncio
import ctypes
import signal
import sys

from confluent_kafka import cimpl

from streams.adapters.kafka.embedded_door import Door
from streams.child_processes import die_with_parent

__all__ = ["PORT_TAKEN", "main"]

#: The status with which this process ends when its port is in use.
PORT_TAKEN = 3
#: Milliseconds for which a group that is new waits for more members before it divides the partitions. librdkafka's 3 s
#: are Kafka's own, made for many workers that start at once; here one does, which waits for that at each start.
FIRST_MEMBERS_MS = 50
#: librdkafka's number for a client that produces: some client has to carry the cluster.
PRODUCER = 0
#: Bytes for what librdkafka says of a cluster that does not start.
REASON_BYTES = 512


def main() -> int:
    """Run the broker; a line on standard output tells its two ports as soon as it takes connections."""
    parent, port = map(int, sys.argv[1:])
    die_with_parent(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides when to stop
    return asyncio.run(_run(port))


def start_cluster() -> int:
    """Start the cluster, which lives as long as this process; return its port.

    This is librdkafka's own interface for tests, which the Python package carries and has no calls for.

    Raises:
        OSError: It does not start.
    """
    library = ctypes.CDLL(cimpl.__file__)  # its calls are found through what is linked to it
    library.rd_kafka_conf_new.restype = ctypes.c_void_p
    library.rd_kafka_new.restype = library.rd_kafka_mock_cluster_new.restype = ctypes.c_void_p
    library.rd_kafka_mock_cluster_bootstraps.restype = ctypes.c_char_p
    reason = ctypes.create_string_buffer(REASON_BYTES)
    configuration = ctypes.c_void_p(library.rd_kafka_conf_new())
    library.rd_kafka_conf_set(configuration, b"log_level", b"0", reason, ctypes.c_size_t(REASON_BYTES))
    client = library.rd_kafka_new(PRODUCER, configuration, reason, ctypes.c_size_t(REASON_BYTES))
    cluster = client and library.rd_kafka_mock_cluster_new(ctypes.c_void_p(client), 1)
    if not cluster:
        raise OSError(f"librdkafka starts no cluster: {reason.value.decode(errors='replace')}")
    library.rd_kafka_mock_group_initial_rebalance_delay_ms(ctypes.c_void_p(cluster), FIRST_MEMBERS_MS)
    (address,) = library.rd_kafka_mock_cluster_bootstraps(ctypes.c_void_p(cluster)).decode().split(",")
    return int(address.rpartition(":")[2])


async def _run(port: int) -> int:
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    inner = start_cluster()
    door, back_door = Door(inner), Door(inner)
    try:
        await door.open(port)
    except OSError:
        return PORT_TAKEN
    await back_door.open(0)
    sys.stdout.write(f"{door.port} {back_door.port}\n")
    sys.stdout.flush()
    await stopping.wait()
    await asyncio.gather(door.close(), back_door.close())
    return 0


if __name__ == "__main__":
    sys.exit(main())
