"""A receiver of callbacks on this machine, which answers as a test tells it to."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Post:
    """What came in."""

    path: str
    headers: dict[str, str]
    body: bytes
    answered: int

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


class Receiver(ThreadingHTTPServer):
    """Answers with `status`; before that it waits for `delay_s`."""

    daemon_threads = True

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.status = 204
        self.location = ""
        self.delay_s = 0.0
        self.posts: list[Post] = []

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: clients that give up are part of the tests."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/copies"

    @property
    def taken(self) -> list[str]:
        """Ids of the events that were answered with success, as often as they were."""
        return [post.id for post in self.posts if post.answered < 300]


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        server = self.server
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        time.sleep(server.delay_s)
        server.posts.append(Post(self.path, headers, body, server.status))
        self.send_response(server.status)
        if server.location:
            self.send_header("location", server.location)
        self.send_header("content-length", "0")
        self.end_headers()


@contextmanager
def receiving(port: int = 0) -> Iterator[Receiver]:
    """Serve on a port of this machine, a free one by default."""
    with Receiver(port) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield running
        running.shutdown()
        thread.join()
