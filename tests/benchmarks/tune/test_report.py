from __future__ import annotations

from benchmarks.tune.measure import Measured
from benchmarks.tune.report import FIGURES, Outcome, Report, as_markdown

UNMOVED = Measured(dict.fromkeys(FIGURES, 0.9), 10.0)


def lines(*outcomes: Outcome) -> list[str]:
    return as_markdown(Report("matching.fusion", ("12 queries",), UNMOVED, outcomes)).splitlines()


def test_a_report_tells_what_the_engine_does_and_how_each_move_changes_it() -> None:
    better = Measured(dict.fromkeys(FIGURES, 0.9) | {"uAP": 0.95}, 12.0)
    found = lines(Outcome("same_map_s", 0.4, 0.5, "", better))
    assert found[0] == "# Tuning of matching.fusion"
    assert "- 12 queries" in found
    assert "| as it is |  |  | 0.900 | 0.900 | 0.900 | 0.900 | 0.900 | 1 |  |" in found
    assert "| `same_map_s` | 0.4 | 0.5 | = | = | +0.050 | = | = | 1.20 |  |" in found


def test_a_number_that_was_not_moved_says_why() -> None:
    found = lines(Outcome("block_samples", 32768, None, "its range ends here"))
    assert "| `block_samples` | 32768 |  |  |  |  |  |  |  | not moved: its range ends here |" in found


def test_where_nothing_was_found_to_measure_there_is_no_change() -> None:
    nothing = Measured(dict.fromkeys(FIGURES, 0.9) | {"localisation": None}, 10.0)
    assert "| `same_map_s` | 0.4, 1 | 0.3, 0.75 | = | = | = | = |  | 1.00 | bounds cost |" in lines(
        Outcome("same_map_s", (0.4, 1.0), (0.3, 0.75), "bounds cost", nothing)
    )
