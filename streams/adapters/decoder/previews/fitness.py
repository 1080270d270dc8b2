"""What browsers play as it is: H.264 and AAC, in an MP4 file whose clock is the pipeline's, or in another container.

What is not known for certain to play everywhere, and at the right time, counts as unfit: encoding anew is always right.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fingerprint.media.container import open_container
from fingerprint.media.edit_list import cuts_nothing
from fingerprint.media.packets import READ_THROUGH
from fingerprint.media.stream_selection import choose_tracks, start_time
from streams.ports.previews import LARGEST_PREVIEW

if TYPE_CHECKING:
    from typing import BinaryIO

    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.video.stream import VideoStream

    from fingerprint.media.info import MediaInfo
    from fingerprint.media.limits import MediaLimits

__all__ = ["Fitness", "fitness", "fits"]

#: Pixels of a picture that is sent as it is: of 1080p, in whole blocks of 16 lines. Two are played side by side.
MOST_PIXELS = 1920 * 1088
#: Kinds of H.264 that every browser decodes: eight bits, colours at half the resolution.
PROFILES = frozenset({"Baseline", "Constrained Baseline", "Main", "High"})
PIXELS = frozenset({"yuv420p", "yuvj420p"})
#: Channels of sound that every browser plays.
MOST_CHANNELS = 2
#: What MP4 files say of themselves (ISO 14496-12, `ftyp`) that are no QuickTime films.
BRANDS = frozenset({b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"M4A "})
BRAND = slice(4, 12)
#: Part of FFmpeg's name of the container that MP4 and QuickTime share.
MP4 = "mp4"
#: Seconds by which the container's clock may begin elsewhere than at 0, where players differ: less than any frame.
MOST_OFFSET_S = 0.001
#: A copy is made in memory: part of what it may have, since how much a span has is estimated.
FULL = 0.8


@dataclass(frozen=True, slots=True)
class Fitness:
    """What of a media item can be used as it is.

    Attributes:
        plays: The file plays as it is.
        holds_what_plays: What is in it plays in another container.
    """

    plays: bool = False
    holds_what_plays: bool = False


def fitness(source: BinaryIO, limits: MediaLimits, info: MediaInfo) -> Fitness:
    """Return what of a media item can be used as it is.

    Args:
        source: The media.
        limits: What the media may cost.
        info: What the media is.

    Raises:
        MediaError: The media cannot be opened.
    """
    if info.rotation or info.several_clocks or info.width * info.height > MOST_PIXELS:
        return Fitness()
    with open_container(source, limits) as container:
        video, audio = choose_tracks(container, limits.max_pixels)
        if not ((video is None or (info.has_picture and _is_fit_picture(video))) and _is_fit_sound(audio, info)):
            return Fitness()
        plays = _is_plain(container, video, audio) and abs(start_time(container)) <= MOST_OFFSET_S
        holds = container.format.name not in READ_THROUGH
        # What an edit list leaves out is in the packets all the same.
        is_whole = MP4 not in container.format.name or cuts_nothing(source)
    return Fitness(plays=plays and is_whole and _is_mp4(source), holds_what_plays=holds and is_whole)


def fits(source: BinaryIO, span_s: float, info: MediaInfo) -> bool:
    """Whether a copy of so many seconds is not too large for a preview, as far as that can be told before."""
    size = source.seek(0, io.SEEK_END)
    return size * min(1.0, span_s / info.duration) <= FULL * LARGEST_PREVIEW


def _is_fit_picture(video: VideoStream) -> bool:
    context = video.codec_context
    return context.name == "h264" and context.profile in PROFILES and context.pix_fmt in PIXELS


def _is_fit_sound(audio: AudioStream | None, info: MediaInfo) -> bool:
    if audio is None:
        return True
    context = audio.codec_context
    is_aac = context.name == "aac" and context.profile == "LC"
    return info.has_sound and is_aac and context.layout.nb_channels <= MOST_CHANNELS


def _is_plain(container: InputContainer, video: VideoStream | None, audio: AudioStream | None) -> bool:
    """Whether a container holds what is looked at and nothing that a player may take instead, with its index."""
    streams = [stream for stream in (video, audio) if stream is not None]
    return len(container.streams) == len(streams) and all(stream.frames > 0 for stream in streams)


def _is_mp4(source: BinaryIO) -> bool:
    source.seek(0)
    kind = source.read(BRAND.stop)[BRAND]
    return kind[:4] == b"ftyp" and kind[4:] in BRANDS
