"""What has happened lately, over REST."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Annotated

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from streams.readmodel.overview import Bucket, Failure, Latency, Overview, Span
from streams.web.api.views import OutcomeView
from streams.web.auth.authenticator import needs
from streams.web.auth.roles import Role
from streams.web.services import Services

__all__ = ["OverviewView", "show_overview"]

OverSpan = Annotated[
    Span,
    QueryParameter(name="span", description="`hour`: the last one, by the minute; `day`: the last one, by the hour"),
]


class OverviewView(msgspec.Struct, kw_only=True):
    """What has happened in the last hour, or on the last day: the present minute, or hour, is its last part."""

    span: Span
    since: str
    until: str
    jobs: Annotated[dict[str, int], msgspec.Meta(description="jobs by status, now")]
    buckets: Annotated[list[Bucket], msgspec.Meta(description="its parts, oldest first")]
    failures: Annotated[list[Failure], msgspec.Meta(description="failures by code, the most frequent first")]
    latency: Latency
    blocks: Annotated[list[OutcomeView], msgspec.Meta(description="the newest outcomes of what is not to be published")]

    @classmethod
    def of(cls, overview: Overview) -> OverviewView:
        """Return what to show of an overview."""
        fields = {name: getattr(overview, name) for name in cls.__struct_fields__}
        return cls(**{**fields, "blocks": [OutcomeView.of(outcome) for outcome in overview.blocks]})


@get("/overview", summary="Show what has happened lately", opt=needs(Role.READER))
async def show_overview(services: NamedDependency[Services], over: OverSpan = Span.HOUR) -> OverviewView:
    """Show jobs, media, matches, outcomes, failures and latency of the last hour or day."""
    return OverviewView.of(await asyncio.to_thread(services.model.overview.over, over, datetime.now(UTC)))
