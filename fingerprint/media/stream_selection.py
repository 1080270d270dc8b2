"""Which streams of a container are its picture and its sound, and how the picture stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, cast

from av.stream import Disposition

from fingerprint.media.errors import MediaError
from fingerprint.parameters import parameter
from schemas.errors import ErrorCode

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.stream import Stream
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

__all__ = [
    "HALF_TURN_DEG",
    "KINDS",
    "PARAMETERS",
    "QUARTER_TURN_DEG",
    "Kind",
    "StreamSelectionParameters",
    "Tracks",
    "absent_kinds",
    "appears",
    "check_pixels",
    "choose_tracks",
    "decoder_pixels",
    "is_encrypted",
    "pixel_aspect",
    "quarter_turns",
    "start_time",
    "undecodable_streams",
]

#: What is looked at of media, as PyAV calls it.
Kind = Literal["video", "audio"]
KINDS: tuple[Kind, ...] = ("video", "audio")

#: Sample entries of protected MP4 tracks (ISO 14496-12 and Apple's FairPlay): what they hold is not what they say.
ENCRYPTED_TAGS = frozenset({"encv", "enca", "drmi", "drms"})

#: Degrees of a right angle, and of half a turn.
QUARTER_TURN_DEG, HALF_TURN_DEG = 90, 180


@dataclass(frozen=True, slots=True)
class StreamSelectionParameters:
    """Which headers are believed."""

    #: Pixels further from square than this are a damaged header, not an anamorphic picture.
    max_pixel_aspect: float = parameter(4.0, unit="ratio", low=2.0, high=16.0, source="chosen, not measured")

    #: Decoders round lines up to a multiple of so many pixels.
    rounded_columns: int = parameter(
        64, unit="pixels", low=64, high=256, source="an upright picture of 4,320 columns has 4,352 in memory"
    )

    #: Lines of the tallest pictures that codecs name.
    max_lines: int = parameter(
        16_384, unit="pixels", low=16_384, high=65_536, source="the largest width and height of level 6 of AV1"
    )


PARAMETERS = StreamSelectionParameters()


class Tracks(NamedTuple):
    """The streams that are looked at; None where there is none."""

    video: VideoStream | None
    audio: AudioStream | None


def choose_tracks(container: InputContainer, max_pixels: int) -> Tracks:
    """Return the container's main picture and sound: what a player plays when nobody chooses.

    Raises:
        MediaError: The picture is larger than `max_pixels`.
    """
    video = cast("VideoStream | None", _best(container, "video"))
    audio = cast("AudioStream | None", _best(container, "audio"))
    if video is not None:
        check_pixels(video.codec_context.width, video.codec_context.height, max_pixels)
        # What the header says may change in mid-stream: the decoder refuses to allocate much more than the limit.
        video.codec_context.options = {"max_pixels": str(decoder_pixels(max_pixels))}
    for stream in (video, audio):
        if stream is not None:
            # One thread a job: parallel jobs fill the cores, and threads of one job were measured to save no time.
            stream.codec_context.thread_count = 1
    return Tracks(video, audio)


def absent_kinds(container: InputContainer) -> list[Kind]:
    """Return which of picture and sound is not there, whether or not the other decodes.

    A stream of which nothing but its name was met is none: FFmpeg does not know what it holds.
    """
    return [kind for kind in KINDS if container.streams.best(kind) is None]


def appears(container: InputContainer, kind: Kind) -> bool:
    """Tell whether a picture, or a sound, has come up in mid-file that was not there as the media was opened.

    PyAV keeps a list of the streams from then on: the best stream of a kind that is not on it is a new one.
    """
    try:
        container.streams.best(kind)
    except IndexError:
        return True
    return False


def undecodable_streams(container: InputContainer) -> list[Stream]:
    """Return the main picture and the main sound as far as there is no decoder for them, nor for another one."""
    return [
        best
        for kind in KINDS
        if (best := container.streams.best(kind)) is not None and not _is_cover(best) and not _best(container, kind)
    ]


def _best(container: InputContainer, kind: Kind) -> Stream | None:
    """Return the main stream of a kind; another one where there is no decoder for that."""
    best = container.streams.best(kind)
    if best is None or _is_cover(best):
        return None
    others = (stream for stream in container.streams if stream.type == kind and not _is_cover(stream))
    return next((stream for stream in (best, *others) if _decodable(stream)), None)


def _is_cover(stream: Stream) -> bool:
    return bool(stream.disposition & Disposition.attached_pic)


def check_pixels(width: int, height: int, max_pixels: int) -> None:
    """Refuse pictures that would take more memory than one item may.

    Raises:
        MediaError: The picture is larger than `max_pixels`.
    """
    if width * height > max_pixels:
        raise MediaError(
            ErrorCode.RESOURCE_TOO_LARGE,
            f"the picture is {width}x{height}, over the limit of {max_pixels} pixels: submit a smaller rendition",
        )


def decoder_pixels(max_pixels: int) -> int:
    """Return the limit for FFmpeg's decoders, so that what is just inside `max_pixels` decodes.

    They count their own buffers, whose lines are rounded up: an upright picture of 4,320 columns has 4,352 in memory.
    """
    return max_pixels + PARAMETERS.rounded_columns * PARAMETERS.max_lines


def is_encrypted(stream: Stream) -> bool:
    """Tell whether the stream's samples are encrypted, as far as its header tells."""
    return _codec_tag(stream).casefold() in ENCRYPTED_TAGS


def _codec_tag(stream: Stream) -> str:
    """Return the four bytes that a container names a codec by, as text.

    Often they are none: AVI and WAV number the codecs of sound (AAC is 0xFF), transport streams have their stream type
    there (DTS is 0x82), and PyAV takes all of them for ASCII.
    """
    try:
        return stream.codec_tag
    except UnicodeDecodeError as error:
        return error.object.decode("latin-1")


def pixel_aspect(video: VideoStream) -> float:
    """Return the width of a pixel over its height; 1 when the file does not say, or says nonsense."""
    ratio = video.codec_context.sample_aspect_ratio
    if not ratio or not 1 / PARAMETERS.max_pixel_aspect <= ratio <= PARAMETERS.max_pixel_aspect:
        return 1.0
    return float(ratio)


def quarter_turns(frame: VideoFrame) -> int:
    """Return by how many right angles counter-clockwise the picture is turned for showing, from -2 to 2.

    0 where the header's matrix turns by no angle at all, as one of zeros: FFmpeg's answer is no number then.
    """
    return round(frame.rotation / QUARTER_TURN_DEG) if abs(frame.rotation) <= HALF_TURN_DEG else 0


def start_time(container: InputContainer) -> float:
    """Return the container's time that is 0 on the media's own clock, seconds (MPEG-TS starts anywhere)."""
    return (cast("int | None", container.start_time) or 0) / 1e6


def _decodable(stream: Stream) -> bool:
    return cast("object | None", stream.codec_context) is not None
