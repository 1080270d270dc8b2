"""What is let in can be written on: the largest that the doors let in, added up over all that follows from it."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from schemas.admission import check_request_size
from schemas.boilerplate import SharedSpan
from schemas.commands import ItemMarks, MarkItem, SubmitJob
from schemas.deadletter import dead_letter_headers, letter_of
from schemas.deliveries import Attempt, Delivery
from schemas.earlier import encode_command, encode_result, encode_task
from schemas.errors import ErrorCode, InvalidEvent
from schemas.events import Rendition
from schemas.jobs import Job, JobRequest, JobSource, JobStatus, LiveMatch
from schemas.libraries import Library, LibraryItem
from schemas.limits import (
    EXCERPT,
    LARGEST_BATCH,
    LARGEST_EVENT,
    LARGEST_INPUT,
    LARGEST_MATCH,
    LARGEST_METADATA,
    LARGEST_RECORD,
    LARGEST_RENDITIONS,
    LARGEST_REQUEST,
    LARGEST_VALUE,
    LONGEST_CALLER,
    LONGEST_EXTEND,
    LONGEST_MEDIA_ID,
    LONGEST_MESSAGE,
    LONGEST_NAME,
    LONGEST_TARGET,
    LONGEST_TRACE,
    LONGEST_URL,
    LONGEST_USER_DATA,
    LONGEST_WORD,
    MOST_CHUNKS,
    MOST_SEARCHED,
    event_size,
)
from schemas.matches import Interval, Match, Track
from schemas.result import complete_event
from schemas.tasks import ChunkResult, FinishJob, Probe, TaskOutcome
from schemas.verdicts import MOST_NAMED, MOST_REASONS, Because, Reason, Verdict, VerdictKind
from schemas.wire import decode_transcode_event
from streams.adapters.kafka.assignment import Assignment
from streams.adapters.kafka.connection import KafkaConnection
from streams.adapters.kafka.faust_app import make_app
from streams.adapters.kafka.topics import LARGEST_BATCH as TOPIC_TAKES
from streams.domain.boilerplate import MOST_SPANS
from streams.domain.jobs.record import MediaRecord
from streams.domain.jobs.renditions import noted
from streams.domain.jobs.state_machine import on_request
from streams.domain.largest_answer import capped
from streams.domain.retry_schedule import KEPT_ATTEMPTS
from streams.pipeline.agents.intake import request_of
from streams.settings import Settings
from streams.telemetry.neighbours import Neighbours

NOW = "2026-11-23T08:00:00.000Z"
#: Bytes of a partition that the embedded broker keeps.
EMBEDDED_KEEPS = 5 * 2**20
#: The character that takes most as JSON: six bytes.
WIDE = "\x01"
#: Bytes that a number takes at most as JSON.
LONG_NUMBER = -1.2345678901234567e-300


def size(what: object) -> int:
    return len(msgspec.json.encode(what))


def worst_rendition(number: int = 0) -> Rendition:
    word = WIDE * LONGEST_WORD
    return Rendition(
        status="success",
        job_id=word,
        file_url=str(number) + WIDE * (LONGEST_URL - len(str(number))),
        format=word,
        definition=word,
        duration=1.2345678901234567e300,
        bitrate=word,
        fps=word,
        width=2**63 - 1,
        height=2**63 - 1,
        size=2**63 - 1,
        encrypt=False,
        encrypt_type=word,
        is_audio=False,
        codec=word,
        watermark_id=word,
        start_time=word,
        finish_time=word,
        error_code=word,
        error_message=WIDE * LONGEST_MESSAGE,
    )


def worst_request(job_id: str = "j" * 64) -> JobRequest:
    return JobRequest(
        job_id=job_id,
        media_id=WIDE * LONGEST_MEDIA_ID,
        file_url=WIDE * LONGEST_URL,
        source=JobSource.RECOVERY,
        library=WIDE * LONGEST_NAME,
        search=(WIDE * LONGEST_NAME,) * MOST_SEARCHED,
        similarity_threshold=LONG_NUMBER,
        requested_time=NOW,
        extend=WIDE * LONGEST_EXTEND,
        user_data=WIDE * LONGEST_USER_DATA,
        callback_url=WIDE * LONGEST_TARGET,
        traceparent=WIDE * LONGEST_TRACE,
        renditions=noted(worst_rendition(number) for number in range(99)),
        metadata={"k": "m" * (LARGEST_METADATA - len('{"k":""}'))},
        caller=WIDE * LONGEST_CALLER,
        request_digest="f" * 64,
        publish_time=NOW,
        start_time=NOW,
    )


def worst_interval(start: float) -> Interval:
    return Interval(
        input_start=start + 0.12345678901234,
        input_end=start + 0.98765432109876,
        reference_start=start + 0.12345678901234,
        reference_end=start + 0.98765432109876,
        similarity=0.12345678901234,
        track=Track.PICTURE,
        speed=0.12345678901234,
        transforms=("mirrored", "rotated:90", "cropped"),
    )


def worst_match(number: int = 0, intervals: int = 9_000) -> Match:
    return Match(
        media_id=WIDE * (LONGEST_MEDIA_ID - 9) + f"{number:09}",
        library='"' * LONGEST_NAME,
        similarity=1 - number / 1e6,
        track=Track.PICTURE,
        input_coverage=0.12345678901234,
        reference_coverage=0.12345678901234,
        intervals=tuple(worst_interval(float(second)) for second in range(intervals)),
    )


@pytest.fixture(scope="module")
def worst_matches() -> tuple[Match, ...]:
    match = worst_match()
    kept, left_out = capped(
        [msgspec.structs.replace(match, similarity=1 - n / 100, media_id=f"{n}") for n in range(20)]
    )
    assert left_out
    return kept


def worst_job(matches: tuple[Match, ...], status: JobStatus = JobStatus.SUCCESS) -> Job:
    asked = worst_request()
    return Job(
        job_id=asked.job_id,
        media_id=asked.media_id,
        status=status,
        request=asked,
        creation_time=NOW,
        update_time=NOW,
        complete_time=NOW,
        message=WIDE * LONGEST_MESSAGE,
        renditions=noted(worst_rendition(number) for number in range(50, 99)),
        matches=matches,
        digest="f" * 64,
        algorithm="mediadna-1",
        stored=True,
        boilerplate=(SharedSpan(start=12345.678, end=23456.789, references=9999),) * MOST_SPANS,
        counted_boilerplate=(SharedSpan(start=12345.678, end=23456.789, references=9999),) * MOST_SPANS,
        verdict=Verdict(
            kind=VerdictKind.COMPILATION,
            own_share=0.1234,
            of=(WIDE * LONGEST_MEDIA_ID,) * MOST_NAMED,
            transforms=("mirrored", "rotated:90", "cropped"),
            reasons=(Reason(because=Because.COVERS, reference=WIDE * LONGEST_MEDIA_ID, share=0.1234),) * MOST_REASONS,
        ),
    )


def task(kind: type[Probe | FinishJob] = FinishJob) -> Probe | FinishJob:
    asked = worst_request()
    return kind(job_id=asked.job_id, media_id=asked.media_id, request=asked.spec, started=NOW)


def test_each_limit_lies_within_the_next() -> None:
    assert LARGEST_RENDITIONS < LARGEST_REQUEST < LARGEST_INPUT < LARGEST_RECORD < LARGEST_VALUE
    assert LARGEST_VALUE < LARGEST_EVENT < LARGEST_BATCH == TOPIC_TAKES


def test_a_key_and_headers_have_room_beside_the_largest_value() -> None:
    headers = [
        ("ce_id", (WIDE * (64 + 9 + LONGEST_NAME + LONGEST_MEDIA_ID)).encode()),
        ("traceparent", b"t" * 4 * LONGEST_TRACE),
        *((f"ce_{name}", b"x" * LONGEST_WORD) for name in range(9)),
    ]
    key = ("\U0001f600" * (LONGEST_NAME + LONGEST_MEDIA_ID)).encode()
    assert event_size(key, b"", headers) < LARGEST_EVENT - LARGEST_VALUE


def test_the_first_rendition_is_always_kept() -> None:
    assert size(worst_rendition()) < LARGEST_RENDITIONS


def test_the_largest_request_passes_and_is_within_its_limit() -> None:
    assert size(worst_request()) <= LARGEST_REQUEST
    check_request_size(worst_request())


def test_a_task_is_no_larger_than_an_input_so_that_its_dead_letter_holds_all_of_it() -> None:
    assert len(encode_task(task())) < LARGEST_INPUT
    asked = worst_request()
    mark = MarkItem(
        job_id=asked.job_id,
        media_id=asked.media_id,
        library=asked.library,
        requested_time=NOW,
        marks=ItemMarks(disabled=False, metadata=asked.metadata),
    )
    for command in (SubmitJob.of(asked), mark):
        assert len(encode_command(command)) < LARGEST_INPUT


def test_a_result_of_the_last_task_fits_one_event(worst_matches: tuple[Match, ...]) -> None:
    result = ChunkResult(
        task=task(),
        outcome=TaskOutcome.DONE,
        message=WIDE * LONGEST_MESSAGE,
        matches=worst_matches,
        digest="f" * 64,
        worker="w" * 300,
    )
    assert len(encode_result(result)) <= LARGEST_VALUE


def test_a_plan_of_as_many_chunks_as_there_may_be_fits_one_event() -> None:
    spans = tuple((30.123456789012 * n, 30.123456789012 * (n + 1)) for n in range(MOST_CHUNKS))
    assert len(encode_result(ChunkResult(task=task(Probe), outcome=TaskOutcome.DONE, spans=spans))) <= LARGEST_VALUE


@pytest.mark.parametrize("status", [JobStatus.SUCCESS, JobStatus.FAIL])
def test_a_job_and_its_complete_event_fit_one_event_each(worst_matches: tuple[Match, ...], status: JobStatus) -> None:
    job = worst_job(worst_matches, status)
    assert size(job) <= LARGEST_VALUE
    assert size(complete_event(job)) <= LARGEST_VALUE


def test_a_live_match_fits_one_event() -> None:
    ((match,), _) = capped([worst_match()])
    live = LiveMatch(event_time=NOW, job_id="j" * 64, media_id=WIDE * LONGEST_MEDIA_ID, chunk=MOST_CHUNKS, match=match)
    assert size(live) < LARGEST_MATCH + LARGEST_INPUT


def test_a_record_of_jobs_that_were_let_in_has_room_for_the_work_of_one_more() -> None:
    record = MediaRecord()
    while size(record) <= LARGEST_RECORD:
        request = msgspec.structs.replace(worst_request(f"{len(record.active):064}"), source=JobSource.IMPORT)
        step = on_request(record, SubmitJob.of(request), now=NOW)
        assert step.jobs
        record = step.record
    assert len(record.active) > 4
    assert size(record) <= LARGEST_VALUE


def test_what_was_found_is_small_enough_for_the_embedded_broker_once_it_is_compressed() -> None:
    draw = random.Random(1)
    intervals = tuple(
        Interval(
            input_start=draw.random() * 1e4,
            input_end=draw.random() * 1e4,
            reference_start=draw.random() * 1e4,
            reference_end=draw.random() * 1e4,
            similarity=draw.random(),
            track=Track.BOTH,
            speed=draw.random(),
        )
        for _ in range(2_000)
    )
    matches, left_out = capped([msgspec.structs.replace(worst_match(n, 0), intervals=intervals) for n in range(20)])
    assert left_out
    job = worst_job(matches)
    for written in (job, complete_event(job)):
        assert len(gzip.compress(msgspec.json.encode(written))) < EMBEDDED_KEEPS / 2


def test_what_else_is_written_fits_one_event() -> None:
    item = LibraryItem(
        library=WIDE * LONGEST_NAME,
        media_id=WIDE * LONGEST_MEDIA_ID,
        version=2**63,
        job_id="j" * 64,
        digest="f" * 64,
        file_url=WIDE * LONGEST_URL,
        metadata=worst_request().metadata,
        creation_time=NOW,
        update_time=NOW,
    )
    attempt = Attempt(time=NOW, status=500, error=WIDE * LONGEST_MESSAGE, seconds=LONG_NUMBER)
    delivery = Delivery(
        job_id="j" * 64,
        media_id=WIDE * LONGEST_MEDIA_ID,
        url=WIDE * LONGEST_TARGET,
        creation_time=NOW,
        update_time=NOW,
        attempts=(attempt,) * KEPT_ATTEMPTS,
    )
    library = Library(name=WIDE * LONGEST_NAME, description=WIDE * 1024)
    assert max(map(size, (item, delivery, library))) < LARGEST_INPUT


@given(
    key=st.none() | st.integers(0, 3 * LARGEST_INPUT),
    value=st.none() | st.integers(0, 3 * LARGEST_INPUT),
    headers=st.lists(st.tuples(st.text(max_size=20), st.integers(0, LARGEST_INPUT)), max_size=4),
)
@example(key=None, value=30_000_000, headers=[])
@example(key=5, value=10_430_001, headers=[])
@example(key=30_000_000, value=None, headers=[])
@example(key=5, value=5, headers=[("", 0)] * LARGEST_INPUT)
def test_every_input_has_a_letter_that_fits_one_event(
    key: int | None, value: int | None, headers: list[tuple[str, int]]
) -> None:
    own = [(name, bytes(length)) for name, length in headers]
    ours = dead_letter_headers(
        own, topic="t" * 249, partition=2**31, offset=2**63, code=ErrorCode.INTERNAL_ERROR, reason="é" * 9999, time=NOW
    )
    letter = letter_of(None if key is None else bytes(key), None if value is None else bytes(value), ours)
    written = event_size(*letter)
    assert written <= LARGEST_INPUT + 8 * EXCERPT
    as_it_came = key == (None if letter.key is None else len(letter.key)) and letter.headers == ours
    assert as_it_came or dict(letter.headers)["x-truncated"] == b"true"


def asked_by(event: bytes) -> tuple[JobRequest | None, str]:
    """Return the request that an event leads to, or why it is refused."""
    try:
        return request_of(decode_transcode_event([], event), Settings(), now=NOW), ""
    except InvalidEvent as error:
        return None, str(error)


WORD = st.integers(0, 2 * LONGEST_WORD)


@given(
    renditions=st.integers(0, 200),
    url=st.integers(1, 2 * LONGEST_URL),
    word=WORD,
    message=st.integers(0, 2 * LONGEST_MESSAGE),
    extend=st.integers(0, 2 * LONGEST_EXTEND),
    character=st.sampled_from(["a", '"', "é", "\U0001f600", WIDE]),
)
def test_every_event_is_refused_with_a_sentence_or_leads_to_what_can_be_written(
    *, renditions: int, url: int, word: int, message: int, extend: int, character: str
) -> None:
    infos = [
        {
            "Status": "success",
            "FileUrl": f"{number}{character * url}",
            "Definition": character * word,
            "Codec": character * word,
            "ErrorMessage": character * message,
        }
        for number in range(renditions)
    ]
    event = {
        "EventType": "TranscodeComplete",
        "EventTime": NOW,
        "VideoId": "v",
        "Status": "success",
        "Extend": character * extend,
        "StreamInfos": infos,
    }
    asked, refusal = asked_by(json.dumps(event, ensure_ascii=False).encode())
    assert len(refusal) <= LONGEST_MESSAGE
    if asked is None:
        return
    assert size(asked) <= LARGEST_REQUEST
    step = on_request(MediaRecord(), SubmitJob.of(asked), now=NOW)
    assert all(size(one) <= LARGEST_VALUE for one in (step.record, *step.jobs, *step.tasks))


def test_the_producer_of_what_is_remembered_takes_as_much_as_the_topics(tmp_path: Path) -> None:
    settings, assignment = Settings(state=tmp_path), Assignment(lambda _: None)
    app = make_app(
        settings, kafka=KafkaConnection.plaintext("127.0.0.1:1"), assignment=assignment, neighbours=Neighbours()
    )
    assert app.conf.producer_max_request_size == LARGEST_EVENT
