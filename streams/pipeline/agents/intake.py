"""Intake: from a transcode-complete event, in whatever form it comes, to a request for a job."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from schemas.events import Rendition, StreamTranscodeComplete, TranscodeComplete
from schemas.ids import event_job_id
from schemas.jobs import EVENT_CALLER, JobRequest, JobSource, SaveType
from schemas.wire import decode_transcode_event
from streams.domain.jobs.renditions import best_first, is_usable, noted

if TYPE_CHECKING:
    from schemas.events import TranscodeEvent
    from schemas.wire import Envelope
    from streams.pipeline.events import EventEmitter
    from streams.ports.events import Headers
    from streams.settings import Settings

__all__ = ["Intake", "request_of"]

log = structlog.get_logger(__name__)

_RENDITION_FIELDS = Rendition.__struct_fields__


class Intake:
    """Turns transcode-complete events into requests; which rendition counts is for the job agent to say."""

    def __init__(self, settings: Settings, emitter: EventEmitter) -> None:
        self._settings = settings
        self._emitter = emitter

    async def handle(self, value: bytes | None, headers: Headers, *, now: str, key: bytes | None = None) -> None:
        """Handle one event. What goes by its key is the broker's business; here it counts towards the event's size.

        Raises:
            InvalidEvent: The event cannot be used: it belongs on the dead-letter topic.
        """
        envelope = decode_transcode_event(headers, value, key)
        request = request_of(envelope, self._settings, now=now)
        if request is None:
            log.info("event_without_usable_rendition", video_id=envelope.event.video_id, status=envelope.event.status)
            return
        await self._emitter.request(request)


def request_of(envelope: Envelope, settings: Settings, *, now: str) -> JobRequest | None:
    """Return the request that an event amounts to; None when it names nothing that a job could be made of.

    An event of one encrypted rendition is no failure yet, since an open one may follow. When *all* renditions are
    there and none is open, the request is made nevertheless, so that its job fails and says why.
    """
    event = envelope.event
    renditions = _renditions(event)
    usable = best_first(renditions)
    rest = [r for r in renditions if not is_usable(r)]
    if not usable and not (isinstance(event, TranscodeComplete) and any(r.encrypt for r in rest)):
        return None
    ordered = (*usable, *rest)
    chosen = ordered[0]
    return JobRequest(
        job_id=event_job_id(event.video_id, chosen.file_url, chosen.size, chosen.job_id),
        media_id=event.video_id,
        file_url=chosen.file_url or "",
        source=JobSource.EVENT,
        caller=EVENT_CALLER,
        library=settings.library,
        save_type=SaveType(settings.save_type),
        requested_time=now,
        extend=event.extend,
        publish_time=event.publish_time or "",
        traceparent=envelope.traceparent,
        renditions=noted(ordered),  # the best ones, of which the first is the one that is chosen
        start_time=event.broadcast_start,
    )


def _renditions(event: TranscodeEvent) -> list[Rendition]:
    infos = [event] if isinstance(event, StreamTranscodeComplete) else event.stream_infos
    return [Rendition(**{name: getattr(info, name) for name in _RENDITION_FIELDS}) for info in infos]
