"""The events that come in from upload systems and go out to consumers, field for field as the contract names them.

The field names are those of ApsaraVideo VOD's event notifications, so that its consumers and producers work unchanged.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from schemas.clock import is_time
from schemas.limits import LONGEST_EXTEND, LONGEST_MEDIA_ID, LONGEST_URL, LONGEST_WORD

__all__ = [
    "AIMediaDNAComplete",
    "MediaId",
    "Rendition",
    "StreamInfo",
    "StreamTranscodeComplete",
    "TranscodeComplete",
    "TranscodeEvent",
]

Status = Literal["success", "fail"]
#: What 64 bits hold: databases and other languages read these numbers too.
Count = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
MediaId = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_MEDIA_ID)]
#: Fields that tell one rendition from another are refused where they are too long: cut, two could become one.
Url = Annotated[str, msgspec.Meta(max_length=LONGEST_URL)]
Word = Annotated[str, msgspec.Meta(max_length=LONGEST_WORD)]
Extend = Annotated[str, msgspec.Meta(max_length=LONGEST_EXTEND)]
PublishTime = Annotated[str, msgspec.Meta(max_length=LONGEST_WORD)]


class Rendition(msgspec.Struct, rename="pascal", kw_only=True, omit_defaults=True):
    """One transcoded form of a video: the fields that both transcode events share."""

    #: Whether this rendition was made.
    status: Status
    #: The transcoding run that made the rendition.
    job_id: str | None = None
    #: Where the rendition is: http, https, s3 or file.
    file_url: str | None = None
    #: The container, such as `mp4`.
    format: str | None = None
    #: The name of the size, such as `LD` or `HD`.
    definition: str | None = None
    #: Seconds.
    duration: Annotated[float, msgspec.Meta(ge=0)] | None = None
    #: kbit/s, as a string.
    bitrate: str | None = None
    #: Pictures a second, as a string.
    fps: str | None = None
    #: Pixels.
    width: Count | None = None
    #: Pixels.
    height: Count | None = None
    #: Bytes.
    size: Count | None = None
    #: An encrypted rendition is noted and never read.
    encrypt: bool | None = None
    encrypt_type: str | None = None
    #: Whether the rendition has sound only.
    is_audio: bool | None = None
    codec: str | None = None
    watermark_id: str | None = None
    start_time: str | None = None
    finish_time: str | None = None
    error_code: str | None = None
    error_message: str | None = None


class StreamInfo(Rendition, rename="pascal", kw_only=True, omit_defaults=True):
    """One transcoded form of a video, as events name it. Texts that only inform are cut where they are too long."""

    job_id: Word | None = None
    file_url: Url | None = None
    format: Word | None = None
    definition: Word | None = None


class StreamTranscodeComplete(
    StreamInfo, tag_field="EventType", tag="StreamTranscodeComplete", rename="pascal", kw_only=True
):
    """One rendition of a video is ready."""

    #: When the event was made, UTC.
    event_time: str
    #: The video: the `MediaId` of everything that follows from the event.
    video_id: MediaId
    #: Echoed on the complete event.
    extend: Extend | None = None
    #: When the video was published, ISO 8601 with a zone: what tells an original from its copy before all else.
    publish_time: PublishTime | None = None

    @property
    def broadcast_start(self) -> str:
        """When the medium was broadcast, UTC; empty: that is not known.

        Beside a `FinishTime`, `StartTime` is that of the transcoding, as ApsaraVideo VOD has it.
        """
        return "" if self.finish_time or not is_time(self.start_time or "") else self.start_time or ""


class TranscodeComplete(
    msgspec.Struct, tag_field="EventType", tag="TranscodeComplete", rename="pascal", kw_only=True, omit_defaults=True
):
    """All renditions of a video are ready."""

    #: When the event was made, UTC.
    event_time: str
    #: The video: the `MediaId` of everything that follows from the event.
    video_id: MediaId
    #: `success` when at least one rendition was made.
    status: Status
    #: Echoed on the complete event.
    extend: Extend | None = None
    #: When the video was published, ISO 8601 with a zone: what tells an original from its copy before all else.
    publish_time: PublishTime | None = None
    #: The renditions.
    stream_infos: list[StreamInfo] = []
    #: When the medium was broadcast, from its first second on: airings in it are told by the clock then.
    start_time: str | None = None

    @property
    def broadcast_start(self) -> str:
        """When the medium was broadcast, UTC; empty: that is not known."""
        return self.start_time or ""


TranscodeEvent = StreamTranscodeComplete | TranscodeComplete


class AIMediaDNAComplete(
    msgspec.Struct, tag_field="EventType", tag="AIMediaDNAComplete", rename="pascal", kw_only=True
):
    """A job has ended: the one event that consumers subscribe to, exactly one for each job."""

    #: When the event was made, UTC.
    event_time: str
    #: The job: 32 hex digits.
    job_id: str
    #: The input: the `VideoId` of the event that asked for the job, or the id it was submitted with.
    media_id: str
    #: `fail` also where the job was cancelled.
    status: Status
    #: `0`, or an error code of the contract.
    code: str
    #: What the code means here, for a person.
    message: str
    #: When the job ended, UTC.
    complete_time: str
    #: As it came with the event or the request that asked for the job.
    extend: str | None = None
    #: A JSON *string* that holds a `MediaDNAResult`, as in ApsaraVideo VOD.
    data: str

    def result(self) -> dict[str, Any]:
        """The parsed content of `data`."""
        parsed: dict[str, Any] = msgspec.json.decode(self.data)
        return parsed
