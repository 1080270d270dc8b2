"""Charts: what is drawn where, and what is said of it to who cannot see it."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from streams.web.pages.charts import HEIGHT, WIDTH, BarChart, amount_text

AMOUNTS = st.lists(
    st.fixed_dictionaries({"done": st.integers(0, 10_000), "failed": st.integers(0, 10_000)}), min_size=1, max_size=60
)


def chart(amounts: list[dict[str, int]]) -> BarChart:
    return BarChart.of("Jobs", [f"2026-11-23T08:{n:02}:00Z" for n in range(len(amounts))], list(amounts))


@given(AMOUNTS)
def test_bars_stand_beside_each_other_and_their_parts_on_top_of_each_other(amounts: list[dict[str, int]]) -> None:
    bars = chart(amounts).bars
    assert len(bars) == len(amounts)
    for left, right in pairwise(bars):
        assert left.x + left.width <= right.x
    assert bars[-1].x + bars[-1].width <= WIDTH
    for bar, by_kind in zip(bars, amounts, strict=True):
        assert [part.kind for part in bar.parts] == [kind for kind, amount in by_kind.items() if amount]
        assert all(0 <= part.y <= HEIGHT for part in bar.parts)
        assert [part.y for part in bar.parts] == sorted((part.y for part in bar.parts), reverse=True)


@given(AMOUNTS)
def test_what_is_said_of_a_chart_is_the_sum_of_its_bars(amounts: list[dict[str, int]]) -> None:
    drawn = chart(amounts)
    assert drawn.totals == {kind: sum(one[kind] for one in amounts) for kind in ("done", "failed")}
    assert drawn.is_empty == (not any(drawn.totals.values()))


def test_a_chart_of_nothing_says_so_and_one_of_something_says_how_much() -> None:
    assert chart([{"done": 0, "failed": 0}]).in_words == "Jobs: none"
    assert chart([{"done": 1200, "failed": 3}]).in_words == "Jobs: 1,200 done, 3 failed"
    assert [amount_text(amount) for amount in (0.25, 3.0, 12.6)] == ["0.2", "3", "13"]
