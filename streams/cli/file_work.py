"""What is done with one file, in the command's own process or in one of its crew; what is wrong is said as text."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from schemas.errors import ErrorCode
from streams.cli.decoding import own_decoder

if TYPE_CHECKING:
    from fingerprint.index.memory import MemoryIndex
    from fingerprint.query import Query
    from schemas.coverage import Coverage
    from schemas.matches import Match

__all__ = ["Answer", "fingerprint_file", "match_file", "query_file"]

#: Bytes of a file that say whether it is a fingerprint.
HEAD_BYTES = 64


@dataclass(frozen=True)
class Answer:
    """What a file copies, and how much of it was looked at."""

    matches: list[Match]
    coverage: Coverage


def match_file(path: Path, references: Path, scratch: Path) -> Answer | str:
    """Return what a file copies; or what is wrong with it.

    Args:
        path: The file.
        references: Where `fingerprint.index.shared.write_index` has written what it may copy.
        scratch: Where there is room for what is made of it on the way.
    """
    from fingerprint.engine import match  # noqa: PLC0415 (the engine loads in seconds)

    with TemporaryDirectory(dir=scratch) as chunks:
        query = query_file(path, chunks)
        if isinstance(query, str):
            return query
        index = _index(references)
        return Answer(match(query, index, index), query.coverage.told())


@functools.lru_cache(maxsize=1)
def _index(folder: Path) -> MemoryIndex:
    from fingerprint.index.shared import read_index  # noqa: PLC0415 (the engine loads in seconds)

    return read_index(folder)


def fingerprint_file(path: Path) -> Query | str:
    """Return the fingerprint of a file, and how much of the file it is of; or what is wrong with it."""
    with TemporaryDirectory() as scratch:
        query = query_file(path, scratch)
    return query if isinstance(query, str) else replace(query, pieces=())


def query_file(path: Path, scratch: str) -> Query | str:
    """Return the form of a file that is matched, of use as long as `scratch` is there; or what is wrong with it."""
    from fingerprint.codec import is_fingerprint  # noqa: PLC0415 (the engine loads in seconds)
    from fingerprint.file import read_fingerprint  # noqa: PLC0415
    from fingerprint.media.errors import MediaError  # noqa: PLC0415
    from fingerprint.media.limits import MediaLimits  # noqa: PLC0415
    from fingerprint.query import Query  # noqa: PLC0415
    from streams.adapters.decoder.whole import fingerprint_whole  # noqa: PLC0415
    from streams.ports.decoder_errors import DecoderEndedError, DecoderError, DecoderGarbledError  # noqa: PLC0415

    try:
        with path.open("rb") as file:
            if is_fingerprint(file.read(HEAD_BYTES)):
                file.seek(0)
                return Query.of_fingerprint(read_fingerprint(file, MediaLimits()))
            return fingerprint_whole(own_decoder(), file, MediaLimits(), Path(scratch))
    except OSError as error:
        return f"{ErrorCode.RESOURCE_NOT_FOUND}: {error}"
    except MediaError as error:
        return f"{error.code}: {error}"
    except (DecoderEndedError, DecoderGarbledError) as error:
        return f"{ErrorCode.RESOURCE_CONTENT_BAD}: {error}: transcode the media anew"
    except MemoryError as error:
        return f"{ErrorCode.RESOURCE_TOO_LARGE}: {error}: take a smaller rendition, or raise MEDIADNA_TASK_MEMORY_MB"
    except DecoderError as error:
        return f"{ErrorCode.INTERNAL_ERROR}: {error}"
