"""From bytes on a topic to typed values: the one place where untrusted JSON is read.

Inputs may be bare JSON or wrapped in a CloudEvents envelope (`schemas.cloudevents`). Producers differ in how they write
numbers, truth values and times; what can mean only one thing is read as that (`schemas.lenient`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar, get_args

import msgspec

from schemas.clock import zoned_time
from schemas.cloudevents import Context, output_headers, unwrap
from schemas.errors import InvalidEvent, TooLargeError
from schemas.events import StreamTranscodeComplete, TranscodeComplete, TranscodeEvent
from schemas.lenient import in_one_form
from schemas.limits import LARGEST_EVENT, LARGEST_INPUT, cut, event_size
from schemas.names import in_words, media_fault
from schemas.publication import PUBLISH_TIME, BadPublishTimeError, checked_publish_time

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Envelope", "InvalidEvent", "decode", "decode_transcode_event", "output_headers"]

T = TypeVar("T")

#: Some producers put this mark of UTF-8 before their JSON.
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
#: As much of a wrong value as its error message repeats.
SHOWN = 60

_EVENT_TYPES: dict[str, type[TranscodeEvent]] = {
    "StreamTranscodeComplete": StreamTranscodeComplete,
    "TranscodeComplete": TranscodeComplete,
}


class Envelope(msgspec.Struct, frozen=True):
    """An input event and what came around it."""

    event: TranscodeEvent
    traceparent: str | None = None


def decode(value: bytes | None, kind: type[T]) -> T:
    """Read a value of one of our own topics.

    Raises:
        TooLargeError: The value is larger than anything that the service writes: it is not even looked at.
        InvalidEvent: The value is not such JSON.
    """
    if not value:
        raise InvalidEvent("the value is empty: send the event as JSON")
    if len(value) > LARGEST_EVENT:
        raise TooLargeError(f"the value has {len(value)} bytes, and {LARGEST_EVENT} are the most of an event")
    what = "a JSON object" if kind == dict[str, Any] else _name(kind)
    try:
        return msgspec.json.decode(value.removeprefix(BYTE_ORDER_MARK), type=kind)
    # ValueError covers msgspec's own errors, text that is no UTF-8, and integers with thousands of digits.
    except (ValueError, RecursionError) as error:
        raise InvalidEvent(cut(f"the value cannot be read as {what}: {error}")) from error


def decode_transcode_event(
    headers: Iterable[tuple[str, bytes | None]], value: bytes | None, key: bytes | None = None
) -> Envelope:
    """Read a transcode-complete event, wrapped or bare. Unknown fields are ignored.

    Raises:
        TooLargeError: Value, key and headers together are larger than an input may be: nothing of it is decoded.
        InvalidEvent: The value is no JSON object, names no event type that we know, lacks a needed field, or has one
            of the wrong type, or a longer one than can be kept.
    """
    headers = list(headers)
    size = event_size(key, value, headers)
    if size > LARGEST_INPUT:
        raise TooLargeError(
            f"the event has {size} bytes with its key and headers, and {LARGEST_INPUT} are the most: send fewer "
            "fields, or name fewer renditions"
        )
    by_name = {name.lower(): (content or b"").decode(errors="replace") for name, content in headers}
    context, content = unwrap(by_name, decode(value, dict[str, Any]))
    body = decode(content, dict[str, Any]) if isinstance(content, bytes) else content
    return Envelope(_event(body, context), context.traceparent)


def _event(body: dict[str, Any], context: Context) -> TranscodeEvent:
    name, kind = _event_type(body, context)
    fields = in_one_form(body)
    fields["EventType"] = name
    if context.time:
        fields.setdefault("EventTime", context.time)
    if kind is TranscodeComplete and fields.get("Status") == "success" and "StreamInfos" not in fields:
        raise InvalidEvent(f"{name}: a success without the field `StreamInfos` names nothing to fingerprint")
    if kind is TranscodeComplete and isinstance(start := body.get("StartTime"), str) and start:
        fields["StartTime"] = _broadcast_start(name, start)
    try:
        event = msgspec.convert(fields, type=kind)
    except (ValueError, RecursionError) as error:
        raise InvalidEvent(cut(f"{name}: {error}")) from error
    if fault := media_fault(event.video_id):
        raise InvalidEvent(cut(f"{name}: {in_words('a media item', event.video_id, fault)} - at `$.VideoId`"))
    try:
        event.publish_time = checked_publish_time(event.publish_time) or None
    except BadPublishTimeError as error:
        raise InvalidEvent(cut(f"{name}: {error} - at `$.{PUBLISH_TIME}`")) from error
    return event


def _broadcast_start(name: str, text: str) -> str:
    try:
        return zoned_time(text)
    except ValueError as error:
        raise InvalidEvent(f"{name}: {error} - at `$.StartTime`") from error


def _event_type(body: dict[str, Any], context: Context) -> tuple[str, type[TranscodeEvent]]:
    """Tell the type by the event's own field, or else by the last word of the envelope's (`com.example.vod.Type`)."""
    name = body.get("EventType")
    if name is None:
        name = re.split(r"[./:]", context.type)[-1]
    kind = _EVENT_TYPES.get(name) if isinstance(name, str) else None
    if kind is not None:
        return name, kind
    known = " or ".join(_EVENT_TYPES)
    if not name:
        raise InvalidEvent(f"the field `EventType` is missing: send {known}")
    raise InvalidEvent(f"EventType {repr(name)[:SHOWN]} is not known: send {known}")


def _name(kind: Any) -> str:
    """Return what a type is called; a union is called by what it consists of."""
    return " or ".join(one.__name__ for one in get_args(kind) or (kind,))
