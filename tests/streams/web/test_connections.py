"""Nobody keeps the server waiting for ever, and whoever comes and asks is served, however many only come."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from http import HTTPStatus
from itertools import count
from pathlib import Path

import httpx
import pytest
from litestar.testing import AsyncTestClient
from support.examples import job
from support.inline import InlineService

from streams.settings import Settings
from streams.web import connections, live
from streams.web.connections import LetGo, most_connections, raise_descriptor_limit
from streams.web.server import WebServer
from streams.web.services import Services

#: More connections than a process with the usual limit may have.
CROWD = 1200
HEAD = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n"
UPLOAD = (
    b"POST /api/v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    b"Content-Type: application/json\r\nContent-Length: 100000\r\n\r\n{"
)


@pytest.fixture
def reasons(monkeypatch: pytest.MonkeyPatch) -> list[LetGo]:
    """Why connections were let go."""
    found: list[LetGo] = []
    let_go = connections.BoundedProtocol.let_go

    def note(self: connections.BoundedProtocol, reason: LetGo) -> None:
        found.append(reason)
        let_go(self, reason)

    monkeypatch.setattr(connections.BoundedProtocol, "let_go", note)
    return found


@pytest.fixture
async def server(
    services: Services, inline: InlineService, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[WebServer]:
    """A server that looks often, and at short windows."""
    for name, seconds in (("HEAD_S", 0.3), ("RATE_WINDOW_S", 0.5), ("POLL_INTERVAL_S", 0.05)):
        monkeypatch.setattr(connections, name, seconds)
    services.settings = settings.model_copy(update={"web": "127.0.0.1:0"})
    server = WebServer(services, inline)
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
def connect(server: WebServer) -> Iterator[Callable[..., socket.socket]]:
    """Yield what opens a connection and sends something over it."""
    host, _, port = server.address.removeprefix("http://").partition(":")
    with ExitStack() as stack:

        def connect(sent: bytes = b"", *, buffer: int = 0) -> socket.socket:
            client = stack.enter_context(socket.socket())
            if buffer:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
            client.connect((host, int(port)))
            client.sendall(sent)
            client.setblocking(False)
            return client

        yield connect


def take(client: socket.socket) -> None:
    """Take what has come over a connection that stands."""
    with contextlib.suppress(BlockingIOError):
        while client.recv(2**16):
            pass
        pytest.fail("the connection was ended")


async def ended(client: socket.socket) -> None:
    """Wait until the server has ended a connection."""
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(300):
        try:
            while await loop.sock_recv(client, 2**16):
                pass
        except ConnectionError:
            pass


async def drip(client: socket.socket, data: bytes) -> None:
    """Send a byte now and then until the server ends the connection."""
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(300):
        try:
            for byte in data * 1000:
                await loop.sock_sendall(client, bytes([byte]))
                await asyncio.sleep(0.05)
        except ConnectionError:
            pass


async def healthy(server: WebServer) -> bool:
    async with httpx.AsyncClient(base_url=server.address, trust_env=False, timeout=20) as api:
        return (await api.get("/healthz")).status_code == HTTPStatus.OK


async def test_whoever_sends_no_head_or_half_of_one_is_let_go(
    connect: Callable[..., socket.socket], reasons: list[LetGo]
) -> None:
    await asyncio.gather(ended(connect()), ended(connect(HEAD)))
    assert reasons == [LetGo.NO_HEAD] * 2


async def test_a_head_that_drips_is_let_go_all_the_same(
    connect: Callable[..., socket.socket], reasons: list[LetGo]
) -> None:
    await drip(connect(HEAD + b"X-Long: "), b"x")
    assert reasons == [LetGo.NO_HEAD]


async def test_a_head_that_drips_on_a_connection_that_was_used_is_let_go(
    connect: Callable[..., socket.socket], reasons: list[LetGo]
) -> None:
    client = connect(HEAD + b"\r\n")
    assert await asyncio.get_running_loop().sock_recv(client, 2**16)
    await drip(client, b"GET /healthz HTTP/1.1\r\nX-Long: " + b"x" * 1000)
    assert reasons == [LetGo.NO_HEAD]


async def test_a_body_that_stops_or_drips_is_let_go(
    connect: Callable[..., socket.socket], reasons: list[LetGo]
) -> None:
    await asyncio.gather(ended(connect(UPLOAD)), drip(connect(UPLOAD), b" "))
    assert reasons == [LetGo.SLOW_BODY] * 2


async def test_a_body_that_comes_fast_enough_may_take_longer_than_a_window(
    connect: Callable[..., socket.socket], reasons: list[LetGo]
) -> None:
    client = connect(UPLOAD)
    for _ in range(9):
        await asyncio.sleep(0.1)
        await asyncio.get_running_loop().sock_sendall(client, b" " * 10_000)
    await asyncio.get_running_loop().sock_sendall(client, b" " * 9_999)
    answer = await asyncio.get_running_loop().sock_recv(client, 2**16)
    assert answer.startswith(b"HTTP/1.1 400")
    assert reasons == []


async def test_a_reader_of_changes_that_does_not_take_them_is_let_go_and_one_that_waits_is_not(
    connect: Callable[..., socket.socket], reasons: list[LetGo], inline: InlineService
) -> None:
    request = b"GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    slow, patient = connect(request, buffer=4096), connect(request)
    loop = asyncio.get_running_loop()
    assert b" 200 " in await loop.sock_recv(patient, 2**16)
    async with asyncio.timeout(300):
        for first in count(step=200):
            if reasons:
                break
            inline.apply(jobs=[job(f"{number:064d}") for number in range(first, first + 200)])
            for _ in range(5):
                await asyncio.sleep(0.01)
                take(patient)
    assert reasons == [LetGo.SLOW_READER]
    await ended(slow)


async def test_when_there_is_no_room_whoever_only_waits_gives_way(
    connect: Callable[..., socket.socket], server: WebServer, reasons: list[LetGo], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "MOST_CONNECTIONS", 8)
    monkeypatch.setattr(connections, "HEAD_S", 60)
    following = connect(b"GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    assert b" 200 " in await asyncio.get_running_loop().sock_recv(following, 2**16)
    crowd = [connect(HEAD) for _ in range(20)]
    assert await healthy(server)
    await asyncio.gather(*map(ended, crowd[:13]))
    assert set(reasons) == {LetGo.GAVE_WAY}
    take(following)


async def test_a_caller_with_too_many_readers_of_changes_is_told_to_come_back_later(
    services: Services, client: AsyncTestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "MOST_OF_CALLER", 2)
    readers = [services.live.follow(None, caller) for caller in ("local", "local", "another")]
    for reader in readers:
        await anext(reader)
    answer = await client.get("/api/v1/events")
    assert answer.status_code == HTTPStatus.TOO_MANY_REQUESTS
    assert int(answer.headers["Retry-After"]) > 0
    assert not services.live.has_room("local")
    assert services.live.has_room("another")
    monkeypatch.setattr(live, "MOST_READERS", 3)
    assert not services.live.has_room("another")
    for reader in readers:
        await reader.aclose()
    assert services.live.has_room("local")


def test_connections_leave_descriptors_for_all_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (200, 300))
    assert most_connections() == 100
    monkeypatch.setattr(resource, "getrlimit", lambda _: (resource.RLIM_INFINITY,) * 2)
    assert most_connections() == connections.MOST_CONNECTIONS


@pytest.mark.integration
def test_a_crowd_that_only_connects_does_not_keep_others_out(tmp_path: Path) -> None:
    raise_descriptor_limit()
    command = f"ulimit -n 1024; exec {sys.executable} -m support.web_server {tmp_path}"
    tests = Path(__file__).parents[2]
    path = f"{tests.parent}:{tests}"
    with ExitStack() as stack:
        process = stack.enter_context(
            subprocess.Popen(["/bin/bash", "-c", command], stdout=subprocess.PIPE, env={"PYTHONPATH": path}, text=True)
        )
        stack.callback(process.kill)
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        host, _, port = address.removeprefix("http://").partition(":")
        following = stack.enter_context(httpx.Client(base_url=address, trust_env=False, timeout=60))
        events = stack.enter_context(following.stream("GET", "/api/v1/events"))
        assert events.status_code == HTTPStatus.OK
        for number in range(CROWD):
            client = stack.enter_context(socket.create_connection((host, int(port)), timeout=60))
            client.sendall((b"", HEAD, UPLOAD)[number % 3])
        with httpx.Client(base_url=address, trust_env=False, timeout=60) as api:
            for _ in range(5):
                assert api.get("/healthz").status_code == HTTPStatus.OK
                assert api.get("/api/v1/jobs").status_code == HTTPStatus.OK
            assert len(list(Path(f"/proc/{process.pid}/fd").iterdir())) < 1024 * 0.75
            assert api.get("/metrics").text.count("mediadna_connections_let_go_total") > 1
        assert next(events.iter_bytes())
