"""What a media item is, before anything of it is fingerprinted."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["MediaInfo"]


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """What `probe` found out.

    Attributes:
        duration: Where the last picture or sound ends, seconds on the item's own clock (which starts at 0).
        width: Width of the upright picture in square pixels; 0 without a picture.
        height: Height of the upright picture in square pixels; 0 without a picture.
        fps: Mean pictures a second; 0 without a picture, or when nobody can tell.
        rotation: Degrees counter-clockwise that the stored picture is turned by for showing: 0, 90, 180 or -90.
        has_picture: There is a picture track, and it decodes. Cover art is none.
        has_sound: There is a sound track, and it decodes.
        container: FFmpeg's name of the file format, such as `mov,mp4,m4a,3gp,3g2,mj2`.
        video_codec: FFmpeg's name of the picture's codec; empty without a picture.
        audio_codec: FFmpeg's name of the sound's codec; empty without sound.
        several_clocks: Its clock starts anew or jumps on the way; `duration` goes by the time that a player shows.
    """

    duration: float
    width: int
    height: int
    fps: float
    rotation: int
    has_picture: bool
    has_sound: bool
    container: str
    video_codec: str
    audio_codec: str
    several_clocks: bool = False
