"""A file of every container, and of every codec, that FFmpeg writes."""

from __future__ import annotations

from odd_media.ffmpeg import Call, Recipe, both, encoders, muxers, picture, sound

__all__ = ["of_every_codec", "of_every_container"]

#: How long a file of each codec is, seconds: there are many of them, and their times are all alike.
SHORT_S = 1.0

#: Experimental encoders are wanted too; AV1's are told not to take minutes.
COMMON: Call = ("-strict", "-2", "-cpu-used", "8")

#: Telephone sound, in one channel.
TELEPHONE: Call = (*sound(8000), "-ac", "1")

#: What is cut into parts.
PARTS: Call = (*both(), "-map", "0", "-map", "1", "-c:v", "mpeg4", "-c:a", "aac", "-segment_time", "1")

#: What goes into containers that do not take what FFmpeg gives them unasked.
CONTENTS: dict[str, Call] = {
    "3g2": (*both("176x144"), "-c:v", "mpeg4", "-c:a", "aac"),
    "3gp": (*both("176x144"), "-c:v", "h263", "-c:a", "aac"),
    "a64": picture("320x200", seconds=0.4),
    "alp": (*sound(22_050), "-ac", "1"),
    "amv": (*picture("160x128"), *sound(22_050), "-ac", "1", "-block_size", "882"),
    "ass": ("-i", "../lines.srt"),
    "avif": (*picture(seconds=0.2), "-c:v", "libsvtav1"),
    "avm2": picture(),
    "codec2": TELEPHONE,
    "codec2raw": TELEPHONE,
    "daud": (*sound(96_000), "-ac", "6", "-c:a", "pcm_s24daud"),
    "dnxhd": (*picture("256x144"), "-c:v", "dnxhd", "-profile:v", "dnxhr_lb", "-pix_fmt", "yuv422p"),
    "dv": (*picture("720x576"), *sound(), "-ac", "2"),
    "film_cpk": (*both(seconds=0.4), "-c:v", "rawvideo", "-pix_fmt", "rgb24"),
    "filmstrip": (*picture(seconds=0.4), "-c:v", "rawvideo", "-pix_fmt", "rgba"),
    "g722": TELEPHONE,
    "g723_1": TELEPHONE,
    "g726": TELEPHONE,
    "g726le": TELEPHONE,
    "gsm": TELEPHONE,
    "gxf": (*both("720x576"), "-ac", "1"),
    "h261": picture("176x144"),
    "h263": picture("176x144"),
    "hds": (*both(), "-c:v", "libx264", "-b:v", "200k", "-c:a", "aac"),
    "ico": (*picture("64x64"), "-frames:v", "1", "-c:v", "bmp", "-pix_fmt", "bgra"),
    "image2": (*picture(), "-frames:v", "1", "-update", "1", "-c:v", "mjpeg"),
    "jacosub": ("-i", "../lines.srt", "-c:s", "copy"),
    "lrc": ("-i", "../lines.srt", "-c:s", "text"),
    "mmf": TELEPHONE,
    "mxf_d10": (
        *(*picture("720x576", seconds=0.4), *sound(seconds=0.4), "-pix_fmt", "yuv422p", "-g", "0", "-b:v", "30M"),
        *("-minrate", "30M", "-maxrate", "30M", "-bufsize", "1200000", "-rc_init_occupancy", "1200000"),
        *("-flags", "+ildct+low_delay", "-dc", "10", "-qmin", "1", "-qmax", "12", "-ps", "1", "-ac", "2"),
    ),
    "mxf_opatom": (*picture("256x144"), "-c:v", "dnxhd", "-profile:v", "dnxhr_lb", "-pix_fmt", "yuv422p"),
    "obu": (*picture(seconds=0.4), "-c:v", "libsvtav1"),
    "rm": (*picture("176x144"), *sound(), "-ac", "2"),
    "roq": (*picture("128x128", rate="30", seconds=0.2), *sound(22_050, seconds=0.2)),
    "rso": TELEPHONE,
    "segment": (*PARTS, "-segment_format", "mpegts"),
    "srt": ("-i", "../lines.srt"),
    "stream_segment": (*PARTS, "-segment_format", "matroska"),
    "swf": (*picture(), *sound(44_100), "-c:a", "libmp3lame"),
    "ttml": ("-i", "../lines.srt"),
    "webm_chunk": (*picture(), "-header", "head", "-c:v", "libvpx-vp9", "-cpu-used", "8"),
    "webvtt": ("-i", "../lines.srt"),
}

#: Names of files, for containers that write several.
NAMES = {"segment": "out%d", "stream_segment": "out%d", "webm_chunk": "out%d"}

#: Encoders that take some sizes of pictures only, and what they are given.
SIZES = {
    "avui": "720x576",
    "a64multi": "320x200",
    "a64multi5": "320x200",
    "dvvideo": "720x576",
    "h261": "176x144",
    "h263": "176x144",
    "roqvideo": "128x128",
    "rpza": "176x144",
    "rv10": "176x144",
    "rv20": "176x144",
    "xface": "48x48",
    "dnxhd": "256x144",
}

#: Encoders that take seconds for a picture, and how long the pictures of theirs last.
SLOW = {"cinepak": 0.2, "libaom-av1": 0.2, "librav1e": 0.2, "roqvideo": 0.2, "a64multi": 0.4, "a64multi5": 0.4}

#: Encoders of sound that take some rates only.
RATES = {
    "adpcm_ima_alp": 22_050,
    "adpcm_swf": 22_050,
    "g723_1": 8000,
    "g726": 8000,
    "g726le": 8000,
    "libcodec2": 8000,
    "libgsm": 8000,
    "libgsm_ms": 8000,
    "libopencore_amrnb": 8000,
    "nellymoser": 22_050,
    "pcm_s24daud": 96_000,
    "real_144": 8000,
}

#: Encoders that take some numbers of channels only; others get two.
CHANNELS = dict.fromkeys(RATES, 1) | {"pcm_s24daud": 6, "adpcm_ima_ws": 1, "adpcm_ima_alp": 2, "g722": 1}

#: Forms of samples that only NUT has numbers for.
PLANAR = (
    "f32be", "f64be", "s16be_planar", "s16le_planar", "s24le_planar", "s32le_planar", "s64be", "s64le", "s8",
    "s8_planar", "u16be", "u16le", "u24be", "u24le", "u32be", "u32le",
)  # fmt: skip

#: Codecs that Matroska has no names for, and AVI has numbers for.
OLD = (
    "alias_pix", "apng", "asv1", "asv2", "bitpacked", "bmp", "fits", "flashsv2", "libjxl", "libwebp", "libwebp_anim",
    "pam", "pbm", "pcx", "pfm", "pgm", "pgmyuv", "phm", "ppm", "qoi", "roqvideo", "sgi", "sunrast", "targa", "vbn",
    "xbm", "xface", "xwd", "zmbv",
)  # fmt: skip

#: Containers that hold codecs which Matroska does not.
HOLDERS = {
    **dict.fromkeys(OLD, "avi"),
    **dict.fromkeys(
        [f"pcm_{form}" for form in PLANAR],
        "nut",
    ),
    "adpcm_adx": "adx",
    "adpcm_argo": "argo_asf",
    "adpcm_ima_alp": "alp",
    "adpcm_ima_apm": "apm",
    "adpcm_ima_qt": "mov",
    "adpcm_ima_ssi": "kvag",
    "adpcm_ima_ws": "wsaud",
    "aptx": "aptx",
    "aptx_hd": "aptx_hd",
    "g726le": "au",
    "libcodec2": "codec2",
    "libgsm": "gsm",
    "nellymoser": "flv",
    "pcm_bluray": "mpegts",
    "pcm_dvd": "vob",
    "pcm_s24daud": "daud",
    "pcm_vidc": "vidc",
    "s302m": "mpegts",
    "sbc": "sbc",
    "rv10": "rm",
    "rv20": "rm",
    "wrapped_avframe": "yuv4mpegpipe",
}

#: Codecs of sound that stand in no file without a picture, or in none at all.
BESIDE_PICTURES = frozenset({"adpcm_ima_amv", "comfortnoise", "roq_dpcm"})

#: Options that single encoders need.
NEEDS: dict[str, Call] = {
    "dnxhd": ("-profile:v", "dnxhr_lb", "-pix_fmt", "yuv422p"),
    "vbn": ("-pix_fmt", "rgba"),
    "libaom-av1": ("-usage", "realtime"),
    "librav1e": ("-speed", "10"),
    "libx265": ("-x265-params", "log-level=none"),
}


def of_every_container() -> list[Recipe]:
    """Return a recipe for each container: with picture and sound, where it takes both unasked."""
    recipes = []
    for name in muxers():
        content = (*CONTENTS.get(name, both()), *COMMON, "-f", name, NAMES.get(name, "out"))
        recipes.append(Recipe(f"container {name}", [content]))
    return recipes


def of_every_codec() -> list[Recipe]:
    """Return a recipe for each codec of pictures and of sound."""
    recipes = []
    for name in encoders("V"):
        content = (
            *picture(SIZES.get(name, "160x120"), seconds=SLOW.get(name, SHORT_S)),
            *COMMON,
            "-c:v",
            name,
            *NEEDS.get(name, ()),
        )
        recipes.append(Recipe(f"picture in {name}", [(*content, "-f", HOLDERS.get(name, "matroska"), "out")]))
    for name in encoders("A"):
        if name in BESIDE_PICTURES:
            continue
        channels = ("-ac", str(CHANNELS.get(name, 2)))
        content = (
            *sound(RATES.get(name, 48_000), seconds=SHORT_S),
            *COMMON,
            *channels,
            "-c:a",
            name,
            *NEEDS.get(name, ()),
        )
        recipes.append(Recipe(f"sound in {name}", [(*content, "-f", HOLDERS.get(name, "matroska"), "out")]))
    return recipes
