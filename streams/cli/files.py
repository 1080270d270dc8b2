"""Commands that work on files here and now, with the service's engine and no broker."""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from schemas.errors import ErrorCode
from streams.cli.crew import Crew
from streams.cli.decoding import own_decoder
from streams.cli.file_work import Answer, fingerprint_file, match_file, query_file
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
    from collections.abc import Generator, Mapping, Sequence

    from fingerprint.index.memory import MemoryIndex

__all__ = ["compare", "fingerprint", "match"]

T = TypeVar("T")

Jobs = Annotated[int | None, typer.Option(min=1, help="Files worked on at a time.", show_default="all processors")]

#: The line between a copy and a chance likeness: what is weaker is not shown to a person.
LEAST_SIMILARITY = 0.5
#: Folder of the references that the processes of a command share.
REFERENCES = "references"


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
        query = _usable(first, query_file(first, scratch))
        reference = _usable(second, fingerprint_file(second))
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
    query = _usable(media, fingerprint_file(media))
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
    against: Annotated[
        Path, typer.Option(help="Folder of files that may be the originals: media, or fingerprints of it.")
    ],
    *,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="Print one line of JSON for each file.")] = False,
    jobs: Jobs = None,
) -> None:
    """Match files against a folder of files. Ends with status 1 when a file could not be used.

    Lines come in the order of the files, whatever the number of processes.
    """
    from fingerprint.index.memory import MemoryIndex  # noqa: PLC0415 (the engine loads in seconds)

    if not against.is_dir():
        fail(f"{against} is no folder: name one with files that may be the originals", ExitCode.USAGE)
    own_decoder()  # settings that are not valid are said once, and not by each process
    missing = {path: reason for path in files if (reason := _unreadable(path))}
    for path, reason in missing.items():  # before hours go into references
        _complain(path, reason)
    references, unusable = _references(against) if len(missing) < len(set(files)) else ([], False)
    names, called = _names(references), _names(files)
    with TemporaryDirectory() as scratch, Crew(jobs or available_cores()) as crew:
        index = MemoryIndex()
        made = crew.in_order(fingerprint_file, [(path,) for path in references])
        for path, reference in zip(references, _watched("fingerprinting", made, len(references)), strict=True):
            if isinstance(reference, str):
                unusable = _complain(path, reference)
            else:
                print_shortfalls(str(path), reference.coverage.told())
                index.add(names[path], reference.fingerprint)
        _share(index, Path(scratch))
        del index
        for path, found in zip(files, _answers(crew, files, missing, Path(scratch)), strict=True):
            if isinstance(found, str):
                unusable = path in missing or _complain(path, found)
            else:
                print_shortfalls(str(path), found.coverage)
            if jsonl:
                print_json(_line(called[path], None if isinstance(found, str) else found))
                sys.stdout.flush()
            elif not isinstance(found, str):
                print_matches(str(path), [one for one in found.matches if one.similarity >= LEAST_SIMILARITY])
    raise typer.Exit(ExitCode.FAILED if unusable else ExitCode.OK)


def _share(index: MemoryIndex, scratch: Path) -> None:
    """Put the references where all processes of the command find them, once for all of them."""
    from fingerprint.index.shared import write_index  # noqa: PLC0415 (the engine loads in seconds)

    folder = scratch / REFERENCES
    try:
        folder.mkdir()
        write_index(index, folder)
    except OSError as error:
        fail(
            f"{scratch} cannot hold the references: {error.strerror}: name a folder with room as TMPDIR",
            ExitCode.FAILED,
        )


def _answers(crew: Crew, files: Sequence[Path], missing: Mapping[Path, str], scratch: Path) -> Generator[Answer | str]:
    """Yield what each file copies of the references that are shared, or what is wrong with it."""
    tasks = [(path, scratch / REFERENCES, scratch) for path in files if path not in missing]
    with closing(_watched("matching", crew.in_order(match_file, tasks), len(tasks))) as answers:
        for path in files:
            yield missing[path] if path in missing else next(answers)


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


def _line(query: str, answer: Answer | None) -> dict[str, Any]:
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
            for one in (answer.matches if answer else ())
        ],
        **({} if answer is None else {"coverage": answer.coverage}),
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


def _watched(what: str, outcomes: Generator[T], total: int) -> Generator[T]:
    """Yield outcomes; on a terminal with a progress bar."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bars = Progress(*columns, console=notes, transient=True, disable=not notes.is_terminal)
    with bars as progress, closing(outcomes):
        bar = progress.add_task(what, total=total)
        for outcome in outcomes:
            progress.advance(bar)
            yield outcome
