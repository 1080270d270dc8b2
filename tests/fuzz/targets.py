"""What is fuzzed: each parser of what comes from outside, with inputs that are right, and what it may raise."""

from __future__ import annotations

import io
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import fsspec
import msgspec
import numpy as np
from support.examples import MATCH, TIME, cancel, request, submit
from support.examples import task as asked_task
from support.tracks import SECONDS, picture, sound

from fingerprint.bounds import most_windows
from fingerprint.codec import MAGIC, VERSION, BadFingerprintError
from fingerprint.file import read_fingerprint
from fingerprint.index.memory import MemoryIndex
from fingerprint.matching.matcher import match
from fingerprint.media.edit_list import cuts_nothing
from fingerprint.media.errors import MediaError
from fingerprint.media.limits import DEFAULT_LIMITS
from fingerprint.media.sniff import media_kind
from fingerprint.model import Chunk, Fingerprint
from fingerprint.picture.keyframes import Keyframes, encode_still
from fingerprint.query import Query
from fuzz.web import api_seeds, vendor_seeds, web
from fuzz.wrong import WrongAnswerError
from schemas.commands import Command, DeleteMedia, ItemMarks, MarkItem, RemoveItem, SubmitJob
from schemas.earlier import decode_command, decode_result, decode_task, encode_command, encode_result, encode_task
from schemas.errors import InvalidEvent
from schemas.jobs import Job, Metrics
from schemas.tasks import ChunkResult, FingerprintChunk, FinishJob, Probe, RemoveMedia, TaskOutcome
from schemas.wire import decode, decode_transcode_event
from streams.cli.importer.manifest import read_manifest
from streams.domain.jobs.record import MediaRecord
from streams.domain.jobs.state_machine import on_request, on_result
from streams.egress.policy import SourcePolicy
from streams.pipeline.agents.intake import request_of
from streams.readmodel.pagination import BadCursor, read_cursor
from streams.redaction import redacted, without_secrets_in_bytes
from streams.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import ExitStack

__all__ = ["TARGETS", "Target"]


class Target(NamedTuple):
    """One parser.

    Attributes:
        name: How it is called on the command line.
        seeds: Returns inputs that are right, or nearly so.
        prepare: Returns what an input is given to, and notes what has to be closed afterwards. What it returns says in
            a word what became of the input, and raises what is found.
        seconds: Processor time that one input may take.
        mib: Memory that one input may take.
    """

    name: str
    seeds: Callable[[], list[bytes]]
    prepare: Callable[[ExitStack], Callable[[bytes], str]]
    seconds: float = 1.0
    mib: int = 256


# ---- events


def _event_seeds() -> list[bytes]:
    stream = (
        b'{"EventType":"StreamTranscodeComplete","EventTime":"2017-03-20T07:49:17Z","VideoId":"43q9fj74hdf","Status":'
        b'"success","Bitrate":"925","Definition":"LD","Duration":15.0,"Encrypt":false,"FileUrl":"http://v.example/a.mp4"'
        b',"Format":"mp4","Fps":"30","Height":960,"Size":1815321,"Width":540,"JobId":"d","Extend":"test data"}'
    )
    both = (
        b'{"EventType":"TranscodeComplete","EventTime":"2017-03-20T07:49:17Z","VideoId":"4","Status":"success",'
        b'"StreamInfos":[{"Status":"success","Bitrate":1,"Definition":"HD","Duration":1,"Encrypt":true,"FileUrl":"https:/'
        b'/u:p@h/a.m3u8","Format":"m3u8","Size":1,"JobId":"x"},{"Status":"success","FileUrl":"s3://b/a.mp4"}]}'
    )
    structured = b'{"specversion":"1.0","id":"1","source":"s","type":"com.x.TranscodeComplete","time":"2026-11-23",'
    binary = b"ce_specversion: 1.0\nce_type: StreamTranscodeComplete\nce_time: 2026\ntraceparent: 00-a-b-01\n\n"
    return [
        b"\n" + stream,
        b"\n" + both,
        binary + stream,
        b"content-type: application/cloudevents+json\n\n" + structured + b'"data":' + both + b"}",
        b"\n" + structured + b'"data_base64":"eyJFdmVudFR5cGUiOiJUcmFuc2NvZGVDb21wbGV0ZSJ9"}',
        b"\n" + structured + b'"data":"{\\"EventType\\":\\"TranscodeComplete\\"}"}',
    ]


def _events(_: ExitStack) -> Callable[[bytes], str]:
    settings = Settings(state=Path("/nowhere"))

    def run(data: bytes) -> str:
        head, _, value = data.partition(b"\n")
        rest = head + b"\n" + value
        lines, _, value = rest.partition(b"\n\n") if b"\n\n" in rest else (b"", b"", value)
        headers = [
            (name.decode(errors="replace"), content)
            for name, _, content in (line.partition(b": ") for line in lines.split(b"\n") if line)
        ]
        try:
            envelope = decode_transcode_event(headers, value, b"key")
        except InvalidEvent as error:
            return f"refused: {str(error)[:120]}"
        wanted = request_of(envelope, settings, now=TIME)
        return "nothing" if wanted is None else _decided(SubmitJob.of(wanted))

    return run


def _decided(wanted: Command) -> str:
    """See to it that what was let in can be written, read again, and decided on."""
    step = on_request(MediaRecord(), decode_command(encode_command(wanted)), now=TIME)
    for job in step.jobs:
        decode(msgspec.json.encode(job), type(job))
    for task in step.tasks:
        decode_task(encode_task(task))
    record = msgspec.json.decode(msgspec.json.encode(step.record), type=MediaRecord)
    return f"{len(step.jobs)} jobs, {len(step.tasks)} tasks, {len(record.active)} active"


def _request_seeds() -> list[bytes]:
    item = {"job_id": "c", "media_id": "video", "library": "films"}
    commands: list[Command] = [
        submit(metadata={"a": 1}, search=("default",)),
        cancel(),
        MarkItem(**item, marks=ItemMarks(disabled=True)),
        RemoveItem(**item),
        DeleteMedia(job_id="c", media_id="video"),
    ]
    return [msgspec.json.encode(request()), *map(encode_command, commands)]


def _requests(_: ExitStack) -> Callable[[bytes], str]:
    def run(data: bytes) -> str:
        try:
            wanted = decode_command(data)
        except InvalidEvent as error:
            return f"refused: {str(error)[:120]}"
        return _decided(wanted)

    return run


def _result_seeds() -> list[bytes]:
    results = []
    for task in (asked_task(Probe), asked_task(FingerprintChunk), asked_task(FinishJob, chunks_total=1)):
        done = ChunkResult(
            task=task,
            outcome=TaskOutcome.DONE,
            spans=((0.0, 10.0),) if isinstance(task, Probe) else (),
            matches=(MATCH,) if isinstance(task, FinishJob) else (),
            stored=True,
            metrics=Metrics(duration=10.0, windows=2),
        )
        results.append(encode_result(done))
    removal = RemoveMedia(job_id="j1", media_id="video", library="films", version=1)
    results.append(encode_result(ChunkResult(task=removal, outcome=TaskOutcome.DONE)))
    results.append(results[-1].replace(b'"Library":"films","Version"', b'"Version"'))  # as version 0.1 wrote it
    return results


def _results(_: ExitStack) -> Callable[[bytes], str]:
    first = on_request(MediaRecord(), submit(), now=TIME).record

    def run(data: bytes) -> str:
        try:
            result = decode_result(data)
        except InvalidEvent as error:
            return f"refused: {str(error)[:120]}"
        record = msgspec.json.decode(msgspec.json.encode(first), type=MediaRecord)
        step = on_result(record, result, now=TIME, tries=3)
        for ended in step.jobs:
            decode(msgspec.json.encode(ended), Job)
        return f"{len(step.jobs)} jobs, {len(step.tasks)} tasks"

    return run


# ---- fingerprints


def _body(data: bytes) -> bytes:
    return zlib.decompress(data[len(MAGIC) + 1 :])


def _fingerprint_seeds() -> list[bytes]:
    made = [
        Fingerprint(SECONDS, picture(), sound()),
        Fingerprint(SECONDS, picture()),
        Fingerprint(SECONDS, None, sound()),
    ]
    return [_body(one.to_bytes()) for one in made]


def _fingerprints(_: ExitStack) -> Callable[[bytes], str]:
    index = MemoryIndex()
    index.add("reference", Fingerprint(SECONDS, picture(1), sound(1)))

    def run(data: bytes) -> str:
        read_as_it_is(data)
        packed = MAGIC + bytes([VERSION]) + zlib.compress(data, 0)
        try:
            found = read_fingerprint(io.BytesIO(packed), DEFAULT_LIMITS)
        except MediaError as error:
            return f"refused: {str(error)[:120]}"
        again = Fingerprint.from_bytes(found.to_bytes())
        if again.digest != found.digest or not 0 < found.duration <= DEFAULT_LIMITS.max_duration_s:
            raise WrongAnswerError("a fingerprint is another one when it is read again, or lasts too long")
        windows = found.windows()
        if sum(len(rows.numbers) for rows in windows.values()) > most_windows(found.duration):
            raise WrongAnswerError("there are more windows than such media has")
        for rows in windows.values():
            if not np.allclose(np.linalg.norm(rows.vectors, axis=1), 1.0, atol=1e-3):
                raise WrongAnswerError("a vector is not of length one")
        return f"matched {len(match(Query.of_fingerprint(found), index, index))}"

    def read_as_it_is(data: bytes) -> None:
        try:
            Fingerprint.from_bytes(data)
        except BadFingerprintError:
            return
        raise WrongAnswerError("what was never packed is a fingerprint")

    return run


def _chunk_seeds() -> list[bytes]:
    still = encode_still(np.zeros((90, 160, 3), np.uint8))
    return [_body(Chunk(0.0, SECONDS, picture(), sound(), Keyframes.of([(250, still)])).to_bytes())]


def _chunks(_: ExitStack) -> Callable[[bytes], str]:
    def run(data: bytes) -> str:
        try:
            chunk = Chunk.from_bytes(MAGIC + bytes([VERSION]) + zlib.compress(data, 0))
        except BadFingerprintError as error:
            return f"refused: {str(error)[:120]}"
        chunk.windows()
        Chunk.from_bytes(chunk.to_bytes())
        return "accepted"

    return run


# ---- the rest


def _cursors(_: ExitStack) -> Callable[[bytes], str]:
    def run(data: bytes) -> str:
        try:
            read_cursor("jobs", data.decode("latin-1"))
        except BadCursor:
            return "refused"
        return "read"

    return run


def _manifests(_: ExitStack) -> Callable[[bytes], str]:
    files = fsspec.filesystem("memory")

    def run(data: bytes) -> str:
        suffix, content = (".csv", data[1:]) if data[:1] == b"c" else (".jsonl", data[1:])
        files.pipe(f"/fuzz{suffix}", content)
        try:
            rows = list(read_manifest(f"memory://fuzz{suffix}", "default", str))
        except (OSError, ValueError) as error:
            return type(error).__name__
        return ",".join(sorted({type(row).__name__ for row in rows}))

    return run


def _boxes() -> list[bytes]:
    def box(kind: bytes, content: bytes) -> bytes:
        return (8 + len(content)).to_bytes(4, "big") + kind + content

    def clock(rate: int, length: int) -> bytes:
        return bytes(12) + rate.to_bytes(4, "big") + length.to_bytes(4, "big") + bytes(80)

    edit = bytes(7) + b"\1" + (1000).to_bytes(4, "big") + (512).to_bytes(4, "big") + b"\0\1\0\0"
    table = box(b"stbl", box(b"ctts", bytes(7) + b"\1" + bytes(7) + b"\1"))
    media = box(b"mdia", box(b"mdhd", clock(12_800, 12_800)) + box(b"minf", table))
    track = box(b"trak", box(b"tkhd", bytes(84)) + box(b"edts", box(b"elst", edit)) + media)
    return [box(b"ftyp", b"isom\0\0\2\0isommp41") + box(b"moov", box(b"mvhd", clock(1000, 1000)) + track)]


def _media(_: ExitStack) -> Callable[[bytes], str]:
    return lambda data: f"{media_kind(data[:4096])} {cuts_nothing(io.BytesIO(data))}"


def _media_seeds() -> list[bytes]:
    heads = (
        b"\x1aE\xdf\xa3",
        b"RIFF\0\0\0\0AVI ",
        b"ID3\4",
        b"\xff\xfb\x90\x64",
        b"G" + bytes(187),
        b"OggS",
        b"\0\0\0\1g",
    )
    return [*_boxes(), *(head + bytes(600) for head in heads), (b"G" + bytes(187)) * 8]


def _addresses(_: ExitStack) -> Callable[[bytes], str]:
    policies = [SourcePolicy.parse(places) for places in ("/media", "https://a.example/v s3://b/x", "")]

    def run(data: bytes) -> str:
        text = data.decode("utf-8", errors="surrogateescape")
        without_secrets_in_bytes(data)
        shown = redacted(text)
        if redacted(shown) != shown:
            raise WrongAnswerError("what may be shown is shown otherwise when it is shown again")
        passed = ""
        for policy in policies:
            for check in (policy.check_web, policy.check_bucket):
                try:
                    check(text)
                    passed += "1"
                except MediaError:
                    passed += "0"
        return passed

    return run


def _address_seeds() -> list[bytes]:
    return [
        b"https://user:word@a.example:8443/v/a%20b.mp4?X-Amz-Signature=5d67&x=1#f",
        b"s3://b/x/y?versionId=1",
        b"file:///media/a",
        b"https://[::1]:80/v/../w",
        b"oss://b/o",
        b'"url":"https:\\/\\/u:p@h\\/a?b=c\\u0026d=e"',
        b"//h/a",
        b'{"data_base64":"aHR0cHM6Ly91OnBAaC9hP2I9Yw=="}',
    ]


def _cursor_seeds() -> list[bytes]:
    return [b"WyJqb2JzIiwiYSIsImIiXQ", b"WyJpdGVtcyIsImEiLCJiIl0", b"", b"===="]


def _manifest_seeds() -> list[bytes]:
    return [
        b'clocation,MediaId,library,metadata,other\na.mp4,m,default,"{""a"": 1}",x\nhttps://h/b.mp4,,,,\n',
        b'j{"location":"a.mp4","MediaId":"m","library":"l","metadata":{"a":1},"x":2}\n\n{"url":"https://h/b.mp4"}\n',
        b'cFile URL\n"a\nb"\n',
    ]


TARGETS: tuple[Target, ...] = (
    Target("events", _event_seeds, _events),
    Target("requests", _request_seeds, _requests),
    Target("results", _result_seeds, _results),
    Target("fingerprints", _fingerprint_seeds, _fingerprints, seconds=3.0),
    Target("chunks", _chunk_seeds, _chunks),
    Target("api", api_seeds, web, seconds=3.0),
    Target("vendor", vendor_seeds, web, seconds=3.0),
    Target("cursors", _cursor_seeds, _cursors),
    Target("manifests", _manifest_seeds, _manifests),
    Target("media", _media_seeds, _media),
    Target("addresses", _address_seeds, _addresses, seconds=2.0),
)
