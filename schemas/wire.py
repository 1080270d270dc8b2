"""From bytes on a topic to typed values and back: the one place where untrusted JSON is read.

Inputs may be bare JSON or wrapped in a CloudEvents 1.0 envelope, in structured mode (the envelope is the value) or
binary mode (the envelope is in `ce_` headers), as CloudEvents' Kafka protocol binding describes.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from schemas.events import StreamTranscodeComplete, TranscodeComplete, TranscodeEvent

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Envelope", "InvalidEvent", "decode", "decode_transcode_event", "output_headers"]

T = TypeVar("T")

#: Where outputs say they come from.
SOURCE = "mediadna"
#: Longest id of a video: it becomes part of keys, file names and primary keys.
ID_LENGTH = 256
#: The code that a dead letter carries when its value cannot be read.
INVALID = "InvalidEvent"

_EVENT_TYPES: dict[str, type[TranscodeEvent]] = {
    "StreamTranscodeComplete": StreamTranscodeComplete,
    "TranscodeComplete": TranscodeComplete,
}


class InvalidEvent(ValueError):  # noqa: N818 (the contract's word: an input event that is not valid)
    """An input that cannot be used; the message says which field is wrong, for the one who sent it."""

    code = INVALID


class Envelope(msgspec.Struct, frozen=True):
    """An input event and what came around it."""

    event: TranscodeEvent
    traceparent: str | None = None


def decode(value: bytes | None, kind: type[T]) -> T:
    """Read a value of one of our own topics.

    Raises:
        InvalidEvent: The value is not such JSON.
    """
    if not value:
        raise InvalidEvent("the value is empty: send the event as JSON")
    try:
        return msgspec.json.decode(value, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidEvent(f"the value cannot be read as {kind.__name__}: {error}") from error


def decode_transcode_event(headers: Iterable[tuple[str, bytes]], value: bytes | None) -> Envelope:
    """Read a transcode-complete event, wrapped or bare. Unknown fields are ignored.

    Raises:
        InvalidEvent: The value is no JSON object, names no event type that we know, lacks a needed field, or has one
            of the wrong type.
    """
    by_name = {name.lower(): content.decode(errors="replace") for name, content in headers}
    body = decode(value, dict[str, Any])
    traceparent = by_name.get("traceparent") or by_name.get("ce_traceparent")
    if "specversion" in body and "data" in body:
        traceparent = traceparent or _text(body.get("traceparent"))
        body = _data_of(body["data"])
    return Envelope(_event(body, by_name), traceparent)


def output_headers(kind: str, event_id: str, time: str, traceparent: str | None = None) -> list[tuple[str, bytes]]:
    """Return the CloudEvents headers of an output; the id is derived, so that consumers can tell a repetition."""
    headers = [
        ("ce_specversion", b"1.0"),
        ("ce_id", event_id.encode()),
        ("ce_type", kind.encode()),
        ("ce_source", SOURCE.encode()),
        ("ce_time", time.encode()),
        ("content-type", b"application/json"),
    ]
    if traceparent:
        headers.append(("traceparent", traceparent.encode()))
    return headers


def _data_of(data: object) -> dict[str, Any]:
    if isinstance(data, dict):
        return data
    if isinstance(data, str):  # JSON text inside the envelope, as some producers send it
        return decode(data.encode(), dict[str, Any])
    raise InvalidEvent("the CloudEvents envelope's data is no JSON object: put the event there")


def _event(body: dict[str, Any], headers: Mapping[str, str]) -> TranscodeEvent:
    name = body.get("EventType") or headers.get("ce_type", "").rpartition(".")[2]
    kind = _EVENT_TYPES.get(name) if isinstance(name, str) else None
    if kind is None:
        known = " or ".join(_EVENT_TYPES)
        raise InvalidEvent(f"EventType {name!r} is not known: send {known}")
    try:
        event = msgspec.convert({**_lenient(body), "EventType": name}, type=kind)
    except (msgspec.ValidationError, RecursionError) as error:
        raise InvalidEvent(f"{name}: {error}") from error
    if not event.video_id.strip() or len(event.video_id) > ID_LENGTH:
        raise InvalidEvent(f"{name}: VideoId must have 1 to {ID_LENGTH} characters - at `$.VideoId`")
    return event


#: Fields that some producers send as text and others as a number.
_NUMBERS = {"Duration": float, "Width": int, "Height": int, "Size": int}
_TEXTS = frozenset({"Bitrate", "Fps"})


def _lenient(body: dict[str, Any]) -> dict[str, Any]:
    """Bring fields that producers write in two ways into one; whatever is not such a field stays as it is."""
    lenient = {name: _field(name, value) for name, value in body.items() if value is not None}
    streams = lenient.get("StreamInfos")
    if isinstance(streams, list):
        lenient["StreamInfos"] = [_lenient(stream) if isinstance(stream, dict) else stream for stream in streams]
    return lenient


def _field(name: str, value: object) -> object:
    if name in _TEXTS and isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if name in _NUMBERS and isinstance(value, str):
        try:
            number = float(value)
        except ValueError:
            return value
        if not math.isfinite(number):
            return value
        return int(number) if _NUMBERS[name] is int and number.is_integer() else number
    if name in _NUMBERS and _NUMBERS[name] is int and isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
