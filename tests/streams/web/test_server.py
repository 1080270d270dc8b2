"""The address that the web application listens on."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
from support.inline import InlineService

from streams.settings import Settings
from streams.web.server import WebServer


@pytest.fixture
async def address(inline: InlineService, settings: Settings) -> AsyncIterator[str]:
    server = WebServer(inline.services(settings.model_copy(update={"web": "127.0.0.1:0"})), inline)
    await server.start()
    yield server.address
    await server.stop()


async def send(address: str, request: str) -> tuple[int, str]:
    """Send a request byte for byte; return the answer's status, and all of it."""
    host, _, port = address.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(request.replace("\n", "\r\n").encode("latin-1"))
    async with asyncio.timeout(300):
        answer = (await reader.read()).decode("latin-1")
    writer.close()
    await writer.wait_closed()
    return int(answer.split(" ", 2)[1]), answer


async def test_an_address_that_is_taken_is_an_error_that_says_what_to_set(
    inline: InlineService, settings: Settings
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = f"127.0.0.1:{other.getsockname()[1]}"
        server = WebServer(inline.services(settings.model_copy(update={"web": taken})), inline)
        with pytest.raises(OSError, match=f"{taken}.*MEDIADNA_WEB"):
            await server.start()


HERE = "Host: 127.0.0.1\nConnection: close\n"


@pytest.mark.parametrize(
    ("request_line", "headers", "status"),
    [
        ("GET /api/v1/jobs HTTP/1.1", HERE, 200),
        ("GET /api/v1/jobs HTTP/1.0", HERE, 403),
        ("GET /api/v1/jobs HTTP/1.1", "Connection: close\n", 400),
        ("GET /api/v1/jobs HTTP/1.1", f"Host: dna.example\n{HERE}", 400),
        ("GET /api/v1/jobs HTTP/1.1", "Host: dna.example\nConnection: close\n", 403),
        ("GET http://127.0.0.1/api/v1/jobs HTTP/1.1", "Host: dna.example\nConnection: close\n", 404),
        ("GET http://dna.example/?Action=ListDNADB&Version=2020-11-09 HTTP/1.1", HERE, 404),
        ("OPTIONS * HTTP/1.1", HERE, 404),
        ("CONNECT dna.example:443 HTTP/1.1", HERE, 404),
        ("TRACE /api/v1/jobs HTTP/1.1", HERE, 405),
        ("POST //?Action=DeleteDNADB&Version=2020-11-09&DBId=default HTTP/1.1", f"{HERE}Content-Length: 0\n", 405),
        ("POST /%2F?Action=DeleteDNADB&Version=2020-11-09&DBId=default HTTP/1.1", f"{HERE}Content-Length: 0\n", 404),
        ("POST /./?Action=DeleteDNADB&Version=2020-11-09&DBId=default HTTP/1.1", f"{HERE}Content-Length: 0\n", 404),
        ("POST /?Action=DeleteDNADB&Version=2020-11-09&DBId=default HTTP/1.1", f"{HERE}Origin: null\n", 403),
    ],
)
async def test_a_request_that_is_written_in_an_unusual_way_gets_nowhere_else(
    address: str, *, request_line: str, headers: str, status: int
) -> None:
    assert (await send(address, f"{request_line}\n{headers}\n"))[0] == status


async def test_there_is_nothing_to_upgrade_to(address: str) -> None:
    upgrade = (
        "Upgrade: websocket\nConnection: Upgrade, close\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\n"
        "Sec-WebSocket-Version: 13\n"
    )
    status, answer = await send(address, f"GET /api/v1/events HTTP/1.1\nHost: dna.example\n{upgrade}\n")
    assert (status, "101" in answer) == (403, False)


async def test_the_server_does_not_tell_what_it_is_made_of(address: str) -> None:
    for line in ("GET / HTTP/1.1", "GET /nowhere HTTP/1.1", "POST / HTTP/1.1"):
        answer = (await send(address, f"{line}\n{HERE}\n"))[1].lower()
        assert "\r\nserver:" not in answer
