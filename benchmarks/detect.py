"""Lets detectors answer a benchmark: MediaDNA's command line, and peers pair by pair."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.peers.chromaprint import Chromaprint
from benchmarks.peers.pdq import Pdq
from benchmarks.peers.signature import Signature
from benchmarks.tools import BenchmarkError, require
from benchmarks.truth import Answer, Found, read_truth, write_answers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from benchmarks.peers.port import Peer

__all__ = ["PEERS", "answer_mediadna", "answer_peer"]

#: The peers, by the names that reports give them.
PEERS: Mapping[str, Callable[[], Peer[Any]]] = {
    "pdqhash": Pdq,
    "signature": Signature,
    "chromaprint": Chromaprint,
}


def answer_mediadna(bench: Path, answers: Path, jobs: int) -> None:
    """Write what `mediadna match` answers.

    Raises:
        BenchmarkError: It prints no answers.
    """
    queries = [str(bench / query.file) for query in read_truth(bench).queries]
    command = [sys.executable, "-m", "streams.cli.main", "match", *queries, "--against", str(bench / "refs")]
    with answers.open("wb") as output:
        status = subprocess.run([*command, "--jsonl", "--jobs", str(jobs)], stdout=output, check=False).returncode
    if status not in (0, 1):  # 1: a file could not be used; it counts as answered with nothing
        raise BenchmarkError(f"mediadna match ended with status {status}")


def answer_peer(peer: Peer[Any], bench: Path, answers: Path, jobs: int) -> None:
    """Write what a peer answers, comparing every query with every reference.

    Raises:
        BenchmarkError: A program that the peer needs is missing or fails.
    """
    require(*peer.programs)
    truth = read_truth(bench)
    with (
        tempfile.TemporaryDirectory(dir=answers.parent) as scratch,
        ProcessPoolExecutor(jobs, get_context("spawn")) as pool,
    ):
        files = [bench / reference.file for reference in truth.refs.values()]
        prints = pool.map(partial(peer.fingerprint, scratch=Path(scratch)), files)
        references = {ref: one for ref, one in zip(truth.refs, prints, strict=True) if one is not None}
        queries = [(query.id, bench / query.file) for query in truth.queries]
        write_answers(answers, list(pool.map(partial(_answer, peer, references, Path(scratch)), queries)))


def _answer(peer: Peer[Any], references: Mapping[str, Any], scratch: Path, query: tuple[str, Path]) -> Answer:
    name, media = query
    own = peer.fingerprint(media, scratch)
    if own is None:
        return Answer(name, ())
    spans = {ref: tuple(peer.match(own, reference)) for ref, reference in references.items()}
    found = [Found(ref, max(one.similarity for one in some), some) for ref, some in spans.items() if some]
    return Answer(name, tuple(found))
