"""Runs an import: asks for items, a few at a time, and tells how each ended.

Only a few are asked for at a time: what is not asked for yet takes no place in any queue of the service, so that an
import can be stopped at any moment, and what waits there stays short for everybody else.
"""

from __future__ import annotations

import itertools
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from schemas.coverage import Coverage
from schemas.jobs import JobStatus, SaveType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from schemas.coverage import Unsearched
    from streams.cli.importer.items import Item

__all__ = ["AskedJob", "Importer", "Outcome", "Refused", "Taken"]

#: Seconds between looks at items that are under way.
POLL_INTERVAL_S = 0.5
#: Attempts of one item over all runs: a guard against counting on for ever.
MOST_ATTEMPTS = 100
#: What to do about an item whose name is that of other media.
WAYS_OUT = "give it a MediaId of its own in a manifest, or give --replace if it is to take that place"


class Refused(ValueError):  # noqa: N818 (says what happened)
    """The service does not take an item; the message says why."""


class Taken(Refused):
    """An item's MediaId, which nobody has given, is that of other media, whose place it would take."""


class AskedJob(Protocol):
    """What is told of a job."""

    job_id: str
    status: JobStatus
    code: str
    message: str
    duration: float
    cpu_seconds: float
    coverage: Coverage
    unsearched: list[Unsearched]


class ImportService(Protocol):
    """The running service."""

    def ask(self, body: dict[str, Any], key: str, *, replace: bool = True) -> AskedJob:
        """Ask for a job under a key; raises `Refused`, and `Taken` where it may not replace what it would."""
        ...

    def under_key(self, key: str) -> AskedJob | None:
        """Return the job that was asked for under a key, if there is one."""
        ...

    def job(self, job_id: str) -> AskedJob:
        """Return the newest state of a job."""
        ...


@dataclass(frozen=True)
class Outcome:
    """How an item ended.

    Attributes:
        item: The item.
        job_id: Its job; empty where the service did not take it.
        status: "success", "fail" or "cancelled"; "refused" where the service did not take it.
        code: Why, as the contract names it.
        message: Why, for a person.
        earlier: Whether it had ended before this import began.
        media_s: Length of the media, seconds.
        cpu_s: Seconds of processors that it took.
        coverage: Which shares of it were looked at.
        unsearched: What its job was to search and did not.
    """

    item: Item
    job_id: str
    status: str
    code: str
    message: str
    earlier: bool = False
    media_s: float = 0.0
    cpu_s: float = 0.0
    coverage: Coverage = Coverage()  # noqa: RUF009 (frozen)
    unsearched: Sequence[Unsearched] = ()

    @property
    def succeeded(self) -> bool:
        """Whether the item is in the library now."""
        return self.status == JobStatus.SUCCESS


class Importer:
    """Imports items.

    Args:
        service: Is asked.
        save_type: What is done with each item besides matching.
        at_a_time: How many items are under way.
        retry_failed: Whether items that failed in an earlier run are tried anew.
        replace: Whether items that nobody has named may take the place of others that are called so.
        pause: Waits for some seconds.
    """

    def __init__(
        self,
        service: ImportService,
        *,
        save_type: SaveType = SaveType.ONLYSAVE,
        at_a_time: int = 16,
        retry_failed: bool = False,
        replace: bool = False,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._service = service
        self._save_type = save_type
        self._at_a_time = at_a_time
        self._retry_failed = retry_failed
        self._replace = replace
        self._pause = pause

    def run(self, items: Sequence[Item]) -> Iterator[Outcome | None]:
        """Import the items; yields each outcome as it comes, and None at each look at what is under way."""
        waiting = deque(items)
        under_way: dict[str, Item] = {}
        while waiting or under_way:
            while waiting and len(under_way) < self._at_a_time:
                item = waiting.popleft()
                try:
                    job = self._asked(item)
                except Taken as reason:
                    yield Outcome(item, "", "refused", "InvalidParameter", f"{reason}: {WAYS_OUT}")
                    continue
                except Refused as reason:
                    yield Outcome(item, "", "refused", "InvalidParameter", str(reason))
                    continue
                if job.status.ended:
                    yield _outcome(item, job, earlier=True)
                else:
                    under_way[job.job_id] = item
            for job_id, item in list(under_way.items()):
                job = self._service.job(job_id)
                if job.status.ended:
                    del under_way[job_id]
                    yield _outcome(item, job, earlier=False)
            yield None
            if under_way:
                self._pause(POLL_INTERVAL_S)

    def _asked(self, item: Item) -> AskedJob:
        """Ask for an item, and return the job of its last attempt; a new one where an earlier one may be made anew."""
        job = self._ask(item, 0)
        for attempt in itertools.count(1):
            if not job.status.ended or job.status is JobStatus.SUCCESS or attempt == MOST_ATTEMPTS:
                break
            following = self._service.under_key(self._key(item, attempt))
            if following is None:
                if self._retry_failed:
                    job = self._ask(item, attempt)
                break
            job = following
        return job

    def _ask(self, item: Item, attempt: int) -> AskedJob:
        replace = self._replace or not item.derived
        options = {} if replace else {"replace": False}
        return self._service.ask(self._body(item), self._key(item, attempt), **options)

    def _key(self, item: Item, attempt: int) -> str:
        return item.key(attempt, save_type=self._save_type)

    def _body(self, item: Item) -> dict[str, Any]:
        times = {"publish_time": item.publish_time, "start_time": item.start_time}
        return {
            "media_id": item.media_id,
            "url": item.location,
            "library": item.library,
            "save_type": self._save_type.value,
            "metadata": item.metadata,
            "lane": "import",
            **{name: time for name, time in times.items() if time},
        }


def _outcome(item: Item, job: AskedJob, *, earlier: bool) -> Outcome:
    return Outcome(
        item=item,
        job_id=job.job_id,
        status=job.status.value,
        code=job.code,
        message=job.message,
        earlier=earlier,
        media_s=job.duration,
        cpu_s=job.cpu_seconds,
        coverage=job.coverage,
        unsearched=job.unsearched,
    )
