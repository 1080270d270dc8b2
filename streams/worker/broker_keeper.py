"""Keeps the embedded broker running: when its process ends another one is started, and the work is taken up again."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

import structlog

from streams.background_task import BackgroundTask
from streams.ports.errors import Neighbour

if TYPE_CHECKING:
    from streams.adapters.kafka.embedded import EmbeddedBroker
    from streams.telemetry.neighbours import Neighbours

__all__ = ["BrokerKeeper", "Work"]

log = structlog.get_logger(__name__)

#: Seconds before the broker is started again; each pause is twice the one before as long as it does not keep going.
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 10.0
#: Seconds after which a broker that runs counts as one that keeps going.
STEADY_S = 60.0
#: Seconds in which the work has to be taken up, before the whole is tried anew.
TAKING_UP_S = 240.0


class Work(Protocol):
    """What goes on over the broker."""

    async def let_go(self) -> None:
        """Leave a broker that is gone, with everything that it held."""
        ...

    async def take_up(self) -> None:
        """Go on over a new, empty one, with what is remembered elsewhere."""
        ...


class BrokerKeeper:
    """Waits for the broker's end.

    Args:
        broker: The broker, which has been started.
        work: Is let go when the broker ends, and taken up over the next one.
        neighbours: Is told that the broker is away, and that it is back.
    """

    def __init__(self, broker: EmbeddedBroker, work: Work, neighbours: Neighbours) -> None:
        self._broker = broker
        self._work = work
        self._neighbours = neighbours
        self._task = BackgroundTask("broker-keeper")

    def start(self) -> None:
        """Start keeping."""
        self._task.start(self._keep())

    async def stop(self) -> None:
        """Stop keeping; the broker then ends for good with `EmbeddedBroker.stop`."""
        await self._task.stop()

    async def _keep(self) -> None:
        loop = asyncio.get_running_loop()
        pause_s = FIRST_PAUSE_S
        while True:
            began = loop.time()
            status = await self._broker.ended()
            if loop.time() - began > STEADY_S:
                pause_s = FIRST_PAUSE_S
            log.warning("embedded_broker_ended", status=status, log=str(self._broker.log_file))
            self._left(f"the embedded broker has ended (status {status}) and is started again")
            await self._work.let_go()
            while not await self._renewed(pause_s):
                pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    async def _renewed(self, pause_s: float) -> bool:
        """Start a new broker and take the work up; return whether that went well."""
        await asyncio.sleep(pause_s)
        try:
            await self._broker.start()
            await self._take_up()
        except Exception as error:  # whatever it is, nobody else would start the broker
            log.exception("embedded_broker_not_started_again")
            self._left(f"the embedded broker could not be started again: {error}")
            await self._work.let_go()
            await self._broker.stop()
            return False
        self._neighbours.came_back(Neighbour.KAFKA)
        log.info("embedded_broker_started_again", pid=self._broker.pid)
        return True

    async def _take_up(self) -> None:
        """Take the work up, as long as the new broker runs."""
        taking_up = asyncio.create_task(self._work.take_up(), name="taking-up")
        ended = asyncio.create_task(self._broker.ended())
        try:
            await asyncio.wait([taking_up, ended], timeout=TAKING_UP_S, return_when=asyncio.FIRST_COMPLETED)
            if not taking_up.done():
                raise ConnectionError("it ended, or stood still, while the work was taken up")
            taking_up.result()
        finally:
            for task in (taking_up, ended):
                task.cancel()
            await asyncio.gather(taking_up, ended, return_exceptions=True)

    def _left(self, reason: str) -> None:
        self._neighbours.left(Neighbour.KAFKA, reason)
