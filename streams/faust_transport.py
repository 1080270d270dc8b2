"""Faust's Kafka transport, with a consumer that goes back to what it passed over while its group settled."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from faust.transport.drivers import aiokafka

if TYPE_CHECKING:
    from collections.abc import Mapping

    from faust.types import TP
    from faust.types.transports import ConsumerT

__all__ = ["Transport"]


class Consumer(aiokafka.Consumer):
    """Goes back to where its group is after each rebalance, whatever was fetched meanwhile.

    A fetch that is under way while partitions change hands brings events for which Faust has no reader yet. It drops
    them, and makes up for it by going back to the committed places once the group has settled. Two things would be
    lost for good all the same, with the first commit behind them:

    - the first events of a partition: aiokafka goes back to a committed place only, and there is none yet;
    - events that are fetched again before all places are known, which Faust takes for ones that it has read.
    """

    async def perform_seek(self) -> None:
        """Go back to the group's places; the flow stands still from here on, until Faust resumes it."""
        self.stop_flow()
        await super().perform_seek()

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Go back to the committed places, or to the beginning where there is none; return the places."""
        committed = await super().seek_to_committed()
        fresh = [tp for tp, offset in committed.items() if not offset and not self._is_changelog_tp(tp)]
        if fresh:
            await self.seek_wait(await self.earliest_offsets(*fresh))
        return committed


class Transport(aiokafka.Transport):
    """Faust's transport with this consumer."""

    Consumer: ClassVar[type[ConsumerT]] = Consumer
