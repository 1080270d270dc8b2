"""Fingerprints of a benchmark's files, made once and kept beside it."""

from __future__ import annotations

import shutil
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TYPE_CHECKING

from fingerprint.chunking import ChunkFiles, assemble, fingerprint_media
from fingerprint.engine import ALGORITHM
from fingerprint.media.errors import MediaError
from fingerprint.media.limits import DEFAULT_LIMITS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.truth import Truth
    from fingerprint.query import Query

__all__ = ["files_of", "fingerprint_file", "keep_prints", "load", "prints_folder"]

#: What a folder is called that chunks are still written to.
UNFINISHED = ".unfinished"


def files_of(truth: Truth) -> list[str]:
    """Return the files of a benchmark, as paths in its folder: references, and queries."""
    return [*(reference.file for reference in truth.refs.values()), *(query.file for query in truth.queries)]


def prints_folder(bench: Path) -> Path:
    """Return where the fingerprints of a benchmark are kept: those of another algorithm are others."""
    return bench / f"prints-{ALGORITHM}"


def keep_prints(bench: Path, files: Sequence[str], jobs: int) -> Path:
    """Fingerprint what is not fingerprinted yet; return the folder.

    Args:
        bench: Folder of the benchmark.
        files: Files in it.
        jobs: How many files are looked at at a time.
    """
    folder = prints_folder(bench)
    missing = [file for file in files if not (folder / file).is_dir()]
    if missing:
        with ProcessPoolExecutor(min(jobs, len(missing)), get_context("spawn")) as pool:
            list(pool.map(fingerprint_file, [bench] * len(missing), missing, [folder] * len(missing)))
    return folder


def fingerprint_file(bench: Path, file: str, folder: Path) -> None:
    """Write the chunks of a file to a folder of its name; a file that cannot be used leaves an empty one."""
    place = folder / file
    scratch = place.with_name(place.name + UNFINISHED)
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    try:
        fingerprint_media(str(bench / file), DEFAULT_LIMITS, scratch)
    except MediaError:
        shutil.rmtree(scratch)
        scratch.mkdir()
    scratch.rename(place)


def load(folder: Path, files: Sequence[str]) -> dict[str, Query]:
    """Return what is kept of files, those left out that could not be used."""
    counts = {file: len(list((folder / file).iterdir())) for file in files}
    return {file: assemble(count, ChunkFiles(folder / file).load) for file, count in counts.items() if count}
