"""Tells why an input matches a reference: from what is stored, once in a while, and never at a job's expense."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import OrderedDict
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

import msgspec
import structlog

from schemas.evidence import Evidence, Explanation, IntervalEvidence
from streams.domain.case_errors import UnknownCaseError
from streams.domain.evidence_errors import BusyError, NothingToExplainError
from streams.services.evidence.orders import Order
from streams.services.evidence.pairs import StoredPair, stored_pair
from streams.services.evidence.process import EvidenceProcess, TooSlowError

if TYPE_CHECKING:
    from collections.abc import Callable

    from schemas.matches import Match
    from streams.ports.fingerprint_store import FingerprintStore
    from streams.readmodel.model import ReadModel
    from streams.settings import Settings

__all__ = ["Carrier", "EvidenceLanes", "Explanations"]

log = structlog.get_logger(__name__)

#: Bytes of both fingerprints from which on a pair goes to the process for long ones: some fifty minutes of each. A pair
#: of films, which takes some twenty seconds of processor time, so holds up no pair of clips.
LONG_PAIR = 6_000_000
#: Seconds on the clock that working out a pair may take.
SHORT_LIMIT_S, LONG_LIMIT_S = 60.0, 240.0
#: Answers that are kept, and for how many seconds: somebody who goes through a queue comes back to a case.
MOST_KEPT, KEPT_S = 64, 900.0
#: Intervals that are listed of a pair that takes too long.
MOST_UNTOLD = 50
#: What is said of such a pair.
TOO_SLOW = (
    "The two are so long that working it out took more time, or memory, than it may: the intervals are those that the "
    "match names."
)


class Carrier(Protocol):
    """Carries out orders somewhere."""

    async def run(self, order: bytes) -> bytes:
        """Carry out an order: see `streams.services.evidence.work.carry_out`.

        Raises:
            BusyError: Too many wait for theirs.
            TooSlowError: It took too long.
            NeighbourAwayError: It cannot be carried out now.
        """
        ...


class EvidenceLanes:
    """A process for pairs of short items, and one for pairs of long ones; each is there when it is asked."""

    def __init__(self, settings: Settings) -> None:
        self.short = EvidenceProcess(settings, limit_s=SHORT_LIMIT_S)
        self.long = EvidenceProcess(settings, limit_s=LONG_LIMIT_S)

    def stop(self) -> None:
        """End both, whatever they are at."""
        self.short.stop()
        self.long.stop()


@dataclass(frozen=True)
class _Asked:
    """A match, and what it was found in."""

    media_id: str
    job_id: str
    match: Match


class Explanations:
    """Tells why matches match.

    Args:
        model: What is known of matches and libraries.
        store: Where the fingerprints are.
        short: Carries out orders of short items.
        long: Those of long ones.
        clock: Seconds that go by.
    """

    def __init__(
        self,
        model: ReadModel,
        store: FingerprintStore,
        *,
        short: Carrier,
        long: Carrier,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._model = model
        self._store = store
        self._short = short
        self._long = long
        self._clock = clock
        self._kept: OrderedDict[str, tuple[float, bytes]] = OrderedDict()
        self._under_way: dict[str, asyncio.Task[Explanation]] = {}

    async def of_case(self, case_id: str) -> Evidence:
        """Return why a case's pair matches, by its newest match.

        Raises:
            UnknownCaseError: There is no such case.
            NothingToExplainError: Nothing is known of its match any more.
            BusyError: Too many are being worked out.
            NeighbourAwayError: The store is away, or no process can be started.
        """
        return await self._evidence(await asyncio.to_thread(self._of_case, case_id))

    async def of_match(self, job_id: str, library: str, reference: str) -> Evidence:
        """Return why what a job has found matches.

        Raises:
            NothingToExplainError: There is no such job, or it has not found this reference.
            BusyError: Too many are being worked out.
            NeighbourAwayError: The store is away, or no process can be started.
        """
        return await self._evidence(await asyncio.to_thread(self._of_match, job_id, library, reference))

    def _of_case(self, case_id: str) -> _Asked:
        case = self._model.cases.get(case_id)
        if case is None:
            raise UnknownCaseError(case_id)
        if case.match is None:
            raise NothingToExplainError(
                "nothing is known of this case's match any more, since its job is long gone: match the input anew"
            )
        return _Asked(case.media_id, case.job_id, case.match)

    def _of_match(self, job_id: str, library: str, reference: str) -> _Asked:
        job = self._model.jobs.get(job_id)
        if job is None:
            raise NothingToExplainError(f"there is no job {job_id!r}: list the jobs to see which there are")
        found = list(job.matches)
        if not job.status.ended:
            found = [live.match for live in reversed(self._model.matches.live(job_id))]
        for match in found:
            if (match.library, match.media_id) == (library, reference):
                return _Asked(job.media_id, job_id, match)
        raise NothingToExplainError(
            f"job {job_id!r} has not found {reference!r} in {library!r}: its result lists what it has found"
        )

    async def _evidence(self, asked: _Asked) -> Evidence:
        pair = await asyncio.to_thread(stored_pair, self._model, asked.media_id, asked.job_id, asked.match)
        query = await asyncio.to_thread(self._first_stored, pair)
        reference = None if pair.reference is None else await asyncio.to_thread(self._store.get, pair.reference)
        notes = [*pair.notes]
        notes += [pair.input_missing] * (query is None) + [pair.reference_missing] * (reference is None)
        order = Order(
            match=asked.match,
            query=query,
            reference=reference,
            input_duration=pair.input_duration,
            reference_duration=pair.reference_duration,
        )
        found = await self._worked_out(asked, order)
        match = asked.match
        return Evidence(
            **{name: getattr(found, name) for name in Explanation.__struct_fields__ if name != "notes"},
            notes=[*notes, *found.notes],
            job_id=asked.job_id,
            media_id=asked.media_id,
            library=match.library,
            reference=match.media_id,
            similarity=match.similarity,
            track=match.track,
            input_coverage=match.input_coverage,
            reference_coverage=match.reference_coverage,
            looked_again=found.stored_similarity is not None,
        )

    def _first_stored(self, pair: StoredPair) -> bytes | None:
        """Return the input's fingerprint by the first library that has it."""
        return next((data for key in pair.inputs if (data := self._store.get(key)) is not None), None)

    async def _worked_out(self, asked: _Asked, order: Order) -> Explanation:
        """Return what an order gives: as it was kept, with others that wait for the same, or by carrying it out."""
        data, name = await asyncio.to_thread(_packed, order)  # of two films it is many megabytes
        if (kept := self._looked_up(name)) is not None:
            return kept
        task = self._under_way.get(name)
        if task is None:
            task = self._under_way[name] = asyncio.create_task(self._carry_out(name, asked, order, data))
            task.add_done_callback(partial(self._ended, name))
        return await asyncio.shield(task)  # who goes away leaves it to the others, and to the next one who asks

    def _ended(self, name: str, task: asyncio.Task[Explanation]) -> None:
        self._under_way.pop(name, None)
        if not task.cancelled():
            task.exception()  # whoever waits is told; where nobody does any more it is no fault that nobody heard

    async def _carry_out(self, name: str, asked: _Asked, order: Order, data: bytes) -> Explanation:
        began = self._clock()
        is_long = order.size >= LONG_PAIR
        try:
            found = msgspec.msgpack.decode(await (self._long if is_long else self._short).run(data), type=Explanation)
            outcome = "done" if found.stored_similarity is not None else "not_at_hand"
        except TooSlowError:
            found, outcome = _untold(order), "too_slow"
        except BusyError:
            log.warning("evidence_refused", job_id=asked.job_id, reason="too many are being worked out")
            raise
        log.info(
            "evidence_worked_out",
            job_id=asked.job_id,
            media_id=asked.media_id,
            library=asked.match.library,
            reference=asked.match.media_id,
            outcome=outcome,
            intervals=len(found.intervals),
            long=is_long,
            seconds=round(self._clock() - began, 3),
        )
        self._keep(name, found)
        return found

    def _looked_up(self, name: str) -> Explanation | None:
        until, found = self._kept.get(name, (0.0, b""))
        if not found or self._clock() > until:
            return None
        self._kept.move_to_end(name)
        return msgspec.msgpack.decode(found, type=Explanation)

    def _keep(self, name: str, found: Explanation) -> None:
        self._kept[name] = (self._clock() + KEPT_S, msgspec.msgpack.encode(found))
        self._kept.move_to_end(name)
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)


def _packed(order: Order) -> tuple[bytes, str]:
    """Return an order as it is sent, and a name that no other order has."""
    data = msgspec.msgpack.encode(order)
    return data, hashlib.blake2b(data, digest_size=16).hexdigest()


def _untold(order: Order) -> Explanation:
    """Return what is said of a pair that takes too long: what the match names, and nothing that would take time."""
    intervals = order.match.intervals
    return Explanation(
        input_duration=order.input_duration,
        reference_duration=order.reference_duration,
        intervals=[
            IntervalEvidence(number=number, interval=one) for number, one in enumerate(intervals[:MOST_UNTOLD], 1)
        ],
        left_out=max(0, len(intervals) - MOST_UNTOLD),
        notes=[TOO_SLOW],
    )
