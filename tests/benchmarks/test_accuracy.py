from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.accuracy import main
from benchmarks.builder import ATTACKS, FOREIGN, LIBRARY, build_small
from benchmarks.corpus import Shared, find_shared, split_media
from benchmarks.report import FIGURES, accuracy_report
from benchmarks.score import Score
from benchmarks.truth import Query, Reference, TrueSpan, Truth, read_truth, write_truth
from fingerprint.media.probe import probe
from streams.demo.edit import Edit, Piece


def test_a_small_benchmark_holds_what_its_truth_says(footage: dict[str, Path], tmp_path: Path) -> None:
    made = build_small(footage, tmp_path, seed=1, per_attack=1, attacks=ATTACKS[2:4])
    assert read_truth(tmp_path) == made
    assert set(made.refs) == set(LIBRARY)
    assert [query.family for query in made.queries].count("negative") == len(FOREIGN)
    for query in made.queries:
        duration = probe(tmp_path / query.file).duration
        for span in query.truth:
            assert span.q[1] <= duration + 0.1
            assert span.r[1] <= made.refs[span.ref].duration + 0.1
            assert span.q[1] - span.q[0] == pytest.approx(span.r[1] - span.r[0])


def test_a_shared_folder_is_used_only_when_all_is_there(tmp_path: Path) -> None:
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / "INDEX.tsv").write_text("file\tsplit\na.mp4\ttune\nb.mp4\treport\n")
    assert find_shared(tmp_path) is None
    (tmp_path / "copybench").mkdir()
    for name in ("make.py", "score.py"):
        (tmp_path / "copybench" / name).touch()
    shared = find_shared(tmp_path)
    assert isinstance(shared, Shared)
    assert [path.name for path in split_media(shared, "report")] == ["b.mp4"]
    assert [path.name for path in split_media(shared, "all")] == ["a.mp4", "b.mp4"]


def test_a_report_judges_the_first_detector_and_shows_the_others() -> None:
    full = Score({figure.name: figure.aim for figure in FIGURES}, {"crop": 1.0})
    none: Score = Score({figure.name: None for figure in FIGURES}, {})
    lines = accuracy_report(["a fact"], {"ours": full, "theirs": none}).splitlines()
    assert "- a fact" in lines
    assert "| uAP | 0.97 | 0.995 | aim | 0.995 |  |" in lines
    assert "| crop | 1 |  |" in lines


@pytest.mark.parametrize(("value", "verdict"), [(0.15, "aim"), (0.4, "bar"), (0.6, "**below**"), (None, "")])
def test_an_error_is_better_when_it_is_smaller(value: float | None, verdict: str) -> None:
    (localisation,) = [figure for figure in FIGURES if figure.name == "localisation"]
    assert localisation.verdict(value) == verdict


@pytest.mark.integration
def test_the_command_measures_the_command_line_and_reports(
    footage: dict[str, Path], edited_copy: Callable[..., Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bench = tmp_path / "tiny"
    for name in ("refs", "queries"):
        (bench / name).mkdir(parents=True)
    copy, (span,) = edited_copy(Piece(footage["bunny"]), edit=Edit())
    shutil.copy(copy, bench / "queries" / "q0.mp4")
    shutil.copy(footage["bunny"], bench / "refs" / "bunny.mp4")
    true = TrueSpan("bunny", span.copy, span.original)
    query = Query(
        "q0", "queries/q0.mp4", "reencode", "format", hard=False, layout="whole", modality="av", truth=(true,)
    )
    write_truth(bench, Truth(1, {"bunny": Reference("refs/bunny.mp4", 5.3, audio=True)}, (query,)))
    out = tmp_path / "out"
    words = ["--bench", str(bench), "--out", str(out), "--shared", str(tmp_path), "--jobs", "1", "--peers"]
    assert main(words) == 0
    report = capsys.readouterr().out
    assert "| reencode | 1 |" in report
    assert (out / "accuracy-tiny.md").read_text().strip() == report.strip()
