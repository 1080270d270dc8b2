"""The address that the web application listens on."""

from __future__ import annotations

import socket

import pytest
from inline import InlineService

from streams.settings import Settings
from streams.web.server import WebServer


async def test_an_address_that_is_taken_is_an_error_that_says_what_to_set(
    inline: InlineService, settings: Settings
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = f"127.0.0.1:{other.getsockname()[1]}"
        server = WebServer(inline.services(settings.model_copy(update={"web": taken})), inline)
        with pytest.raises(OSError, match=f"{taken}.*MEDIADNA_WEB"):
            await server.start()
