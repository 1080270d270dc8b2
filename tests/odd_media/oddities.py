"""What is odd about media that plays: its pictures, its sound, its times, and what lies beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from odd_media.ffmpeg import FILM, Call, Recipe, both, picture, sound

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["KINDS"]

#: Pictures and sound as they are, with as little work as can be.
PLAIN: Call = ("-c:v", "mpeg4", "-c:a", "ac3")
H264: Call = ("-c:v", "libx264", "-preset", "ultrafast")

#: Containers of everyday films, and what FFmpeg is to put into each.
FILMS: dict[str, Call] = {
    "mp4": (*H264, "-c:a", "aac"),
    "mov": (*H264, "-c:a", "pcm_s16le"),
    "matroska": (*H264, "-c:a", "libopus"),
    "webm": ("-c:v", "libvpx", "-cpu-used", "8", "-c:a", "libvorbis"),
    "mpegts": (*H264, "-c:a", "aac"),
    "mpeg": ("-c:v", "mpeg2video", "-c:a", "mp2"),
    "avi": ("-c:v", "mpeg4", "-c:a", "libmp3lame"),
    "flv": ("-c:v", "flv", "-c:a", "libmp3lame", "-ar", "44100"),
    "asf": ("-c:v", "wmv2", "-c:a", "wmav2"),
    "ogg": ("-c:v", "libtheora", "-c:a", "libvorbis"),
    "mxf": ("-c:v", "mpeg2video", "-c:a", "pcm_s16le"),
    "nut": PLAIN,
}

PIXELS = (
    "0rgb", "abgr", "bayer_bggr8", "bayer_rggb16le", "bgr4_byte", "bgr48be", "bgr555le", "gbrap10le", "gbrap16le",
    "gbrp", "gbrp10le", "gbrp14le", "gbrpf32le", "gray", "gray10le", "gray12be", "gray16le", "grayf32le", "monob",
    "monow", "nv12", "nv16", "nv21", "nv24", "p010le", "p016be", "p210le", "pal8", "rgb0", "rgb24", "rgb444le",
    "rgb48le", "rgb4_byte", "rgb565be", "rgb8", "rgba64le", "uyvy422", "xyz12le", "x2rgb10le", "y210le", "ya16le",
    "ya8", "yuv410p", "yuv411p", "yuv420p10le", "yuv420p16be", "yuv420p9le", "yuv422p", "yuv422p12le", "yuv440p",
    "yuv440p10le", "yuv444p", "yuv444p14le", "yuva420p", "yuva422p10le", "yuva444p16le", "yuvj420p", "yuyv422",
    "yvyu422",
)  # fmt: skip

SIZES = ["1x1", "2x2", "3x5", "1x120", "160x1", "17x13", "159x119", "16x16", "2000x2", "4x1080", "33x640", "1024x1024"]
RATES = ("1/3", "1", "7", "12.5", "24000/1001", "50", "60000/1001", "120", "240", "1000")
SAMPLE_RATES = (100, 1000, 4000, 7350, 8000, 11_025, 12_345, 22_050, 44_100, 88_200, 96_000, 192_000, 384_000, 768_000)
CHANNELS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 16, 24, 32, 64)


def of_pictures() -> Iterator[Recipe]:
    """Yield recipes of odd pictures: forms of pixels, sizes, rates, colours, fields, turns."""
    for form in PIXELS:
        yield _made(f"pixels {form}", *picture(), "-c:v", "rawvideo", "-pix_fmt", form, form="nut")
    for size in SIZES:
        yield _made(f"size {size}", *picture(size, seconds=1), "-c:v", "ffv1", form="matroska")
    for size in ("2x2", "18x14", "162x98", "16x2048"):
        yield _made(f"size {size} of H.264", *picture(size, seconds=1), *H264, form="mp4")
    for rate in RATES:
        yield _made(f"{rate} pictures a second", *picture(rate=rate, seconds=4), *PLAIN[:2], form="matroska")
    for aspect in ("1/1000", "4/1", "16/11", "9999/1"):
        yield _made(f"aspect {aspect}", *both(), "-vf", f"setsar={aspect}", *FILMS["mp4"], form="mp4")
    for degrees in ("90", "180", "270", "45"):
        yield _made(f"turned by {degrees}", *both(), *FILMS["mp4"], "-metadata:s:v:0", f"rotate={degrees}", form="mp4")
    fields = ("-vf", "tinterlace=interleave_top", "-flags", "+ildct+ilme", "-top", "1")
    for form in ("mpegts", "mpeg", "mxf"):
        yield _made(f"fields in {form}", *both(), *fields, "-c:v", "mpeg2video", *FILMS[form][2:], form=form)
    yield _made("fields of H.264", *both(), *fields, *FILMS["mp4"], "-x264-params", "tff=1", form="mp4")
    yield _made("wide colours", *picture(), "-c:v", "libx265", "-pix_fmt", "yuv420p10le", *WIDE_COLOURS, form="mp4")
    for name, options in ONE_PICTURE.items():
        yield _made(name, *options)


WIDE_COLOURS: Call = (
    *("-color_primaries", "bt2020", "-color_trc", "smpte2084", "-colorspace", "bt2020nc", "-color_range", "pc"),
    *("-x265-params", "log-level=none"),
)

ONE_PICTURE: dict[str, Call] = {
    "one picture": (*picture(), "-frames:v", "1", *H264, "-f", "mp4", "out"),
    "one picture beside sound": (*both(), "-frames:v", "1", *FILMS["mp4"], "-f", "mp4", "out"),
    "two pictures": (*picture(), "-frames:v", "2", *PLAIN[:2], "-f", "avi", "out"),
    "no pictures at all": (*both(), "-t", "0", *FILMS["matroska"], "-f", "matroska", "out"),
    "a hundredth of a second": (*both(), "-t", "0.01", *FILMS["mp4"], "-f", "mp4", "out"),
    "key frames alone": (*picture(), *H264, "-g", "1", "-f", "mpegts", "out"),
    "one key frame": (*picture(seconds=12), *H264, "-g", "999", "-f", "mpegts", "out"),
    "gradual refresh": (*picture(), *H264, "-x264-params", "intra-refresh=1", "-f", "mpegts", "out"),
}


def of_sound() -> Iterator[Recipe]:
    """Yield recipes of odd sound: rates, channels, lengths, silence."""
    for rate in SAMPLE_RATES:
        yield _made(f"{rate} samples a second", *sound(), "-ar", str(rate), "-c:a", "pcm_s16le", form="wav")
    for count in CHANNELS:
        yield _made(f"{count} channels", *sound(), "-ac", str(count), "-c:a", "pcm_s16le", form="wav")
    for layout in ("2.1", "3.1", "4.0", "quad", "5.0(side)", "5.1", "6.1", "7.1(wide)", "octagonal", "downmix"):
        yield _made(f"layout {layout}", *sound(), "-af", f"aformat=cl={layout}", "-c:a", "flac", form="caf")
    for seconds in (0.0, 0.0001, 0.001, 0.02, 0.3):
        yield _made(f"{seconds} s of sound", *sound(), "-t", str(seconds), "-c:a", "pcm_s16le", form="wav")
        yield _made(f"{seconds} s of coded sound", *sound(), "-t", str(seconds), "-c:a", "libmp3lame", form="mp3")
    yield _made("silence", "-f", "lavfi", "-i", "anullsrc", "-t", "2", "-c:a", "aac", form="mp4")
    yield _made("full scale", *sound(), "-af", "volume=60dB", "-c:a", "pcm_f32le", form="wav")
    yield _made("no numbers", *sound(), "-af", "aeval=0/0", "-c:a", "pcm_f32le", form="wav")
    yield _made("infinite", *sound(), "-af", "aeval=1/0", "-c:a", "pcm_f64le", form="matroska")
    inverted = ("-af", "pan=stereo|c0=c0|c1=-1*c0")
    yield _made("an inverted channel", *sound(), *inverted, "-c:a", "flac", form="flac")


def of_times() -> Iterator[Recipe]:
    """Yield recipes of odd times: rates that vary, late and early starts, edit lists, clocks that run over."""
    gaps = ("-vf", r"select=not(mod(n\,7))+lt(mod(n\,10)\,3)")
    for form in ("matroska", "mp4", "asf", "flv"):
        yield _made(f"a variable rate in {form}", *both(), *gaps, *FILMS[form], form=form)
    yield _made("slides", *picture(seconds=90, rate="1/15"), *H264, form="mp4")
    for form, content in FILMS.items():
        for name, inputs in LATE.items():
            yield _made(f"{name} in {form}", *inputs, *content, form=form)
    for hours in (1, 26):
        for form in ("mpegts", "mp4", "matroska", "flv"):
            offset = ("-output_ts_offset", str(3600 * hours))
            yield _made(f"a clock that begins at {hours} h in {form}", *both(), *FILMS[form], *offset, form=form)
    over = ("-output_ts_offset", "95442.5")
    yield _made("a clock of 33 bits that runs over", *both(), *FILMS["mpegts"], *over, form="mpegts")
    for name, options in REMADE.items():
        yield _made(name, *options)
    for form in ("matroska", "mp4", "nut", "mpegts"):
        for kind in "va":
            leap = (f"-bsf:{kind}", "setts=ts=TS+gte(TS*TB\\,1)*7200/TB")
            yield _made(f"{kind} leaps by two hours in {form}", "-i", FILM, "-c", "copy", *leap, form=form)


LATE: dict[str, Call] = {
    "late sound": (*picture(), "-itsoffset", "1.3", *sound()),
    "late pictures": ("-itsoffset", "1.3", *picture(), *sound()),
    "sound after the pictures": (*picture(seconds=1), "-itsoffset", "20", *sound(seconds=1)),
}

#: A film whose packets are kept as they are, with other times or another order of things.
REMADE: dict[str, Call] = {
    "an edit list that cuts": ("-ss", "0.7", "-i", FILM, "-c", "copy", "-f", "mp4", "out"),
    "an edit list that waits": ("-itsoffset", "2.5", "-i", FILM, "-c", "copy", "-f", "mp4", "out"),
    "no edit list": ("-i", FILM, "-c", "copy", "-use_editlist", "0", "-f", "mp4", "out"),
    "fragments": ("-i", FILM, "-c", "copy", "-movflags", "frag_keyframe+empty_moov", "-f", "mp4", "out"),
    "tiny fragments": ("-i", FILM, "-c", "copy", "-movflags", "frag_every_frame+cmaf", "-f", "mp4", "out"),
    "an index of fragments": ("-i", FILM, "-c", "copy", "-movflags", "dash+global_sidx", "-f", "mp4", "out"),
    "negative offsets": ("-i", FILM, "-c", "copy", "-movflags", "negative_cts_offsets", "-f", "mp4", "out"),
    "hint tracks": ("-i", FILM, "-c", "copy", "-movflags", "rtphint", "-f", "mp4", "out"),
    "all pictures at once": ("-i", FILM, "-c", "copy", "-bsf:v", "setts=ts=0", "-f", "matroska", "out"),
    "times that stand": ("-i", FILM, "-c", "copy", "-bsf:v", "setts=ts=TS/100000", "-f", "mp4", "out"),
    "times that leap": ("-i", FILM, "-c", "copy", "-bsf:v", "setts=ts=TS+gte(N\\,20)*999999", "-f", "mpegts", "out"),
    "times that end": ("-i", FILM, "-c", "copy", "-bsf:v", "setts=duration=2000000000", "-f", "mp4", "out"),
    "packets with noise": ("-i", FILM, "-c", "copy", "-bsf:v", "noise=60", "-f", "matroska", "out"),
    "packets that are lost": ("-i", FILM, "-c", "copy", "-bsf", "noise=drop=not(mod(n\\,3))", "-f", "mpegts", "out"),
    "no parameter sets": ("-i", FILM, "-c", "copy", "-bsf:v", "filter_units=remove_types=7|8", "-f", "h264", "out"),
    "no key frames": ("-i", FILM, "-c", "copy", "-bsf:v", "filter_units=remove_types=5", "-f", "mpegts", "out"),
    "an unknown tag": ("-i", FILM, "-c", "copy", "-tag:v", "0xFFE9C3FE", "-tag:a", "0xFEFF", "-f", "avi", "out"),
    "protection": (
        *("-i", FILM, "-c", "copy", "-encryption_scheme", "cenc-aes-ctr", "-encryption_key", "0" * 32),
        *("-encryption_kid", "1" * 32, "-f", "mp4", "out"),
    ),
}


def of_company() -> Iterator[Recipe]:
    """Yield recipes of what lies beside picture and sound: covers, subtitles, data, chapters, further streams."""
    for form in ("mp3", "flac", "mp4", "matroska"):
        cover = (*sound(), "-i", "../cover.png", "-map", "0", "-map", "1", "-disposition:v", "attached_pic")
        codec = {"mp3": "libmp3lame", "flac": "flac"}.get(form, "aac")
        yield _made(f"a cover in {form}", *cover, "-c:v", "copy", "-c:a", codec, form=form)
    for form, codec in (("mp4", "mov_text"), ("matroska", "srt"), ("matroska", "ass"), ("webm", "webvtt")):
        lines = (*both(), "-i", "../lines.srt", "-map", "0", "-map", "1", "-map", "2", *FILMS[form], "-c:s", codec)
        yield _made(f"subtitles as {codec} in {form}", *lines, form=form)
        yield _made(f"subtitles as {codec} alone in {form}", "-i", "../lines.srt", "-c:s", codec, form=form)
    chapters = ("-i", "../chapters.txt", "-map", "0", "-map", "1", "-map_metadata", "2", "-map_chapters", "2")
    for form in ("mp4", "matroska", "ogg", "nut", "asf"):
        yield _made(f"chapters in {form}", *both(), *chapters, *FILMS[form], form=form)
    for form in ("mov", "mxf", "mpeg"):
        yield _made(f"a time code in {form}", *both(), *FILMS[form], "-timecode", "23:59:59:20", form=form)
    for name, options in COMPANY.items():
        yield _made(name, *options)


COMPANY: dict[str, Call] = {
    "a picture of a cover alone": (
        "-i",
        "../cover.png",
        "-c",
        "copy",
        "-disposition:v",
        "attached_pic",
        "-f",
        "mp4",
        "out",
    ),
    "an attachment": (
        *(*both(), *FILMS["matroska"], "-attach", "../blob.bin", "-metadata:s:t", "mimetype=font/ttf"),
        *("-f", "matroska", "out"),
    ),
    "data in a transport stream": (
        *(*both(), "-f", "data", "-i", "../blob.bin", "-map", "0", "-map", "1", "-map", "2", *FILMS["mpegts"]),
        *("-c:d", "copy", "-f", "mpegts", "out"),
    ),
    "a second, larger picture": (
        *(*both(), *picture("320x240"), "-map", "0", "-map", "1", "-map", "2", *FILMS["mpegts"], "-f", "mpegts", "out"),
    ),
    "twenty sounds": (*sound(), *("-map", "0") * 20, "-c:a", "aac", "-f", "mp4", "out"),
    "two programs": (
        *(*both(), *both("96x64"), "-map", "0", "-map", "1", "-map", "2", "-map", "3", *FILMS["mpegts"]),
        *("-program", "title=one:st=0:st=1", "-program", "title=two:st=2:st=3", "-f", "mpegts", "out"),
    ),
    "sound that is not the default": (*both(), *FILMS["mp4"], "-disposition:a", "0", "-f", "mp4", "out"),
}

#: Everything here, by kind.
KINDS = {"pictures": of_pictures, "sound": of_sound, "times": of_times, "company": of_company}


def _made(name: str, *arguments: str, form: str = "") -> Recipe:
    return Recipe(name, [(*arguments, "-f", form, "out") if form else arguments])
