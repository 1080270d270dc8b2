"""The delivery log of callbacks over REST."""

from __future__ import annotations

import asyncio
from typing import Annotated, Self

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from schemas.deliveries import Delivery, DeliveryStatus
from streams.redaction import redacted, without_secrets
from streams.web.api.pagination import Cursor, Limit
from streams.web.auth.authenticator import needs
from streams.web.auth.roles import Role
from streams.web.problem_types import ProblemError
from streams.web.problems_of_state import UNKNOWN_DELIVERY
from streams.web.services import Services

__all__ = ["DELIVERY_ROUTES", "DeliveryList", "DeliveryView", "Replayed"]

#: Deliveries that one request replays: some seconds of work.
MOST_REPLAYED = 500


class AttemptView(msgspec.Struct, kw_only=True):
    """One try to hand an event over; `status` is 0 where there was no answer."""

    time: str
    status: int
    error: str
    seconds: float


class DeliveryView(msgspec.Struct, kw_only=True):
    """The delivery of one job's complete event; its id, and the callback's `webhook-id`, is the job's."""

    job_id: str
    media_id: str
    url: Annotated[str, msgspec.Meta(description="where the event goes, without what may be secret in it")]
    status: DeliveryStatus
    created: str
    updated: str
    next_attempt: str | None
    attempts: list[AttemptView]

    @classmethod
    def of(cls, delivery: Delivery) -> Self:
        """Return what to show of a delivery."""
        return cls(
            job_id=delivery.job_id,
            media_id=delivery.media_id,
            url=redacted(delivery.url),
            status=delivery.status,
            created=delivery.creation_time,
            updated=delivery.update_time,
            next_attempt=delivery.next_time or None,
            attempts=[
                AttemptView(time=one.time, status=one.status, error=without_secrets(one.error), seconds=one.seconds)
                for one in delivery.attempts
            ],
        )


class DeliveryList(msgspec.Struct, kw_only=True):
    """A page of deliveries, newest first; `next` is the cursor of the page that follows."""

    deliveries: list[DeliveryView]
    next: str | None = None


class Replayed(msgspec.Struct, kw_only=True):
    """How many deliveries will be made once more, and whether others like them are left for another request."""

    replayed: int
    more: bool


@get("/deliveries", summary="List callbacks and what became of them, newest first", opt=needs(Role.READER))
async def list_deliveries(
    services: NamedDependency[Services],
    *,
    status: FromQuery[DeliveryStatus | None] = None,
    media_id: FromQuery[str | None] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> DeliveryList:
    """List deliveries of callbacks; filters combine."""
    page = await asyncio.to_thread(
        services.model.deliveries.page, status=status, media_id=media_id, cursor=cursor, limit=limit
    )
    return DeliveryList(deliveries=[DeliveryView.of(one) for one in page.deliveries], next=page.next)


@get("/deliveries/{job_id:str}", summary="Show the callback of a job", opt=needs(Role.READER))
async def show_delivery(job_id: FromPath[str], services: NamedDependency[Services]) -> DeliveryView:
    """Show a delivery with its attempts."""
    return DeliveryView.of(await _delivery(services, job_id))


@post(
    "/deliveries/{job_id:str}/replay",
    status_code=202,
    summary="Deliver a job's callback once more",
    opt=needs(Role.SUBMITTER),
)
async def replay_delivery(job_id: FromPath[str], services: NamedDependency[Services]) -> DeliveryView:
    """Deliver a job's event once more, under the id that it had: a receiver that has it can tell."""
    (again,) = await services.commands.replay_deliveries([await _delivery(services, job_id)])
    return DeliveryView.of(again)


@post(
    "/deliveries/replay",
    status_code=202,
    summary="Deliver all callbacks once more that were given up",
    opt=needs(Role.SUBMITTER),
)
async def replay_deliveries(services: NamedDependency[Services], media_id: FromQuery[str | None] = None) -> Replayed:
    """Deliver events once more whose receiver was away for too long, under the ids that they had."""
    page = await asyncio.to_thread(
        services.model.deliveries.page, status=DeliveryStatus.FAILED, media_id=media_id, limit=MOST_REPLAYED
    )
    await services.commands.replay_deliveries(page.deliveries)
    return Replayed(replayed=len(page.deliveries), more=page.next is not None)


DELIVERY_ROUTES = (list_deliveries, show_delivery, replay_delivery, replay_deliveries)


async def _delivery(services: Services, job_id: str) -> Delivery:
    delivery = await asyncio.to_thread(services.model.deliveries.get, job_id)
    if delivery is None:
        raise ProblemError(
            UNKNOWN_DELIVERY, f"no callback belongs to job {job_id!r}: it has none, or has not ended yet"
        )
    return delivery
