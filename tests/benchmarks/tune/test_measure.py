from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from benchmarks.truth import Query, Reference, TrueSpan, Truth, read_truth, write_truth
from benchmarks.tune import prints
from benchmarks.tune.__main__ import main
from benchmarks.tune.measure import Sample, Task, measure, sampled
from benchmarks.tune.prints import files_of, keep_prints, load
from fingerprint.stages import stages
from streams.demo.edit import Edit, Piece

FILES = ["refs/bunny.mp4", "queries/q0.mp4"]


def made_up(queries: int, references: int) -> Truth:
    """Return a benchmark of which each query copies the reference of its number."""
    return Truth(
        1,
        {f"r{number}": Reference(f"refs/{number}", 9.0, audio=True) for number in range(references)},
        tuple(
            Query(
                str(number), f"queries/{number}", "", "", hard=False, layout="whole", modality="av",
                truth=(TrueSpan(f"r{number}", (0, 9), (0, 9)),),
            )
            for number in range(queries)
        ),
    )  # fmt: skip


@pytest.fixture
def bench(footage: dict[str, Path], edited_copy: Callable[..., Any], tmp_path: Path) -> Path:
    """Return a benchmark of one copy, of which `main` takes no other."""
    folder = tmp_path / "demo-14-1"
    for name in ("refs", "queries"):
        (folder / name).mkdir(parents=True)
    copy, (span,) = edited_copy(Piece(footage["bunny"]), edit=Edit())
    shutil.copy(copy, folder / "queries" / "q0.mp4")
    shutil.copy(footage["bunny"], folder / "refs" / "bunny.mp4")
    true = TrueSpan("bunny", span.copy, span.original)
    query = Query(
        "q0", "queries/q0.mp4", "reencode", "format", hard=False, layout="whole", modality="av", truth=(true,)
    )
    write_truth(folder, Truth(1, {"bunny": Reference("refs/bunny.mp4", 5.3, audio=True)}, (query,)))
    return folder


def test_the_files_of_a_benchmark_are_its_references_and_its_queries(bench: Path) -> None:
    assert files_of(read_truth(bench)) == FILES


def test_fingerprints_are_made_once_and_kept(bench: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = keep_prints(bench, FILES, 1)
    assert sorted(load(folder, FILES)) == ["queries/q0.mp4", "refs/bunny.mp4"]
    monkeypatch.setattr(prints, "ProcessPoolExecutor", None)
    assert keep_prints(bench, FILES, 1) == folder


def test_a_file_that_is_no_media_has_no_fingerprint_and_is_not_tried_again(bench: Path) -> None:
    (bench / "queries" / "q0.mp4").write_bytes(b"nothing")
    folder = keep_prints(bench, FILES, 1)
    assert sorted(load(folder, FILES)) == ["refs/bunny.mp4"]
    assert (folder / "queries" / "q0.mp4").is_dir()


def test_the_moved_number_is_what_is_measured(bench: Path) -> None:
    keep_prints(bench, FILES, 1)
    unmoved = measure(Task(bench, Sample(), "matching.matcher"))
    assert unmoved.figures["pair_recall"] == 1.0
    assert unmoved.cpu_s > 0
    deaf = measure(Task(bench, Sample(), "matching.matcher", "min_interval_s", 100.0))
    assert deaf.figures["segment_f1"] == 0.0
    assert stages()["matching.matcher"].parameters == type(stages()["matching.matcher"].parameters)()


def test_of_many_queries_some_are_asked_that_lie_evenly_among_them() -> None:
    truth = made_up(queries=10, references=10)
    assert [one.id for one in sampled(truth, Sample(queries=4)).queries] == ["0", "2", "5", "7"]
    assert sampled(truth, Sample()) == sampled(truth, Sample(queries=99)) == truth


def test_of_many_references_those_that_are_copied_stay() -> None:
    some = sampled(made_up(queries=10, references=10), Sample(queries=2, references=4))
    assert [one.id for one in some.queries] == ["0", "5"]
    assert list(some.refs) == ["r0", "r1", "r5", "r6"]


def test_all_stages_and_how_many_numbers_they_have_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list"]) == 0
    listed = dict(line.split(": ") for line in capsys.readouterr().out.splitlines())
    assert list(listed) == list(stages())
    assert listed["matching.candidates"] == "2"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["hugh"], "there is no stage 'hugh': name one of "),
        (["extractor"], "several stages end in 'extractor': name one of picture.extractor, sound.extractor"),
        (
            ["fusion", "--parameter", "cell"],
            "matching.fusion has no parameter 'cell': name one of max_track_distance_s",
        ),
    ],
)
def test_what_there_is_not_is_refused_with_what_there_is(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 1
    assert said in capsys.readouterr().err


@pytest.mark.integration
@pytest.mark.usefixtures("bench")
def test_the_command_measures_each_move_in_a_process_of_its_own_and_reports(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["boundaries", "--parameter", "min_length_s", "--out", str(tmp_path), "--shared", str(tmp_path)]
    assert main([*words, "--jobs", "1"]) == 0
    said = capsys.readouterr().out
    assert "| as it is |  |  | 1.000 | 1.000 | 1.000 |" in said
    assert said.count("| `min_length_s` | 0.5 |") == 2
    assert (tmp_path / "tune-matching.boundaries-min_length_s.md").read_text() + "\n" == said
    report = msgspec.json.decode((tmp_path / "tune-matching.boundaries-min_length_s.json").read_bytes())
    assert [one["moved"] for one in report["outcomes"]] == [0.375, 0.625]
