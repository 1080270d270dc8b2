from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.score import score
from benchmarks.truth import Answer, Found, Query, Reference, Segment, Span, TrueSpan, Truth, write_answers, write_truth


def query(name: str, *truth: TrueSpan, attack: str = "crop") -> Query:
    family = "geometry" if truth else "negative"
    return Query(name, f"{name}.mp4", attack, family, hard=False, layout="whole", modality="av", truth=truth)


def found(ref: str, similarity: float, q: Span, r: Span) -> Found:
    return Found(ref, similarity, (Segment(q, r, similarity),))


def figures(folder: Path, queries: list[Query], answers: list[Answer]) -> dict[str, float | None]:
    references = {ref: Reference(f"{ref}.mp4", 60.0, audio=True) for ref in ("one", "two")}
    write_truth(folder, Truth(1, references, tuple(queries)))
    write_answers(folder / "answers.jsonl", answers)
    return score(folder, folder / "answers.jsonl").figures


def test_answers_that_are_the_truth_score_full_marks(tmp_path: Path) -> None:
    queries = [query("q1", TrueSpan("one", (2.0, 8.0), (12.0, 18.0))), query("n1")]
    answers = [Answer("q1", (found("one", 0.9, (2.0, 8.0), (12.0, 18.0)),)), Answer("n1", ())]
    score_of = figures(tmp_path, queries, answers)
    for name in ("uAP", "recall_at_p1", "pair_recall", "pair_precision", "segment_f1", "easy_recall"):
        assert score_of[name] == 1.0
    assert score_of["localisation"] == 0.0
    assert score_of["false_alarms"] == 0


def test_a_span_that_is_too_long_costs_precision_and_a_bound(tmp_path: Path) -> None:
    queries = [query("q1", TrueSpan("one", (0.0, 6.0), (10.0, 16.0)))]
    score_of = figures(tmp_path, queries, [Answer("q1", (found("one", 0.9, (0.0, 12.0), (10.0, 22.0)),))])
    assert score_of["segment_f1"] == pytest.approx(2 / 3)
    assert score_of["localisation"] == 3.0  # the median of 0, 6, 0 and 6


def test_a_false_pair_ranked_first_spoils_recall_at_precision_1(tmp_path: Path) -> None:
    queries = [query("q1", TrueSpan("one", (0.0, 6.0), (10.0, 16.0))), query("n1")]
    answers = [
        Answer("q1", (found("one", 0.6, (0.0, 6.0), (10.0, 16.0)),)),
        Answer("n1", (found("two", 0.8, (0.0, 6.0), (0.0, 6.0)),)),
    ]
    score_of = figures(tmp_path, queries, answers)
    assert (score_of["recall_at_p1"], score_of["uAP"], score_of["pair_precision"]) == (0.0, 0.5, 0.5)
    assert score_of["false_alarms"] == 1


def test_a_weak_likeness_counts_in_the_ranking_alone(tmp_path: Path) -> None:
    queries = [query("q1", TrueSpan("one", (0.0, 6.0), (10.0, 16.0)))]
    score_of = figures(tmp_path, queries, [Answer("q1", (found("one", 0.4, (0.0, 6.0), (10.0, 16.0)),))])
    assert (score_of["uAP"], score_of["pair_recall"], score_of["segment_f1"]) == (1.0, 0.0, 0.0)


def test_a_query_without_an_answer_is_a_miss(tmp_path: Path) -> None:
    queries = [query("q1", TrueSpan("one", (0.0, 6.0), (10.0, 16.0)), attack="rot90")]
    figures(tmp_path, queries, [])
    assert score(tmp_path, tmp_path / "answers.jsonl").per_attack == {"rot90": 0.0}
