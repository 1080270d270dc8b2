"""Workers of this version and of 0.1 on the same topics: each reads what the other has written.

`messages-0.1.json` was written by the code of 0.1. What it reads is told here by the structs that it had, as far as it
could not do without a field.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from support.examples import MATCH

from schemas.channels import CHANNELS
from schemas.commands import CancelJob, Command, DeleteMedia, ForgetItem, ItemMarks, MarkItem, RemoveItem, SubmitJob
from schemas.earlier import decode_command, decode_result, decode_task, encode_command, encode_result, encode_task
from schemas.errors import InvalidEvent
from schemas.events import Rendition
from schemas.generators.examples import examples_of
from schemas.jobs import JobSource, JobSpec, Lane, Metrics, SaveType
from schemas.rights import Right
from schemas.tasks import (
    ChunkResult,
    CleanUp,
    DropLibrary,
    EmptyLibrary,
    FingerprintChunk,
    FinishJob,
    Probe,
    RemoveMedia,
    Task,
    TaskKind,
    TaskOutcome,
)

WRITTEN: dict[str, dict[str, Any]] = json.loads((Path(__file__).parent / "messages-0.1.json").read_text())
STARTED = "2026-11-23T08:00:00.000Z"
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
OF_AN_EVENT = JobSpec(file_url="http://vod/a.mp4", source=JobSource.EVENT, caller="event", traceparent=TRACE)
OF_AN_IMPORT = JobSpec(
    file_url="s3://b/film.mp4",
    source=JobSource.IMPORT,
    lane=Lane.IMPORT,
    caller="token-1",
    rights=(Right.CURATE,),
    library="films",
    search=("ads",),
    save_type=SaveType.SAVE,
    similarity_threshold=0.7,
)
FILM: dict[str, Any] = {
    "job_id": "j2",
    "media_id": "film",
    "request": OF_AN_IMPORT,
    "version": 8,
    "started": STARTED,
}
TASKS: dict[str, Task] = {
    "plan": Probe(job_id="j1", media_id="video", request=OF_AN_EVENT, version=7, started=STARTED),
    "fingerprint": FingerprintChunk(**FILM, chunk=3, start=30.0, end=60.0, several_clocks=True, attempt=1),
    "finish": FinishJob(**FILM, chunks_total=5, several_clocks=True, attempt=2),
    "clean": CleanUp(**FILM),
    "remove": RemoveMedia(job_id="r1", media_id="video", library="films", version=9, started=STARTED),
    "delete": RemoveMedia(job_id="r2", media_id="video", library=None, version=9, started=STARTED, attempt=3),
}
OF_LIBRARIES: dict[str, Task] = {
    "empty": EmptyLibrary(job_id="e1", library="films", version=9, started=STARTED),
    "drop": DropLibrary(job_id="d1", library="films", version=9, started=STARTED),
}


class EarlierRequest(msgspec.Struct, rename="pascal", kw_only=True):
    """A request as 0.1 read it."""

    job_id: str
    media_id: str
    file_url: str
    source: str = "api"
    caller: str = ""
    rights: tuple[Right, ...] | None = None
    library: str = "default"
    search: tuple[str, ...] = ()
    save_type: SaveType = SaveType.FORCESAVE
    similarity_threshold: float = 0.8
    traceparent: str | None = None
    action: str = "submit"


class EarlierTask(msgspec.Struct, rename="pascal", kw_only=True):
    """A task as 0.1 read it."""

    job_id: str
    media_id: str
    kind: TaskKind
    request: EarlierRequest
    version: int = 1
    chunk: int = 0
    start: float = 0.0
    end: float = 0.0
    chunks_total: int = 0
    several_clocks: bool = False
    attempt: int = 0
    started: str = ""


class EarlierResult(msgspec.Struct, rename="pascal", kw_only=True):
    """A result as 0.1 read it."""

    task: EarlierTask
    outcome: TaskOutcome
    spans: tuple[tuple[float, float], ...] = ()
    matches: tuple[dict[str, Any], ...] = ()


def written(kind: str, name: str) -> bytes:
    return json.dumps(WRITTEN[kind][name]).encode()


COMMANDS: dict[str, Command] = {
    "submit-event": SubmitJob(
        job_id="j1",
        media_id="video",
        file_url="http://vod/a.mp4",
        source=JobSource.EVENT,
        caller="event",
        requested_time=STARTED,
        extend="case 12",
        traceparent=TRACE,
        renditions=(
            Rendition(
                status="success",
                job_id="run-7",
                file_url="http://vod/a.mp4",
                format="mp4",
                definition="LD",
                width=640,
                height=360,
                size=10,
            ),
        ),
        metadata={"title": "x"},
    ),
    "cancel": CancelJob(job_id="j2", media_id="film"),
    "mark": MarkItem(
        job_id="m1",
        media_id="video",
        library="films",
        requested_time=STARTED,
        marks=ItemMarks(disabled=True, metadata={"k": "v"}),
    ),
    "remove": RemoveItem(job_id="r1", media_id="video", library="films", requested_time=STARTED),
    "delete": DeleteMedia(job_id="r2", media_id="video", requested_time=STARTED),
    "forget": ForgetItem(job_id="f1", media_id="video", library="films", requested_time=STARTED),
}
#: What 0.1 did not look at in a command of this kind: all that it had copied of the job's request.
NEEDED = ("JobId", "MediaId", "Action", "Library", "RequestedTime", "Marks", "FileUrl")


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_that_an_earlier_worker_has_written_is_read(name: str) -> None:
    assert decode_command(written("requests", name)) == COMMANDS[name]


def test_what_an_earlier_worker_asks_for_again_is_taken_up_and_not_done_anew() -> None:
    again = decode_command(written("requests", "recovery"))
    assert isinstance(again, SubmitJob)
    assert again.source is JobSource.RECOVERY


def test_an_import_of_an_earlier_worker_stays_on_its_lane() -> None:
    asked = decode_command(written("requests", "submit-import"))
    assert isinstance(asked, SubmitJob)
    assert (asked.lane, asked.request.spec) == (Lane.IMPORT, OF_AN_IMPORT)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_that_is_written_is_read_again(name: str) -> None:
    assert decode_command(encode_command(COMMANDS[name])) == COMMANDS[name]


@pytest.mark.parametrize("name", COMMANDS)
def test_an_earlier_worker_reads_all_that_it_needs_of_a_command(name: str) -> None:
    read, before = json.loads(encode_command(COMMANDS[name])), WRITTEN["requests"][name]
    needed = before if name == "submit-event" else {field: before[field] for field in NEEDED if field in before}
    if name == "cancel":
        needed = {field: needed[field] for field in ("JobId", "MediaId", "Action")}
    assert {field: read[field] for field in needed} == needed
    assert {"JobId", "MediaId", "FileUrl"} <= set(read)


@pytest.mark.parametrize("value", [b"", b"[]", b"{}", b'{"Action":"dance","JobId":"j","MediaId":"v"}', None])
def test_what_is_no_command_is_refused(value: bytes | None) -> None:
    with pytest.raises(InvalidEvent):
        decode_command(value)


@pytest.mark.parametrize("name", TASKS)
def test_a_task_that_an_earlier_worker_has_handed_out_is_read(name: str) -> None:
    assert decode_task(written("tasks", name)) == TASKS[name]


def test_results_that_an_earlier_worker_has_reported_are_read() -> None:
    assert decode_result(written("results", "planned")) == ChunkResult(
        task=TASKS["plan"],
        outcome=TaskOutcome.DONE,
        spans=((0.0, 30.0), (30.0, 60.0)),
        metrics=Metrics(duration=60.0, processing_seconds=0.5),
        worker="w:1",
    )
    assert decode_result(written("results", "removed")).task == TASKS["remove"]
    deleted = decode_result(written("results", "deleted"))
    assert (deleted.task, deleted.outcome, deleted.code) == (TASKS["delete"], TaskOutcome.RETRY, "Timeout")


@pytest.mark.parametrize("name", [*TASKS, *OF_LIBRARIES])
def test_what_is_written_is_read_again(name: str) -> None:
    task = {**TASKS, **OF_LIBRARIES}[name]
    assert decode_task(encode_task(task)) == task
    result = ChunkResult(task=task, outcome=TaskOutcome.DONE, matches=(MATCH,), worker="w:2")
    assert decode_result(encode_result(result)) == result


@pytest.mark.parametrize("name", TASKS)
def test_an_earlier_worker_reads_all_that_it_needs_of_a_task(name: str) -> None:
    """The chunk of the last task and the number of chunks of others were in messages, and were looked at by nobody."""
    read = msgspec.json.decode(encode_task(TASKS[name]), type=EarlierTask)
    before = msgspec.json.decode(written("tasks", name), type=EarlierTask)
    if read.kind is TaskKind.FINISH:
        before.chunk = 0
    else:
        before.chunks_total = 0
    assert read == before


@pytest.mark.parametrize(("name", "kind"), [("empty", TaskKind.EMPTY), ("drop", TaskKind.DROP)])
def test_an_earlier_worker_can_empty_and_drop_a_library(name: str, kind: TaskKind) -> None:
    read = msgspec.json.decode(encode_task(OF_LIBRARIES[name]), type=EarlierTask)
    assert (read.kind, read.media_id, read.request.library, read.version) == (kind, "films", "films", 9)


def test_an_earlier_worker_reads_a_result() -> None:
    result = ChunkResult(task=TASKS["fingerprint"], outcome=TaskOutcome.DONE, spans=((0.0, 1.0),), matches=(MATCH,))
    read = msgspec.json.decode(encode_result(result), type=EarlierResult)
    assert (read.task.chunk, read.task.request.source, read.spans) == (3, "import", ((0.0, 1.0),))
    assert [match["media_id"] for match in read.matches] == ["original"]


def test_a_removal_that_names_no_library_at_all_is_no_removal_from_all_of_them() -> None:
    with pytest.raises(InvalidEvent):
        decode_task(b'{"Kind":"remove","JobId":"r","MediaId":"video","Version":9}')


@pytest.mark.parametrize("value", [b"", b"[]", b"{}", b'{"Kind":"dance","JobId":"j"}', b'{"Kind":"remove"}', None])
def test_what_is_no_task_is_refused(value: bytes | None) -> None:
    with pytest.raises(InvalidEvent):
        decode_task(value)
    with pytest.raises(InvalidEvent):
        decode_result(b'{"Outcome":"done","Task":' + (value or b"null") + b"}")


def test_every_command_has_an_example_that_is_read() -> None:
    (kinds,) = (channel.payloads for channel in CHANNELS if channel.name == "job-requests")
    for kind in kinds:
        (example,) = examples_of(kind)
        assert type(decode_command(json.dumps(example).encode())) is kind


def test_every_task_on_a_topic_has_an_example_that_is_read() -> None:
    (kinds,) = {channel.payloads for channel in CHANNELS if channel.name.endswith("chunks")}
    for kind in kinds:
        (example,) = examples_of(kind)
        assert type(decode_task(json.dumps(example).encode())) is kind
