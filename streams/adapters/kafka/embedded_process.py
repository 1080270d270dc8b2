"""Runs the embedded broker until its parent ends: `python -m streams.adapters.kafka.embedded_process PARENT PORT`.

librdkafka's cluster is made for tests: it checks what it is sent by assertions, and one packet of 75 bytes ends the
process that it runs in. So that is a process of its own, with nothing else in it.

It has two ports: the one that was asked for, which stays over restarts, and one for the worker that runs it, a new one
each time. So others cannot take the worker's place in the number of connections, and a client of the worker's that was
connected to the broker before, and still asks for it, does not meet this one.
"""

from __future__ import annotations

import asyncio
import signal
import sys

from confluent_kafka import Producer

from streams.adapters.kafka.embedded_door import LOCALHOST, Door
from streams.child_processes import die_with_parent

__all__ = ["PORT_TAKEN", "main"]

#: The status with which this process ends when its port is in use.
PORT_TAKEN = 3
#: Seconds in which the cluster answers.
START_S = 10.0


def main() -> int:
    """Run the broker; a line on standard output tells its two ports as soon as it takes connections."""
    parent, port = map(int, sys.argv[1:])
    die_with_parent(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides when to stop
    return asyncio.run(_run(port))


async def _run(port: int) -> int:
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    # The cluster lives as long as the client that carries it.
    cluster = Producer({"test.mock.num.brokers": 1, "bootstrap.servers": LOCALHOST, "log_level": 0})
    metadata = await asyncio.to_thread(cluster.list_topics, timeout=START_S)
    inner = next(iter(metadata.brokers.values())).port
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
