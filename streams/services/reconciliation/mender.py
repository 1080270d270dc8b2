"""Mends what an examination has found in a library, and tells of each difference what became of it.

What is put back is looked at once more after a pause: windows that came back while their item was being removed go.
What was lost is made anew after that pause only, so that nothing comes back that somebody is just removing.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from schemas.clock import utc_now
from schemas.ids import repair_job_id
from schemas.jobs import UPLOADED, JobRequest, JobSource, Lane, SaveType
from streams.domain.reconciliation import Difference, DifferenceKind, Outcome, is_excessive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from streams.domain.reconciliation import VersionKey
    from streams.services.reconciliation.inspector import Inspector

__all__ = ["BATCH", "Mender"]

#: Versions that are put back, or removed, in one task: few, since it is asked again before each what is held.
BATCH = 50
#: What a person does about an item that cannot be made anew.
ADD_AGAIN = "Add it again: 'mediadna libraries add', or send an event"
#: Why what nobody knows is left to a person: a read model that starts anew knows nothing either.
UNKNOWN = "nothing is known of it any more: 'mediadna doctor --mend' removes it"


@dataclass
class _ToFinish:
    """What the second look is for, by library."""

    restored: dict[str, list[VersionKey]] = field(default_factory=lambda: defaultdict(list))
    lost: dict[str, list[Difference]] = field(default_factory=lambda: defaultdict(list))


class Mender:
    """Mends, as far as it may.

    Args:
        inspector: Looks at what is stored and known, and has mended what is named.
        tell: Called with each difference and what became of it.
        force: Whether to mend also where most of a library would go, or would have to be made anew.
        cautious: Whether to leave what only a person can decide on: what nobody knows any more.
    """

    def __init__(
        self, inspector: Inspector, tell: Callable[[Difference], None], *, force: bool, cautious: bool
    ) -> None:
        self._inspector = inspector
        self._rows = inspector.rows
        self._tell = tell
        self._force = force
        self._cautious = cautious
        self._to_finish = _ToFinish()

    async def library(self, name: str, found: list[Difference], *, items: int, versions: int) -> None:
        """Mend what differs in a library; what was lost waits for the second look."""
        by_kind: dict[DifferenceKind, list[Difference]] = defaultdict(list)
        for one in found:
            by_kind[one.kind].append(one)
        await self._restore(name, by_kind[DifferenceKind.WINDOWS_MISSING])
        lost = by_kind[DifferenceKind.FINGERPRINT_MISSING] + by_kind[DifferenceKind.FINGERPRINT_OUTDATED]
        if self._is_held_back(len(lost), items):
            self._leave(
                lost,
                f"{len(lost)} of {items} items: is this the store that they were put into, and is it mounted? If what "
                "was in it is lost, 'mediadna doctor --mend --force' makes it anew",
            )
        else:
            self._to_finish.lost[name] += self._to_be_made_anew(lost)
        strays = by_kind[DifferenceKind.NOT_HELD]
        if self._is_held_back(len(strays), versions):
            self._leave(
                strays,
                f"{len(strays)} of {versions} stored versions: are these the topics and the read model that they were "
                "made with? If so, 'mediadna doctor --mend --force' removes them",
            )
            return
        for one in await self._remove(name, await self._decided(name, strays)):
            self._tell(one.with_outcome(Outcome.MENDED))

    async def unknown_library(self, one: Difference, strays: list[Difference], *, versions: int) -> None:
        """Remove the place of a library that does not exist, with what is in it, unless a part of that is young."""
        name = one.library
        if self._cautious:
            self._leave([one], UNKNOWN)
        elif self._is_held_back(len(strays), versions):
            self._leave(
                [one],
                "are these the topics and the read model that it was made with? If so, 'mediadna doctor --mend "
                "--force' removes it",
            )
        else:
            await self._remove(name, strays)
            if not await self._inspector.exists(name):
                await self._inspector.repair(name, drop_empty=True)
            self._tell(one.with_outcome(Outcome.MENDED))

    async def look_again(self) -> None:
        """After a pause, have made anew what is lost still, and remove what was put back and is held no more."""
        lost = {name: found for name, found in self._to_finish.lost.items() if found}
        if not lost and not self._to_finish.restored:
            return
        await asyncio.sleep(self._inspector.means.pause_s)
        for name, found in lost.items():
            missing, outdated = _missing_and_outdated(found)
            await self._ask_for(name, outdated + await self._restore(name, missing, to_finish=False))
        for name, keys in self._to_finish.restored.items():
            _, free = await self._inspector.standing(name, keys)
            strays = [Difference(kind=DifferenceKind.NOT_HELD, library=name, media_id=m, version=v) for m, v in free]
            await self._remove(name, strays)

    def _is_held_back(self, differences: int, entries: int) -> bool:
        return not self._force and is_excessive(differences, entries)

    def _to_be_made_anew(self, lost: list[Difference]) -> list[Difference]:
        """Return what may be made anew without asking a person: all, or what was lost."""
        if not self._cautious:
            return lost
        missing, outdated = _missing_and_outdated(lost)
        self._leave(outdated, "a job can make it anew: 'mediadna doctor --mend' asks for it")
        return missing

    async def _decided(self, name: str, strays: list[Difference]) -> list[Difference]:
        """Return what may be removed without asking a person: all, or what is known to have been given up."""
        if not self._cautious or not strays:
            return strays
        media_ids = {one.media_id for one in strays}
        given_up = await asyncio.to_thread(self._rows.given_up, media_ids)
        held = await asyncio.to_thread(self._rows.held_of, name, media_ids)
        unknown = [one for one in strays if one.key not in given_up and held.get(one.media_id, 0) < one.version]
        self._leave(unknown, UNKNOWN)
        left = {one.key for one in unknown}
        return [one for one in strays if one.key not in left]

    async def _restore(self, name: str, differences: list[Difference], *, to_finish: bool = True) -> list[Difference]:
        """Put windows back; return those whose fingerprint cannot be used, which are kept for the second look too."""
        unusable: list[Difference] = []
        waiting = {one.key: one for one in differences}
        while waiting:
            batch = list(waiting)[:BATCH]
            held, _ = await self._inspector.standing(name, batch)
            for key in set(batch) - held:  # it has been removed, or has a newer version: no difference any more
                del waiting[key]
            if not held:
                continue
            done = await self._inspector.repair(name, restore=tuple(sorted(held)))
            for key in done.restored:
                self._tell(waiting.pop(key).with_outcome(Outcome.MENDED))
                self._to_finish.restored[name].append(key)
            for media_id, version, reason in done.unusable:
                unusable.append(msgspec.structs.replace(waiting.pop((media_id, version)), detail=reason))
            _require_progress(done.restored, done.unusable)
        if to_finish:
            self._to_finish.lost[name] += unusable
        return unusable

    async def _remove(self, name: str, differences: list[Difference]) -> list[Difference]:
        """Remove versions; return those that are gone."""
        removed: list[Difference] = []
        waiting = {one.key: one for one in differences}
        while waiting:
            batch = list(waiting)[:BATCH]
            _, free = await self._inspector.standing(name, batch)
            for key in set(batch) - free:
                del waiting[key]
            if not free:
                continue
            done = await self._inspector.repair(name, remove=tuple(sorted(free)))
            removed += [waiting.pop(key) for key in done.removed]
            _require_progress(done.removed)
        return removed

    async def _ask_for(self, name: str, lost: list[Difference]) -> None:
        """Ask for jobs that store anew what a library has lost."""
        held, _ = await self._inspector.standing(name, [one.key for one in lost])
        for one in lost:
            item = await asyncio.to_thread(self._inspector.means.model.libraries.item, name, one.media_id)
            if item is None or one.key not in held:
                continue
            job_id = repair_job_id(name, one.media_id, one.version)
            job = await asyncio.to_thread(self._inspector.means.model.jobs.get, job_id)
            if job is not None and job.status.ended:
                reason = f"job {job_id} was to make it anew and ended with {job.code}: {job.message}. {ADD_AGAIN}"
                self._leave([one], reason)
                continue
            if item.file_url in {"", UPLOADED}:
                self._leave([one], f"its media was sent along with a job and is not kept. {ADD_AGAIN}")
                continue
            if job is None:
                await self._inspector.means.requests.request(_storing(job_id, one, item.file_url))
            self._tell(msgspec.structs.replace(one, job_id=job_id).with_outcome(Outcome.REQUESTED))

    def _leave(self, differences: Iterable[Difference], reason: str) -> None:
        for one in differences:
            self._tell(one.with_outcome(Outcome.LEFT, reason))


def _missing_and_outdated(lost: list[Difference]) -> tuple[list[Difference], list[Difference]]:
    """Return what is missing, and what another version of the algorithm made."""
    outdated = DifferenceKind.FINGERPRINT_OUTDATED
    return [one for one in lost if one.kind is not outdated], [one for one in lost if one.kind is outdated]


def _storing(job_id: str, lost: Difference, file_url: str) -> JobRequest:
    """Return the request for a job that stores a media item anew, on the lane that live events do not wait behind."""
    return JobRequest(
        job_id=job_id,
        media_id=lost.media_id,
        file_url=file_url,
        source=JobSource.REPAIR,
        lane=Lane.IMPORT,
        library=lost.library,
        save_type=SaveType.ONLYSAVE,
        requested_time=utc_now(),
    )


def _require_progress(*done: Sequence[object]) -> None:
    if not any(done):
        raise OSError("a worker process does not get on with mending")
