"""What can be done with policies.

State is in events: this publishes them, and returns when the read model shows what was asked for.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
import structlog

from schemas.clock import format_time, utc_now
from schemas.libraries import LibraryStatus
from schemas.policies import MOST_POLICIES
from streams.domain.library_errors import LibraryBusy, UnknownLibrary
from streams.domain.policies import Rules
from streams.domain.policy_errors import (
    PolicyChangedError,
    PolicyExistsError,
    TooManyPoliciesError,
    UnknownPolicyError,
    UnusablePolicyError,
    check_policy_name,
)
from streams.services.policy_preview import previewed, recorded_in_shadow

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from schemas.policies import Policy
    from streams.adapters.kafka.topics import Topics
    from streams.pipeline.events import EventEmitter
    from streams.ports.feed import Feed
    from streams.readmodel.model import ReadModel
    from streams.services.policy_preview import Effect

__all__ = ["POSITION_STEP", "Policies"]

log = structlog.get_logger(__name__)

#: Between the positions that a new order gives: room to put one between two others.
POSITION_STEP = 10


def _any(policy: Policy) -> bool:
    """Take whatever is there."""
    _ = policy
    return True


class Policies:
    """The registry of policies. Changes are made one after another; of two workers' at once the later one stands."""

    def __init__(self, emitter: EventEmitter, model: ReadModel, feed: Feed, topics: Topics) -> None:
        self._emitter = emitter
        self._model = model
        self._feed = feed
        self._topics = topics
        self._one_by_one = asyncio.Lock()
        self._previews = asyncio.Lock()

    async def all(self, library: str | None = None) -> list[Policy]:
        """Return all policies in the order in which they are looked at, as all workers know them now.

        Args:
            library: Only those that decide on its matches, those of its purpose among them. Of a library that is not
                there these are the ones that wait for it.
        """
        await self._feed.caught_up(self._topics.policies)
        policies = await asyncio.to_thread(self._model.policies.all)
        if library is None:
            return policies
        await self._feed.caught_up(self._topics.libraries)
        found = await asyncio.to_thread(self._model.libraries.get, library)
        return Rules(policies, {library: found} if found else {}).of_library(library)

    async def missing_libraries(self, policies: Sequence[Policy]) -> list[str]:
        """Return the names of libraries that policies are for and that are not there, in order."""
        there = {library.name for library in await asyncio.to_thread(self._model.libraries.all)}
        return sorted({one.library for one in policies if one.library is not None} - there)

    async def get(self, name: str) -> Policy:
        """Return a policy, as all workers know it now.

        Raises:
            UnknownPolicyError: There is none of this name.
        """
        await self._feed.caught_up(self._topics.policies)
        policy = await asyncio.to_thread(self._model.policies.get, name)
        if policy is None:
            raise UnknownPolicyError(name)
        return policy

    async def create(self, policy: Policy) -> Policy:
        """Make a policy.

        Raises:
            UnusablePolicyError: It says of neither library nor purpose, or of both; or its name is none.
            UnknownLibrary: The library that it is for is not there.
            LibraryBusy: That library is being deleted.
            PolicyExistsError: There is one of this name, also where somebody else has made it just now.
            TooManyPoliciesError: There are as many as there may be.
        """
        check_policy_name(policy.name)
        await self._check(policy)
        async with self._one_by_one:
            known = await self.all()
            if any(one.name == policy.name for one in known):
                raise PolicyExistsError(policy.name)
            if len(known) >= MOST_POLICIES:
                raise TooManyPoliciesError
            now = utc_now()
            made = msgspec.structs.replace(policy, created=now, updated=now)
            if await self._published(made) != made:
                raise PolicyExistsError(policy.name)
        log.info("policy_created", policy=made.name, action=made.action, mode=made.mode)
        return made

    async def replace(self, policy: Policy, *, expected: Callable[[Policy], bool] = _any) -> Policy:
        """Put a policy in the place of the one of its name.

        Args:
            policy: What is to be there.
            expected: Whether what is there is what the caller has seen.

        Raises:
            UnknownPolicyError: There is none of this name.
            UnusablePolicyError: It says of neither library nor purpose, or of both.
            UnknownLibrary: The library that it is for from now on is not there.
            LibraryBusy: That library is being deleted.
            PolicyChangedError: What is there is not what was expected, or somebody else has changed it just now.
        """
        async with self._one_by_one:
            known = await self.get(policy.name)
            await self._check(policy, known)
            if not expected(known):
                raise PolicyChangedError(policy.name)
            changed = msgspec.structs.replace(policy, created=known.created, updated=known.updated)
            if changed == known:
                return known
            changed = msgspec.structs.replace(changed, updated=utc_now())
            if await self._published(changed) != changed:
                raise PolicyChangedError(policy.name)
        log.info("policy_replaced", policy=changed.name, action=changed.action, mode=changed.mode)
        return changed

    async def delete(self, name: str, *, expected: Callable[[Policy], bool] = _any) -> None:
        """Take a policy away: matches lead to what the ones behind it say, and what it has led to stays as it is.

        Args:
            name: The policy's.
            expected: Whether what is there is what the caller has seen.

        Raises:
            UnknownPolicyError: There is none of this name.
            PolicyChangedError: What is there is not what was expected.
        """
        async with self._one_by_one:
            if not expected(await self.get(name)):
                raise PolicyChangedError(name)
            await self._emitter.state(self._topics.policies, name, None)
            await self._feed.caught_up(self._topics.policies)
        log.info("policy_deleted", policy=name)

    async def reorder(self, names: Sequence[str]) -> list[Policy]:
        """Give policies the order in which they are named; return all of them in theirs.

        Raises:
            UnusablePolicyError: One is named twice.
            UnknownPolicyError: There is none of one of the names; nothing is changed then.
        """
        if len(set(names)) < len(names):
            twice = next(name for number, name in enumerate(names) if name in names[:number])
            raise UnusablePolicyError(f"policy {twice!r} is named twice: name each one once, in the order wanted")
        async with self._one_by_one:
            known = {one.name: one for one in await self.all()}
            if missing := next((name for name in names if name not in known), None):
                raise UnknownPolicyError(missing)
            now = utc_now()
            for position, name in enumerate(names, 1):
                moved = msgspec.structs.replace(known[name], position=position * POSITION_STEP)
                if moved != known[name]:
                    moved = msgspec.structs.replace(moved, updated=now)
                    await self._emitter.state(self._topics.policies, name, moved)
        log.info("policies_reordered", policies=len(names))
        return await self.all()

    async def preview(self, policy: Policy, *, days: int) -> Effect:
        """Return what a policy would do to the matches of the last days, in the place of one that has its name.

        Nothing is changed. One preview is made at a time: each keeps a processor busy.

        Raises:
            UnusablePolicyError: It says of neither library nor purpose, or of both; or its name is none.
            UnknownLibrary: The library that it is for is not there.
            LibraryBusy: That library is being deleted.
        """
        check_policy_name(policy.name)
        await self._check(policy)
        await self._feed.caught_up(self._topics.policies)
        async with self._previews:
            return await asyncio.to_thread(previewed, self._model, policy, since=_days_ago(days), days=days)

    async def shadow(self, name: str, *, days: int) -> Effect:
        """Return what a policy in shadow has recorded of the matches of the last days.

        Raises:
            UnknownPolicyError: There is none of this name.
        """
        await self.get(name)
        async with self._previews:
            return await asyncio.to_thread(recorded_in_shadow, self._model, name, since=_days_ago(days), days=days)

    async def _check(self, policy: Policy, known: Policy | None = None) -> None:
        """Check what a policy is for. One whose library has gone may stay with it: it is there to be turned off."""
        if (policy.library is None) is (policy.purpose is None):
            raise UnusablePolicyError(
                "a policy decides on the matches of one library, or of all libraries of one purpose: name a library "
                "or a purpose, and not both"
            )
        if policy.library is None or (known is not None and known.library == policy.library):
            return
        await self._feed.caught_up(self._topics.libraries)
        library = await asyncio.to_thread(self._model.libraries.get, policy.library)
        if library is None:
            raise UnknownLibrary(policy.library)
        if library.status is LibraryStatus.DELETING:
            raise LibraryBusy(policy.library)

    async def _published(self, policy: Policy) -> Policy | None:
        """Publish a policy; return what stands then: another one where a worker was at the same name."""
        await self._emitter.state(self._topics.policies, policy.name, policy)
        await self._feed.caught_up(self._topics.policies)
        return await asyncio.to_thread(self._model.policies.get, policy.name)


def _days_ago(days: int) -> str:
    return format_time(datetime.now(UTC) - timedelta(days=days))
