"""A service without a broker that has something of everything to show, with names that strangers have made up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from schemas.cases import DecisionKind
from schemas.clock import format_time
from schemas.deadletter import dead_letter_headers
from schemas.deliveries import Delivery, DeliveryStatus
from schemas.jobs import JobStatus, Metrics
from schemas.libraries import Library, Purpose
from schemas.policies import Action, Conditions, Outcome, Policy, PolicyMode
from streams.readmodel.dead_letters import DeadLetter
from support.airings import AD_LIBRARY, evening, spot
from support.cases import decided, found, item
from support.examples import MATCH, job

if TYPE_CHECKING:
    from schemas.jobs import Job
    from support.inline import InlineService

__all__ = ["HOSTILE", "NAMES", "PAGES", "fill"]

#: A name that is markup, turns the direction of what is written, and looks like a path.
HOSTILE = "<img src=x onerror=alert(1)>\u202e/..?#gpj.exe"
NAMES = ("holiday-cut.mp4", HOSTILE, "a-very-long-name-without-any-space-" * 6, "夜のドライブ", "clip")
#: Statuses of jobs, as they come one after the other.
STATUSES = (
    JobStatus.SUCCESS,
    JobStatus.SUCCESS,
    JobStatus.FAIL,
    JobStatus.PROCESSING,
    JobStatus.INIT,
    JobStatus.CANCELLED,
)
JOBS = 24
#: A job with as many matches as a compilation has.
MANY = 50
#: Every page, with what makes it show all that it can.
PAGES = (
    "/",
    "/?span=day",
    "/cases",
    "/cases?state=all",
    "/jobs",
    "/jobs?status=odd",
    "/jobs?name=nowhere",
    "/jobs/compilation",
    "/jobs/j2",
    "/jobs/j3",
    "/media/film",
    "/media/film/trace",
    "/libraries",
    "/libraries/films",
    "/policies",
    "/deliveries",
    "/dead-letters",
    "/clusters?days=30",
    "/airings",
    "/usage",
    "/audit",
    "/settings",
    "/api-reference",
    "/api-reference/events",
    "/problems",
    "/login",
    "/nowhere",
)


def fill(inline: InlineService) -> None:
    """Let everything happen that a page shows."""
    now = datetime.now(UTC)
    times = [format_time(now - timedelta(minutes=minutes)) for minutes in range(JOBS)]
    inline.apply(
        libraries=[
            Library(name="films", purpose=Purpose.BLOCKLIST, description="What must not be published."),
            Library(name=HOSTILE, description=HOSTILE),
            AD_LIBRARY,
        ],
        policies=[
            Policy(name="block-films", library="films", action=Action.BLOCK, when=Conditions(similarity=0.8)),
            Policy(name=HOSTILE, purpose=Purpose.ADS, action=Action.ALLOW, mode=PolicyMode.SHADOW),
        ],
        items=[
            item("film", metadata={"owner": HOSTILE}, duration=120.0),
            item("series", disabled=True),
            item(HOSTILE, quarantined="it matches 60 media within an hour"),
            spot("spot", 30.0),
            spot(HOSTILE, 20.0),
        ],
    )
    jobs = [_job(number, times[number]) for number in range(JOBS)]
    everything = {f"reference-{number}": list(Action)[number % 4] for number in range(MANY)}
    jobs.append(found("compilation", everything, media_id=HOSTILE, time=times[1], metrics=Metrics(duration=400.0)))
    jobs.append(evening("evening", {"spot": [100.0, 3590.0], HOSTILE: [200.0]}, seconds={HOSTILE: 9.0}, time=times[2]))
    inline.apply(
        jobs=jobs,
        outcomes=[
            Outcome(media_id=one.media_id, action=Action.BLOCK, job_id=one.job_id, event_time=one.creation_time)
            for one in jobs
            if one.rulings
        ],
        decisions=[
            *decided([DecisionKind.ESCALATE], "film", media_id=jobs[0].media_id),
            *decided([DecisionKind.NOT_A_MATCH], "series", media_id=jobs[0].media_id),
        ],
        deliveries=[
            Delivery(
                job_id=f"j{number}",
                media_id=NAMES[number],
                url="https://hooks.example/mediadna",
                status=status,
                revision=1,
                creation_time=times[number],
                update_time=times[number],
            )
            for number, status in enumerate(DeliveryStatus)
        ],
        dead_letters=[
            DeadLetter(
                key=HOSTILE.encode(),
                value=f'{{"VideoId": "{HOSTILE}"'.encode(),
                headers=tuple(
                    dead_letter_headers(
                        [],
                        topic="mediadna.transcode-complete",
                        partition=0,
                        offset=7,
                        code="InvalidEvent",
                        reason=HOSTILE,
                        time=times[0],
                    )
                ),
            )
        ],
    )


def _job(number: int, time: str) -> Job:
    """Return the job of a number: each status in turn, and each fifth one has found something."""
    name = f"{NAMES[number % len(NAMES)]}-{number}"
    status = STATUSES[number % len(STATUSES)]
    duration = Metrics(duration=95.0)
    if status is JobStatus.SUCCESS and number % 5 == 0:
        return found(
            f"j{number}", {"film": Action.BLOCK, "series": Action.REVIEW}, media_id=name, time=time, metrics=duration
        )
    if status is JobStatus.FAIL:
        words = "the picture has 16384x16384 pixels, over the limit: send a smaller rendition"
        return job(f"j{number}", status, media_id=name, time=time, code="ResourceTooLarge", message=words)
    if status is JobStatus.PROCESSING:
        return job(f"j{number}", status, media_id=name, time=time, chunks_done=3, chunks_total=8)
    matches = (msgspec.structs.replace(MATCH, media_id="elsewhere"),) if number % 7 == 0 else ()
    return job(f"j{number}", status, media_id=name, time=time, metrics=duration, matches=matches)
