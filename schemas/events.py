"""The events that come in from upload systems and go out to consumers, field for field as the contract names them.

The field names are those of ApsaraVideo VOD's event notifications, so that its consumers and producers work unchanged.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

__all__ = [
    "AIMediaDNAComplete",
    "Rendition",
    "StreamTranscodeComplete",
    "TranscodeComplete",
    "TranscodeEvent",
]

Status = Literal["success", "fail"]


class Rendition(msgspec.Struct, rename="pascal", kw_only=True, omit_defaults=True):
    """One transcoded form of a video: the fields that both transcode events share."""

    status: Status
    job_id: str | None = None
    file_url: str | None = None
    format: str | None = None
    definition: str | None = None
    #: Seconds.
    duration: float | None = None
    #: kbit/s, as a string.
    bitrate: str | None = None
    fps: str | None = None
    width: int | None = None
    height: int | None = None
    #: Bytes.
    size: int | None = None
    encrypt: bool | None = None
    encrypt_type: str | None = None
    is_audio: bool | None = None
    codec: str | None = None
    watermark_id: str | None = None
    start_time: str | None = None
    finish_time: str | None = None
    error_code: str | None = None
    error_message: str | None = None


class StreamTranscodeComplete(
    Rendition, tag_field="EventType", tag="StreamTranscodeComplete", rename="pascal", kw_only=True
):
    """One rendition of a video is ready."""

    event_time: str
    video_id: str
    extend: str | None = None


class TranscodeComplete(
    msgspec.Struct, tag_field="EventType", tag="TranscodeComplete", rename="pascal", kw_only=True, omit_defaults=True
):
    """All renditions of a video are ready."""

    event_time: str
    video_id: str
    status: Status
    extend: str | None = None
    stream_infos: list[Rendition] = []


TranscodeEvent = StreamTranscodeComplete | TranscodeComplete


class AIMediaDNAComplete(
    msgspec.Struct, tag_field="EventType", tag="AIMediaDNAComplete", rename="pascal", kw_only=True
):
    """A job has ended: the one event that consumers subscribe to, exactly one for each job."""

    event_time: str
    job_id: str
    media_id: str
    status: Status
    #: "0", or an error code of the contract.
    code: str
    message: str
    complete_time: str
    extend: str | None = None
    #: A JSON *string* that holds a `MediaDNAResult`, as in ApsaraVideo VOD.
    data: str

    def result(self) -> dict[str, Any]:
        """The parsed content of `data`."""
        parsed: dict[str, Any] = msgspec.json.decode(self.data)
        return parsed
