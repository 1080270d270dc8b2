"""Commands that work on files here and now, with the service's engine and no broker."""

from __future__ import annotations

import os
import sys
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory, mkdtemp
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from schemas.coverage import Coverage
from schemas.errors import ErrorCode
from streams.child_processes import die_with_parent
from streams.cli.decoding import own_decoder
from streams.cli.importer.items import Fault, LeftOut
from streams.cli.importer.telling import files_below
from streams.cli.names import distinct_names
from streams.cli.output import (
    AsJson,
    ExitCode,
    as_text,
    fail,
    note,
    notes,
    print_json,
    print_left_out,
    print_matches,
    print_shortfalls,
    shown,
)
from streams.settings import available_cores

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping, Sequence

    from fingerprint.query import Query
    from schemas.matches import Match

__all__ = ["compare", "fingerprint", "match"]

T = TypeVar("T")

Jobs = Annotated[int | None, typer.Option(min=1, help="Files worked on at a time.", show_default="all processors")]

#: The line between a copy and a chance likeness: what is weaker is not shown to a person.
LEAST_SIMILARITY = 0.5


def compare(
    first: Annotated[Path, typer.Argument(metavar="A")],
    second: Annotated[Path, typer.Argument(metavar="B")],
    *,
    as_json: AsJson = False,
) -> None:
    """Compare two files: which spans of A are copied from B. Ends with status 1 when a file cannot be used."""
    from fingerprint.engine import match as match_query  # noqa: PLC0415 (the engine loads in seconds)
    from fingerprint.index.memory import MemoryIndex  # noqa: PLC0415

    for path in (first, second):  # both, before minutes go into either
        _usable(path, _unreadable(path))
    with TemporaryDirectory() as scratch:
        index = MemoryIndex()
        query = _usable(first, _query(first, scratch))
        reference = _usable(second, _fingerprint(second))
        index.add(as_text(str(second)), reference.fingerprint)
        matches = match_query(query, index, index)
    covered = {"a": query.coverage.told(), "b": reference.coverage.told()}
    print_shortfalls(str(first), covered["a"])
    print_shortfalls(str(second), covered["b"])
    found = [one for one in matches if one.similarity >= LEAST_SIMILARITY]
    if as_json:
        print_json({"a": as_text(str(first)), "b": as_text(str(second)), "matches": found, "coverage": covered})
    else:
        print_matches(str(first), found)


def fingerprint(
    media: Annotated[Path, typer.Argument(metavar="FILE")],
    output: Annotated[Path, typer.Option("-o", "--output", help="File to write.")],
) -> None:
    """Write a file's fingerprint: a compact binary file that can be submitted in place of the media."""
    if not output.parent.is_dir():  # said before minutes go into the media
        fail(f"{output} cannot be written: there is no folder {output.parent}", ExitCode.USAGE)
    if output.is_dir():
        fail(f"{output} cannot be written: it is a folder, name a file in it", ExitCode.USAGE)
    query = _usable(media, _fingerprint(media))
    print_shortfalls(str(media), query.coverage.told())
    found = query.fingerprint
    data = found.to_bytes()
    try:
        output.write_bytes(data)
    except OSError as error:
        fail(f"{output} cannot be written: {error.strerror}", ExitCode.USAGE)
    note(f"{output}: {len(data)} bytes for {found.duration:.1f} s, digest {found.digest}")


def match(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Files to find the originals of.")],
    against: Annotated[Path, typer.Option(help="Folder of files that may be the originals.")],
    *,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="Print one line of JSON for each file.")] = False,
    jobs: Jobs = None,
) -> None:
    """Match files against a folder of files. Ends with status 1 when a file could not be used."""
    from fingerprint.engine import match as match_query  # noqa: PLC0415 (the engine loads in seconds)
    from fingerprint.index.memory import MemoryIndex  # noqa: PLC0415

    if not against.is_dir():
        fail(f"{against} is no folder: name one with files that may be the originals", ExitCode.USAGE)
    own_decoder()  # settings that are not valid are said once, and not by each process
    missing = {path: reason for path in files if (reason := _unreadable(path))}
    for path, reason in missing.items():  # before hours go into references
        _complain(path, reason)
    references, unusable = _references(against) if len(missing) < len(set(files)) else ([], False)
    names, called = _names(references), _names(files)
    index = MemoryIndex()
    for path, reference in zip(references, _side_by_side(_fingerprint, references, jobs), strict=True):
        if isinstance(reference, str):
            unusable = _complain(path, reference)
        else:
            print_shortfalls(str(path), reference.coverage.told())
            index.add(names[path], reference.fingerprint)
    for path, query in _queries(files, missing, jobs):
        found: list[Match] = []
        coverage: Coverage | None = None
        if isinstance(query, str):
            unusable = path in missing or _complain(path, query)
        else:
            coverage = query.coverage.told()
            print_shortfalls(str(path), coverage)
            found = match_query(query, index, index)
        if jsonl:
            print_json(_line(called[path], found, coverage))
            sys.stdout.flush()
        elif not isinstance(query, str):
            print_matches(str(path), [one for one in found if one.similarity >= LEAST_SIMILARITY])
    raise typer.Exit(ExitCode.FAILED if unusable else ExitCode.OK)


def _queries(
    files: Sequence[Path], missing: Mapping[Path, str], jobs: int | None
) -> Iterator[tuple[Path, Query | str]]:
    """Yield each file with the form of it that is matched, of use until the next one; or with what is wrong with it."""
    there = [path for path in files if path not in missing]
    with TemporaryDirectory() as scratch:
        folders = [mkdtemp(dir=scratch) for _ in there]
        with closing(_side_by_side(_query, there, jobs, folders)) as queries:
            following = zip(folders, queries, strict=True)
            for path in files:
                if path in missing:
                    yield path, missing[path]
                else:
                    folder, query = next(following)
                    yield path, query
                    rmtree(folder)


def _references(folder: Path) -> tuple[list[Path], bool]:
    """Return the media files below a folder, and whether some cannot be used; say what is left out."""
    found = list(files_below(folder))
    print_left_out([one for one in found if isinstance(one, LeftOut)])
    unusable = False
    for fault in found:
        if isinstance(fault, Fault):
            unusable = _complain(fault.where, fault.reason)
    references = sorted(one for one in found if isinstance(one, Path))
    if not references:
        note(f"{folder} holds no media: nothing can be a copy of it")
    return references, unusable


def _names(paths: Sequence[Path]) -> dict[Path, str]:
    """Return the names of files: their stems, and more of the path only where several have the same stem."""
    names = distinct_names(map(str, paths))
    return {path: as_text(names[str(path)] or str(path)) for path in paths}


def _line(query: str, matches: list[Match], coverage: Coverage | None) -> dict[str, Any]:
    """The line of one file, as the contract has it: weak likenesses too, for who sets a threshold of their own."""
    return {
        "query": query,
        "matches": [
            {
                "ref": one.media_id,
                "similarity": round(one.similarity, 4),
                "track": one.track,
                "segments": [
                    {
                        "q": [round(interval.input_start, 3), round(interval.input_end, 3)],
                        "r": [round(interval.reference_start, 3), round(interval.reference_end, 3)],
                        "similarity": round(interval.similarity, 4),
                        "track": interval.track,
                        "speed": round(interval.speed, 4),
                    }
                    for interval in one.intervals
                ],
            }
            for one in matches
        ],
        **({} if coverage is None else {"coverage": coverage}),
    }


def _complain(path: Path | str, problem: str) -> bool:
    note(f"{shown(str(path))}: {problem}")
    return True


def _unreadable(path: Path) -> str | None:
    """Return why a file cannot be read at all; None where it can."""
    try:
        if not (path.is_file() or path.is_dir()) and path.exists():  # to open a pipe is to wait for who writes to it
            return f"{ErrorCode.RESOURCE_NOT_FOUND}: {path} is no plain file: write what it gives into one"
        with path.open("rb"):
            return None
    except OSError as error:
        return f"{ErrorCode.RESOURCE_NOT_FOUND}: {error}"


def _usable(path: Path, outcome: T | str) -> T:
    if isinstance(outcome, str):
        fail(f"{path}: {outcome}", ExitCode.FAILED)
    return outcome


def _side_by_side(
    step: Callable[..., T | str], paths: Sequence[Path], jobs: int | None, *more: Sequence[str]
) -> Generator[T | str]:
    """Do a step for each file in several processes, with a progress bar; yield what it gives, in order."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    workers = min(jobs or available_cores(), len(paths)) or 1
    with (
        Progress(*columns, console=notes, transient=True) as progress,
        ProcessPoolExecutor(
            workers, get_context("spawn"), initializer=die_with_parent, initargs=(os.getpid(),)
        ) as pool,
    ):
        bar = progress.add_task("fingerprinting", total=len(paths))
        for outcome in pool.map(step, paths, *more):
            progress.advance(bar)
            yield outcome


def _fingerprint(path: Path) -> Query | str:
    """Return the fingerprint of a file, and how much of the file it is of; or what is wrong with it."""
    with TemporaryDirectory() as scratch:
        query = _query(path, scratch)
    return query if isinstance(query, str) else replace(query, pieces=())


def _query(path: Path, scratch: str) -> Query | str:
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
            if is_fingerprint(file.read(64)):
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
