"""Scores answers against the truth, in the measures of the Video Similarity Challenge 2022 and of VCSL."""

from __future__ import annotations

import statistics
import sys
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import msgspec

from benchmarks.tools import run
from benchmarks.truth import read_answers, read_truth
from fingerprint.intervals import covered_s, union

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from benchmarks.truth import Answer, Found, Query, Span, TrueSpan

__all__ = ["Score", "count", "score"]

#: The line between a copy and a chance likeness: a pair counts as answered from here.
ANSWERED = 0.5


class Score(msgspec.Struct, frozen=True):
    """How good answers are.

    Attributes:
        figures: By name; from 0 to 1 but for counts and seconds. None where nothing was to be measured.
        per_attack: Share of true pairs answered, by attack.
    """

    figures: dict[str, float | None]
    per_attack: dict[str, float]


def score(bench: Path, answers: Path, judge: Path | None = None) -> Score:
    """Return the score of a detector's answers.

    Args:
        bench: Folder of the benchmark.
        answers: File of answers.
        judge: A `score.py` that prints the same figures with `--json`; None to count them here.
    """
    if judge is None:
        return count(read_truth(bench).queries, read_answers(answers))
    figures = msgspec.json.decode(run([sys.executable, str(judge), str(bench), str(answers), "--json"]).stdout)
    return Score(per_attack=figures.pop("per_attack"), figures=figures)


def count(queries: Sequence[Query], answers: Iterable[Answer]) -> Score:
    """Return the score of answers to some queries.

    Args:
        queries: The queries; those that have no answer count as answered with nothing.
        answers: What a detector answers.
    """
    given = {answer.query: answer.matches for answer in answers}
    groups: dict[str, list[bool]] = defaultdict(list)
    attacks: dict[str, list[bool]] = defaultdict(list)
    ranked: list[tuple[float, bool]] = []
    false_alarms, shares, errors = 0, [], []
    for query in queries:
        found = given.get(query.id, ())
        wanted = {span.ref for span in query.truth}
        ranked += [(one.similarity, one.ref in wanted) for one in found]
        said = {one.ref: one for one in found if one.similarity >= ANSWERED}
        if query.family == "negative":
            false_alarms += bool(said)
            continue
        for ref in wanted:
            attacks[query.attack if query.family != "combo" else "combo"].append(ref in said)
            for group in ("hard" if query.hard else "easy", f"modality_{query.modality}", f"layout_{query.layout}"):
                groups[group].append(ref in said)
        shares.append(_shares(query.truth, said))
        errors += _errors(query.truth, said)
    ranked.sort(key=lambda pair: (-pair[0], pair[1]))
    figures: dict[str, Any] = _ranking(ranked, sum(len(hits) for hits in attacks.values()))
    figures["segment_f1"] = (
        statistics.fmean(2 * r * p / (r + p) if r + p else 0.0 for r, p in shares) if shares else 0.0
    )
    figures["localisation"] = statistics.median(errors) if errors else None
    figures["false_alarms"] = false_alarms
    figures["negatives"] = sum(query.family == "negative" for query in queries)
    figures |= {f"{group}_recall": statistics.fmean(hits) for group, hits in sorted(groups.items())}
    return Score(figures, {attack: round(statistics.fmean(hits), 3) for attack, hits in sorted(attacks.items())})


def _ranking(ranked: Sequence[tuple[float, bool]], true_pairs: int) -> dict[str, float]:
    """Return what follows from the order of all pairs by similarity."""
    hits, precisions, before_false = 0, 0.0, None
    for place, (_, right) in enumerate(ranked, 1):
        if right:
            hits += 1
            precisions += hits / place
        elif before_false is None:
            before_false = hits
    answered = [right for similarity, right in ranked if similarity >= ANSWERED]
    most = max(1, true_pairs)
    return {
        "uAP": precisions / most,
        "recall_at_p1": (hits if before_false is None else before_false) / most,
        "pair_recall": sum(answered) / most,
        "pair_precision": sum(answered) / max(1, len(answered)),
        "true_pairs": true_pairs,
    }


def _shares(truth: Sequence[TrueSpan], said: dict[str, Found]) -> tuple[float, float]:
    """Return which share of the true time is answered, and which share of the answered time is true."""
    both, true_time, answered_time = 0.0, 0.0, 0.0
    for ref in {span.ref for span in truth} | set(said):
        for axis in ("q", "r"):
            true = union(getattr(span, axis) for span in truth if span.ref == ref)
            answered = union(getattr(span, axis) for span in (said[ref].segments if ref in said else ()))
            both += _overlap(true, answered)
            true_time += covered_s(true)
            answered_time += covered_s(answered)
    return both / true_time if true_time else 0.0, both / answered_time if answered_time else 0.0


def _errors(truth: Sequence[TrueSpan], said: dict[str, Found]) -> list[float]:
    """Return by how much outer bounds are wrong, for references with one true span that were found."""
    found = []
    for true in truth:
        if true.ref not in said or sum(other.ref == true.ref for other in truth) > 1 or not said[true.ref].segments:
            continue
        for axis in ("q", "r"):
            spans = [getattr(span, axis) for span in said[true.ref].segments]
            start, end = getattr(true, axis)
            found += [abs(min(span[0] for span in spans) - start), abs(max(span[1] for span in spans) - end)]
    return found


def _overlap(one: Sequence[Span], other: Sequence[Span]) -> float:
    return sum(max(0.0, min(a[1], b[1]) - max(a[0], b[0])) for a in one for b in other)
