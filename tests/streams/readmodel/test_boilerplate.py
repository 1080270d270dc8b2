"""What people say of boilerplate, in the read model: all of it is kept, and the last word on each span holds."""

from __future__ import annotations

import pytest
from support.boilerplate import ruling
from support.read_model import ReadModel

from streams.readmodel.boilerplate import BoilerplateFilter, BoilerplateLogFilter, BoilerplateRows
from streams.readmodel.pagination import BadCursor

FIRST, SECOND, THIRD = "2026-11-20T08:00:00.000Z", "2026-11-21T08:00:00.000Z", "2026-11-22T08:00:00.000Z"
WHOLE = ruling("film", boilerplate=True, when=FIRST)
SPAN = ruling("film", (0.0, 30.0), boilerplate=False, when=SECOND, who="ben")
OTHER = ruling("spot", library="ads", boilerplate=False, when=THIRD)


@pytest.fixture
def rows(model: ReadModel) -> BoilerplateRows:
    return model.boilerplate


def test_the_last_word_on_a_span_holds_and_all_that_was_said_is_kept(model: ReadModel, rows: BoilerplateRows) -> None:
    changed = ruling("film", boilerplate=False, when=THIRD)
    model.apply(boilerplate=[WHOLE, SPAN])
    assert [(one.kind, one.subject) for one in model.apply(boilerplate=[changed])] == [("boilerplate", WHOLE.ruling_id)]
    assert rows.get(WHOLE.ruling_id) == changed
    assert rows.page().rulings == [changed, SPAN]
    assert rows.log().rulings == [changed, SPAN, WHOLE]


def test_what_is_taken_back_holds_no_more_and_stays_in_the_log(model: ReadModel, rows: BoilerplateRows) -> None:
    back = ruling("film", boilerplate=True, when=SECOND, withdrawn=True)
    model.apply(boilerplate=[WHOLE, back])
    assert (rows.get(WHOLE.ruling_id), rows.page().rulings) == (None, [])
    assert rows.log().rulings == [back, WHOLE]


def test_what_is_read_again_is_no_news_and_changes_nothing(model: ReadModel, rows: BoilerplateRows) -> None:
    said = [WHOLE, ruling("film", boilerplate=False, when=SECOND), SPAN]
    model.apply(boilerplate=said)
    before = rows.page(), rows.log()
    assert model.apply(boilerplate=said) == []
    assert (rows.page(), rows.log()) == before


def test_both_lists_are_filtered_and_paged_newest_first(model: ReadModel, rows: BoilerplateRows) -> None:
    model.apply(boilerplate=[WHOLE, SPAN, OTHER])
    assert rows.page(BoilerplateFilter(media_id="film")).rulings == [SPAN, WHOLE]
    assert rows.page(BoilerplateFilter(library="ads")).rulings == [OTHER]
    assert rows.page(BoilerplateFilter(library="ads", media_id="film")).rulings == []
    assert rows.log(BoilerplateLogFilter(who="ben")).rulings == [SPAN]
    assert rows.log(BoilerplateLogFilter(media_id="film", since=SECOND)).rulings == [SPAN]
    assert rows.log(BoilerplateLogFilter(until=SECOND)).rulings == [WHOLE]
    first = rows.page(limit=2)
    assert (first.rulings, rows.page(cursor=first.next).rulings) == ([OTHER, SPAN], [WHOLE])
    with pytest.raises(BadCursor):
        rows.log(cursor=first.next)


def test_what_is_said_of_several_media_items_is_told_newest_first(model: ReadModel, rows: BoilerplateRows) -> None:
    model.apply(boilerplate=[WHOLE, SPAN, OTHER])
    assert rows.about(["spot", "film", "nothing is said of it"]) == [OTHER, SPAN, WHOLE]
    assert rows.about([]) == []
