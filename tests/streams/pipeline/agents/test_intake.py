"""Intake: which request a transcode event amounts to."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from schemas.errors import TooLargeError
from schemas.jobs import JobRequest
from schemas.limits import LARGEST_INPUT, LARGEST_REQUEST, MOST_RENDITIONS
from schemas.wire import InvalidEvent
from streams.pipeline.agents.intake import Intake
from streams.settings import Settings

NOW = "2026-11-23T08:00:00.000Z"


class Requests:
    def __init__(self) -> None:
        self.sent: list[JobRequest] = []

    async def request(self, request: JobRequest) -> None:
        self.sent.append(request)


def stream(**fields: object) -> dict[str, object]:
    return {
        "EventType": "StreamTranscodeComplete",
        "EventTime": "2026-11-23T08:00:00Z",
        "VideoId": "v",
        "Status": "success",
        "FileUrl": "http://vod/v-sd.mp4",
        "Format": "mp4",
        **fields,
    }


async def requests_of(
    tmp_path: Path, *events: object, headers: list[tuple[str, bytes]] | None = None
) -> list[JobRequest]:
    emitter = Requests()
    intake = Intake(Settings(state=tmp_path), emitter)
    for event in events:
        await intake.handle(json.dumps(event).encode(), headers or [], now=NOW)
    return emitter.sent


async def test_a_replayed_event_amounts_to_the_same_job(tmp_path: Path) -> None:
    first, second = await requests_of(tmp_path, stream(), stream())
    assert first.job_id == second.job_id
    assert (first.media_id, first.file_url, first.library, first.save_type) == (
        "v",
        "http://vod/v-sd.mp4",
        "default",
        "forcesave",
    )


async def test_a_job_that_an_event_makes_has_events_as_its_caller(tmp_path: Path) -> None:
    (asked,) = await requests_of(tmp_path, stream())
    assert (asked.source, asked.caller) == ("event", "event")


async def test_of_all_renditions_the_cheapest_that_is_large_enough_is_chosen(tmp_path: Path) -> None:
    renditions = [
        {"Status": "success", "FileUrl": "http://vod/4k.mp4", "Format": "mp4", "Width": 3840, "Height": 2160},
        {"Status": "success", "FileUrl": "http://vod/tiny.mp4", "Format": "mp4", "Width": 256, "Height": 144},
        {"Status": "success", "FileUrl": "http://vod/sd.mp4", "Format": "mp4", "Width": 640, "Height": 360},
        {"Status": "success", "FileUrl": "http://vod/sd.m3u8", "Format": "m3u8", "Width": 640, "Height": 360},
        {"Status": "success", "FileUrl": "http://vod/enc.mp4", "Format": "mp4", "Height": 300, "Encrypt": True},
        {"Status": "success", "FileUrl": "http://vod/a.mp3", "Format": "mp3", "IsAudio": True},
    ]
    event = {
        "EventType": "TranscodeComplete",
        "EventTime": "t",
        "VideoId": "v",
        "Status": "success",
        "StreamInfos": renditions,
    }
    (request,) = await requests_of(tmp_path, event)
    assert request.file_url == "http://vod/sd.mp4"
    assert len(request.renditions) == 6


@pytest.mark.parametrize(
    "fields",
    [{"Status": "fail"}, {"Encrypt": True}, {"Format": "m3u8"}, {"FileUrl": None}],
    ids=lambda f: next(iter(f)),
)
async def test_a_rendition_that_cannot_be_used_asks_for_nothing(tmp_path: Path, fields: dict[str, object]) -> None:
    assert await requests_of(tmp_path, stream(**fields)) == []


async def test_a_video_whose_renditions_are_all_encrypted_gets_a_job_that_can_say_so(tmp_path: Path) -> None:
    rendition = {"Status": "success", "FileUrl": "http://vod/e.mp4", "Format": "mp4", "Encrypt": True}
    event = {
        "EventType": "TranscodeComplete",
        "EventTime": "t",
        "VideoId": "v",
        "Status": "success",
        "StreamInfos": [rendition],
    }
    assert len(await requests_of(tmp_path, event)) == 1


async def test_envelopes_of_both_modes_are_unwrapped_and_the_trace_goes_along(tmp_path: Path) -> None:
    structured = {
        "specversion": "1.0",
        "id": "1",
        "source": "s",
        "type": "t",
        "data": stream(),
        "traceparent": "00-a-b-01",
    }
    binary = [("ce_specversion", b"1.0"), ("ce_type", b"x"), ("traceparent", b"00-c-d-01")]
    (one,) = await requests_of(tmp_path, structured)
    (two,) = await requests_of(tmp_path, stream(Extend="mine"), headers=binary)
    assert (one.traceparent, two.traceparent, two.extend) == ("00-a-b-01", "00-c-d-01", "mine")


async def test_an_event_that_is_not_valid_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidEvent, match="EventType"):
        await requests_of(tmp_path, {"EventType": "Unknown"})


def of_renditions(count: int, **fields: object) -> bytes:
    """An event of so many renditions, of which the last one is the best to take."""
    infos = [
        {
            "Status": "success",
            "FileUrl": f"http://vod/43q9fj74hdf/{number:05}.mp4",
            "Definition": f"D{number}",
            "Height": 240 + count - number,
            "Width": 320,
            **fields,
        }
        for number in range(count)
    ]
    event = {"EventType": "TranscodeComplete", "EventTime": "t", "VideoId": "v", "Status": "success"}
    return json.dumps({**event, "StreamInfos": infos}, separators=(",", ":")).encode()


async def test_a_video_with_thousands_of_renditions_gets_its_job_and_the_best_ones_are_noted(tmp_path: Path) -> None:
    event = of_renditions(9_000)
    assert 900_000 < len(event) < LARGEST_INPUT
    emitter = Requests()
    for _ in range(2):
        await Intake(Settings(state=tmp_path), emitter).handle(event, [], now=NOW)
    first, again = emitter.sent
    assert first == again
    assert first.file_url == "http://vod/43q9fj74hdf/08999.mp4"
    assert [rendition.definition for rendition in first.renditions] == [
        f"D{8_999 - number}" for number in range(MOST_RENDITIONS)
    ]
    assert len(msgspec.json.encode(first)) < LARGEST_REQUEST


@pytest.mark.parametrize(
    ("value", "key", "headers"),
    [
        (b"x" * 10_430_001, b"v", []),
        (b"\0" * 30_000_000, b"v", []),
        (json.dumps(stream(FileUrl="f" * 4_000_000)).encode(), b"v", []),
        (json.dumps(stream()).encode(), b"v" * 2_000_000, []),
        (json.dumps(stream()).encode(), b"v", [("tag", b"t" * 2_000_000)]),
    ],
    ids=["large", "zeros", "address", "key", "header"],
)
async def test_an_event_that_is_too_large_asks_for_nothing(
    tmp_path: Path, value: bytes, key: bytes, headers: list[tuple[str, bytes]]
) -> None:
    emitter = Requests()
    with pytest.raises(TooLargeError):
        await Intake(Settings(state=tmp_path), emitter).handle(value, headers, now=NOW, key=key)
    assert emitter.sent == []


async def test_a_publish_time_goes_on_with_the_request(tmp_path: Path) -> None:
    said, not_said = await requests_of(tmp_path, stream(PublishTime="2026-11-20T10:00:00+02:00"), stream())
    assert (said.publish_time, not_said.publish_time) == ("2026-11-20T08:00:00.000Z", "")
    assert said.job_id == not_said.job_id


async def test_when_a_medium_was_broadcast_is_kept_with_the_request(tmp_path: Path) -> None:
    on_air, plain = await requests_of(tmp_path, stream(StartTime="2026-11-23T21:15:00+01:00"), stream(VideoId="w"))
    assert (on_air.start_time, plain.start_time) == ("2026-11-23T20:15:00.000Z", "")
    assert on_air.renditions[0].file_url == "http://vod/v-sd.mp4"
