"""One real-looking example of every message, for the documents; a test holds them against the schemas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from schemas.backward import BackwardSearch
from schemas.boilerplate import BoilerplateRuling, SharedSpan
from schemas.cases import Assignment, CaseState, Decision, DecisionKind
from schemas.cloudevents import output_headers
from schemas.commands import (
    AddMatch,
    CancelBackwardSearch,
    CancelJob,
    DecideCase,
    DeleteMedia,
    ForgetItem,
    ItemMarks,
    MarkItem,
    RemoveItem,
    ReviseOutcome,
    StartBackwardSearch,
    SubmitJob,
)
from schemas.coverage import Cause, Coverage, Missed
from schemas.deadletter import DeadLetterReplay, dead_letter_headers, letter_of
from schemas.deliveries import Attempt, Delivery, DeliveryStatus
from schemas.deployment import DeploymentClaim, Place
from schemas.errors import InvalidEvent
from schemas.events import Rendition, StreamInfo, StreamTranscodeComplete, TranscodeComplete
from schemas.ids import backward_search_id, boilerplate_ruling_id, case_id, event_job_id, keyed_job_id
from schemas.jobs import EVENT_CALLER, Job, JobRequest, JobSource, JobStatus, LiveMatch, Metrics
from schemas.keys import KeyClaim
from schemas.libraries import Library, LibraryItem, Purpose
from schemas.limits import LARGEST_INPUT
from schemas.matches import Interval, Match, Track
from schemas.policies import Action, Conditions, Outcome, Policy, RuledBy, Ruling, TrackCondition
from schemas.quarantines import Quarantine
from schemas.recurring import RecurringDecision, RecurringPlace, RecurringState
from schemas.result import complete_event, result_of
from schemas.tasks import (
    ChunkResult,
    CleanUp,
    DropLibrary,
    EmptyLibrary,
    FingerprintChunk,
    FinishJob,
    Probe,
    RemoveMedia,
    SearchBackwards,
    TaskOutcome,
)
from schemas.verdicts import Because, Reason, Verdict, VerdictKind

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["DEAD_LETTER", "LARGE_DEAD_LETTER", "example_headers", "examples_of"]

_CREATED, _READY, _DONE = "2026-11-23T08:00:00.000Z", "2026-11-23T08:00:01.250Z", "2026-11-23T08:00:09.500Z"
_TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
_VIDEO, _URL, _SIZE, _RUN = "43q9fj74hdf", "https://vod.example.com/43q9fj74hdf/ld.mp4", 1815321, "run-7"

_COMMAND_ID = "5c1a7f0e9b3d4862a0d9e8f7c6b5a493"

_RENDITION = Rendition(
    status="success",
    job_id=_RUN,
    file_url=_URL,
    format="mp4",
    definition="LD",
    duration=19.6,
    bitrate="925",
    fps="30",
    width=540,
    height=960,
    size=_SIZE,
    encrypt=False,
    is_audio=False,
)
_STREAM = StreamTranscodeComplete(
    **msgspec.structs.asdict(_RENDITION), event_time=_CREATED, video_id=_VIDEO, extend="case 12"
)
_ALL = TranscodeComplete(
    event_time=_CREATED,
    video_id=_VIDEO,
    status="success",
    extend="case 12",
    stream_infos=[
        StreamInfo(**msgspec.structs.asdict(_RENDITION)),
        StreamInfo(
            status="fail", job_id=_RUN, definition="HD", error_code="TranscodeError", error_message="no such codec"
        ),
    ],
)
_MATCH = Match(
    media_id="8f3b0c",
    similarity=0.98,
    track=Track.BOTH,
    input_coverage=0.6122,
    reference_coverage=0.1312,
    intervals=(
        Interval(
            input_start=2.0,
            input_end=14.0,
            reference_start=31.5,
            reference_end=43.5,
            similarity=0.97,
            track=Track.BOTH,
            transforms=("mirrored",),
        ),
    ),
)
_REQUEST = JobRequest(
    job_id=event_job_id(_VIDEO, _URL, _SIZE, _RUN),
    media_id=_VIDEO,
    file_url=_URL,
    source=JobSource.EVENT,
    caller=EVENT_CALLER,
    requested_time=_READY,
    extend="case 12",
    traceparent=_TRACE,
    renditions=(_RENDITION,),
)
_COMMANDS: tuple[msgspec.Struct, ...] = (
    SubmitJob.of(_REQUEST),
    CancelJob(job_id=_REQUEST.job_id, media_id=_VIDEO),
    MarkItem(
        job_id=_COMMAND_ID, media_id=_VIDEO, library="films", requested_time=_READY, marks=ItemMarks(disabled=True)
    ),
    RemoveItem(job_id=_COMMAND_ID, media_id=_VIDEO, library="films", requested_time=_READY),
    ForgetItem(job_id=_COMMAND_ID, media_id=_VIDEO, library="films", requested_time=_READY),
    DeleteMedia(job_id=_COMMAND_ID, media_id=_VIDEO, requested_time=_READY),
    DecideCase(
        job_id=_COMMAND_ID,
        media_id=_VIDEO,
        library=_MATCH.library,
        reference=_MATCH.media_id,
        decision=DecisionKind.NOT_A_MATCH,
        note="the same stage, another evening",
        who="anna",
        number=1,
        requested_time=_DONE,
    ),
    AddMatch(job_id=_COMMAND_ID, media_id=_VIDEO, match=_MATCH, requested_time=_DONE),
    ReviseOutcome(job_id=_COMMAND_ID, media_id=_VIDEO),
    StartBackwardSearch(
        job_id=_COMMAND_ID, media_id=_MATCH.media_id, library="films", requested_time=_READY, caller="anna"
    ),
    CancelBackwardSearch(job_id=_COMMAND_ID, media_id=_MATCH.media_id),
)
_CASE = case_id(_VIDEO, _MATCH.library, _MATCH.media_id)
_RULING = Ruling(
    library=_MATCH.library, reference=_MATCH.media_id, action=Action.BLOCK, policy="block-uploads-of-films"
)
_VERDICT = Verdict(
    kind=VerdictKind.PARTIAL_COPY,
    own_share=0.3878,
    of=(_MATCH.media_id,),
    transforms=("mirrored",),
    reasons=(
        Reason(because=Because.COVERS, reference=_MATCH.media_id, share=0.6122),
        Reason(because=Because.EDIT, edit="mirrored", share=0.6122),
    ),
)
_DECISION = Decision(
    decision_id=_COMMAND_ID,
    case_id=_CASE,
    media_id=_VIDEO,
    library=_MATCH.library,
    reference=_MATCH.media_id,
    number=1,
    decision=DecisionKind.NOT_A_MATCH,
    note="the same stage, another evening",
    who="anna",
    when=_DONE,
    before=CaseState.OPEN,
    after=CaseState.DISMISSED,
)
_DECIDING: tuple[msgspec.Struct, ...] = (
    Policy(
        name=_RULING.policy,
        library="films",
        position=10,
        when=Conditions(similarity=0.8, matched_seconds=20, input_coverage=0.3, track=TrackCondition.BOTH),
        action=Action.BLOCK,
        created=_CREATED,
        updated=_CREATED,
    ),
    _DECISION,
    Assignment(case_id=_CASE, assignee="anna", who="ben", when=_DONE),
    Outcome(
        media_id=_VIDEO,
        action=Action.BLOCK,
        policy=_RULING.policy,
        cases=(_CASE,),
        final=True,
        job_id=_REQUEST.job_id,
        event_time=_DONE,
    ),
    BoilerplateRuling(
        entry_id="0d3b8c6f5e1a4927b6c8d0e2f4a61b53",
        ruling_id=boilerplate_ruling_id("films", _MATCH.media_id, (0.0, 31.5)),
        library="films",
        media_id=_MATCH.media_id,
        start=0.0,
        end=31.5,
        boilerplate=False,
        note="the song is ours, and is licensed by itself",
        who="ada",
        when=_DONE,
    ),
    Quarantine(
        library="films",
        media_id=_MATCH.media_id,
        active=True,
        reason="612 media match it within an hour, and 50 are the most that is usual",
        event_time=_DONE,
    ),
    RecurringDecision(
        recurring_id="6ee7519622e4749fc60108b8c519f39f",
        founded=f"{_DONE}\x1f{_VIDEO}\x1f{_MATCH.media_id}\x1f000312.40\x1f000065.00",
        state=RecurringState.PROMOTED,
        places=(RecurringPlace(media_id=_VIDEO, start=312.4, end=332.4),),
        library="spots",
        item="autumn-sale",
        job_id=_REQUEST.job_id,
        who="anna",
        when=_DONE,
    ),
    BackwardSearch(
        search_id=backward_search_id("films", _MATCH.media_id, 1795334401250),
        media_id=_MATCH.media_id,
        library="films",
        version=1795334401250,
        status=JobStatus.PROCESSING,
        items_total=4100,
        items_done=512,
        hits=3,
        cursor=("default", "43q9fj74hdf"),
        creation_time=_READY,
        update_time=_DONE,
    ),
)
_CLAIM = KeyClaim(
    job_id=keyed_job_id("order-12", caller="token-9f86d081884c7d65"),
    request_digest="0cc175b9c0f1b6a831c399e269772661",
    claim_time=_READY,
)
_COVERAGE = Coverage(picture=0.98, sound=1.0, missed=(Missed(track=Track.PICTURE, cause=Cause.DAMAGED, seconds=0.392),))
_METRICS = Metrics(duration=19.6, windows=118, fingerprint_bytes=40213, processing_seconds=3.4)
_JOB = Job(
    job_id=_REQUEST.job_id,
    media_id=_VIDEO,
    status=JobStatus.SUCCESS,
    request=_REQUEST,
    creation_time=_READY,
    update_time=_DONE,
    complete_time=_DONE,
    message="OK",
    chunks_done=1,
    chunks_total=1,
    renditions=(_RENDITION,),
    matches=(_MATCH,),
    rulings=(_RULING,),
    verdict=_VERDICT,
    boilerplate=(SharedSpan(start=0.0, end=1.5, references=7),),
    digest="9b74c9897bac770f",
    algorithm="mediadna-1",
    coverage=_COVERAGE,
    metrics=_METRICS,
)
_OF_JOB: dict[str, Any] = {
    "job_id": _REQUEST.job_id,
    "media_id": _VIDEO,
    "request": _REQUEST.spec,
    "version": 1795334401250,
    "started": _READY,
}
_TASK = FingerprintChunk(**_OF_JOB, end=19.6)
_TASKS: tuple[msgspec.Struct, ...] = (
    Probe(**_OF_JOB),
    _TASK,
    FinishJob(**_OF_JOB, chunks_total=1),
    CleanUp(**_OF_JOB),
    RemoveMedia(job_id=_COMMAND_ID, media_id=_VIDEO, library="films", version=1795334401250, started=_READY),
    EmptyLibrary(job_id=_COMMAND_ID, library="films", version=1795334401250, started=_READY),
    DropLibrary(job_id=_COMMAND_ID, library="films", version=1795334401250, started=_READY),
    SearchBackwards(
        job_id=backward_search_id("films", _MATCH.media_id, 1795334401250),
        media_id=_MATCH.media_id,
        library="films",
        version=1795334401250,
        cursor=("default", _VIDEO),
        started=_READY,
    ),
)
_TASK_RESULT = ChunkResult(task=_TASK, outcome=TaskOutcome.DONE, metrics=_METRICS, worker="worker-1")
_LIBRARY = Library(
    name="films",
    purpose=Purpose.ORIGINAL,
    description="Our own films.",
    match_threshold=0.7,
    minimum_match_length=5.0,
    creation_time=_CREATED,
    update_time=_CREATED,
)
_ITEM = LibraryItem(
    library="films",
    media_id=_VIDEO,
    version=1795334401250,
    job_id=_REQUEST.job_id,
    duration=19.6,
    digest="9b74c9897bac770f",
    file_url=_URL,
    metadata={"title": "Big Buck Bunny"},
    creation_time=_DONE,
    update_time=_DONE,
)
_REPLAY = DeadLetterReplay(letter_id="5f0c2d9be1a34b16", replay_time=_DONE)
_LIVE = LiveMatch(
    event_time=_READY,
    job_id=_REQUEST.job_id,
    media_id=_VIDEO,
    chunk=0,
    match=_MATCH,
    outcome=RuledBy(action=_RULING.action, policy=_RULING.policy),
)
_DELIVERY = Delivery(
    job_id=_REQUEST.job_id,
    media_id=_VIDEO,
    url="https://moderation.example.com/copies",
    creation_time=_DONE,
    update_time="2026-11-23T08:00:16.020Z",
    status=DeliveryStatus.DELIVERED,
    revision=2,
    since=_DONE,
    tries=2,
    attempts=(
        Attempt(time=_DONE, status=503, error="the receiver answered 503: only 2xx counts", seconds=0.031),
        Attempt(time="2026-11-23T08:00:16.000Z", status=204, seconds=0.02),
    ),
)
_PLACES = DeploymentClaim(
    claim_id="0b5ff0a9a8d04e4f9a0c5d0e3f2b7c61",
    index=Place(location="http://milvus:19530"),
    store=Place(location="/srv/fingerprints on worker-1", place_id="9d2f6c1e7b384a0fb5a4c3d2e1f00912"),
    claim_time=_CREATED,
)

#: An input without the field `Status`.
DEAD_LETTER: dict[str, Any] = {
    "EventTime": _CREATED,
    "EventType": "StreamTranscodeComplete",
    "VideoId": _VIDEO,
    "FileUrl": _URL,
}

#: The beginning of an input that is too large.
LARGE_DEAD_LETTER = '{"EventType": "TranscodeComplete", "StreamInfos": [{"Status": "success", "FileUrl": "https://vod'

_EXAMPLES: tuple[msgspec.Struct, ...] = (
    _STREAM,
    _ALL,
    *_COMMANDS,
    _PLACES,
    *_TASKS,
    _TASK_RESULT,
    _LIVE,
    complete_event(_JOB),
    _JOB,
    result_of(_JOB),
    _DELIVERY,
    *_DECIDING,
    _LIBRARY,
    _ITEM,
    _REPLAY,
    _CLAIM,
)


def examples_of(kind: type[msgspec.Struct]) -> list[dict[str, Any]]:
    """Return the examples of a type, as JSON has them."""
    return [msgspec.json.decode(msgspec.json.encode(one)) for one in _EXAMPLES if type(one) is kind]


def example_headers() -> dict[str, dict[str, str]]:
    """Return an example of each kind of headers, by the kind's name."""
    outputs = output_headers("AIMediaDNAComplete", _JOB.job_id, _DONE, _TRACE)
    letters = _letter_headers("StreamTranscodeComplete: Object missing required field `Status`")
    large = _letter_headers(f"the event has {2 * LARGEST_INPUT} bytes, and {LARGEST_INPUT} are the most")
    return {
        "inputHeaders": {"traceparent": _TRACE},
        "outputHeaders": _text(outputs),
        "deadLetterHeaders": _text(letters),
        "deadLetterReferenceHeaders": _text(letter_of(None, b" " * (2 * LARGEST_INPUT), large).headers),
    }


def _letter_headers(reason: str) -> list[tuple[str, bytes]]:
    return dead_letter_headers(
        [("traceparent", _TRACE.encode())],
        topic="mediadna.transcode-complete",
        partition=2,
        offset=1041,
        code=InvalidEvent.code,
        reason=reason,
        time=_READY,
    )


def _text(headers: Iterable[tuple[str, bytes]]) -> dict[str, str]:
    return {name: value.decode() for name, value in headers}
