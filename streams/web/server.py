"""Runs the web application inside the worker's event loop."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Protocol

import uvicorn

from streams.web.aliyun.app import create_call_app
from streams.web.app import create_app
from streams.web.compression import Compression
from streams.web.connections import BACKLOG, BoundedProtocol, ConnectionSweep
from streams.web.dispatch import FrontDoor

if TYPE_CHECKING:
    from collections.abc import Callable

    from streams.readmodel.changes import Change
    from streams.web.services import Services

__all__ = ["WebServer"]

#: Seconds that open connections get at the end.
STOP_S = 2


class _Server(uvicorn.Server):
    """A server that leaves signals to the worker."""

    def capture_signals(self) -> _NoSignals:  # type: ignore[override] # uvicorn's is a generator for the same use
        return _NoSignals()


class _NoSignals:
    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...


class ChangeFeed(Protocol):
    """Tells of every change of the read model."""

    def subscribe(self, listener: Callable[[list[Change]], None]) -> None:
        """Have a function called, in the event loop, with every batch of changes."""
        ...


class WebServer:
    """API and web view on one address."""

    def __init__(self, services: Services, changes: ChangeFeed) -> None:
        settings = services.settings
        self._settings = settings
        self._live = services.live
        changes.subscribe(self._live.publish)
        self._server = _Server(
            uvicorn.Config(
                Compression(FrontDoor(calls=create_call_app(services), other=create_app(services))),
                log_config=None,
                access_log=False,
                lifespan="off",
                ws="none",
                http=BoundedProtocol,
                backlog=BACKLOG,
                server_header=False,
                # uvicorn by itself believes whoever connects from this machine, and a variable of its own
                proxy_headers=bool(settings.proxy_networks),
                forwarded_allow_ips=settings.proxy_networks,
                timeout_graceful_shutdown=STOP_S,
            )
        )
        self._sweep = ConnectionSweep(self._server.server_state.connections)
        self._task: asyncio.Task[None] | None = None
        self.address = ""

    async def start(self) -> None:
        """Listen; `address` then names the port that was taken.

        Raises:
            OSError: It cannot listen there; the message says what to do.
        """
        host, port = self._settings.web_host, self._settings.web_port
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            listener = socket.create_server((host, port), family=family)
        except OSError as error:
            raise OSError(
                f"the web view cannot listen on {host}:{port} ({error.strerror}): set MEDIADNA_WEB, or --web, to an "
                "address that is free; port 0 picks one"
            ) from error
        taken = listener.getsockname()[1]
        self.address = f"http://[{host}]:{taken}" if ":" in host else f"http://{host}:{taken}"
        self._task = asyncio.create_task(self._server.serve([listener]), name="web")
        while not self._server.started:  # noqa: ASYNC110 (uvicorn gives no event to wait for)
            await asyncio.sleep(0.02)
        self._sweep.start()

    async def stop(self) -> None:
        """Stop listening, and let readers of live changes go."""
        self._live.close()
        await self._sweep.stop()
        self._server.should_exit = True
        if self._task is not None:
            await self._task
