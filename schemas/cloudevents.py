"""CloudEvents 1.0 around our events: unwrapping inputs, and the headers of outputs.

CloudEvents' Kafka protocol binding knows two modes: *structured*, where the envelope is the value and the event its
`data`, and *binary*, where the envelope is in `ce_` headers and the value is the event. Batches are not for Kafka.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import msgspec

from schemas.errors import InvalidEvent
from schemas.limits import LONGEST_TRACE

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CONTENT_TYPE", "SOURCE", "Context", "output_headers", "unwrap"]

#: Where outputs say they come from.
SOURCE = "mediadna"
#: Of our own values.
CONTENT_TYPE = "application/json"
#: Of values that are an envelope; what may follow names its format, such as `+json`.
ENVELOPE_TYPE = "application/cloudevents"


class Context(msgspec.Struct, frozen=True):
    """What an envelope says of the event in it; empty for a bare event."""

    type: str = ""
    time: str = ""
    traceparent: str | None = None


def unwrap(headers: Mapping[str, str], body: dict[str, Any]) -> tuple[Context, dict[str, Any] | bytes]:
    """Take an event out of its envelope.

    Args:
        headers: The headers by their name in small letters.
        body: The value.

    Returns:
        What the envelope says, and the event: an object, or the bytes of one that is still to be decoded.

    Raises:
        InvalidEvent: The headers promise an envelope that is not there, or its data is nothing to read.
    """
    if not _is_structured(headers, body):
        return _binary_context(headers), body
    context = Context(
        type=_text(body, "type"),
        time=_text(body, "time"),
        traceparent=_trace(headers.get("traceparent") or _text(body, "traceparent")),
    )
    return context, _data_of(body)


def output_headers(kind: str, event_id: str, time: str, traceparent: str | None = None) -> list[tuple[str, bytes]]:
    """Return the headers of an output, in binary mode.

    Args:
        kind: The type of the event, such as `AIMediaDNAComplete`.
        event_id: Derived from what the event tells of, never drawn: consumers tell a repetition by it.
        time: When it happened.
        traceparent: W3C trace context that came in with what led to the event.
    """
    headers = [
        ("ce_specversion", b"1.0"),
        ("ce_id", event_id.encode()),
        ("ce_type", kind.encode()),
        ("ce_source", SOURCE.encode()),
        ("ce_time", time.encode()),
        ("content-type", CONTENT_TYPE.encode()),
    ]
    if traceparent:
        headers.append(("traceparent", traceparent.encode()))
    return headers


def _is_structured(headers: Mapping[str, str], body: Mapping[str, Any]) -> bool:
    """Tell by the content type, or, for producers that set none, by the value itself."""
    content_type = headers.get("content-type", "").strip().lower()
    if not content_type.startswith(ENVELOPE_TYPE):
        return "specversion" in body and ("data" in body or "data_base64" in body)
    if content_type.startswith(f"{ENVELOPE_TYPE}-batch"):
        raise InvalidEvent("the content-type says that this is a batch of CloudEvents: send each event by itself")
    if "specversion" not in body:
        raise InvalidEvent(f"the content-type is {content_type[:64]}, and the value lacks `specversion`")
    return True


def _binary_context(headers: Mapping[str, str]) -> Context:
    return Context(
        type=headers.get("ce_type", ""),
        time=headers.get("ce_time", ""),
        traceparent=_trace(headers.get("traceparent") or headers.get("ce_traceparent")),
    )


def _data_of(envelope: Mapping[str, Any]) -> dict[str, Any] | bytes:
    data = envelope.get("data")
    if isinstance(data, dict):
        return data
    if isinstance(data, str):  # JSON text inside the envelope, as some producers send it
        return data.encode()
    encoded = envelope.get("data_base64")
    if isinstance(encoded, str):
        try:
            return base64.b64decode(encoded, validate=True)
        except ValueError as error:  # binascii's own, and of text that is no ASCII
            raise InvalidEvent(f"the CloudEvents envelope's data_base64 is no base64: {error}") from error
    raise InvalidEvent("the CloudEvents envelope's data is no JSON object: put the event there")


def _text(envelope: Mapping[str, Any], name: str) -> str:
    value = envelope.get(name)
    return value if isinstance(value, str) else ""


def _trace(text: str | None) -> str | None:
    """Return a trace context; None where there is none, or what stands there is too long to be one.

    It goes out on everything that follows from the event, and a trace is no reason to refuse the event itself.
    """
    return text if text and len(text) <= LONGEST_TRACE else None
