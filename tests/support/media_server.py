"""A small web server on this machine that serves files well or badly."""

from __future__ import annotations

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


__all__ = ["MediaServer", "server"]


class MediaServer(ThreadingHTTPServer):
    """Serves `files` by path; what a path does otherwise stands in `answers`, `redirects` and the flags."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, bytes] = {}
        self.answers: dict[str, list[int]] = {}
        self.redirects: dict[str, str] = {}
        self.ranges = True
        self.stated_length: int | None = None
        self.delay_s = 0.0
        self.drip_s = 0.0
        self.header_drip_s = 0.0
        self.version = "1"
        self.seen: list[tuple[str, str]] = []

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: clients that give up are part of the tests."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: MediaServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        server = self.server
        path = self.path.partition("?")[0]
        server.seen.append((path, self.headers.get("range", "")))
        time.sleep(server.delay_s)
        if server.header_drip_s:
            self._drip_headers()
        elif path in server.redirects:
            self._reply(302, b"", {"Location": server.redirects[path]})
        elif server.answers.get(path):
            self._reply(server.answers[path].pop(0), b"", {})
        elif path not in server.files:
            self._reply(404, b"nothing here", {})
        else:
            self._serve(server.files[path])

    def _drip_headers(self) -> None:
        """Send a header that never ends, one byte at a time, until the client has had enough."""
        try:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while True:
                self.wfile.write(b"a")
                time.sleep(self.server.header_drip_s)
        except OSError:
            self.close_connection = True

    def _serve(self, data: bytes) -> None:
        wanted = self.headers.get("range", "")
        if not (self.server.ranges and wanted):
            self._reply(200, data, {"ETag": self.server.version})
            return
        first, last = wanted.removeprefix("bytes=").split("-")
        part = data[int(first) : int(last) + 1]
        if not part:
            self._reply(416, b"", {"Content-Range": f"bytes */{len(data)}"})
            return
        span = f"bytes {first}-{int(first) + len(part) - 1}/{len(data)}"
        self._reply(206, part, {"Content-Range": span, "ETag": self.server.version})

    def _reply(self, status: int, data: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        length = self.server.stated_length
        for name, value in (headers | {"Content-Length": str(len(data) if length is None else length)}).items():
            self.send_header(name, value)
        self.end_headers()
        try:
            if self.server.drip_s:
                for byte in data:
                    self.wfile.write(bytes([byte]))
                    time.sleep(self.server.drip_s)
            else:
                self.wfile.write(data)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True


@pytest.fixture
def server() -> Iterator[MediaServer]:
    """Serve on a free port of this machine."""
    with MediaServer() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield running
        running.shutdown()
        thread.join()
