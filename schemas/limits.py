r"""How large things may be: every limit on bytes, characters and numbers of things, in one place.

The rule behind all of them: *what is let in can be written on.* An input becomes a request, the request a part of the
job and of what is remembered of the media item, and what the work needs of it a part of each task and of each result.
Each of these is one event that a topic has to take. So the doors (events, REST, the vendor's calls) stop at limits from
which everything that follows is small enough, whatever is in it; `tests/streams/test_limits.py` adds it up. Limits on
bytes are on what is written as JSON: one character can take six (`\u0001`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "DEEPEST_METADATA",
    "EXCERPT",
    "LARGEST_BATCH",
    "LARGEST_EVENT",
    "LARGEST_INPUT",
    "LARGEST_MATCH",
    "LARGEST_MATCHES",
    "LARGEST_METADATA",
    "LARGEST_RECORD",
    "LARGEST_RENDITIONS",
    "LARGEST_REQUEST",
    "LARGEST_VALUE",
    "LONGEST_CALLER",
    "LONGEST_DIGEST",
    "LONGEST_EXTEND",
    "LONGEST_MEDIA_ID",
    "LONGEST_MEDIA_S",
    "LONGEST_MESSAGE",
    "LONGEST_NAME",
    "LONGEST_TARGET",
    "LONGEST_TRACE",
    "LONGEST_URL",
    "LONGEST_USER_DATA",
    "LONGEST_WORD",
    "MOST_CHUNKS",
    "MOST_RENDITIONS",
    "MOST_SEARCHED",
    "cut",
    "event_size",
]

KIB, MIB = 2**10, 2**20

#: Bytes of one batch that a topic takes: the state of a job with thousands of intervals is larger than the usual 1 MiB.
LARGEST_BATCH = 10 * MIB
#: Bytes of one event that the service writes, with key and headers: leaves room for the heads of batch and record, and
#: for what compression adds where there is nothing to compress (gzip: 5 bytes in 16 KiB).
LARGEST_EVENT = LARGEST_BATCH - 64 * KIB
#: Bytes of its value alone: leaves room for the key and the headers, which hold ids, times and a trace.
LARGEST_VALUE = LARGEST_EVENT - 64 * KIB
#: Bytes of an input event, with key and headers: what a broker takes that nobody has set otherwise, and three times an
#: event of a thousand renditions. A dead letter holds as much of an input, and of a larger one a reference.
LARGEST_INPUT = MIB
#: Bytes of value and key that a dead letter shows of an input that it holds by reference: enough to recognise it.
EXCERPT = KIB

#: Bytes of a request for a job. It is a part of the job, which is written anew with each of its steps.
LARGEST_REQUEST = 640 * KIB
#: Bytes that are remembered of one media item when a job is added: the rest up to `LARGEST_VALUE` is for what grows
#: with the work of jobs that are under way, the spans of their chunks.
LARGEST_RECORD = 8 * MIB
#: Bytes of all matches of a job, where they take most: inside the string in the complete event. Some 15,000 intervals;
#: no more, since the embedded broker, which keeps 5 MiB of a partition, loses what takes more than half of that, and
#: compression makes half of these.
LARGEST_MATCHES = 4 * MIB
#: Bytes of one match, so that no reference keeps all others out: some 4,000 intervals.
LARGEST_MATCH = MIB
#: Renditions that are noted of a video, and their bytes. Upload systems make fewer than thirty; those beyond are passed
#: over, the best one never.
MOST_RENDITIONS, LARGEST_RENDITIONS = 64, 256 * KIB
#: Chunks of one job: the spans of so many are 4 MB, and a month of video.
MOST_CHUNKS = 100_000

#: The longest media that can be fingerprinted at all, seconds: 24 days. Times are kept as milliseconds in 32 bits.
LONGEST_MEDIA_S = 24 * 86_400.0

#: Bytes of what an item's owner says of it, as JSON, and how deep it may be nested: what is read within a job, within
#: a record, is nested deeper still, and readers of JSON give up at some depth.
LARGEST_METADATA, DEEPEST_METADATA = 64 * KIB, 32
#: Libraries that a job may name to be searched; one that names none searches all.
MOST_SEARCHED = 100

#: Characters of an id of a media item: it becomes part of keys, file names and primary keys, which all have an end.
LONGEST_MEDIA_ID = 256
#: Characters of a library's name: it becomes part of names of collections and folders.
LONGEST_NAME = 100
#: Characters of an address of media: more than web servers and file systems take.
LONGEST_URL = 4096
#: Characters of an address that events are posted to: as much as web servers and proxies take.
LONGEST_TARGET = 2048
#: Characters of what an event has echoed: 32 times what ApsaraVideo VOD takes.
LONGEST_EXTEND = 16 * KIB
#: Characters of `UserData`, which holds an address and a text to echo, as JSON.
LONGEST_USER_DATA = 8 * KIB
#: Characters of fields that are a word or an id: `Format`, `Definition`, the id of a transcoding run.
LONGEST_WORD = 256
#: Characters of a W3C trace context: today's have 55. A longer one is none.
LONGEST_TRACE = 256
#: Characters of a caller's name, which travels in every task of a job, and of a digest of a request, in hex.
LONGEST_CALLER, LONGEST_DIGEST = 64, 64
#: Characters of a sentence for a person. Messages of errors may repeat their input.
LONGEST_MESSAGE = 1000

#: Bytes that the lengths of a header's name and value take at least.
HEADER_HEAD = 2


def event_size(key: bytes | None, value: bytes | None, headers: Iterable[tuple[str, bytes | None]]) -> int:
    """Return the bytes of an event: value, key and headers."""
    held = sum(len(name.encode()) + len(content or b"") + HEADER_HEAD for name, content in headers)
    return len(key or b"") + len(value or b"") + held


def cut(text: str, longest: int = LONGEST_MESSAGE) -> str:
    """Return a text that is at most so many characters long; one that is cut ends with an ellipsis."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
