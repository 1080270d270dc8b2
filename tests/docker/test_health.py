"""The image's health check, against servers that answer as the service does, and as it does not."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from support.nodes import free_port

from streams.web.health import healthz

HEALTH = Path(__file__).parents[2] / "docker" / "health.py"


def check(address: str) -> tuple[int, str]:
    """Run the check of a service that listens there; return its status and what it says."""
    done = subprocess.run(
        [sys.executable, "-I", str(HEALTH)],
        env={**os.environ, "MEDIADNA_WEB": address},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


@contextmanager
def answering(status: int) -> Iterator[tuple[int, list[str]]]:
    """Run a server that gives everything this status; yield its port, and the paths that it was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port, asked
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "localhost"])  # noqa: S104 (asked, not listened on)
def test_a_service_that_answers_is_healthy_wherever_it_listens(host: str) -> None:
    with answering(200) as (port, asked):
        assert check(f"{host}:{port}")[0] == 0
    assert set(asked) <= healthz.paths


def test_a_service_that_answers_with_an_error_is_not() -> None:
    with answering(503) as (port, _):
        assert check(f"127.0.0.1:{port}") == (1, "/healthz answers 503\n")


def test_a_service_that_does_not_answer_is_not_and_the_check_says_where_it_asked() -> None:
    address = f"127.0.0.1:{free_port()}"
    status, said = check(address)
    assert status == 1
    assert address in said
