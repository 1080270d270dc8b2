"""Inputs: what is read from a topic, in which forms it may come, and what is refused with which words."""

from __future__ import annotations

import base64
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import TooLargeError
from schemas.events import StreamTranscodeComplete, TranscodeComplete
from schemas.jobs import Job, JobRequest, JobSpec
from schemas.limits import LARGEST_EVENT, LARGEST_INPUT, LONGEST_EXTEND, LONGEST_MESSAGE, LONGEST_URL, LONGEST_WORD
from schemas.tasks import ChunkResult, Probe, TaskOutcome
from schemas.wire import InvalidEvent, decode, decode_transcode_event

STREAM: dict[str, Any] = {
    "EventType": "StreamTranscodeComplete",
    "EventTime": "2017-03-20T07:49:17Z",
    "VideoId": "43q9fj74hdf",
    "Status": "success",
    "Bitrate": "925",
    "Definition": "LD",
    "Duration": 15.0,
    "Encrypt": False,
    "FileUrl": "http://vod.example.com/a.mp4",
    "Format": "mp4",
    "Fps": "30",
    "Height": 960,
    "Size": 1815321,
    "Width": 540,
    "JobId": "ddddddddddd",
    "Extend": "test data",
}
ALL: dict[str, Any] = {
    "EventType": "TranscodeComplete",
    "EventTime": "2017-03-20T07:49:17Z",
    "VideoId": "43q9fj74hdf",
    "Status": "success",
    "StreamInfos": [{"Status": "success", "FileUrl": "http://vod.example.com/a.mp4"}],
}
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def read(body: object, headers: dict[str, str] | None = None) -> StreamTranscodeComplete:
    pairs = [(name, value.encode()) for name, value in (headers or {}).items()]
    event = decode_transcode_event(pairs, json.dumps(body).encode()).event
    assert isinstance(event, StreamTranscodeComplete)
    return event


def refusal(body: object, headers: dict[str, str] | None = None) -> str:
    pairs = [(name, value.encode()) for name, value in (headers or {}).items()]
    with pytest.raises(InvalidEvent) as refused:
        decode_transcode_event(pairs, body if isinstance(body, bytes) else json.dumps(body).encode())
    return str(refused.value)


def without(body: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in names}


def test_the_vendors_own_sample_is_read_field_for_field() -> None:
    event = read(STREAM)
    assert (event.video_id, event.status, event.file_url) == ("43q9fj74hdf", "success", "http://vod.example.com/a.mp4")
    assert (event.duration, event.size, event.width, event.height) == (15.0, 1815321, 540, 960)
    assert (event.bitrate, event.fps, event.encrypt, event.job_id) == ("925", "30", False, "ddddddddddd")
    assert (event.definition, event.format, event.extend) == ("LD", "mp4", "test data")


def test_an_event_of_all_renditions_carries_each_of_them() -> None:
    event = decode_transcode_event([], json.dumps(ALL).encode()).event
    assert isinstance(event, TranscodeComplete)
    assert [rendition.file_url for rendition in event.stream_infos] == ["http://vod.example.com/a.mp4"]


def test_only_type_time_video_and_status_are_needed() -> None:
    needed = {name: STREAM[name] for name in ("EventType", "EventTime", "VideoId", "Status")}
    assert read(needed).file_url is None


def test_unknown_fields_are_ignored_whatever_they_hold() -> None:
    assert read({**STREAM, "Preprocess": True, "data": {"deep": [{}]}, "": None}) == read(STREAM)


@pytest.mark.parametrize("body", [STREAM, ALL])
def test_a_publish_time_is_read_in_utc_whichever_event_has_it(body: dict[str, Any]) -> None:
    for sent, kept in (("2026-11-23T10:00:00+02:00", "2026-11-23T08:00:00.000Z"), ("", None), (None, None)):
        event = decode_transcode_event([], json.dumps({**body, "PublishTime": sent}).encode()).event
        assert event.publish_time == kept


@pytest.mark.parametrize("body", [STREAM, ALL])
@pytest.mark.parametrize("sent", ["2026-11-23", "2026-11-23T10:00:00", "soon"])
def test_a_publish_time_without_a_zone_is_refused_by_its_name(body: dict[str, Any], sent: str) -> None:
    reason = refusal({**body, "PublishTime": sent})
    assert "ISO 8601 with a zone" in reason
    assert "`$.PublishTime`" in reason
    assert "PublishTime" in refusal({**body, "PublishTime": 1700000000})


def test_null_is_the_same_as_not_there() -> None:
    assert read({**STREAM, "Size": None}).size is None
    assert "VideoId" in refusal({**STREAM, "VideoId": None})


def test_a_byte_order_mark_before_the_json_is_no_fault() -> None:
    assert decode_transcode_event([], b"\xef\xbb\xbf" + json.dumps(STREAM).encode()).event == read(STREAM)


@pytest.mark.parametrize(
    ("field", "sent", "understood"),
    [
        ("Duration", "15.0", 15.0),
        ("Duration", 15, 15.0),
        ("Duration", "", None),
        ("Size", "1815321", 1815321),
        ("Size", 1815321.0, 1815321),
        ("Size", "9007199254740993", 9007199254740993),
        ("Width", " 540 ", 540),
        ("Height", "960.0", 960),
        ("Bitrate", 925, "925"),
        ("Bitrate", 925.0, "925"),
        ("Fps", 29.97, "29.97"),
        ("Encrypt", "false", False),
        ("Encrypt", 1, True),
        ("IsAudio", "True", True),
        ("EventTime", "2017-03-20T07:49:17:025Z", "2017-03-20T07:49:17.025Z"),
        ("StartTime", "2017-03-20T07:49:17+08:00", "2017-03-19T23:49:17.000Z"),
        ("EventTime", "yesterday", "yesterday"),
    ],
)
def test_what_producers_write_in_several_ways_is_understood(field: str, sent: object, understood: object) -> None:
    event = read({**STREAM, field: sent})
    attribute = "".join(f"_{c.lower()}" if c.isupper() else c for c in field).lstrip("_")
    assert getattr(event, attribute) == understood


@pytest.mark.parametrize(
    ("field", "sent"),
    [
        ("VideoId", 5),
        ("VideoId", ["a"]),
        ("VideoId", ""),
        ("VideoId", "  "),
        ("VideoId", "a\x00b"),
        ("VideoId", "a\x85b"),
        ("VideoId", "."),
        ("VideoId", ".."),
        ("VideoId", "a" * 257),
        ("EventTime", 1490000000),
        ("Status", "done"),
        ("Status", True),
        ("Duration", {"Seconds": 15}),
        ("Duration", "quarter past"),
        ("Duration", "nan"),
        ("Duration", "infinity"),
        ("Duration", -1),
        ("Size", "1_000"),
        ("Size", "1.5"),
        ("Size", 1.5),
        ("Size", 2**63),
        ("Size", "9" * 60),
        ("Width", []),
        ("Height", True),
        ("Bitrate", {}),
        ("Fps", False),
        ("Encrypt", "perhaps"),
        ("IsAudio", 2),
        ("FileUrl", 7),
        ("Extend", {"a": 1}),
    ],
)
def test_a_field_of_the_wrong_type_is_refused_by_its_name(field: str, sent: object) -> None:
    assert f"$.{field}" in refusal({**STREAM, field: sent})


def test_a_fault_deep_in_the_renditions_is_refused_by_its_place() -> None:
    renditions = [{"Status": "success"}, {"Status": "success", "Size": "many"}]
    assert "$.StreamInfos[1].Size" in refusal({**ALL, "StreamInfos": renditions})
    assert "$.StreamInfos[0]" in refusal({**ALL, "StreamInfos": ["http://vod.example.com/a.mp4"]})
    assert "$.StreamInfos" in refusal({**ALL, "StreamInfos": "http://vod.example.com/a.mp4"})


@pytest.mark.parametrize("field", ["EventType", "EventTime", "VideoId", "Status"])
def test_a_missing_field_is_named(field: str) -> None:
    assert f"`{field}`" in refusal(without(STREAM, field))


def test_a_success_of_all_renditions_has_to_name_them() -> None:
    assert "`StreamInfos`" in refusal(without(ALL, "StreamInfos"))
    failed = {**without(ALL, "StreamInfos"), "Status": "fail"}
    assert decode_transcode_event([], json.dumps(failed).encode()).event.status == "fail"


@pytest.mark.parametrize("name", ["FileUploadComplete", "streamtranscodecomplete", 7, ["TranscodeComplete"], {}])
def test_an_unknown_event_type_is_refused_with_the_known_ones(name: object) -> None:
    assert "StreamTranscodeComplete or TranscodeComplete" in refusal({**STREAM, "EventType": name})


def test_a_refusal_does_not_repeat_a_huge_value() -> None:
    assert len(refusal({**STREAM, "EventType": "x" * 100_000})) < 300


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "empty"),
        (b"", "empty"),
        (b"null", "JSON object"),
        (b"[]", "JSON object"),
        (b'"text"', "JSON object"),
        (b"{", "truncated"),
        (b"VideoId=7", "JSON"),
        (b"\x00\x00\x00\x00\x07avro", "JSON"),
        (b'{"VideoId": "\xff"}', "utf-8"),
        (b'{"VideoId": "\\ud800"}', "JSON"),
        (b'{"Duration": NaN}', "JSON"),
        (b'{"Duration": 1e999}', "out of range"),
        (b'{"Size": ' + b"9" * 6000 + b"}", "JSON"),
        (b'{"a":' * 100_000, "recursion"),
        (b"[" * 100_000, "JSON object"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_a_value_that_is_no_json_object_is_refused(value: bytes | None, reason: str) -> None:
    with pytest.raises(InvalidEvent, match=reason):
        decode_transcode_event([], value)


@given(st.binary(max_size=200))
def test_no_bytes_at_all_lead_to_anything_but_a_refusal(value: bytes) -> None:
    with pytest.raises(InvalidEvent):
        decode_transcode_event([("content-type", value)], value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from([*STREAM, "StreamInfos", "specversion", "data", "data_base64", "type"]), JSON))
def test_every_json_object_is_either_an_event_or_refused(changes: dict[str, Any]) -> None:
    try:
        event = decode_transcode_event([], json.dumps({**STREAM, **changes}).encode()).event
    except InvalidEvent:
        pass
    else:
        assert 1 <= len(event.video_id) <= 256


def envelope(**changes: object) -> dict[str, object]:
    return {"specversion": "1.0", "id": "1", "source": "/vod", "type": "x.y", "data": STREAM, **changes}


@pytest.mark.parametrize("content_type", [None, "application/cloudevents+json", "Application/CloudEvents+JSON; a=b"])
def test_a_structured_envelope_is_unwrapped(content_type: str | None) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    assert read(envelope(), headers) == read(STREAM)


def test_data_may_be_json_text_or_base64() -> None:
    text = json.dumps(STREAM)
    assert read(envelope(data=text)) == read(STREAM)
    encoded = base64.b64encode(text.encode()).decode()
    assert read({**without(envelope(), "data"), "data_base64": encoded}) == read(STREAM)


@pytest.mark.parametrize("data", [None, 5, [STREAM]])
def test_an_envelope_without_an_event_in_it_is_refused(data: object) -> None:
    assert "data" in refusal(envelope(data=data))


def test_a_promised_envelope_that_is_not_there_is_refused() -> None:
    assert "specversion" in refusal(STREAM, {"content-type": "application/cloudevents+json"})
    assert "batch" in refusal({}, {"content-type": "application/cloudevents-batch+json"})
    assert "base64" in refusal({"specversion": "1.0", "data_base64": "!"})


def test_the_event_type_may_stand_on_the_envelope_alone() -> None:
    bare = without(STREAM, "EventType")
    assert read(envelope(type="com.example.vod.StreamTranscodeComplete", data=bare)) == read(STREAM)
    assert read(bare, {"ce_specversion": "1.0", "ce_type": "StreamTranscodeComplete"}) == read(STREAM)


def test_the_events_own_type_goes_before_the_envelopes() -> None:
    assert read(STREAM, {"ce_type": "com.example.vod.TranscodeComplete"}) == read(STREAM)


def test_the_time_may_stand_on_the_envelope_alone() -> None:
    bare = without(STREAM, "EventTime")
    assert read(envelope(time="2026-11-23T08:00:00Z", data=bare)).event_time == "2026-11-23T08:00:00Z"
    assert read(bare, {"ce_time": "2026-11-23T08:00:00Z"}).event_time == "2026-11-23T08:00:00Z"


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ([("traceparent", TRACE.encode())], STREAM),
        ([("Traceparent", TRACE.encode())], STREAM),
        ([("ce_specversion", b"1.0"), ("ce_traceparent", TRACE.encode())], STREAM),
        ([], envelope(traceparent=TRACE)),
        ([("traceparent", TRACE.encode())], envelope(traceparent="00-other")),
    ],
)
def test_the_trace_is_found_wherever_the_producer_put_it(headers: list[tuple[str, bytes]], body: object) -> None:
    assert decode_transcode_event(headers, json.dumps(body).encode()).traceparent == TRACE


def test_without_a_trace_there_is_none_and_headers_without_a_value_do_no_harm() -> None:
    assert (
        decode_transcode_event([("traceparent", None), ("x", b"\xff")], json.dumps(STREAM).encode()).traceparent is None
    )


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b'{"JobId": "1", "MediaId": "", "FileUrl": "u"}',
        b'{"JobId": "1", "MediaId": "m", "FileUrl": "u", "SimilarityThreshold": 7}',
        b'{"JobId": "1", "MediaId": "m", "FileUrl": "u", "SaveType": "keep"}',
    ],
)
def test_a_request_that_is_not_valid_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidEvent, match="JobRequest"):
        decode(body, JobRequest)


def test_a_request_needs_no_more_than_its_ids_and_an_address() -> None:
    request = decode(b'{"JobId": "1", "MediaId": "m", "FileUrl": "u", "Unknown": 1}', JobRequest)
    assert (request.library, request.save_type, request.similarity_threshold) == ("default", "forcesave", 0.8)


LARGE = [
    (b"", b"\0" * 30_000_000, ()),
    (b"", b"x" * 10_430_001, ()),
    (b"", json.dumps({**STREAM, "FileUrl": "file:///" + "f" * 4_000_000}).encode(), ()),
    (b"k" * 2_000_000, json.dumps(STREAM).encode(), ()),
    (b"", json.dumps(STREAM).encode(), (("tag", b"t" * 2_000_000),)),
    (b"", json.dumps(STREAM).encode(), (("", b""),) * LARGEST_INPUT),
]


@pytest.mark.parametrize(
    ("key", "value", "headers"), LARGE, ids=["zeros", "large", "address", "key", "header", "headers"]
)
def test_an_event_that_is_too_large_is_refused_unread(
    key: bytes, value: bytes, headers: tuple[tuple[str, bytes], ...]
) -> None:
    with pytest.raises(TooLargeError, match=str(LARGEST_INPUT)):
        decode_transcode_event(headers, value, key)


def test_an_event_as_large_as_it_may_be_is_read() -> None:
    padding = LARGEST_INPUT - len(json.dumps({**STREAM, "Note": ""}))
    assert read({**STREAM, "Note": "x" * padding}).file_url == STREAM["FileUrl"]
    assert str(LARGEST_INPUT) in refusal({**STREAM, "Note": "x" * (padding + 1)})


def test_a_message_of_our_own_topics_that_is_larger_than_we_write_is_refused_unread() -> None:
    with pytest.raises(TooLargeError, match=str(LARGEST_EVENT)):
        decode(b" " * (LARGEST_EVENT + 1), JobRequest)


@pytest.mark.parametrize(
    ("field", "most"),
    [
        ("FileUrl", LONGEST_URL),
        ("Extend", LONGEST_EXTEND),
        ("JobId", LONGEST_WORD),
        ("Format", LONGEST_WORD),
        ("Definition", LONGEST_WORD),
    ],
)
def test_a_field_that_is_too_long_is_named(field: str, most: int) -> None:
    read({**STREAM, field: "x" * most})
    said = refusal({**STREAM, field: "x" * (most + 1)})
    assert f"$.{field}" in said
    assert str(most) in said


def test_an_address_that_is_too_long_is_named_among_several_renditions() -> None:
    infos = [*ALL["StreamInfos"], {"Status": "success", "FileUrl": "x" * (LONGEST_URL + 1)}]
    assert "$.StreamInfos[1].FileUrl" in refusal({**ALL, "StreamInfos": infos})


@pytest.mark.parametrize(
    ("field", "most"),
    [
        ("ErrorMessage", LONGEST_MESSAGE),
        *((name, LONGEST_WORD) for name in ("Bitrate", "Fps", "EncryptType", "Codec", "WatermarkId", "ErrorCode")),
        *((name, LONGEST_WORD) for name in ("StartTime", "FinishTime")),
    ],
)
def test_a_text_that_only_informs_is_cut(field: str, most: int) -> None:
    event = read({**STREAM, field: "x" * 100_000})
    text = msgspec.structs.asdict(event)[msgspec_name(field)]
    assert text == "x" * (most - 1) + "…"


def msgspec_name(field: str) -> str:
    return next(one.name for one in msgspec.structs.fields(StreamTranscodeComplete) if one.encode_name == field)


def test_a_trace_that_is_too_long_to_be_one_is_left_out() -> None:
    body = json.dumps(STREAM).encode()
    assert decode_transcode_event([("traceparent", b"0" * 9999)], body).traceparent is None
    assert decode_transcode_event([("traceparent", TRACE.encode())], body).traceparent == TRACE
    envelope = {"specversion": "1.0", "id": "1", "source": "s", "type": "t", "data": STREAM, "traceparent": "0" * 9999}
    assert decode_transcode_event([], json.dumps(envelope).encode()).traceparent is None


def test_a_refusal_that_repeats_a_long_value_is_cut() -> None:
    assert len(refusal({**STREAM, "Status": "x" * 100_000})) <= LONGEST_MESSAGE


@pytest.mark.parametrize(
    "wrong",
    [
        {"Metrics": {"Duration": -60.0}},
        {"Metrics": {"Duration": 4.6e15}},
        {"Metrics": {"Duration": 1e308, "Windows": 1}},
        {"Metrics": {"Windows": -1}},
        {"Metrics": {"CpuSeconds": -1.0}},
        {"Metrics": {"ProcessingSeconds": 1e200}},
        {"Spans": [[0.0, -1.0]]},
        {"Spans": [[5.0, 4.0]]},
        {"Spans": [[0.0, 4.6e15]]},
    ],
)
def test_a_result_that_no_media_can_have_is_refused_before_anything_is_billed(wrong: dict[str, object]) -> None:
    task = Probe(job_id="j1", media_id="video", request=JobSpec(file_url="file:///a.mp4"))
    whole = msgspec.to_builtins(ChunkResult(task=task, outcome=TaskOutcome.DONE, spans=((0.0, 5.0),)))
    decode(json.dumps(whole).encode(), ChunkResult)
    with pytest.raises(InvalidEvent, match=r"none of media|outside of any media"):
        decode(json.dumps({**whole, **wrong}).encode(), ChunkResult)


def test_a_job_of_such_numbers_that_is_recorded_already_stays_readable() -> None:
    old = {"JobId": "j1", "MediaId": "video", "Status": "success", "CreationTime": "", "UpdateTime": ""}
    request = {"JobId": "j1", "MediaId": "video", "FileUrl": "file:///a.mp4"}
    read = decode(json.dumps({**old, "Request": request, "Metrics": {"Duration": 4.6e15}}).encode(), Job)
    assert read.metrics.duration == 4.6e15


def test_an_envelope_whose_payload_is_no_ascii_is_refused_as_any_that_is_no_base64() -> None:
    for packed in ("é", "a", "\ud800"):
        envelope = {"specversion": "1.0", "id": "1", "source": "s", "type": "t", "data_base64": packed}
        with pytest.raises(InvalidEvent, match=r"data_base64 is no base64|cannot be read"):
            decode_transcode_event([], json.dumps(envelope).encode())


def start_of(body: dict[str, Any]) -> str:
    return decode_transcode_event([], json.dumps(body).encode()).event.broadcast_start


@pytest.mark.parametrize("event", [STREAM, ALL], ids=lambda event: event["EventType"])
def test_an_event_may_say_when_its_medium_was_broadcast(event: dict[str, Any]) -> None:
    assert start_of({**event, "StartTime": "2026-11-23T21:15:00+01:00"}) == "2026-11-23T20:15:00.000Z"
    assert start_of(event) == start_of({**event, "StartTime": None}) == ""


def test_the_span_of_a_transcoding_is_no_broadcast() -> None:
    run = {"StartTime": "2026-11-23T20:15:00Z", "FinishTime": "2026-11-23T20:16:00Z"}
    assert start_of({**STREAM, **run}) == ""
    assert start_of({**ALL, "StreamInfos": [{**ALL["StreamInfos"][0], **run}]}) == ""


def test_a_start_that_is_no_time_is_left_alone_where_it_may_be_that_of_a_transcoding() -> None:
    assert start_of({**STREAM, "StartTime": "tonight"}) == ""


@pytest.mark.parametrize("start", ["tonight", "2026-11-23T20:15:00", 5])
def test_a_broadcast_without_a_time_and_a_zone_is_refused_with_what_to_write(start: object) -> None:
    said = refusal({**ALL, "StartTime": start})
    assert "$.StartTime" in said
    assert ("write ISO 8601 with a zone" in said) is isinstance(start, str)
