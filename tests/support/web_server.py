"""Runs API and web view over a service without a broker: `python -m support.web_server FOLDER`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from streams.settings import Settings
from streams.web.connections import raise_descriptor_limit
from streams.web.server import WebServer
from support.inline import InlineService
from support.read_model import ReadModel


async def serve(folder: Path) -> None:
    """Serve until the process is ended; a line on standard output tells the address."""
    raise_descriptor_limit()
    inline = InlineService(ReadModel(folder / "jobs.sqlite"))
    await inline.libraries.ensure()
    server = WebServer(inline.services(Settings(state=folder, web="127.0.0.1:0")), inline)
    await server.start()
    sys.stdout.write(f"{server.address}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
