"""What a media file is, and whether it can be used at all."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

from fingerprint.media import account, timestamps
from fingerprint.media.account import is_short_of_memory
from fingerprint.media.container import Source, open_container
from fingerprint.media.continuity import may_jump
from fingerprint.media.coverage import nothing_decodes
from fingerprint.media.duration import Extent, real_duration, running_duration
from fingerprint.media.errors import MediaError
from fingerprint.media.info import MediaInfo
from fingerprint.media.limits import DEFAULT_LIMITS, MediaLimits
from fingerprint.media.packets import Tally, decode_packet, read_packets
from fingerprint.media.stream_selection import (
    HALF_TURN_DEG,
    QUARTER_TURN_DEG,
    Tracks,
    choose_tracks,
    is_encrypted,
    pixel_aspect,
    quarter_turns,
)
from fingerprint.parameters import parameter
from schemas.coverage import Cause
from schemas.errors import ErrorCode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.audio.frame import AudioFrame
    from av.container import InputContainer
    from av.stream import Stream
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

__all__ = ["PARAMETERS", "ProbeParameters", "probe"]

#: Containers that know the streams of one part of a file only: once the end was read they do not know the start again.
FORGETFUL = frozenset({"ogg"})


@dataclass(frozen=True, slots=True)
class ProbeParameters:
    """How long a track is tried."""

    #: Packets of one track that are tried before it counts as one that does not decode.
    tried_packets: int = parameter(
        250, unit="count", low=10, high=10_000, source="a bound on cost: ten seconds of most pictures; not measured"
    )


PARAMETERS = ProbeParameters()


def probe(source: Source, limits: MediaLimits = DEFAULT_LIMITS) -> MediaInfo:
    """Look at a media file: its header, the first frame of each track, and where its last packet ends.

    Args:
        source: Path, or seekable binary file object, which stays open.
        limits: What the media may cost.

    Raises:
        MediaError: The file is missing, damaged, encrypted, over a limit, or has neither picture nor sound.
        MemoryError: Looking at it needs more memory than there is.
    """
    with open_container(source, limits) as container:
        tracks = choose_tracks(container, limits.max_pixels)
        streams: list[Stream] = [stream for stream in tracks if stream is not None]
        if not streams:
            raise MediaError(ErrorCode.RESOURCE_NOT_SUPPORTED, "the file has neither picture nor sound")
        if any(is_encrypted(stream) for stream in streams):
            raise _encrypted()
        seen = Extent(container, streams)
        info = _describe(container, tracks, _first_frames(container, streams, seen))
        duration = _duration(container, streams, tracks.video, seen)
        jumps = info.container not in FORGETFUL and may_jump(container, streams, duration)
    if info.container in FORGETFUL:
        with _opened_anew(source, limits) as (container, streams):
            jumps = may_jump(container, streams, duration)
    running = None
    if jumps:
        with _opened_anew(source, limits) as (container, streams):
            running = running_duration(container, streams)
    if running is not None:
        duration = max(timestamps.PARAMETERS.fallback_period_s, running)
    if duration > limits.max_duration_s:
        raise MediaError(
            ErrorCode.RESOURCE_TOO_LARGE,
            f"the media is {duration:.0f} s long, over the limit of {limits.max_duration_s:.0f} s: submit it in parts",
        )
    return replace(info, duration=duration, several_clocks=running is not None)


def _first_frames(container: InputContainer, streams: list[Stream], seen: Extent) -> dict[int, VideoFrame | AudioFrame]:
    """Return the first frame of each stream that decodes, by the stream's index.

    Raises:
        MediaError: Nothing decodes, or samples are encrypted.
        MemoryError: A frame needs more memory than there is.
    """
    tried = dict.fromkeys((stream.index for stream in streams), 0)
    found: dict[int, VideoFrame | AudioFrame] = {}
    tally = Tally()
    for packet in read_packets(container, streams):
        seen.see(packet)
        index = packet.stream.index
        if index in found:
            continue
        tried[index] += 1
        if packet.has_sidedata("encryption_info"):
            raise _encrypted()
        frames, _ = decode_packet(packet, tally)
        if frames:
            found[index] = frames[0]
        if all(i in found or count >= PARAMETERS.tried_packets for i, count in tried.items()):
            break
    if not found or tally.cause is Cause.OUT_OF_MEMORY:
        raise nothing_decodes(tally.cause)
    return found


def _duration(container: InputContainer, streams: list[Stream], video: VideoStream | None, seen: Extent) -> float:
    """Return where the last packet ends; a single picture that is said to last no time is shown for a moment.

    Raises:
        MemoryError: Less than the header says is found, and there is not the memory to be sure that it is all.
    """
    found = real_duration(container, streams, seen)
    claimed = (container.duration or 0) / 1e6
    if (not found or found < claimed - account.PARAMETERS.cut_short_s) and is_short_of_memory(video):
        raise nothing_decodes(Cause.OUT_OF_MEMORY)
    return found or timestamps.PARAMETERS.fallback_period_s


@contextmanager
def _opened_anew(source: Source, limits: MediaLimits) -> Iterator[tuple[InputContainer, list[Stream]]]:
    """Yield the media as it is before anything of it was read, and the streams that are looked at."""
    with open_container(source, limits) as container:
        tracks = choose_tracks(container, limits.max_pixels)
        yield container, [stream for stream in tracks if stream is not None]


def _encrypted() -> MediaError:
    return MediaError(ErrorCode.RESOURCE_NOT_SUPPORTED, "the media is encrypted: submit a rendition without protection")


def _describe(container: InputContainer, tracks: Tracks, frames: dict[int, VideoFrame | AudioFrame]) -> MediaInfo:
    video, audio = tracks
    picture = frames.get(video.index) if video is not None else None
    width = height = rotation = 0
    fps = 0.0
    if video is not None and picture is not None:
        rotation = quarter_turns(cast("VideoFrame", picture)) * QUARTER_TURN_DEG
        width = max(1, round(picture.width * pixel_aspect(video)))  # type: ignore[union-attr]  # the video stream's frame
        height = picture.height  # type: ignore[union-attr]  # as above
        if rotation % HALF_TURN_DEG:
            width, height = height, width
        fps = float(video.average_rate or video.guessed_rate or 0)
    has_sound = audio is not None and audio.index in frames
    return MediaInfo(
        duration=0.0,
        width=width,
        height=height,
        fps=fps,
        rotation=rotation,
        has_picture=picture is not None,
        has_sound=has_sound,
        container=container.format.name,
        video_codec=video.codec_context.name if video is not None and picture is not None else "",
        audio_codec=audio.codec_context.name if audio is not None and has_sound else "",
    )
