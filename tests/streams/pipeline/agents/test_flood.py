"""The flood guard at work: it looks where a rule has blocked, sets aside once, and lets a person lift that."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from support.examples import MATCH, job
from support.inline import TOPICS, InlineService
from support.read_model import ReadModel

from schemas.clock import format_time
from schemas.commands import ItemMarks
from schemas.jobs import Job
from schemas.libraries import Library, LibraryItem
from schemas.policies import Action, Ruling
from streams.pipeline.agents.flood import FloodGuard
from streams.readmodel.current import CurrentState

LIMIT = 5
START = datetime(2026, 11, 23, 8, tzinfo=UTC)
LIBRARY, REFERENCE = MATCH.library, MATCH.media_id


def guard_over(service: InlineService, limit: int) -> FloodGuard:
    events: Any = service  # has of an emitter what is asked of it here
    return FloodGuard(CurrentState(service.model, service, TOPICS), events, limit=limit)


class Guarded:
    """A service whose library has held a reference for a day, and a guard over it."""

    def __init__(self, model: ReadModel) -> None:
        self.service = InlineService(model)
        day_before = format_time(START - timedelta(days=1))
        item = LibraryItem(
            library=LIBRARY, media_id=REFERENCE, version=1, job_id="j", creation_time=day_before, update_time=day_before
        )
        self.service.apply(libraries=[Library(name=LIBRARY)], items=[item])
        self.number = 0

    async def match(
        self, count: int = 1, action: Action = Action.BLOCK, *, minute: int = 0, retroactive: bool = False
    ) -> None:
        """Let uploads be found to copy the reference."""
        guard = guard_over(self.service, LIMIT)
        for _ in range(count):
            ended = self._job(action, minute, retroactive=retroactive)
            self.service.apply(jobs=[ended])
            await guard.watch(ended, now=ended.update_time)

    def _job(self, action: Action, minute: int, *, retroactive: bool) -> Job:
        self.number += 1
        ruling = Ruling(library=LIBRARY, reference=REFERENCE, action=action, retroactive=retroactive)
        time = format_time(START + timedelta(minutes=minute, seconds=self.number))
        return job(f"j{self.number}", media_id=f"upload-{self.number}", time=time, matches=(MATCH,), rulings=(ruling,))

    @property
    def reason(self) -> str:
        item = self.service.model.libraries.item(LIBRARY, REFERENCE)
        assert item is not None
        return item.quarantined


@pytest.fixture
def guarded(model: ReadModel) -> Guarded:
    return Guarded(model)


async def test_a_reference_that_floods_is_set_aside_and_one_event_says_so(guarded: Guarded) -> None:
    await guarded.match(LIMIT)
    assert guarded.reason == ""
    await guarded.match(5)
    assert guarded.reason.startswith(f"{LIMIT + 1} media items")
    assert [event.active for event in guarded.service.quarantines] == [True]


@pytest.mark.parametrize("action", [Action.REVIEW, Action.TRACK, Action.ALLOW])
async def test_what_leads_to_no_more_than_a_review_need_not_be_set_aside(guarded: Guarded, action: Action) -> None:
    await guarded.match(4 * LIMIT, action)
    assert guarded.reason == ""


async def test_what_a_backward_search_finds_is_no_flood(guarded: Guarded) -> None:
    await guarded.match(4 * LIMIT, retroactive=True)
    await guarded.match()
    assert guarded.reason == ""


async def test_what_a_person_has_lifted_is_not_set_aside_by_the_old_matches(guarded: Guarded) -> None:
    await guarded.match(4 * LIMIT)
    lifted = await guarded.service.libraries.mark(LIBRARY, REFERENCE, ItemMarks(quarantined=""))
    assert (lifted.quarantined, bool(lifted.released_time)) == ("", True)
    assert [event.active for event in guarded.service.quarantines] == [True, False]
    await guarded.match()
    assert guarded.reason == ""


async def test_without_a_limit_nothing_is_looked_at(guarded: Guarded) -> None:
    guard = guard_over(guarded.service, 0)
    for number in range(20):
        ended = job(f"j{number}", media_id=f"m{number}", matches=(MATCH,))
        guarded.service.apply(jobs=[ended])
        await guard.watch(ended, now=ended.update_time)
    assert guarded.reason == ""
