"""What the REST API shows of airings."""

from __future__ import annotations

from typing import Annotated, Self

import msgspec

from schemas.matches import Track
from streams.readmodel.airing_lists import AiringRow, AiringSum, AiringSums, SumBy

__all__ = ["AiringList", "AiringSumView", "AiringSummary", "AiringView"]

#: Decimals of seconds and of shares, as in matches.
SECOND_DECIMALS, SHARE_DECIMALS = 3, 4


class AiringView(msgspec.Struct, kw_only=True):
    """An airing: one run of an ad in a medium."""

    medium: Annotated[str, msgspec.Meta(description="name of the media item in which the ad ran")]
    ad: Annotated[str, msgspec.Meta(description="MediaId of the ad")]
    library: Annotated[str, msgspec.Meta(description="name of the library that holds the ad")]
    start: Annotated[float, msgspec.Meta(description="when it began, seconds in the medium")]
    end: Annotated[float, msgspec.Meta(description="when it ended, seconds in the medium")]
    clock_start: Annotated[
        str | None, msgspec.Meta(description="when it began by the clock; null: nobody has said when the medium began")
    ]
    clock_end: Annotated[str | None, msgspec.Meta(description="when it ended by the clock")]
    share: Annotated[float, msgspec.Meta(description="which part of the ad ran, 0..1")]
    complete: Annotated[bool, msgspec.Meta(description="whether all of it ran, as far as bounds can be told")]
    track: Annotated[Track, msgspec.Meta(description="what carried it")]
    speed: Annotated[float, msgspec.Meta(description="how fast it ran: 2.0 is twice as fast as the ad")]
    job_id: Annotated[str, msgspec.Meta(description="id of the job that has found it")]

    @classmethod
    def of(cls, airing: AiringRow) -> Self:
        """Return what to show of an airing."""
        return cls(
            medium=airing.media_id,
            ad=airing.ad,
            library=airing.library,
            start=round(airing.start, SECOND_DECIMALS),
            end=round(airing.end, SECOND_DECIMALS),
            clock_start=airing.clock_start or None,
            clock_end=airing.clock_end or None,
            share=round(airing.share, SHARE_DECIMALS),
            complete=airing.complete,
            track=airing.track,
            speed=airing.speed,
            job_id=airing.job_id,
        )


class AiringList(msgspec.Struct, kw_only=True):
    """A page of airings, newest first; `next` is the cursor of the page that follows."""

    airings: list[AiringView]
    next: str | None = None


class AiringSumView(msgspec.Struct, kw_only=True, omit_defaults=True):
    """How many airings there were. Of `ad`, `medium`, `hour` and `day` it has what the summary is by; a total none."""

    ad: Annotated[str | None, msgspec.Meta(description="MediaId of the ad")] = None
    library: Annotated[str | None, msgspec.Meta(description="name of the library that holds the ad")] = None
    medium: Annotated[str | None, msgspec.Meta(description="name of the media item in which ads ran")] = None
    hour: Annotated[str | None, msgspec.Meta(description="when the hour begins, UTC")] = None
    day: Annotated[str | None, msgspec.Meta(description="when the day begins, UTC")] = None
    count: Annotated[int, msgspec.Meta(description="how many airings")]
    seconds: Annotated[float, msgspec.Meta(description="how long they were together, seconds")]
    complete: Annotated[int, msgspec.Meta(description="how many ran as a whole")]
    cut: Annotated[int, msgspec.Meta(description="how many did not")]

    @classmethod
    def of(cls, one: AiringSum, by: SumBy | None = None) -> Self:
        """Return what to show of a sum."""
        names: dict[str, str] = {} if by is None else {by.value: one.name + _REST.get(by, "")}
        if by is SumBy.AD:
            names["library"] = one.library
        return cls(
            **names,
            count=one.airings,
            seconds=round(one.seconds, SECOND_DECIMALS),
            complete=one.complete,
            cut=one.cut,
        )


class AiringSummary(msgspec.Struct, kw_only=True):
    """Airings counted: all of them, and by ad, medium, hour or day."""

    by: SumBy
    total: Annotated[AiringSumView, msgspec.Meta(description="all airings, also those of groups that are not listed")]
    groups: Annotated[
        list[AiringSumView],
        msgspec.Meta(description="of ads and media the one with the most airings first, of hours and days the newest"),
    ]
    more: Annotated[bool, msgspec.Meta(description="whether there are more groups than are listed")]

    @classmethod
    def of(cls, by: SumBy, sums: AiringSums) -> Self:
        """Return what to show of sums."""
        groups = [AiringSumView.of(one, by) for one in sums.sums]
        return cls(by=by, total=AiringSumView.of(sums.total), groups=groups, more=sums.is_cut)


#: What makes the name of a period a time.
_REST = {SumBy.HOUR: ":00:00.000Z", SumBy.DAY: "T00:00:00.000Z"}
