"""The decoder: `python -m streams.adapters.decoder PARENT TRADE`.

The connection to its parent is its standard input.
"""

from __future__ import annotations

import os
import signal
import socket
import sys

from streams.adapters.decoder.channel import Channel
from streams.adapters.decoder.messages import LARGEST_QUESTION, Question
from streams.adapters.decoder.trade import Trade
from streams.cage.lockdown import lock
from streams.child_processes import die_with_parent


def main() -> int:
    """Lock this process in, load the engine, and work until the parent closes the connection."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides when to stop
    die_with_parent(int(sys.argv[1]))
    channel = Channel(_connection(), expects=Question, largest=LARGEST_QUESTION)
    report = lock()

    if Trade(sys.argv[2]) is Trade.PREVIEWS:
        from streams.adapters.decoder.previews.work import work_on_previews  # noqa: PLC0415 (it loads FFmpeg)

        work_on_previews(channel, report)
    else:
        from streams.adapters.decoder.work import work  # noqa: PLC0415 (it loads the engine: in the cage)

        work(channel, report)
    return 0


def _connection() -> socket.socket:
    """Take the connection from standard input; what is read and printed from now on leads nowhere."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, fileno=os.dup(0))
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    return connection


if __name__ == "__main__":
    sys.exit(main())
