"""A made-up read model of the size that a busy service has, filled through the projector's own way in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

import msgspec

from schemas.backward import BackwardSearch
from schemas.cases import Assignment, CaseState, Decision, DecisionKind
from schemas.clock import format_time
from schemas.deliveries import Delivery, DeliveryStatus
from schemas.errors import ErrorCode
from schemas.ids import case_id
from schemas.jobs import Job, JobRequest, JobStatus, Metrics
from schemas.libraries import Library, LibraryItem
from schemas.matches import Interval, Match, Track
from schemas.policies import Action, Outcome, Ruling
from streams.readmodel.projection import Record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streams.readmodel.model import ReadModel

__all__ = ["CASES", "JOBS", "LIBRARIES", "POPULAR", "fill"]

JOBS, CASES, ITEMS, DECISIONS, LETTERS = 100_000, 10_000, 100_000, 100_000, 10_000
#: Every third job that finds something finds this reference.
POPULAR = "reference-0"
REFERENCES = 500
#: Jobs that open cases are the newest.
DAYS = 2
#: Messages that are taken over at a time.
BATCH = 500
WORDS = ("holiday", "match", "Trailer", "news", "сериал", "épisode", "concert", "cut", "final", "raw")
STATUSES = (JobStatus.SUCCESS, JobStatus.FAIL, JobStatus.PROCESSING, JobStatus.INIT, JobStatus.CANCELLED)
SHARES = (80, 15, 2, 1, 2)
CODES = (ErrorCode.TIMEOUT, ErrorCode.RESOURCE_CONTENT_BAD, ErrorCode.RESOURCE_NOT_FOUND)
LIBRARIES = ("library-0", "library-1", "library-2", "library-3", "library-4")


def fill(model: ReadModel) -> None:
    """Tell a read model of everything there is."""
    made = _Made(datetime.now(UTC))
    for records in (
        made.libraries(),
        made.jobs(),
        made.cases(),
        made.deliveries(),
        made.letters(),
        made.searches(),
    ):
        batch: list[Record] = []
        for record in records:
            batch.append(record)
            if len(batch) == BATCH:
                model.project(batch, {})
                batch = []
        model.project(batch, {})


class _Made:
    """Everything, drawn anew in the same way each time."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._random = Random(16)

    def libraries(self) -> Iterator[Record]:
        """Yield libraries and what is in them: the first one holds all references and most else."""
        for name in LIBRARIES:
            yield _record("libraries", Library(name=name))
        for number in range(ITEMS):
            name = f"reference-{number}" if number < REFERENCES else f"item-{number}"
            time = format_time(self._now - timedelta(seconds=number))
            item = LibraryItem(
                library=LIBRARIES[0],
                media_id=name,
                version=1,
                job_id="stored",
                creation_time=time,
                disabled=number % 100 == 1,
            )
            yield _record("items", item)
            if number % 5 == 0:
                yield _record("items", msgspec.structs.replace(item, library=LIBRARIES[1 + number % 4]))

    def jobs(self) -> Iterator[Record]:
        """Yield jobs of all kinds, the oldest first, and the outcomes of those that have ended."""
        for number in range(JOBS):
            job = self.job(number)
            yield _record("jobs", job)
            if job.status is JobStatus.SUCCESS:
                action = Action.ALLOW if not job.matches else (Action.TRACK, Action.REVIEW, Action.BLOCK)[number % 3]
                outcome = Outcome(media_id=job.media_id, action=action, job_id=job.job_id, event_time=job.update_time)
                yield _record("outcomes", outcome)

    def job(self, number: int) -> Job:
        """Return one job; of a job in ten its media item has had one before."""
        draw = self._random
        asked = self._now - timedelta(days=DAYS) * (1 - number / JOBS)
        status = draw.choices(STATUSES, SHARES)[0]
        ended = asked + timedelta(seconds=draw.lognormvariate(3.0, 1.0)) if status.ended else None
        media = number if number % 10 else max(0, number - 10)
        media_id = f"{WORDS[media % 10]}-{WORDS[media // 10 % 10]}-{media:06}.mp4"
        updated = format_time(ended or asked)
        request = JobRequest(
            job_id=f"{draw.getrandbits(128):032x}",
            media_id=media_id,
            file_url=f"https://media.example/{media_id}",
            library=draw.choices(LIBRARIES, (60, 20, 10, 9, 1))[0],
            callback_url="https://receiver.example/hook",
        )
        failed = status is JobStatus.FAIL
        return Job(
            job_id=request.job_id,
            media_id=media_id,
            status=status,
            request=request,
            creation_time=format_time(asked),
            update_time=updated,
            complete_time=updated if ended else None,
            version=number + 1,
            code=draw.choices(CODES, (80, 19, 1))[0] if failed else ErrorCode.OK,
            message="what went wrong" if failed else "",
            matches=self._matches(draw) if status is JobStatus.SUCCESS else (),
            metrics=Metrics(duration=draw.uniform(10, 3600)) if status is JobStatus.SUCCESS else Metrics(),
        )

    def cases(self) -> Iterator[Record]:
        """Yield what makes cases: jobs that have found something, who has the case, and what was decided on some."""
        for number in range(CASES):
            job = self.job(JOBS + number)
            match = _match(
                POPULAR if number % 3 == 0 else f"reference-{number % REFERENCES}", self._random.uniform(0.5, 1)
            )
            action = (Action.BLOCK, Action.REVIEW, Action.REVIEW)[number % 3]
            ruling = Ruling(library=match.library, reference=match.media_id, action=action)
            media_id = f"case-{number // 2:05}.mp4"
            time = format_time(self._now - timedelta(minutes=number / 10))
            job = msgspec.structs.replace(
                job,
                status=JobStatus.SUCCESS,
                code=ErrorCode.OK,
                media_id=media_id,
                version=number + 1,
                creation_time=time,
                update_time=time,
                complete_time=time,
                matches=(match,),
                rulings=(ruling,),
            )
            yield _record("jobs", job)
            subject = case_id(media_id, match.library, match.media_id)
            assignee = ("", "anna", "bert")[number % 3]
            yield _record("assignments", Assignment(case_id=subject, assignee=assignee, when=time))
            if number % 5 == 0:  # one case in five has been decided, and taken back, many times
                yield from self._decisions(subject, media_id, match, time)

    def _decisions(self, subject: str, media_id: str, match: Match, time: str) -> Iterator[Record]:
        for number in range(1, DECISIONS // (CASES // 5) + 1):
            dismissed = number % 2 == 1
            decision = Decision(
                decision_id=f"{self._random.getrandbits(128):032x}",
                case_id=subject,
                media_id=media_id,
                library=match.library,
                reference=match.media_id,
                number=number,
                decision=DecisionKind.NOT_A_MATCH if dismissed else DecisionKind.REOPEN,
                who=self._random.choices(("anna", "bert", "rare"), (80, 19, 1))[0],
                when=time,
                before=CaseState.OPEN if dismissed else CaseState.DISMISSED,
                after=CaseState.DISMISSED if dismissed else CaseState.OPEN,
            )
            yield _record("decisions", decision)

    def deliveries(self) -> Iterator[Record]:
        """Yield what became of callbacks: jobs that have ended have one each already."""
        for number in range(JOBS // 20):
            time = format_time(self._now - timedelta(seconds=number))
            status = (DeliveryStatus.DELIVERED, DeliveryStatus.FAILED)[number % 2]
            yield _record(
                "deliveries",
                Delivery(
                    job_id=f"delivered-{number}",
                    media_id=f"video-{number}",
                    url="https://receiver.example/hook",
                    creation_time=time,
                    update_time=time,
                    status=status,
                    revision=1,
                ),
            )

    def letters(self) -> Iterator[Record]:
        """Yield inputs that could not be used."""
        for number in range(LETTERS):
            time = format_time(self._now - timedelta(seconds=number)).encode()
            yield Record("dead-letter", key=b"", value=b"{%d" % number, headers=(("x-error-time", time),))

    def searches(self) -> Iterator[Record]:
        """Yield backward searches."""
        for number in range(CASES):
            time = format_time(self._now - timedelta(seconds=number))
            search = BackwardSearch(
                search_id=f"{number:032x}",
                media_id=f"reference-{number}",
                library=LIBRARIES[number % 5],
                version=1,
                status=JobStatus.FAIL if number % 1000 == 0 else JobStatus.SUCCESS,
                creation_time=time,
                update_time=time,
            )
            yield _record("backward-searches", search)

    def _matches(self, draw: Random) -> tuple[Match, ...]:
        found: list[Match] = []
        if draw.random() < 0.3:  # noqa: PLR2004 (made-up data)
            found.append(_match(POPULAR, draw.uniform(0.5, 0.95)))
        if draw.random() < 0.4:  # noqa: PLR2004 (made-up data)
            found.append(_match(f"reference-{draw.randrange(1, REFERENCES)}", draw.uniform(0.5, 0.95)))
        return tuple(found)


def _match(reference: str, similarity: float) -> Match:
    interval = Interval(
        input_start=1.0, input_end=9.0, reference_start=3.0, reference_end=11.0, similarity=similarity, track=Track.BOTH
    )
    return Match(
        media_id=reference,
        library=LIBRARIES[0],
        similarity=similarity,
        track=Track.BOTH,
        input_coverage=0.5,
        reference_coverage=0.5,
        intervals=(interval,),
    )


def _record(channel: str, value: msgspec.Struct) -> Record:
    return Record(channel, key=b"", value=msgspec.json.encode(value))
