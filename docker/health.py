# ruff: noqa: INP001 (a script, no package)
"""Ends with 0 when the service in this container answers: `python health.py`, the image's health check.

It asks `/healthz`, which answers from the moment on at which the service has started whole, and as long as its event
loop turns. It does not ask `/readyz`: that says no while Kafka or Milvus is away, and whoever starts unhealthy
containers anew would then end workers that have only to wait. Needs Python's standard library only, for it runs every
half a minute.
"""

from __future__ import annotations

import http.client
import os
import sys

#: Seconds that an answer may take, on a machine that is busy decoding.
ANSWER_S = 8.0
#: Where the service listens unless MEDIADNA_WEB says otherwise.
DEFAULT = "127.0.0.1:6066"
#: Addresses that stand for all of a machine's, and what is its own among them.
OWN = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 (asked, not listened on)


def main() -> int:
    """Ask, and tell."""
    host, _, port = os.environ.get("MEDIADNA_WEB", DEFAULT).rpartition(":")
    host = host.strip("[]")
    connection = http.client.HTTPConnection(OWN.get(host, host), int(port), timeout=ANSWER_S)
    try:
        connection.request("GET", "/healthz")
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        print(f"the service does not answer at {host}:{port}: {error}")  # noqa: T201 (a command)
        return 1
    print(f"/healthz answers {status}")  # noqa: T201
    return 0 if status == http.client.OK else 1


if __name__ == "__main__":
    sys.exit(main())
