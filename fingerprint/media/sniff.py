"""Tells media from other files by how they begin, at the cost of one short read.

It is for sorting out a folder or a bucket. Whether media can be used is another question, which `probe` answers: a film
that is cut short begins like a film. The other way round, a few files begin like anything else (a film whose beginning
is cut off, H.263 with large pictures), and only their names tell.
"""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING

from fingerprint.codec import is_fingerprint

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["HEAD_BYTES", "media_kind"]

#: Bytes from the start of a file that are looked at: two frames of any sound codec, and three packets of a transport
#: stream that begins in the middle of one.
HEAD_BYTES = 16 * 1024

#: How files begin: offset, bytes, what they are.
SIGNATURES = (
    (0, b"\x1aE\xdf\xa3", "Matroska or WebM"),
    (0, b"OggS", "Ogg"),
    (0, b"fLaC", "FLAC"),
    (0, b"ID3", "sound with ID3 tags"),
    (0, b"FLV\x01", "Flash video"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "ASF (WMV, WMA)"),
    (0, b"\xb7\xd8\x00\x20\x37\x49\xda\x11", "WTV"),
    (0, b"\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02\x01", "MXF"),
    (0, b"\x00\x00\x00\x00\x01\xbc\x00\x00", "GXF"),
    (0, b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb", "Wave64"),
    (0, b".RMF", "RealMedia"),
    (0, b"nut/multimedia container\x00", "NUT"),
    (0, b"YUV4MPEG2 ", "YUV4MPEG"),
    (0, b"DKIF", "IVF"),
    (0, b"GIF87a", "GIF"),
    (0, b"GIF89a", "GIF"),
    (0, b"caff\x00\x01", "Core Audio"),
    (0, b".snd\x00", "AU"),
    (0, b"Creative Voice File\x1a", "VOC"),
    (0, b"#!AMR", "AMR"),
    (0, b"MAC ", "Monkey's Audio"),
    (0, b"TTA1", "True Audio"),
    (0, b"wvpk", "WavPack"),
    (0, b"DTSHDHDR", "DTS-HD"),
    (0, b"\x7f\xfe\x80\x01", "DTS"),
    (0, b"\xfe\x7f\x01\x80", "DTS"),
    (0, b"\x1f\xff\xe8\x00", "DTS"),
    (0, b"\xff\x1f\x00\xe8", "DTS"),
    (0, b"\x1f\x07\x00", "DV"),
    (0, b"\x12\x00\x0a", "AV1"),
    (0, b"\x00\x00\x01\xba", "MPEG program stream"),
    (0, b"\x00\x00\x01\xb3", "MPEG video"),
    (0, b"\x00\x00\x01\xb0", "MPEG-4 video"),
    (0, b"\x00\x00\x01\x0f", "VC-1"),
)

#: RIFF and IFF files say at byte 8 what they hold.
FORMS = {
    (b"RIFF", b"AVI "): "AVI",
    (b"RIFF", b"AVIX"): "AVI",
    (b"RIFF", b"AMV "): "AMV",
    (b"RIFF", b"WAVE"): "WAV",
    (b"RIFF", b"XWMA"): "xWMA",
    (b"RF64", b"WAVE"): "WAV",
    (b"BW64", b"WAVE"): "WAV",
    (b"FORM", b"AIFF"): "AIFF",
    (b"FORM", b"AIFC"): "AIFF",
}

#: Boxes that MP4 and QuickTime files begin with: those of the first kind name what they hold, the others are older.
BOXES = frozenset({b"ftyp", b"styp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"})

#: What the first box names where the file is a photo (HEIF, AVIF, Canon's raw) and no film.
PHOTO_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1", b"mif2", b"avif", b"crx "})

#: Bytes from packet to packet of a transport stream: as broadcast, with a time stamp (Blu-ray, cameras), with check
#: bytes.
PACKET_BYTES = (188, 192, 204)

#: How many packets in a row make one.
PACKETS = 3

#: Kinds of the first unit of bare H.264: delimiter, parameter set.
H264_UNITS = frozenset({7, 9})

#: Kinds of the first unit of bare HEVC: parameter set, delimiter.
HEVC_UNITS = frozenset({32, 35})

#: Bytes of the head of a frame of AAC in ADTS (ISO 13818-7).
ADTS_HEAD_BYTES = 7

#: What that head begins with in 12 bits; behind it come a bit for the version and two that are 0.
ADTS_SYNC = (0xFF, 0xF0)

#: Bytes of the head of a frame of MPEG audio (ISO 11172-3).
MPEG_AUDIO_HEAD_BYTES = 4

#: What that head begins with in 11 bits.
MPEG_AUDIO_SYNC = 0x7FF

#: Version 1, and the one that there is not, as heads of MPEG audio have them.
MPEG_1, NO_MPEG_VERSION = 3, 1

#: By how many halves the other versions have fewer samples a second.
HALVED_RATES = {MPEG_1: 0, 2: 1, 0: 2}

#: Layers of MPEG audio whose frames have lengths of their own, and the one that there is not.
LAYER_1, LAYER_3, NO_LAYER = 1, 3, 4

#: Codes of a bit rate that stand for none: one that nobody says, and one that is not to be used.
NO_BIT_RATES = frozenset({0, 15})

#: The code that stands for no rate of samples, in MPEG audio and in AC-3.
NO_SAMPLE_RATE = 3

#: Bytes of the head of a frame of AC-3 that are looked at, and what it begins with (ATSC A/52).
AC3_HEAD_BYTES, AC3_SYNC = 6, b"\x0bw"

#: The highest version of the stream that is AC-3: beyond it is E-AC-3.
LAST_AC3_VERSION = 10

#: Bit rates of AC-3, kbit/s: two codes stand for each.
AC3_BIT_RATES = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640)

#: Samples a second of AC-3, by their codes.
AC3_SAMPLE_RATES = (48_000, 44_100, 32_000)

#: The code of those of which frames take turns to be two bytes longer: they come out even so.
UNEVEN_AC3_RATE = 1

#: Samples of a frame of AC-3.
AC3_SAMPLES = 1536

#: The start of a picture of bare H.263: 22 bits, its number, two bits that are always so, and what else it is; the size
#: of pictures is in bits 2 to 4 of the last byte, and never 0 or 6.
H263_PICTURE = re.compile(rb"\x00\x00[\x80-\x83][%b](.)" % re.escape(bytes(range(2, 256, 4))), re.DOTALL)
H263_SIZES = frozenset({1, 2, 3, 4, 5, 7})

#: Bytes of the longest header of a frame of sound that is looked at.
FRAME_HEADER_BYTES = 7

#: Bytes in which a frame of bare sound begins that was cut off in mid-frame, and frames in a row that make one.
CUT_BYTES, CUT_FRAMES = 4096, 3

#: Bit rates of MPEG audio, kbit/s, by version (1; 2 and 2.5) and layer.
BIT_RATES = {
    (1, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (1, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (1, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (2, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}

#: Samples a second of MPEG audio, version 1; the others have a half and a quarter.
SAMPLE_RATES = (44_100, 48_000, 32_000)


def media_kind(head: bytes) -> str:
    """Return what kind of media a file is that begins so, in words for people; empty where it does not look like any.

    Args:
        head: Its first bytes, at best `HEAD_BYTES`.
    """
    if is_fingerprint(head):
        return "fingerprint"
    for offset, signature, kind in SIGNATURES:
        if head.startswith(signature, offset):
            return kind
    return FORMS.get((head[:4], head[8:12]), "") or _boxes(head) or _bare_stream(head) or _transport_stream(head)


def _boxes(head: bytes) -> str:
    if head[4:8] not in BOXES or head[8:12] in PHOTO_BRANDS:
        return ""
    return "MP4 or QuickTime"


def _transport_stream(head: bytes) -> str:
    for step in PACKET_BYTES:
        if any(head[at : at + step * PACKETS : step] == b"G" * PACKETS for at in range(step)):
            return "MPEG transport stream"
    return ""


def _bare_stream(head: bytes) -> str:
    """Tell bare codec streams by their first unit, and sound by a second frame where the first one ends."""
    at = 4 if head.startswith(b"\x00\x00\x00\x01") else 3 if head.startswith(b"\x00\x00\x01") else 0
    if at and len(head) > at + 1:
        if head[at] & 0x9F in H264_UNITS:
            return "H.264"
        if head[at] >> 1 in HEVC_UNITS and head[at + 1] == 1:
            return "HEVC"
    for kind, length_of in (("AAC", _adts_length), ("MPEG audio", _mpeg_audio_length), ("AC-3", _ac3_length)):
        if _has_frames(head, length_of, 2):
            return kind
        if any(_has_frames(head[at:], length_of, CUT_FRAMES) for at in range(1, min(CUT_BYTES, len(head)))):
            return kind
    return "H.263" if _is_h263(head) else ""


def _has_frames(head: bytes, length_of: Callable[[bytes], int], count: int) -> bool:
    """Tell whether so many frames of sound follow one another from here on."""
    at = 0
    for _ in range(count):
        length = length_of(head[at : at + FRAME_HEADER_BYTES])
        if not length:
            return False
        at += length
    return True


def _is_h263(head: bytes) -> bool:
    """Tell whether two pictures of one size begin here: the start of one says too little."""
    first = H263_PICTURE.match(head)
    second = H263_PICTURE.search(head, 5)
    if first is None or second is None:
        return False
    sizes = {found[1][0] >> 2 & 7 for found in (first, second)}
    return len(sizes) == 1 and sizes <= H263_SIZES


def _adts_length(head: bytes) -> int:
    """Return the length of a frame of AAC in ADTS; 0 where none begins here."""
    if len(head) < ADTS_HEAD_BYTES or (head[0], head[1] & 0xF6) != ADTS_SYNC:
        return 0
    length = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
    return length if length > ADTS_HEAD_BYTES else 0


def _mpeg_audio_length(head: bytes) -> int:
    """Return the length of a frame of MPEG audio (MP1, MP2, MP3); 0 where none begins here."""
    if len(head) < MPEG_AUDIO_HEAD_BYTES:
        return 0
    word: int = struct.unpack_from(">I", head)[0]
    version, layer = word >> 19 & 3, NO_LAYER - (word >> 17 & 3)
    rate, samples, padding = word >> 12 & 15, word >> 10 & 3, word >> 9 & 1
    if word >> 21 != MPEG_AUDIO_SYNC or version == NO_MPEG_VERSION or layer == NO_LAYER:
        return 0
    if rate in NO_BIT_RATES or samples == NO_SAMPLE_RATE:
        return 0
    bits = BIT_RATES[1 if version == MPEG_1 else 2, layer][rate - 1] * 1000
    sampled = SAMPLE_RATES[samples] >> HALVED_RATES[version]
    # Samples of a frame, in bytes at one bit each: 384 of layer 1, whose frames have slots of four bytes; 1,152 of the
    # others, and half of that of layer 3 in the later versions.
    if layer == LAYER_1:
        return (12 * bits // sampled + padding) * 4
    return (72 if layer == LAYER_3 and version != MPEG_1 else 144) * bits // sampled + padding


def _ac3_length(head: bytes) -> int:
    """Return the length of a frame of AC-3 or E-AC-3; 0 where none begins here."""
    if len(head) < AC3_HEAD_BYTES or not head.startswith(AC3_SYNC):
        return 0
    if head[5] >> 3 > LAST_AC3_VERSION:  # E-AC-3 says its length in words of two bytes
        return (((head[2] & 7) << 8 | head[3]) + 1) * 2
    rate, code = head[4] >> 6, head[4] & 0x3F
    if rate == NO_SAMPLE_RATE or code >= 2 * len(AC3_BIT_RATES):
        return 0
    bits = AC3_BIT_RATES[code >> 1] * 1000
    words = bits * AC3_SAMPLES // (16 * AC3_SAMPLE_RATES[rate])
    return 2 * (words + (code & 1 if rate == UNEVEN_AC3_RATE else 0))
